// `changeset version`, which gives all packages their next version and writes their changelogs.
//
// Changesets makes a new major version of whatever has a peer that leaves its range, and below 1.0 every minor version
// leaves a caret's. The packages move together, so no peer is ever left behind: while versions are made, any will do.
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { publishedPackages } from './published.mjs';

const { positionals } = parseArgs({ allowPositionals: true });
const [root = fileURLToPath(new URL('../..', import.meta.url))] = positionals;

async function setPeerRanges(range) {
  for (const { path } of await publishedPackages(root)) {
    const file = join(path, 'package.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    for (const [name, present] of Object.entries(manifest.peerDependencies ?? {})) {
      if (present.startsWith('workspace:')) manifest.peerDependencies[name] = range;
    }
    await writeFile(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
  }
}

const changeset = createRequire(import.meta.url).resolve('@changesets/cli/bin.js');
await setPeerRanges('workspace:>=0');
try {
  const { status } = spawnSync(process.execPath, [changeset, 'version'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  await setPeerRanges('workspace:^');
}
