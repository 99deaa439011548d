// A page encrypts with a public key and uploads straight to OSS. Your server signs each request: it sees neither the
// content nor a private key, and the page has no credentials. Here both halves are in one file, with real HTTP between.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { UploadBucket } from '@oss-envelope/core/upload';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport, presignedTransport, presigner } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const location = { endpoint, bucket, region, credentials: environmentCredentials() };
const { publicKey, privateKey } = await generateRsaKeyPair();

// The server: POST /sign. Find out here who asks, and what is theirs.
const signer = presigner(location);
const server = createServer(async (request, response) => {
  const asked = await json(request).catch(() => undefined);
  if (!String(asked?.key).startsWith('examples/users/7/')) return response.writeHead(403).end();
  const allow = ['put', 'parts', 'drop-parts'];
  response.end(JSON.stringify(await signer.sign(asked, { expiresSeconds: 300, allow })));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const signUrl = `http://127.0.0.1:${server.address().port}/sign`;

// The page. OSS must allow its origin by a CORS rule: see docs/guide/browser-uploads.md.
const uploads = new UploadBucket({
  transport: presignedTransport({
    async sign(request, { signal }) {
      const answer = await fetch(signUrl, { method: 'POST', body: JSON.stringify(request), signal });
      if (!answer.ok) throw new Error(`No signature: HTTP ${answer.status}.`);
      return answer.json();
    },
  }),
  provider: rsaProvider({ publicKey }),
  format: 'sealed',
});
const file = new Blob(['dear diary']); // what an <input type="file"> gives
await uploads.put('examples/users/7/diary.txt', file);
const refused = await uploads.put('examples/users/8/diary.txt', file).catch((error) => error);
console.log("another user's folder:", refused.message);

// The office, which has the private key.
const office = new EncryptedBucket({
  transport: fetchTransport(location),
  provider: rsaProvider({ privateKey }),
  format: 'sealed',
});
console.log('read:', await (await office.get('examples/users/7/diary.txt')).text());
server.close();
