import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  type KeyProvider,
  type ObjectTransport,
} from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { afterEach, beforeEach, expect } from 'vitest';

/** What the tests across packages stand on: a local OSS with the bucket `bucket`, and a folder. Fresh for each test. */
export interface World {
  oss: LocalOss;
  folder: string;
}

/** Longer than the busiest machine is silent. A test that meets a stall says itself how long that is waited for. */
export const idleTimeoutMs = 30_000;

/** Calls that ali-oss has, and its types have not. */
export interface UntypedCalls {
  putBucketVersioning(bucket: string, status: 'Enabled'): Promise<unknown>;
  getBucketVersions(query: object): Promise<{ readonly objects: readonly unknown[] }>;
  getObjectTagging(key: string): Promise<{ readonly tag: Readonly<Record<string, string>> }>;
}

/** An ali-oss client of the world's bucket. */
export function aliOssClient({ oss }: World): OSS & UntypedCalls {
  const options = { endpoint: oss.endpoint, sldEnable: true, region: 'oss-cn-hangzhou', bucket: 'bucket' };
  return new OSS({ ...options, ...defaultOssAccount } as OSS.Options) as OSS & UntypedCalls;
}

/** The transports under test, by name. */
export const transports: readonly (readonly [
  string,
  (world: World, idleTimeoutMs?: number) => ObjectTransport,
])[] = [
  [
    'ali-oss',
    (world, idleMs = idleTimeoutMs) =>
      aliOssTransport(aliOssClient(world), { idleTimeoutMs: idleMs, retries: 0 }),
  ],
  [
    'fetch',
    ({ oss }, idleMs = idleTimeoutMs) =>
      fetchTransport({
        endpoint: oss.endpoint,
        bucket: 'bucket',
        region: oss.region,
        credentials: { ...defaultOssAccount },
        idleTimeoutMs: idleMs,
        retries: 0,
      }),
  ],
];

/** Makes buckets over a transport to the world: in the documented format, unless the options say otherwise. */
export function bucketMaker(
  world: World,
  transportOf: (world: World) => ObjectTransport,
  provider: KeyProvider,
): (options?: Partial<EncryptedBucketOptions>) => EncryptedBucket {
  return (options) =>
    new EncryptedBucket({ transport: transportOf(world), provider, format: 'oss-crypto', ...options });
}

/** Makes a world for each test, and afterwards sees that no request and no socket was left open. */
export function freshWorld(options: Parameters<typeof startOss>[0] = {}): World {
  const world = {} as World;
  beforeEach(async () => {
    world.oss = await startOss({ buckets: ['bucket'], ...options });
    world.folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
  });
  afterEach(async () => {
    try {
      // A server that was told to stop reading cannot see that its client is gone.
      const open = (): unknown[] =>
        world.oss.requests
          .list()
          .filter(({ finished, faults }) => !finished && !faults.includes('stall-request'));
      await expect.poll(open).toEqual([]);
    } finally {
      await world.oss.close();
      await rm(world.folder, { recursive: true, force: true });
    }
  });
  return world;
}
