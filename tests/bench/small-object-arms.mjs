// Many objects of 1 KiB up and down over ali-oss, one at a time and sixteen at once.
import { constants, createPrivateKey, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { createContentKey } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssClient, bucketOverAliOss } from './ali-oss-clients.mjs';

const content = randomBytes(1024);
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };

/** Does a task `count` times, `concurrency` at once; gives the seconds that one takes. */
async function secondsOfOne(task, count, concurrency) {
  let next = 0;
  const work = async () => {
    while (next < count) await task(next++);
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, work));
  return (performance.now() - startMs) / 1000 / count;
}

/** An arm that does `task` as often as the context says, after a warm-up. */
function repeated(prepare) {
  return async (context) => {
    const { count, concurrencies } = context;
    const task = await prepare(context);
    await secondsOfOne(task, Math.ceil(count / 2), 4);
    return async () => {
      const measured = {};
      for (const concurrency of concurrencies) {
        measured[`secondsOfOne${concurrency}`] = await secondsOfOne(task, count, concurrency);
      }
      return { measured };
    };
  };
}

/** Each is given the context of the sample, and gives what is timed. */
export const arms = {
  'plain put': repeated((context) => {
    const client = aliOssClient(context);
    return (index) => client.put(`small-${index % 64}`, content);
  }),
  'encrypted put': repeated((context) => {
    const bucket = bucketOverAliOss(context);
    return (index) => bucket.put(`small-${index % 64}`, content);
  }),
  'data key made and wrapped, no I/O': repeated(({ keys }) => {
    const provider = rsaProvider(keys);
    return () => createContentKey(provider, 'oss-crypto', { contentSizeBytes: content.length });
  }),
  'plain get': repeated((context) => {
    const client = aliOssClient(context);
    return () => client.get('plain');
  }),
  'encrypted get': repeated((context) => {
    const bucket = bucketOverAliOss(context);
    return async () => (await bucket.get('encrypted')).bytes();
  }),
  'two RSA private operations, no I/O': repeated(({ keys }) => {
    const key = createPrivateKey(keys.privateKey);
    const wrapped = publicEncrypt({ key: keys.publicKey, ...oaep }, randomBytes(32));
    return async () => {
      privateDecrypt({ key, ...oaep }, wrapped);
      privateDecrypt({ key, ...oaep }, wrapped);
    };
  }),
  'read of an open object': repeated(async (context) => {
    // One byte comes along with the envelope, so that every read is a request.
    const object = await bucketOverAliOss(context).open('encrypted', { prefetchBytes: 1 });
    return () => object.read(0, content.length);
  }),
};
