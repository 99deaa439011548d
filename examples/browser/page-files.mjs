import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The page's program and all that it imports, as one module for browsers. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [pathOf('page.mjs')],
    bundle: true,
    format: 'esm',
    minify: true,
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0].text;
}

/** A Content-Security-Policy source for the text of an element. */
const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * What the server serves, by path. `settings` is what the page gets to know. Its policy lets it talk to this server
 * and to the bucket only. So the private key that a user gives to it has nowhere else to go.
 */
export async function loadPageFiles(settings) {
  const [html, script] = await Promise.all([readFile(pathOf('index.html'), 'utf8'), bundle()]);
  const style = /<style>(.*?)<\/style>/s.exec(html)[1];
  const policy = [
    "default-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    'img-src data:',
    "script-src 'self'",
    `style-src ${hashOf(style)}`,
    `connect-src 'self' ${settings.bucketOrigin}`,
  ];
  return new Map([
    ['/', { type: 'text/html', headers: { 'content-security-policy': policy.join('; ') }, body: html }],
    ['/page.js', { type: 'text/javascript', body: script }],
    ['/settings.json', { type: 'application/json', body: JSON.stringify(settings) }],
  ]);
}
