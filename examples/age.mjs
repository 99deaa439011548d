// A key of age (age-encryption.org), post-quantum by default. Writers need its recipient alone, which is no secret.
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { ageProvider } from '@oss-envelope/provider-age';
import { ageIdentityInFile } from '@oss-envelope/provider-age/node';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const transport = fetchTransport({ endpoint, bucket, region, credentials: environmentCredentials() });
const { identities, recipients } = await ageIdentityInFile('age.key', { create: true });

const writer = new EncryptedBucket({
  transport,
  provider: ageProvider({ recipients }),
  format: 'sealed',
});
await writer.put('examples/age.txt', 'for many years');

const reader = new EncryptedBucket({
  transport,
  provider: ageProvider({ identities }),
  format: 'sealed',
});
console.log('read:', await (await reader.get('examples/age.txt')).text());
