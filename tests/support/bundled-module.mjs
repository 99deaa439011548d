// A program of TypeScript, with the sources of the packages that it imports, as a module of this process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Bundles the file at `url` with its imports, and imports it. Plugins of esbuild may replace some. */
export async function importBundled(url, plugins = []) {
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-bundle-'));
  const outfile = join(folder, 'bundle.mjs');
  try {
    await build({
      entryPoints: [fileURLToPath(url)],
      outfile,
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform: 'node',
      conditions: ['@oss-envelope/source', 'node'],
      plugins,
      logLevel: 'silent',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
