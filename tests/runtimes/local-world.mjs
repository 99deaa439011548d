// The local OSS and KMS in this process, and an HTTP endpoint through which other runtimes make them fail.
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultKmsAccount, defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';

const page = fileURLToPath(new URL('starters/page.html', import.meta.url));
const bucket = 'conformance';
const passphrase = 'a passphrase';

function makeKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const old = { type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase };
  return {
    pair: {
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    },
    oldEncryptedKey: { privateKey: privateKey.export(old), passphrase },
  };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString() || '{}');
}

function startControl(oss, buildFolder) {
  const seen = ({ method, status, finished }) => ({ method, status, isOpen: !finished });
  const routes = {
    'POST /faults': async (request) => {
      oss.faults.add(await bodyOf(request));
      return ['application/json', '{}'];
    },
    'POST /requests': async (request) => {
      const { key } = await bodyOf(request);
      const all = oss.requests.list().filter((entry) => entry.key === key);
      return ['application/json', JSON.stringify(all.map(seen))];
    },
    'GET /': async () => ['text/html', await readFile(page)],
    'GET /suite.mjs': async () => ['text/javascript', await readFile(join(buildFolder, 'suite.mjs'))],
  };
  const server = createServer(async (request, response) => {
    const route = routes[`${request.method} ${request.url}`];
    const [type, body] = route ? await route(request) : ['text/plain', ''];
    response.writeHead(route ? 200 : 404, { 'content-type': type }).end(body);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Starts all of it. `where(name)` is what a runtime's suite is told. */
export async function startWorld(buildFolder) {
  const oss = await startOss({ buckets: [bucket], maxLoggedRequests: 20_000 });
  const kms = await startKms();
  const keyId = await kms.createKey({});
  const control = await startControl(oss, buildFolder);
  const origin = `http://127.0.0.1:${control.address().port}`;
  const { pair, oldEncryptedKey } = makeKeys();
  const fixed = {
    oss: { endpoint: oss.origin, bucket, region: oss.region, credentials: { ...defaultOssAccount } },
    kms: { endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId },
    control: origin,
    keys: pair,
    otherKeys: makeKeys().pair,
    oldEncryptedKey,
  };
  return {
    origin,
    where: (name) => ({ ...fixed, keyPrefix: `${name.replace(/\W+/g, '-').toLowerCase()}/` }),
    /** Forgets what one runtime left behind. */
    reset() {
      oss.faults.clear();
      oss.requests.clear();
    },
    async close() {
      control.closeAllConnections();
      control.close();
      await oss.close();
      await kms.close();
    },
  };
}
