// Downloads an object to a file, in one request or, with a fifth argument, in that many ranges at once.
// usage: node get-to-file.mjs ENDPOINT KEY FILE PAIR-JSON [CONCURRENCY]
import { readFile } from 'node:fs/promises';
import { EncryptedBucket } from '@oss-envelope/core';
import { getToFile } from '@oss-envelope/core/node';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';

const [endpoint, key, path, keys, concurrency] = process.argv.slice(2);
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
  format: 'oss-crypto',
});
try {
  await getToFile(bucket, key, path, {
    concurrency: concurrency && Number(concurrency),
    partSizeBytes: 200_000,
  });
} catch (error) {
  console.log(error.code, error.message);
  process.exitCode = 3;
}
