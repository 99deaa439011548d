// The bucket that these programs work on, as another process opens it: with the built packages.
import { readFile } from 'node:fs/promises';
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';

/** Opens the bucket `bucket` of the local OSS at an endpoint, under the pair in a file of JSON. */
export async function openBucket(endpoint, keys, format) {
  const client = new OSS({
    endpoint,
    sldEnable: true,
    region: 'oss-cn-hangzhou',
    bucket: 'bucket',
    ...defaultOssAccount,
  });
  return new EncryptedBucket({
    transport: aliOssTransport(client),
    provider: rsaProvider(JSON.parse(await readFile(keys, 'utf8'))),
    format,
  });
}
