// An RSA pair of your own is the master key: it is made at the first run, kept in the folder `keys`, and used again.
// A service that only writes needs the public half alone; one that only reads needs the private half.
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const transport = fetchTransport({ endpoint, bucket, region, credentials: environmentCredentials() });
const { publicKey, privateKey } = await rsaKeyPairInFolder({ folder: 'keys', create: true });

const writer = new EncryptedBucket({ transport, provider: rsaProvider({ publicKey }), format: 'sealed' });
await writer.put('examples/rsa.txt', 'seize the day', { contentType: 'text/plain' });

const reader = new EncryptedBucket({ transport, provider: rsaProvider({ privateKey }), format: 'sealed' });
const object = await reader.get('examples/rsa.txt');
console.log('read:', await object.text());

const failure = await writer.get('examples/rsa.txt').catch((error) => error);
console.log('the writer cannot read it:', failure.code);
