// One upload or download of a large object: plain over ali-oss, and encrypted over the same client.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { getToFile, putFile } from '@oss-envelope/core/node';
import { aliOssClient, bucketOverAliOss } from './ali-oss-clients.mjs';

const mebibyte = 1024 * 1024;
/** The same for all that go in parts or ranges. */
const partSizeBytes = 8 * mebibyte;
const concurrency = 3;
const inOneRequest = { multipartThresholdBytes: Number.MAX_SAFE_INTEGER };
const inParts = { multipartThresholdBytes: 0, partSizeBytes, concurrency };

/** Each is given the context of the sample, and gives what is timed. */
export const arms = {
  /** Which is its `putStream` of a `createReadStream`. */
  'plain put(path)': (context) => {
    const client = aliOssClient(context);
    return () => client.put('uploaded', context.source);
  },
  'plain multipartUpload': (context) => {
    const client = aliOssClient(context);
    return () =>
      client.multipartUpload('uploaded', context.source, { partSize: partSizeBytes, parallel: concurrency });
  },
  'encrypted putFile': (context) => {
    const bucket = bucketOverAliOss(context);
    return () => putFile(bucket, 'uploaded', context.source, inOneRequest);
  },
  'encrypted putFile in parts': (context) => {
    const bucket = bucketOverAliOss(context);
    return () => putFile(bucket, 'uploaded', context.source, inParts);
  },
  'sealed putFile': (context) => {
    const bucket = bucketOverAliOss({ ...context, format: 'sealed' });
    return () => putFile(bucket, 'uploaded', context.source, inOneRequest);
  },
  'sealed putFile in parts': (context) => {
    const bucket = bucketOverAliOss({ ...context, format: 'sealed' });
    return () => putFile(bucket, 'uploaded', context.source, inParts);
  },

  'plain getStream to a file': (context) => {
    const client = aliOssClient(context);
    return async () => pipeline((await client.getStream('plain')).stream, createWriteStream(context.target));
  },
  'plain getStream to nowhere': (context) => {
    const client = aliOssClient(context);
    return async () => {
      for await (const _ of (await client.getStream('plain')).stream);
    };
  },
  'encrypted getToFile': (context) => {
    const bucket = bucketOverAliOss(context);
    return () => getToFile(bucket, 'encrypted', context.target);
  },
  'encrypted getToFile in ranges': (context) => {
    const bucket = bucketOverAliOss(context);
    return () => getToFile(bucket, 'encrypted', context.target, { partSizeBytes, concurrency });
  },
  'sealed getToFile': (context) => {
    const bucket = bucketOverAliOss({ ...context, format: 'sealed' });
    return () => getToFile(bucket, 'sealed', context.target);
  },
  'sealed chunks to nowhere': (context) => {
    const bucket = bucketOverAliOss({ ...context, format: 'sealed' });
    return async () => {
      for await (const _ of (await bucket.get('sealed')).chunks());
    };
  },
  'encrypted chunks to nowhere': (context) => {
    const bucket = bucketOverAliOss(context);
    return async () => {
      for await (const _ of (await bucket.get('encrypted')).chunks());
    };
  },
};
