import { EncryptedBucket, type FormatName, type KeyProvider, type ObjectTransport } from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair, useServer } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterEach } from 'vitest';
import type { Job } from '../src/contract/job.js';
import { targetKeys } from '../src/tasks/job-tools.js';

export const bucketName = 'photos';

const [oldPair, newPair, otherPair] = await Promise.all([rsaPair(), rsaPair(1), rsaPair(2)]);
const provider = (pair: typeof oldPair, key: string): KeyProvider =>
  rsaProvider({ ...pair, materialDescription: { key } });

/** The master key of before, the one of now, and one that nobody gives to a job. */
export const oldKey: KeyProvider = provider(oldPair, 'old');
export const newKey: KeyProvider = provider(newPair, 'new');
export const strangersKey: KeyProvider = provider(otherPair, 'stranger');

/** What nobody may see of those keys: pieces of them, as they are written in files. */
export const secretsOfKeys: readonly string[] = [oldPair, newPair].flatMap((pair) =>
  pair.privateKey.split('\n').filter((line) => /^[\w+/]{40,}$/.test(line)),
);

/** Starts a local OSS for the tests of a file; its objects are gone after each test. */
export function useSmallBucket(): { readonly oss: LocalOss; transport(name?: string): ObjectTransport } {
  const running = useServer(() => startOss({ buckets: [bucketName] }));
  afterEach(async () => {
    for (const key of running().keys(bucketName)) await running().deleteObject(bucketName, key);
  });
  return {
    get oss() {
      return running();
    },
    transport: (name = bucketName) =>
      fetchTransport({
        endpoint: running().origin,
        region: running().region,
        bucket: name,
        credentials: defaultOssAccount,
        sleep: async () => {},
      }),
  };
}

/** A bucket that writes under a key. */
export function bucketOf(transport: ObjectTransport, key: KeyProvider, format: FormatName): EncryptedBucket {
  return new EncryptedBucket({ transport, provider: key, format });
}

/** A job about all of the bucket, towards the new key. */
export function jobOf(changes: Partial<Job> = {}): Job {
  const format = changes.format ?? 'sealed';
  return {
    version: 1,
    id: 'job-1',
    bucketName,
    task: 'reencrypt',
    format,
    grade: 'direct',
    source: { kind: 'listing', prefix: '' },
    filter: {},
    targetKeys: targetKeys({ provider: newKey, format }),
    createdAt: '2026-11-27T00:00:00Z',
    ...changes,
  };
}
