// A large stream up and down through a real HTTP connection to a server in another process: `npm run bench:memory`.
// Prints the peak RSS of this process, and fails above the limit. An argument sets the size in MiB.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';

const mebibyte = 1024 * 1024;
const sizeMebibytes = Number(process.argv[2] ?? 2048);
const limitMebibytes = 200;

/** Starts `oss-local` as its users do; resolves with the server's endpoint. */
function startServer(dir) {
  const main = createRequire(import.meta.url).resolve('@oss-envelope/local-cloud/package.json');
  const server = spawn(
    process.execPath,
    [join(dirname(main), 'bin/oss-local.js'), '--port', '0', '--dir', dir, '--bucket', 'bench'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return new Promise((resolve, reject) => {
    let output = '';
    server.once('exit', () => reject(new Error('the local OSS did not start')));
    server.stdout.on('data', (text) => {
      output += text;
      const endpoint = /http:\/\/localhost:\d+/.exec(output)?.[0];
      if (endpoint) resolve({ endpoint, stop: () => server.kill() });
    });
  });
}

/** The content: pseudo-random enough, and the same each time. */
async function* content(hash) {
  const chunk = new Uint8Array(256 * 1024);
  for (let index = 0; index < chunk.length; index++) chunk[index] = (index * 7 + (index >> 8)) & 255;
  for (let sent = 0; sent < sizeMebibytes * 4; sent++) {
    chunk[0] = sent & 255;
    hash.update(chunk);
    yield chunk;
  }
}

const dir = await mkdtemp(join(tmpdir(), 'oss-envelope-memory-'));
const server = await startServer(dir);
try {
  const client = new OSS({
    endpoint: server.endpoint,
    sldEnable: true,
    region: 'oss-cn-hangzhou',
    bucket: 'bench',
    ...defaultOssAccount,
  });
  const provider = rsaProvider(await generateRsaKeyPair({ modulusBits: 2048 }));
  const bucket = new EncryptedBucket({ transport: aliOssTransport(client), provider, format: 'oss-crypto' });
  const [up, down] = [createHash('sha256'), createHash('sha256')];
  await bucket.put('large', content(up), { sizeBytes: sizeMebibytes * mebibyte });
  for await (const chunk of (await bucket.get('large')).chunks()) down.update(chunk);
  const equal = up.digest('hex') === down.digest('hex');
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${sizeMebibytes} MiB up and down: peak RSS ${peak} MiB (limit ${limitMebibytes}), content ${equal ? 'equal' : 'DIFFERENT'}`,
  );
  if (!equal || peak > limitMebibytes) process.exitCode = 1;
} finally {
  server.stop();
  await rm(dir, { recursive: true, force: true });
}
