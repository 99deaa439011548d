// Serves the page, and signs its requests: `npm run example:browser`.
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { presigner } from '@oss-envelope/transport-fetch';
import { openBucketLocation } from './bucket-location.mjs';
import { loadPageFiles } from './page-files.mjs';
import { allowedPrefix, signRequest } from './request-signing.mjs';

const folder = process.env.DATA_FOLDER ?? fileURLToPath(new URL('data/', import.meta.url));
await mkdir(folder, { recursive: true });

const { isLocal = false, ...location } = await openBucketLocation(folder, process.env);
const signer = presigner(location);
const { url } = await signer.presignGet('any', { expiresSeconds: 1 });
const settings = { allowedPrefix, bucket: location.bucket, isLocal };
const files = await loadPageFiles(settings, new URL(url).origin);

async function answer(request) {
  const { method, url } = request;
  if (method === 'POST' && url === '/sign') {
    // A page of another origin can send no JSON unasked.
    if (request.headers['content-type'] !== 'application/json') {
      return { status: 415, type: 'text/plain', body: 'Send JSON.' };
    }
    try {
      const signed = await signRequest(signer, request);
      return { status: 200, type: 'application/json', body: JSON.stringify(signed) };
    } catch (error) {
      return { status: 403, type: 'text/plain', body: error.message };
    }
  }
  const file = method === 'GET' ? files.get(url) : undefined;
  return file
    ? { status: 200, ...file }
    : { status: 404, type: 'text/plain', body: 'There is no such page.' };
}

const server = createServer(async (request, response) => {
  const { status, type, headers, body } = await answer(request);
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
});
const port = Number(process.env.PORT ?? 8080);
server.on('error', ({ code, message }) => {
  console.error(code === 'EADDRINUSE' ? `Port ${port} is in use: set PORT to another one.` : message);
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => {
  console.log(`Open   http://localhost:${server.address().port}`);
  console.log(`Bucket ${location.bucket} at ${location.endpoint}`);
});
