// Builds the package in whose folder it is run, from `src` to `dist`:
//
//   dist/**/*.js     one file a module, with the ports for the web: what bundlers take for pages and workers
//   dist/**/*.d.ts   the types of what can be imported
//   dist/esm         few files, with the ports for Node: what Node, Deno and Bun import
//   dist/cjs         the same for `require`, with types of its own; a bundler for pages replaces its ports
//
// Nothing here checks types: `npm run types` does. The sources need no inference to be declared (isolatedDeclarations).
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { emitBundles } from './bundles.mjs';
import { emitDeclarations } from './declarations.mjs';
import { readEntries } from './entries.mjs';
import { thirdPartyLicenses } from './licenses.mjs';
import { emitModules } from './modules.mjs';

const folder = process.cwd();
const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
const entries = readEntries(manifest, process.argv.slice(2));

const { files: bundles, inlined } = await emitBundles({ folder, manifest, entries });
const files = {
  ...bundles,
  ...(await emitModules({ folder, manifest, entries })),
  ...(await emitDeclarations({ folder, manifest, entries })),
};
if (inlined.length > 0) files['third-party-licenses.txt'] = await thirdPartyLicenses(inlined);

const dist = join(folder, 'dist');
await rm(dist, { recursive: true, force: true });
for (const [path, text] of Object.entries(files)) {
  await mkdir(dirname(join(dist, path)), { recursive: true });
  await writeFile(join(dist, path), text);
}
