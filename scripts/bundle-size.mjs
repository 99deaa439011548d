// Bundles what a page would load, minified and gzipped, prints what weighs most, and holds it to a budget. What is
// imported when it is needed first, by import(), is loaded later and is not in that number, but is shown beside it. What
// an upload in parts, or a sealed object, loads later has rows and budgets of its own, and so has what the bundler of Vite
// makes of the same page: it puts modules that are shared with what is loaded later into files of their own.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a page writes to encrypt under an RSA pair and to store by signed fetch. */
const pageProgram = `
import { EncryptedBucket } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

export const openBucket = ({ location, keys }) =>
  new EncryptedBucket({ transport: fetchTransport(location), provider: rsaProvider(keys), format: 'oss-crypto' });
`;

/** What a page writes that encrypts under a public key and uploads by presigned URLs: it reads nothing. */
const uploadProgram = `
import { UploadBucket } from '@oss-envelope/core/upload';
import { rsaPublicKeyProvider } from '@oss-envelope/provider-rsa/public';
import { presignedTransport } from '@oss-envelope/transport-fetch';

export const openUploads = ({ publicKey, sign }) =>
  new UploadBucket({ transport: presignedTransport({ sign }), provider: rsaPublicKeyProvider({ publicKey }), format: 'oss-crypto' });
`;

/** What a page writes that brings its own requests: a key, a ciphertext, headers, one fetch. */
const codecProgram = `
import { createContentKey, encryptBytes, formatEnvelope } from '@oss-envelope/core';
import { rsaPublicKeyProvider } from '@oss-envelope/provider-rsa/public';

export const send = async (publicKey, url, content) => {
  const { envelope, contentKey } = await createContentKey(rsaPublicKeyProvider({ publicKey }), 'oss-crypto');
  const body = await encryptBytes(content, contentKey);
  return fetch(url, { method: 'PUT', headers: formatEnvelope(envelope), body });
};
`;

