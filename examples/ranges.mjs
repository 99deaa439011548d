// Parts of an object, each verified without the rest. A range moves the chunks of 16 KiB that it lies in, and no more.
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const transport = fetchTransport({ endpoint, bucket, region, credentials: environmentCredentials() });
const provider = rsaProvider(await rsaKeyPairInFolder({ folder: 'keys', create: true }));
const logs = new EncryptedBucket({ transport, provider, format: 'sealed' });

const lines = Array.from({ length: 50_000 }, (_, number) => `line ${String(number).padStart(6, '0')}\n`);
await logs.put('examples/log.txt', lines.join(''));

const part = await logs.get('examples/log.txt', { range: { offsetBytes: 12 * 4321, lengthBytes: 11 } });
console.log('one line:', await part.text());

const end = await logs.get('examples/log.txt', { range: { lastBytes: 12 } });
console.log('the last line:', (await end.text()).trim());

// Many reads of one object: its envelope is opened once, and all reads are of the same version of it.
const log = await logs.open('examples/log.txt');
console.log('size:', log.sizeBytes);
for (const number of [7, 49_000]) {
  const bytes = await log.read(12 * number, 11);
  console.log('by the handle:', new TextDecoder().decode(bytes));
}
