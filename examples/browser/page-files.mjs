// Builds the page, and says whom it may talk to.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const pathOf = (name) => fileURLToPath(new URL(`page/${name}`, import.meta.url));

const typeOf = (name) => (name.endsWith('.css') ? 'text/css' : 'text/javascript');

/** The page's program with all that it imports, and its styles. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [pathOf('page.ts'), pathOf('page.css')],
    bundle: true,
    format: 'esm',
    minify: true,
    platform: 'browser',
    target: 'es2022',
    outdir: 'out',
    write: false,
  });
  return outputFiles;
}

/**
 * What the server serves, by path. `settings` is what the page gets to know. Its policy lets it talk to this server
 * and to the bucket only. So the key that a user gives to it has nowhere else to go.
 */
export async function loadPageFiles(settings, bucketOrigin) {
  const [html, outputs] = await Promise.all([readFile(pathOf('index.html'), 'utf8'), bundle()]);
  const policy = [
    "default-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    'img-src data:',
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ${bucketOrigin}`,
  ];
  return new Map([
    ['/', { type: 'text/html', headers: { 'content-security-policy': policy.join('; ') }, body: html }],
    ['/settings.json', { type: 'application/json', body: JSON.stringify(settings) }],
    ...outputs.map(({ path, text }) => [`/${basename(path)}`, { type: typeOf(path), body: text }]),
  ]);
}
