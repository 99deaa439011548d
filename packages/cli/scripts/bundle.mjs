// Builds the program as a few files with all that it needs inside, so that it installs and starts fast. Beside them go the
// licences of what is inside.
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyLicenses } from '../../../scripts/packages/licenses.mjs';

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
  conditions: ['@oss-envelope/source'],
  target: 'node20',
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
    external: ['@alicloud/credentials', 'bullmq', 'bullmq-otel', 'ioredis', './local-services.js'],
  }),
  await build({ ...options, entryPoints: ['src/commands/local-services.ts'] }),
];
const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));

const inside = inputs.filter((file) => file.includes('node_modules/')).map((file) => join(root, file));
if (inside.length === 0) throw new Error('No package was found in the bundle');
await writeFile(join(target, 'third-party-licenses.txt'), await thirdPartyLicenses(inside));
