// The tools: pinned by pins/, in a folder that git ignores.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pins = fileURLToPath(new URL('pins', import.meta.url));
const cacheFolder = join(root, '.cache', 'packages');

/** A file of an installed tool. */
export const installed = (...path) => join(cacheFolder, 'node_modules', ...path);

export async function installTools() {
  await mkdir(cacheFolder, { recursive: true });
  for (const file of ['package.json', 'pnpm-lock.yaml'])
    await copyFile(join(pins, file), join(cacheFolder, file));
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const args = ['install', '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts'];
  await promisify(execFile)('npx', ['--yes', packageManager.replace(/\+.*/, ''), ...args], {
    cwd: cacheFolder,
  });
}
