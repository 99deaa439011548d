// `npm run test:wycheproof`: the published vectors of Project Wycheproof, on both ports and every runtime with processes.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { markdownTable } from '../bench/markdown-table.mjs';
import { installed, installRuntimes } from '../runtimes/installation.mjs';
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

function runtimesOf(isHere) {
  const starter = join(here, 'starter.mjs');
  if (isHere) return [{ name: `Node ${process.versions.node}`, command: [process.execPath, starter] }];
  return [
    ...['20', '22', '24', '26'].map((version) => ({
      name: `Node ${version}`,
      command: [installed(`node-${version}`, 'bin', 'node'), starter],
    })),
    { name: 'Deno', command: [installed('deno', 'deno'), 'run', '--allow-all', '--no-lock', starter] },
    { name: 'Bun', command: [installed('bun', 'bin', 'bun'), 'run', '--no-install', starter] },
  ];
}

function resultsOf([program, ...args], module, sets) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, pathToFileURL(module).href], { timeout: 300_000 });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output.stdout));
      else reject(new Error(`${program} ended with ${signal ?? code}:\n${output.stderr.slice(-4000)}`));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(sets));
  });
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
if (!values.here) await installRuntimes();
const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-wycheproof-'));
const counts = new Map();
let passed = 0;
let failures = 0;
const ran = [];
try {
  await bundle(folder);
  for (const { name, command } of runtimesOf(values.here)) {
    for (const port of ['node', 'web']) {
      const label = `${name}, ports of ${port === 'node' ? 'Node' : 'the web'}`;
      const results = await resultsOf(command, join(folder, `${port}.mjs`), sets);
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
