// What the format `sealed` protects: an object opens under its own name, in its own context, and unchanged, or not at all.
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const transport = fetchTransport({ endpoint, bucket, region, credentials: environmentCredentials() });
const provider = rsaProvider(await rsaKeyPairInFolder({ folder: 'keys', create: true }));

const tenant7 = new EncryptedBucket({ transport, provider, format: 'sealed', context: { tenant: '7' } });
await tenant7.put('examples/contract.txt', 'pay 10');
const object = await tenant7.get('examples/contract.txt');
console.log('read:', await object.text(), '· authenticated:', object.authenticated);

// The same keys, and another tenant's context.
const tenant8 = tenant7.with({ context: { tenant: '8' } });
const mistaken = await tenant8.get('examples/contract.txt').catch((error) => error);
console.log('in another context:', mistaken.code);

// Somebody who can write to the bucket changes the last stored byte.
const stored = await transport.get({ key: 'examples/contract.txt', headers: {} });
const chunks = [];
for await (const chunk of stored.chunks) chunks.push(chunk);
const bytes = Buffer.concat(chunks);
bytes[bytes.length - 1] ^= 1;
const isMetadata = ([name]) => name.startsWith('x-oss-meta-');
const headers = Object.fromEntries(Object.entries(stored.headers).filter(isMetadata));
await transport.put({ key: 'examples/contract.txt', headers, body: { kind: 'bytes', bytes } });

const damaged = await tenant7.verify('examples/contract.txt').catch((error) => error);
console.log('with a byte changed:', damaged.code);
