// What the package.json of a published package says that follows from something else: where its builds are, and where
// the project is. `node scripts/packages/manifests.mjs` writes it; with `--check` it only compares.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { publishedPackages } from './published.mjs';

const repository = 'https://github.com/oss-envelope/oss-envelope';

/** Oldest Nodes of each line in which `require` loads ES modules, as the dependencies of some programs need. */
const engines = { node: '^20.19 || >=22.12' };

/** Entries that pages and workers have no use for. */
const forNode = {
  core: ['./adapter/node', './node'],
  'provider-aes': ['./node'],
  'provider-age': ['./node'],
  'provider-kms': ['.'],
  'provider-rsa': ['./node'],
  'transport-node': ['.', './files'],
  jobs: ['.'],
  'local-cloud': ['.'],
};

const keywords = {
  cli: ['cli', 'command-line', 'key-rotation'],
  core: ['client', 'envelope', 'aes-256', 'streaming'],
  crc64: ['crc64', 'crc-64', 'checksum', 'wasm'],
  conformance: ['conformance', 'testing'],
  jobs: ['migration', 'batch', 'key-rotation', 'bullmq', 'redis'],
  'local-cloud': ['emulator', 'mock', 'testing', 'kms'],
  'provider-aes': ['aes', 'aes-256-gcm', 'key-wrapping'],
  'provider-age': ['age', 'post-quantum', 'passkey', 'x25519', 'key-wrapping'],
  'provider-kms': ['kms', 'key-management', 'key-wrapping'],
  'provider-rsa': ['rsa', 'oaep', 'key-wrapping'],
  'transport-fetch': ['fetch', 'browser', 'edge', 'presigned-url'],
  'transport-node': ['ali-oss', 'nodejs'],
};

const source = '@oss-envelope/source';

function exportsOf(folder, exports) {
  return Object.fromEntries(
    Object.entries(exports).map(([subpath, target]) => {
      if (typeof target === 'string') return [subpath, target];
      const name = target[source].replace(/^[.][/]src[/]|[.]ts$/g, '');
      const isForNode = (forNode[folder] ?? []).includes(subpath);
      return [
        subpath,
        {
          [source]: target[source],
          import: {
            types: `./dist/${name}.d.ts`,
            ...(!isForNode && { node: `./dist/esm/${name}.js` }),
            default: isForNode ? `./dist/esm/${name}.js` : `./dist/${name}.js`,
          },
          require: { types: `./dist/cjs/${name}.d.ts`, default: `./dist/cjs/${name}.js` },
        },
      ];
    }),
  );
}

const withoutSource = (exports) =>
  Object.fromEntries(
    Object.entries(exports).map(([subpath, target]) => {
      if (typeof target === 'string') return [subpath, target];
      const { [source]: _, ...published } = target;
      return [subpath, published];
    }),
  );

/** Compilers that know no `exports` find the types of each entry here. */
function typesVersionsOf(exports) {
  const files = Object.entries(exports).flatMap(([subpath, { require } = {}]) =>
    subpath === '.' || require === undefined ? [] : [[subpath.slice(2), [require.types]]],
  );
  return files.length > 0 ? { '*': Object.fromEntries(files) } : undefined;
}

function wanted(folder, manifest) {
  const exports = exportsOf(folder, manifest.exports);
  const main = exports['.'];
  const { name, version, description, ...rest } = manifest;
  return {
    name,
    version,
    description,
    keywords: ['alibaba-cloud', 'aliyun', 'oss', 'encryption', 'client-side-encryption', ...keywords[folder]],
    homepage: `${repository}/tree/main/packages/${folder}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${folder}` },
    license: 'MIT',
    author: 'The oss-envelope authors',
    ...rest,
    engines,
    files: [...(manifest.bin === undefined ? [] : ['bin']), 'dist', 'CHANGELOG.md'],
    // A program has nothing to import.
    main: main?.require.default,
    module: main?.import.default,
    types: main?.require.types,
    typesVersions: typesVersionsOf(exports),
    exports,
    publishConfig: { access: 'public', provenance: true, exports: withoutSource(exports) },
  };
}

const isCheck = process.argv.includes('--check');
const stale = [];
for (const { folder, path, manifest } of await publishedPackages()) {
  const file = join(path, 'package.json');
  const text = JSON.parse(JSON.stringify(wanted(folder, manifest)));
  if (isCheck) {
    if (!isDeepStrictEqual(text, JSON.parse(await readFile(file, 'utf8')))) stale.push(file);
  } else {
    await writeFile(file, `${JSON.stringify(text, undefined, 2)}\n`);
  }
}
if (stale.length > 0) {
  console.error(`${stale.join('\n')}\nnot as they follow: node ${fileURLToPath(import.meta.url)}`);
  process.exitCode = 1;
}
