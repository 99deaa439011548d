// The runtimes: binaries from npm, pinned by pins/, in a folder that git ignores.
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pins = fileURLToPath(new URL('pins', import.meta.url));

/** Where everything that a run needs or makes is kept. */
export const cacheFolder = join(root, '.cache', 'runtimes');

/** A file of an installed package. */
export const installed = (...path) => join(cacheFolder, 'node_modules', ...path);

function run(program, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** @throws Error that says what to do, on a system that the binaries are not for */
export async function installRuntimes() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The runtimes are pinned for Linux on x64, and this is ${process.platform} on ${process.arch}.`,
    );
  }
  await mkdir(cacheFolder, { recursive: true });
  for (const file of ['package.json', 'pnpm-lock.yaml'])
    await copyFile(join(pins, file), join(cacheFolder, file));
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const pnpm = ['--yes', packageManager.replace(/\+.*/, ''), 'install'];
  run('npx', [...pnpm, '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts'], cacheFolder);
}
