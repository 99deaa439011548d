// Uploads a file with a checkpoint; whoever starts this program may kill it at any moment and start it again.
// usage: node resumable-put.mjs ENDPOINT KEY FILE CHECKPOINT PUBLIC-AND-PRIVATE-KEY-JSON
import { readFile } from 'node:fs/promises';
import { EncryptedBucket } from '@oss-envelope/core';
import { fileCheckpoint, putFile } from '@oss-envelope/core/node';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';

const [endpoint, key, path, checkpoint, keys] = process.argv.slice(2);
const client = new OSS({
  endpoint,
  sldEnable: true,
  region: 'oss-cn-hangzhou',
  bucket: 'bucket',
  ...defaultOssAccount,
});
const bucket = new EncryptedBucket({
  transport: aliOssTransport(client),
  provider: rsaProvider(JSON.parse(await readFile(keys, 'utf8'))),
  format: 'client-side-encryption',
});
process.stdout.write('started\n');
await putFile(bucket, key, path, {
  checkpoint: fileCheckpoint(checkpoint),
  partSizeBytes: 102_400,
  multipartThresholdBytes: 0,
  concurrency: 2,
});
