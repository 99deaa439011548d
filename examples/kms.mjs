// The master key is in Alibaba Cloud KMS and never leaves it. Many objects cost one call to write and one to read.
// Besides the settings of OSS: KMS_KEY_ID (an id, ARN or alias), and KMS_ENDPOINT where it is not the region's own.
import { EncryptedBucket } from '@oss-envelope/core';
import { environmentCredentials } from '@oss-envelope/core/node';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const { OSS_ENDPOINT: endpoint, OSS_BUCKET: bucket, OSS_REGION: region } = process.env;
const { KMS_ENDPOINT, KMS_KEY_ID } = process.env;
const credentials = environmentCredentials();

const provider = kmsProvider({
  ...(KMS_ENDPOINT ? { endpoint: KMS_ENDPOINT } : { region }),
  credentials,
  keyId: KMS_KEY_ID,
});
const transport = fetchTransport({ endpoint, bucket, region, credentials });
const photos = new EncryptedBucket({ transport, provider, format: 'sealed' });

for (const name of ['1', '2', '3']) await photos.put(`examples/kms-${name}.txt`, `photo ${name}`);
const object = await photos.get('examples/kms-2.txt');
console.log('read:', await object.text());
