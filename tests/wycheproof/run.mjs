// `npm run test:wycheproof`: the published vectors of Project Wycheproof, on both ports and every runtime.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { markdownTable } from '../bench/markdown-table.mjs';
import { installed, installRuntimes } from '../runtimes/installation.mjs';
import { answerOfPage, answerOfWorker, outputOf } from '../runtimes/starting.mjs';
import { installChromium } from '../support/chromium.mjs';
import { writeBlock } from '../support/proof-page.mjs';
import { readVectors, source } from './vectors.mjs';

const usage = `usage: npm run test:wycheproof -- [--here] [--write]

  --here   this Node alone, without installing the others
  --write  write what came of it into docs/proof.md`;

/** Fewer vectors than this in a set mean that some were lost. */
const fewest = {
  'RSAES-PKCS1-v1_5': 200,
  'RSAES-OAEP, SHA-1': 36,
  'RSAES-OAEP, SHA-256': 110,
  'AES-256-GCM': 60,
  'HKDF-SHA-512': 80,
  'chunked encryption, Cobblestone-256': 35,
};

const here = fileURLToPath(new URL('.', import.meta.url));

/** Bundles the ports of Node and those of the web, from the sources. */
async function bundle(folder) {
  for (const [name, conditions, platform] of [
    ['node', ['@oss-envelope/source', 'node'], 'node'],
    ['web', ['@oss-envelope/source'], 'browser'],
    ['worker', ['@oss-envelope/source', 'workerd', 'worker'], 'browser'],
  ]) {
    await build({
      entryPoints: [join(here, `${name}.ts`)],
      outfile: join(folder, `${name}.mjs`),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform,
      conditions,
      logLevel: 'silent',
    });
  }
}

/** A page, and a worker, that give what came of the vectors: both have the ports of the web alone. */
const inPage = (folder) => async (sets) => {
  const files = {
    '/': {
      contentType: 'text/html',
      body: '<script type="module">import { run } from "./web.mjs"; globalThis.run = run;</script>',
    },
    '/web.mjs': { contentType: 'text/javascript', body: await readFile(join(folder, 'web.mjs'), 'utf8') },
  };
  // Web Crypto is for secure contexts, which localhost is. Nothing listens there: each request is answered here.
  return answerOfPage(
    async (page) => {
      await page.route('**/*', (route) => {
        const { pathname } = new URL(route.request().url());
        return route.fulfill(files[pathname] ?? { status: 404 });
      });
      await page.goto('http://localhost/');
      await page.waitForFunction('globalThis.run !== undefined');
    },
    (page) => page.evaluate((given) => globalThis.run(given), sets),
  );
};
const inWorker = (folder, flags) => (sets) => answerOfWorker(folder, flags, sets);

/** Where the vectors are run: by name, and how. */
function runsOf(folder, isHere) {
  const starter = join(here, 'starter.mjs');
  const processes = isHere
    ? [{ name: `Node ${process.versions.node}`, command: [process.execPath, starter] }]
    : [
        ...['20', '22', '24', '26'].map((version) => ({
          name: `Node ${version}`,
          command: [installed(`node-${version}`, 'bin', 'node'), starter],
        })),
        { name: 'Deno', command: [installed('deno', 'deno'), 'run', '--allow-all', '--no-lock', starter] },
        { name: 'Bun', command: [installed('bun', 'bin', 'bun'), 'run', '--no-install', starter] },
      ];
  const inProcesses = processes.flatMap(({ name, command }) =>
    ['node', 'web'].map((port) => ({
      label: `${name}, ports of ${port === 'node' ? 'Node' : 'the web'}`,
      run: async (sets) => {
        const module = pathToFileURL(join(folder, `${port}.mjs`)).href;
        return JSON.parse(await outputOf([...command, module], JSON.stringify(sets)));
      },
    })),
  );
  if (isHere) return inProcesses;
  return [
    ...inProcesses,
    { label: 'workerd', run: inWorker(folder, []) },
    { label: 'workerd, nodejs_compat', run: inWorker(folder, ['nodejs_compat']) },
    { label: 'Chromium', run: inPage(folder) },
  ];
}

const { values } = parseArgs({
  options: {
    here: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const sets = await readVectors();
if (!values.here) {
  await installRuntimes();
  installChromium();
}
const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-wycheproof-'));
const counts = new Map();
let passed = 0;
let failures = 0;
const ran = [];
try {
  await bundle(folder);
  for (const { label, run } of runsOf(folder, values.here)) {
    const results = await run(sets);
    const lost = Object.keys(fewest).filter((set) => results[set] === undefined);
    if (lost.length > 0) throw new Error(`${label}: sets were lost: ${lost.join('; ')}.`);
    for (const [set, { valid, invalid, failed }] of Object.entries(results)) {
      counts.set(set, { valid, invalid });
      if (valid + invalid < fewest[set])
        failed.push(`has ${valid + invalid} vectors; there are ${fewest[set]}`);
      passed += valid + invalid - failed.length;
      failures += failed.length;
      for (const problem of failed) console.log(`${label}: ${set}: ${problem}`);
    }
    ran.push(label);
    console.log(`${label}: ${Object.keys(results).length} sets`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const rows = [...counts].map(([set, { valid, invalid }]) => [set, `${valid}`, `${invalid}`]);
const table = markdownTable(['set', 'must open', 'must be refused'], rows);
console.log(table);
if (values.write) {
  await writeBlock('wycheproof', {
    table,
    lines: {
      en: `Vectors of ${source.package} ${source.version}, and of \`tests/vectors\`. Run on ${ran.length} pairs of runtime and port (${ran.join('; ')}): ${passed} passed, ${failures} failed.`,
      zh: `向量来自 ${source.package} ${source.version} 和 \`tests/vectors\`。在 ${ran.length} 组运行时与端口上运行（${ran.join('; ')}）：${passed} 个通过，${failures} 个失败。`,
    },
  });
}
console.log(`${passed} passed, ${failures} failed`);
if (failures > 0) process.exitCode = 1;
