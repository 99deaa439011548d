// Another master key for the objects that are there. Bodies stay as they are; the keys in the metadata are wrapped anew.
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const transport = fetchTransport({ endpoint, bucket, region, credentials: environmentCredentials() });

/** The key of a year. Its description is stored with each object: readers find the key by it. */
async function keyOf(year) {
  const pair = await rsaKeyPairInFolder({ folder: 'keys', name: `photos-${year}`, create: true });
  return rsaProvider({ ...pair, materialDescription: { key: year } });
}
const [old, next] = [await keyOf('2026'), await keyOf('2027')];

const before = new EncryptedBucket({ transport, provider: old, format: 'sealed' });
for (const name of ['1', '2', '3']) await before.put(`examples/rotation/${name}.txt`, `photo ${name}`);

// Readers know both keys before anybody writes with the new one. Then what is there is rewrapped.
const rotating = new EncryptedBucket({ transport, provider: next, otherProviders: [old], format: 'sealed' });
let rewrapped = 0;
for await (const entry of rotating.list({ prefix: 'examples/rotation/' })) {
  if (entry.kind !== 'object') continue;
  await rotating.rewrap(entry.key);
  rewrapped += 1;
}
console.log('rewrapped:', rewrapped);

// The old key may go. (If it has leaked, rewrapping is not enough: docs/guide/rotation.md says what is.)
const after = new EncryptedBucket({ transport, provider: next, format: 'sealed' });
console.log('read by the new key:', await (await after.get('examples/rotation/2.txt')).text());
const failure = await before.get('examples/rotation/2.txt').catch((error) => error);
console.log('by the old key:', failure.code);
