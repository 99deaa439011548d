// Format and lint (biome), the directions of imports (dependency-cruiser), what nothing uses (knip), the clauses of
// docs/formats.md that nothing cites, what is loaded later without a typed error for its failure, and what each package.json
// says that follows from elsewhere. All of them run, so that one call shows everything.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const checks = [
  ['biome', 'ci', '--colors=off', '--error-on-warnings', '.'],
  ['depcruise', 'packages'],
  ['knip', '--no-progress', '--no-config-hints'],
];
for (const [command, ...args] of checks) {
  const program = join(root, 'node_modules', '.bin', command);
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
}
await import('./uncited-clauses.mjs');
await import('./unguarded-imports.mjs');
process.argv.push('--check');
await import('./packages/manifests.mjs');
