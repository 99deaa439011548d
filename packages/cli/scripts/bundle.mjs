// Builds the program as a few files with all that it needs inside, so that it installs and starts fast. Beside them go the
// licences of what is inside.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'dist');
await rm(target, { recursive: true, force: true });

const options = {
  absWorkingDir: root,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  // Packages of CommonJS inside ask for Node's modules by `require`.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
};
const results = [
  await build({
    ...options,
    entryPoints: ['src/main.ts'],
    // The first looks for credentials where nothing else is set, and has parts that are loaded by name.
    external: ['@alicloud/credentials', './local-services.js'],
  }),
  await build({ ...options, entryPoints: ['src/commands/local-services.ts'] }),
];
const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
const outputs = results.flatMap(({ metafile }) => Object.keys(metafile.outputs));

/** The folders of the packages that a bundle has files of, besides this one. */
function packageFolders(files) {
  const folders = new Set();
  for (const file of files) {
    const parts = join(root, file).split('/');
    const last = parts.lastIndexOf('node_modules');
    if (last === -1) continue;
    const depth = parts[last + 1].startsWith('@') ? 3 : 2;
    folders.add(parts.slice(0, last + depth).join('/'));
  }
  return [...folders].sort();
}

const texts = [];
for (const folder of packageFolders(inputs)) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined && license === undefined) throw new Error(`${name} has no licence`);
  const text =
    file === undefined ? `Licence: ${license}` : (await readFile(join(folder, file), 'utf8')).trim();
  texts.push(`${name} ${version}\n\n${text}\n`);
}
if (texts.length === 0) throw new Error('No package was found in the bundle');
await writeFile(
  join(target, 'licenses.txt'),
  `Inside of this program:\n\n${texts.join(`\n${'-'.repeat(60)}\n\n`)}`,
);
console.log(`${relative(root, target)}: ${outputs.length} files, ${texts.length} packages inside`);
