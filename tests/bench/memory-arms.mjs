// Objects of any size up from a generator and down to nowhere, for their peak memory.
import { bucketOverFetch, arms as fetchArms } from './fetch-arms.mjs';

const chunk = new Uint8Array(256 * 1024).map((_, index) => index * 7);

async function* content(sizeBytes) {
  for (let sent = 0; sent < sizeBytes; sent += chunk.length) yield chunk;
}

/** Over ali-oss, as large objects go by default: up in parts, down in one request. */
async function bucketOf(context) {
  const { bucketOverAliOss } = await import('./ali-oss-clients.mjs');
  return bucketOverAliOss(context);
}

/** Each is given the context of the sample, and gives what is measured. */
export const arms = {
  'up over ali-oss': async (context) => {
    const bucket = await bucketOf(context);
    const { sizeBytes } = context;
    return async () => void (await bucket.put('uploaded', content(sizeBytes), { sizeBytes }));
  },
  'sealed up over ali-oss': async (context) => {
    const bucket = await bucketOf({ ...context, format: 'sealed' });
    const { sizeBytes } = context;
    return async () => void (await bucket.put('uploaded', content(sizeBytes), { sizeBytes }));
  },
  'up over ali-oss at once': async (context) => {
    const bucket = await bucketOf(context);
    const { sizeBytes } = context;
    const options = { sizeBytes, multipartThresholdBytes: sizeBytes };
    return async () => void (await bucket.put('uploaded', content(sizeBytes), options));
  },
  'down over ali-oss': async (context) => {
    const bucket = await bucketOf(context);
    return async () => {
      for await (const _ of (await bucket.get('encrypted')).chunks());
    };
  },
  'up over fetch': async (context) => {
    const bucket = bucketOverFetch(context);
    const { sizeBytes } = context;
    const options = { sizeBytes, multipartThresholdBytes: sizeBytes };
    return async () => void (await bucket.put('uploaded', content(sizeBytes), options));
  },
  'down over fetch': fetchArms['encrypted chunks to nowhere'],
  'plain down over ali-oss': async (context) =>
    (await import('./ali-oss-arms.mjs')).arms['plain getStream to nowhere'](context),
  'plain up over fetch': fetchArms['plain upload'],
};
