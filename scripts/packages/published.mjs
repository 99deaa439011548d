// The packages that are published.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** @returns of each: the name of its folder, the folder's path, and its package.json */
export async function publishedPackages(project = root) {
  const folders = (await readdir(join(project, 'packages'))).sort();
  const packages = await Promise.all(
    folders.map(async (folder) => {
      const path = join(project, 'packages', folder);
      return { folder, path, manifest: JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) };
    }),
  );
  return packages.filter(({ manifest }) => !manifest.private);
}
