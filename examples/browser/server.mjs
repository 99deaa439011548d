// Serves the page, and signs its requests: `node examples/browser/server.mjs`, after `npm test` or a build.
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { presigner } from '@oss-envelope/transport-fetch';
import { loadPageFiles } from './page-files.mjs';

/** What users may read and write. In a real service, a folder of the user's own. */
const allowedPrefix = 'uploads/';
/** What an upload and a download need, and nothing else. */
const allow = ['put', 'parts', 'drop-parts', 'get', 'head'];
const expiresSeconds = 300;
const maxSignRequestBytes = 32 * 1024;

const folder = process.env.DATA_FOLDER ?? fileURLToPath(new URL('data/', import.meta.url));
await mkdir(folder, { recursive: true });

/** The bucket that the environment names, or one of a local OSS. */
async function openBucket() {
  const {
    OSS_ENDPOINT,
    OSS_BUCKET,
    OSS_REGION,
    OSS_ACCESS_KEY_ID,
    OSS_ACCESS_KEY_SECRET,
    OSS_SESSION_TOKEN,
  } = process.env;
  if (OSS_ENDPOINT !== undefined) {
    return {
      endpoint: OSS_ENDPOINT,
      bucket: OSS_BUCKET,
      region: OSS_REGION,
      credentials: {
        accessKeyId: OSS_ACCESS_KEY_ID,
        accessKeySecret: OSS_ACCESS_KEY_SECRET,
        securityToken: OSS_SESSION_TOKEN,
      },
    };
  }
  const oss = await startOss({ dir: join(folder, 'oss'), buckets: ['photos'] });
  return {
    endpoint: oss.origin,
    bucket: 'photos',
    region: oss.region,
    credentials: { ...defaultOssAccount },
  };
}

async function readJson(request) {
  const chunks = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxSignRequestBytes) throw new Error('The request to sign is too large.');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

const location = await openBucket();
const signer = presigner(location);

/** `POST /sign`. A real service finds out here who asks, and what is theirs. */
async function sign(request) {
  const asked = await readJson(request);
  if (typeof asked?.key !== 'string' || !asked.key.startsWith(allowedPrefix)) {
    throw new Error(`Only names that begin with ${allowedPrefix} may be used here.`);
  }
  return signer.sign(asked, { expiresSeconds, allow });
}

// The pair stands for one that its owner made elsewhere. Only the public half is kept and served; the private one stays
// in its file, which the owner gives to the page.
const { publicKey } = await rsaKeyPairInFolder({
  folder: join(folder, 'keys'),
  name: 'example',
  create: true,
});
const bucketOrigin = new URL((await signer.presignGet('any', { expiresSeconds })).url).origin;
const files = await loadPageFiles({ publicKey, allowedPrefix, bucketOrigin });

async function answer(request) {
  const { method, url } = request;
  if (method === 'POST' && url === '/sign') {
    // A page of another origin can send no JSON unasked.
    if (request.headers['content-type'] !== 'application/json') {
      return { status: 415, type: 'text/plain', body: 'Send JSON.' };
    }
    try {
      return { status: 200, type: 'application/json', body: JSON.stringify(await sign(request)) };
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
  console.log(`Open        http://localhost:${server.address().port}`);
  console.log(`Bucket      ${location.bucket} at ${location.endpoint}`);
  console.log(`Private key ${join(folder, 'keys', 'example.private_key.pem')}`);
});
