// Bundles what a page would load, minified and gzipped, prints what weighs most, and holds it to a budget.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a page writes to encrypt under an RSA pair and to store by signed fetch. */
const pageProgram = `
import { EncryptedBucket } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

export const openBucket = ({ location, keys }) =>
  new EncryptedBucket({ transport: fetchTransport(location), provider: rsaProvider(keys), format: 'oss-crypto' });
`;

const everythingOf = (entry) => `export * from '${entry}';`;

/** Budgets in bytes, gzipped. They leave a few percent of room; raise one only for what is worth it. */
const bundles = [
  {
    name: 'core + provider-rsa + transport-fetch, as a page uses them',
    program: pageProgram,
    budgetBytes: 45_000,
  },
  {
    name: 'core, its client',
    program: "export { EncryptedBucket } from '@oss-envelope/core';",
    budgetBytes: 25_000,
  },
  { name: 'core', program: everythingOf('@oss-envelope/core'), budgetBytes: 25_500 },
  {
    name: 'provider-rsa alone',
    program: everythingOf('@oss-envelope/provider-rsa'),
    external: ['@oss-envelope/core'],
    budgetBytes: 7_500,
  },
  {
    name: 'provider-kms/fetch alone',
    program: everythingOf('@oss-envelope/provider-kms/fetch'),
    external: ['@oss-envelope/core'],
    budgetBytes: 8_200,
  },
  {
    name: 'transport-fetch alone',
    program: everythingOf('@oss-envelope/transport-fetch'),
    external: ['@oss-envelope/core'],
    budgetBytes: 16_600,
  },
  { name: 'crc64', program: everythingOf('@oss-envelope/crc64'), budgetBytes: 4_000 },
];

/** What must not reach a page: its text, its modules and what they import. */
const banned = [
  ['a module of Node', /\bnode:/],
  ['Buffer', /\bBuffer\b/],
  ['ali-oss', /ali-oss/],
  ['an Alibaba Cloud SDK', /@alicloud/],
];

/** What can be left out of the page's bundle, to see what it weighs there. */
const pieces = [
  ['zod', ['zod/mini']],
  ['crc64', ['@oss-envelope/crc64']],
  ['provider-rsa', ['@oss-envelope/provider-rsa']],
  ['transport-fetch with crc64', ['@oss-envelope/transport-fetch', '@oss-envelope/crc64']],
  ['core with zod', ['@oss-envelope/core', 'zod/mini']],
];

async function bundle({ program, external = [] }) {
  const { outputFiles, metafile } = await build({
    // The workspace that depends on all packages, as a user's project would.
    stdin: { contents: program, resolveDir: join(root, 'tests'), sourcefile: 'page.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
    write: false,
    metafile: true,
    legalComments: 'none',
    absWorkingDir: root,
  });
  const [{ contents, text }] = outputFiles;
  const [output] = Object.values(metafile.outputs);
  return {
    minifiedBytes: contents.length,
    gzippedBytes: gzipSync(contents, { level: 9 }).length,
    text,
    inputs: output.inputs,
    imports: output.imports.map(({ path }) => path),
  };
}

const bytes = (count) => count.toLocaleString('en-US').padStart(9);
const problems = [];
console.log(`${'minified'.padStart(9)} ${'gzipped'.padStart(9)} ${'budget'.padStart(9)}  bytes`);
const measured = [];
for (const entry of bundles) {
  const { name, budgetBytes } = entry;
  const result = await bundle(entry);
  measured.push(result);
  const { minifiedBytes, gzippedBytes } = result;
  console.log(`${bytes(minifiedBytes)} ${bytes(gzippedBytes)} ${bytes(budgetBytes)}  ${name}`);
  if (gzippedBytes > budgetBytes)
    problems.push(`${name}: ${gzippedBytes - budgetBytes} bytes over its budget`);
  const modules = [...Object.keys(result.inputs), ...result.imports];
  for (const [what, pattern] of banned) {
    const module = modules.find((path) => pattern.test(path));
    if (module !== undefined) problems.push(`${name}: ${what}, by ${module}`);
  }
}

const [page] = measured;
for (const [what, pattern] of banned) {
  const place = pattern.exec(page.text)?.index;
  if (place !== undefined)
    problems.push(`The page: ${what}, in … ${page.text.slice(Math.max(0, place - 60), place + 60)} …`);
}

console.log('\nWhat the page would be spared, gzipped, without');
for (const [name, external] of pieces) {
  const { gzippedBytes } = await bundle({ program: pageProgram, external });
  console.log(`${bytes(page.gzippedBytes - gzippedBytes)} ${name}`);
}

console.log('\nIts largest modules, minified');
const modules = Object.entries(page.inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]);
for (const [path, count] of modules.sort(([, a], [, b]) => b - a).slice(0, 10)) {
  console.log(`${bytes(count)} ${path.replace(/^.*node_modules\//, '')}`);
}

for (const problem of problems) console.error(`\n${problem}`);
if (problems.length > 0) process.exitCode = 1;
