// The sources of the packages and of the runs in one folder, with the simulated disk in the place of core's.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { simulatedDisk } from './simulated-disk.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Beside the packages that are not bundled, so that they are found. */
const place = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));

/** Builds what runs. @returns the module, a digest of all code, and what removes it */
export async function bundled() {
  await mkdir(place, { recursive: true });
  const folder = await mkdtemp(join(place, 'soak-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await build({
      entryPoints: [join(here, 'soak.ts'), join(here, 'child.ts')],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'es2022',
      platform: 'node',
      conditions: ['@oss-envelope/source', 'node'],
      external: ['ali-oss', '@alicloud/*'],
      plugins: [simulatedDisk],
      logLevel: 'warning',
    });
    const hash = createHash('sha256');
    for (const name of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, name)));
    const soak = await import(pathToFileURL(join(folder, 'soak.mjs')).href);
    return { soak, digest: hash.digest('hex').slice(0, 16), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
