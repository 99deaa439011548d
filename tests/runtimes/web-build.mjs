// The suite as a bundler makes it for runtimes that are not Node.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { cacheFolder } from './installation.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

async function bundle(entry, conditions) {
  const { outputFiles } = await build({
    ...entry,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    ...(conditions && { conditions }),
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

/** Bundles the suite, with the worker's starter around it and without, and gives the folder. */
export async function buildForWeb() {
  const folder = join(cacheFolder, 'build');
  await mkdir(folder, { recursive: true });
  const suite = await bundle({ entryPoints: [join(here, 'suite.mjs')] });
  if (/\bnode:|\bBuffer\b/.test(suite))
    throw new Error('The bundle for the web names a module of Node, or Buffer.');
  await writeFile(join(folder, 'suite.mjs'), suite);
  const conditions = ['workerd', 'worker', 'browser', 'module'];
  const worker = await bundle({ entryPoints: [join(here, 'starters', 'workerd.mjs')] }, conditions);
  await writeFile(join(folder, 'worker.mjs'), worker);
  return folder;
}

/** @throws Error when files, which are for Node, could be bundled for a page */
export async function assertFilesStayOut() {
  const contents = "export { putFile } from '@oss-envelope/core/node';";
  const bundled = await bundle({ stdin: { contents, resolveDir: here } }).then(
    () => true,
    (error) => {
      const texts = error.errors?.map(({ text }) => text) ?? [];
      if (!texts.some((text) => /Could not resolve "node:/.test(text))) throw error;
      return false;
    },
  );
  if (bundled) throw new Error('core/node, which is for Node, was bundled for a page without an error.');
}
