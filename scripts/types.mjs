// Types: of all packages and tests as Node runs them, in one program, which reads each file once; then of what pages load,
// which must not see the types of Node. All of them run, so that one call shows everything.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The programs of packages that run in pages too: all but what is for Node, and what is for Node alone. */
const portable = readdirSync(join(root, 'packages')).flatMap((name) => {
  const build = join('packages', name, 'tsconfig.build.json');
  if (!existsSync(join(root, build))) return [];
  if (JSON.parse(readFileSync(join(root, build), 'utf8')).compilerOptions.types !== undefined) return [];
  return [build, join('packages', name, 'tsconfig.node.json')].filter((path) => existsSync(join(root, path)));
});

const compiler = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
);
for (const project of ['tsconfig.json', ...portable, join('examples', 'browser', 'page')]) {
  const { status, error } = spawnSync(process.execPath, [compiler, '--noEmit', '-p', project], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status === 0) continue;
  console.error(`Types are wrong in ${project}.`);
  process.exitCode = 1;
}