/** Modules that a page of uploads must not hold. */
const readingModules = [
  ['what reads', /core\/dist\/reading\//],
  ['a checkpoint', /upload-(?:checkpoint|resumption)|checkpoint-store/],
  ['zod', /\bzod[/-]/],
];

/** What an upload in parts loads besides. The sums of many bytes come from WebAssembly, which is among it. */
const ofParts = /\/(?:content-way|parts-writing|multipart-operations|crc64)\.js$/;
/** And what the first object does that is read. */
const ofReading = /\/object-getting\.js$/;
/** What the first object loads that is sealed here, and the first that is opened. */
const ofSealing = /\/sealing\.js$/;
const ofOpening = /\/(?:object-getting|sealed-opening)\.js$/;
/** What there is for sealed objects alone, wherever it is loaded. */
const sealedModules =
  /core\/dist\/(?:envelope\/(?:sealed-[a-z]+|sealing|shared-key|wrapping-key-pool|opened-wrapping-keys)|cipher\/(?:sealed[a-z-]*|sealing-chunks|opening-chunks|aead|web\/aead))\.js$/;

const everythingOf = (entry) => `export * from '${entry}';`;

/** Budgets in bytes, gzipped. They leave a few percent of room; raise one only for what is worth it. */
const bundles = [
  {
    name: 'core + provider-rsa + transport-fetch, as a page uses them',
    program: pageProgram,
    budgetBytes: 28_200,
    filesBudgetBytes: 32_500,
  },
  {
    name: 'the same, when it has read its first object',
    program: pageProgram,
    loads: ofReading,
    budgetBytes: 36_900,
  },
  {
    name: 'an upload by presigned URLs, under a public key',
    program: uploadProgram,
    bannedAtStart: readingModules,
    budgetBytes: 20_000,
    filesBudgetBytes: 22_500,
  },
  {
    name: 'the same, when it has sent its first content in parts',
    program: uploadProgram,
    loads: ofParts,
    bannedAtStart: readingModules,
    budgetBytes: 30_700,
  },
  {
    name: 'a key, a ciphertext, headers, one fetch',
    program: codecProgram,
    budgetBytes: 7_250,
    filesBudgetBytes: 7_800,
  },
  {
    name: 'the same but for the key provider',
    program: "export { createContentKey, encryptBytes, formatEnvelope } from '@oss-envelope/core';",
    budgetBytes: 3_900,
  },
  {
    name: 'core, its client that only uploads',
    program: everythingOf('@oss-envelope/core/upload'),
    bannedAtStart: readingModules,
    budgetBytes: 11_700,
  },
  {
    name: 'core, its client',
    program: "export { EncryptedBucket } from '@oss-envelope/core';",
    budgetBytes: 13_100,
  },
  { name: 'core', program: everythingOf('@oss-envelope/core'), budgetBytes: 18_850 },
  {
    name: 'provider-rsa alone',
    program: everythingOf('@oss-envelope/provider-rsa'),
    external: ['@oss-envelope/core'],
    budgetBytes: 5_950,
  },
  {
    name: 'provider-kms/fetch alone',
    program: everythingOf('@oss-envelope/provider-kms/fetch'),
    external: ['@oss-envelope/core'],
    budgetBytes: 8_600,
  },
  {
    name: 'provider-aes alone',
    program: everythingOf('@oss-envelope/provider-aes'),
    external: ['@oss-envelope/core'],
    budgetBytes: 2_000,
  },
  {
    name: 'provider-age alone, with age and its ciphers',
    program: everythingOf('@oss-envelope/provider-age'),
    external: ['@oss-envelope/core'],
    budgetBytes: 60_000,
  },
  {
    name: 'transport-fetch alone',
    program: everythingOf('@oss-envelope/transport-fetch'),
    external: ['@oss-envelope/core'],
    budgetBytes: 8_000,
  },
  { name: 'crc64', program: everythingOf('@oss-envelope/crc64'), budgetBytes: 4_000 },
];

/** What must not reach a page, at its start or later: its modules and what they import. */
const bannedModules = [
  ['a module of Node', /\bnode:/],
  ['ali-oss', /ali-oss/],
  ['an Alibaba Cloud SDK', /@alicloud/],
];
/** Nor its text. */
const bannedText = [
  ['a module of Node', /\bnode:/],
  ['Buffer', /\bBuffer\b/],
];
/** What a page may load later only. */
const bannedAtStart = [['zod', /\bzod[/-]/]];

/** What can be left out of the page's bundle, to see what it weighs there. */
const pieces = [
  ['crc64', ['@oss-envelope/crc64']],
  ['provider-rsa', ['@oss-envelope/provider-rsa']],
  ['transport-fetch with crc64', ['@oss-envelope/transport-fetch', '@oss-envelope/crc64']],
  ['core', ['@oss-envelope/core']],
];

/** Leaves out what is loaded later, but for what `isLoaded` says. */
const laterOut = (isLoaded) => ({
  name: 'what is loaded later',
  setup({ onResolve }) {
    onResolve({ filter: /^[.#]/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && !isLoaded(path) ? { path, external: true } : undefined,
    );
  },
});

/** The names that a file exports, as the bundler sees them. */
async function exportsOf(path) {
  const { metafile } = await build({
    entryPoints: [path],
    bundle: true,
    format: 'esm',
    external: ['*'],
    write: false,
    metafile: true,
  });
  return Object.values(metafile.outputs)[0].exports;
}

/** The same modules with nothing in them. */
const emptied = (pattern) => ({
  name: 'what is left out',
  setup({ onLoad }) {
    onLoad({ filter: pattern }, async ({ path }) => {
      const contents = (await exportsOf(path)).map((name) => `export const ${name} = undefined;`).join('\n');
      return { contents, loader: 'js' };
    });
  },
});

async function bundle({
  program,
  external = [],
  loads = /^$/,
  isLoaded = (path) => loads.test(path),
  without,
}) {
  const { outputFiles, metafile } = await build({
    // The workspace that depends on all packages, as a user's project would.
    stdin: { contents: program, resolveDir: join(root, 'tests'), sourcefile: 'page.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external,
    plugins: [laterOut(isLoaded), ...(without ? [emptied(without)] : [])],
    write: false,
    metafile: true,
    legalComments: 'none',
    // What is left out is missed.
    logLevel: without ? 'error' : 'warning',
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
    later: new Set(output.imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path)),
  };
}

/** What a page fetches before it runs, as the bundler of Vite splits it: files, and their bytes when each is gzipped. */
async function splitByRolldown(program) {
  const page = join(root, 'tests', 'page.js');
  const bundler = await rolldown({
    input: page,
    platform: 'browser',
    // A page's script has no exports.
    preserveEntrySignatures: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'page',
        resolveId: (id) => (id === page ? page : undefined),
        load: (id) => (id === page ? program.replaceAll('export const ', 'globalThis.') : undefined),
      },
    ],
  });
  const { output } = await bundler.generate({ format: 'esm', minify: true });
  await bundler.close();
  const files = new Map(output.map((file) => [file.fileName, file]));
  const fetched = new Set();
  const follow = (name) => {
    if (fetched.has(name) || !files.has(name)) return;
    fetched.add(name);
    files.get(name).imports.forEach(follow);
  };
  follow(output.find(({ isEntry }) => isEntry).fileName);
  const sizes = [...fetched].map((name) => gzipSync(files.get(name).code, { level: 9 }).length);
  return { files: sizes.length, gzippedBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

const bytes = (count) => count.toLocaleString('en-US').padStart(9);
const problems = [];
const modulesOf = ({ inputs, imports }) => [...Object.keys(inputs), ...imports];
console.log(
  `${'minified'.padStart(9)} ${'gzipped'.padStart(9)} ${'budget'.padStart(9)} ${'later'.padStart(9)}  bytes`,
);
const measured = [];
for (const entry of bundles) {
  const { name, budgetBytes } = entry;
  const start = await bundle(entry);
  const whole = await bundle({ ...entry, isLoaded: () => true });
  measured.push({ entry, start, whole });
  const { minifiedBytes, gzippedBytes } = start;
  const laterBytes = whole.gzippedBytes - gzippedBytes;
  console.log(
    `${bytes(minifiedBytes)} ${bytes(gzippedBytes)} ${bytes(budgetBytes)} ${bytes(laterBytes)}  ${name}`,
  );
  if (gzippedBytes > budgetBytes)
    problems.push(`${name}: ${gzippedBytes - budgetBytes} bytes over its budget`);
  for (const [result, list] of [
    [start, [...bannedAtStart, ...(entry.bannedAtStart ?? [])]],
    [whole, bannedModules],
  ]) {
    for (const [what, pattern] of list) {
      const module = modulesOf(result).find((path) => pattern.test(path));
      if (module !== undefined) problems.push(`${name}: ${what}, by ${module}`);
    }
  }
}

console.log('\nThe same at its start, as the bundler of Vite splits it: gzipped, budget, files');
const splits = new Map();
for (const { name, program, filesBudgetBytes } of bundles) {
  if (filesBudgetBytes === undefined) continue;
  const { files, gzippedBytes } = await splitByRolldown(program);
  splits.set(program, { files, gzippedBytes });
  console.log(`${bytes(gzippedBytes)} ${bytes(filesBudgetBytes)} ${bytes(files)}  ${name}`);
  if (gzippedBytes > filesBudgetBytes)
    problems.push(`${name}, split: ${gzippedBytes - filesBudgetBytes} bytes over its budget`);
}

/** What sealed objects may add to a page, when the first one was written, or read. */
const sealedBudgetBytes = 4096;
const laterOfSealed = new Map();
console.log("\nWhat the format 'sealed' adds, gzipped: at the start, and with the first sealed object");
for (const { entry, start } of measured.filter(({ entry }) => entry.filesBudgetBytes !== undefined)) {
  const startWithout = await bundle({ ...entry, without: sealedModules });
  const paths = [['written', /^$/, ofSealing, startWithout]];
  const sealedStart = await bundle({ ...entry, loads: ofSealing });
  laterOfSealed.set(entry.program, sealedStart.gzippedBytes - start.gzippedBytes);
  if ([...start.later].some((path) => ofReading.test(path))) paths.push(['read', ofReading, ofOpening]);
  for (const [what, loadsBefore, loads, known] of paths) {
    const without = known ?? (await bundle({ ...entry, loads: loadsBefore, without: sealedModules }));
    const withIt = await bundle({ ...entry, loads });
    const addedBytes = withIt.gzippedBytes - without.gzippedBytes;
    console.log(
      `${bytes(start.gzippedBytes - startWithout.gzippedBytes)} ${bytes(addedBytes)}  ${what}: ${entry.name}`,
    );
    if (addedBytes > sealedBudgetBytes)
      problems.push(`${entry.name}: sealed adds more than ${sealedBudgetBytes} bytes, ${what}`);
  }
}

const [{ start: page, whole: wholePage }] = measured;
for (const [what, pattern] of bannedText) {
  const { text } = wholePage;
  const place = pattern.exec(text)?.index;
  if (place !== undefined)
    problems.push(`The page: ${what}, in … ${text.slice(Math.max(0, place - 60), place + 60)} …`);
}

console.log('\nWhat the page loads later, gzipped, with what only that needs');
for (const path of page.later) {
  const { gzippedBytes } = await bundle({ program: pageProgram, isLoaded: (other) => other === path });
  console.log(`${bytes(gzippedBytes - page.gzippedBytes)} ${path.replace(/^.*[/]/, '')}`);
}
console.log(`${bytes(wholePage.gzippedBytes - page.gzippedBytes)} all of it, and what that loads later`);

console.log('\nWhat the page would be spared, gzipped, without');
for (const [name, external] of pieces) {
  const { gzippedBytes } = await bundle({ program: pageProgram, external });
  console.log(`${bytes(page.gzippedBytes - gzippedBytes)} ${name}`);
}

/** What the gzipped bundle is spared without each module. They share words, so that the sum is less than the whole. */
async function heaviest({ program, loads }, { inputs, gzippedBytes }) {
  const weights = [];
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    if (bytesInOutput < 700 || !path.startsWith('packages/')) continue;
    const pattern = new RegExp(`/${path.replaceAll('.', '[.]')}$`);
    const { gzippedBytes: spared } = await bundle({ program, loads, without: pattern });
    weights.push([path, bytesInOutput, gzippedBytes - spared]);
  }
  return weights.sort(([, , a], [, , b]) => b - a).slice(0, 12);
}
for (const { entry, start } of measured.filter(({ entry }) => entry.filesBudgetBytes !== undefined)) {
  console.log(`\n${entry.name}: its heaviest modules, gzipped with what only they need, and minified`);
  for (const [path, minifiedBytes, gzippedBytes] of await heaviest(entry, start))
    console.log(`${bytes(gzippedBytes)} ${bytes(minifiedBytes)}  ${path}`);
}

/** The table of the page about bundlers says the same: KB, gzipped, in the order of the programs. */
const kilobytes = (count) => (count / 1000).toFixed(1);
const startOf = (program, loads) =>
  measured.find(({ entry }) => entry.program === program && entry.loads === loads).start.gzippedBytes;
const rowsOfDocs = [codecProgram, uploadProgram, pageProgram].map((program) => {
  const { files, gzippedBytes } = splits.get(program);
  const inParts = program === uploadProgram && startOf(program, ofParts) - startOf(program);
  return [
    kilobytes(startOf(program)),
    kilobytes(gzippedBytes),
    String(files),
    ...(inParts ? [kilobytes(inParts)] : []),
    ...(program === codecProgram ? [] : [kilobytes(laterOfSealed.get(program))]),
  ];
});
for (const page of ['docs/guide/bundlers.md', 'docs/zh/guide/bundlers.md']) {
  const table = /gzip[\s\S]*?\n(\|[\s\S]*?)\n\n/.exec(await readFile(join(root, page), 'utf8'))?.[1] ?? '';
  const rows = table.split('\n').slice(2);
  for (const [index, figures] of rowsOfDocs.entries()) {
    const said = rows[index]?.replace(/^\|[^|]*\|/, '').match(/\d+(?:\.\d+)?/g) ?? [];
    if (said.join() !== figures.join())
      problems.push(
        `${page}: row ${index + 1} of the sizes says ${said.join(', ')}; they are ${figures.join(', ')}`,
      );
  }
}

for (const problem of problems) console.error(`\n${problem}`);
if (problems.length > 0) process.exitCode = 1;
