// Over ali-oss: the plain client, and this project's on top of it.
import { EncryptedBucket } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { bucketName } from './server-process.mjs';

/** A client for the server, as its users make one. */
export function aliOssClient({ endpoint, region, account, bucket = bucketName }) {
  return new OSS({
    endpoint,
    sldEnable: true,
    region,
    bucket,
    ...account,
    // The usual minute is for a whole transfer, on however busy a machine.
    timeout: 600_000,
  });
}

/** An encrypted bucket over such a client. */
export function bucketOverAliOss(context) {
  const { keys, format = 'oss-crypto', keyReuse } = context;
  return new EncryptedBucket({
    transport: aliOssTransport(aliOssClient(context)),
    provider: rsaProvider(keys),
    format,
    keyReuse,
  });
}
