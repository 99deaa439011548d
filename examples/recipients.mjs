// An object that several master keys open, each for itself: yours, and an auditor's of whom you have the public key.
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaKeyPairInFolder } from '@oss-envelope/provider-rsa/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const transport = fetchTransport({ endpoint, bucket, region, credentials: environmentCredentials() });
const provider = rsaProvider(await rsaKeyPairInFolder({ folder: 'keys', create: true }));

// The auditor makes a pair, keeps the private key, and sends you the public one. Readers find it by the description.
const { publicKey, privateKey } = await generateRsaKeyPair();
const materialDescription = { of: 'auditor' };

const auditor = rsaProvider({ publicKey, materialDescription });
const ours = new EncryptedBucket({ transport, provider, recipients: [auditor], format: 'sealed' });
await ours.put('examples/books.csv', 'assets,debts');

const ofAuditor = new EncryptedBucket({
  transport,
  provider: rsaProvider({ privateKey, materialDescription }),
  format: 'sealed',
});
console.log('we read:', await (await ours.get('examples/books.csv')).text());
console.log('the auditor reads:', await (await ofAuditor.get('examples/books.csv')).text());

// A bucket without recipients takes the auditor away again. The body stays as it is.
await ours.with({ recipients: [] }).rewrap('examples/books.csv');
const failure = await ofAuditor.get('examples/books.csv').catch((error) => error);
console.log('taken away:', failure.code);
