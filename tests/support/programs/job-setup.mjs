// What a program of a job is told by a file of JSON: where the bucket is, which keys there are, and what is to be done.
// { origin, bucket, keys: { old, new }, poisonKey }: keys as tests/jobs/proof/master-keys.ts has them, or an RSA pair each as
// `oldPair` and `newPair`. At the HEAD of `poisonKey` the program kills itself.
import { readFile } from 'node:fs/promises';
import { openSource, targetKeys } from '@oss-envelope/jobs';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { aesProvider } from '@oss-envelope/provider-aes';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

export async function jobSetup(path, retries) {
  const config = JSON.parse(await readFile(path, 'utf8'));
  const plain = fetchTransport({
    endpoint: config.origin,
    region: 'cn-hangzhou',
    bucket: config.bucket,
    credentials: { ...defaultOssAccount },
    retries,
  });
  const transport = {
    ...plain,
    async head(request) {
      if (request.key === config.poisonKey) process.kill(process.pid, 'SIGKILL');
      return plain.head(request);
    },
  };
  const keys = keysOf(config);
  /** A job about all of the bucket, or what is named instead. */
  const jobOf = (changes) => ({
    version: 1,
    bucketName: config.bucket,
    format: 'sealed',
    grade: 'direct',
    source: { kind: 'listing', prefix: '' },
    filter: {},
    targetKeys: targetKeys({ ...keys, format: 'sealed' }),
    createdAt: new Date().toISOString(),
    ...changes,
  });
  return { config, transport, keys, jobOf, openSource: (job) => openSource(job, { transport }) };
}

function keysOf({ keys, oldPair, newPair }) {
  if (keys === undefined) return { provider: rsaProvider(newPair), otherProviders: [rsaProvider(oldPair)] };
  const [before, now] = ['old', 'new'].map((key) => ({
    rsa: rsaProvider({ ...keys[key].rsa, materialDescription: { key } }),
    aes: aesProvider({ secret: keys[key].aes, materialDescription: { key } }),
  }));
  return { provider: now.rsa, recipients: [now.aes], otherProviders: [before.rsa, before.aes] };
}
