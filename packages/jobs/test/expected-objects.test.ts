import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceError } from '@oss-envelope/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceSpec } from '../src/contract/job.js';
import { expectedObjects } from '../src/preflight/expected-objects.js';
import { keyFileSource } from '../src/sources/key-file-source.js';
import { listingSource } from '../src/sources/listing-source.js';
import { bucketName, useSmallBucket } from './small-bucket.js';

const world = useSmallBucket();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'expected-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const listing = (prefix = ''): SourceSpec => ({ kind: 'listing', prefix });

describe('how many objects a job is about', () => {
  it('OSS tells of a whole bucket, and nobody of a part of one', async () => {
    for (const key of ['a/1', 'a/2', 'b']) await world.oss.putObject(bucketName, key, 'x');
    const transport = world.transport();
    const expected = (prefix: string, given?: number) =>
      expectedObjects(
        { source: listing(prefix) },
        { source: listingSource(transport, prefix), transport, given },
      );
    expect(await expected('')).toEqual({ objects: 3, isExact: false, by: 'bucket-statistics' });
    expect(await expected('a/')).toBeUndefined();
    expect(await expected('a/', 2)).toEqual({ objects: 2, isExact: false, by: 'given' });
  });

  it('is not known where OSS does not tell, and a job needs no number', async () => {
    const transport = world.transport();
    const source = listingSource(transport, '');
    const refused = async (): Promise<never> => {
      throw new ServiceError('Denied.', { service: 'OSS', status: 403, serviceCode: 'AccessDenied' });
    };
    const view = transport.bucketView as NonNullable<typeof transport.bucketView>;
    for (const bucketView of [undefined, { ...view, statistics: refused }]) {
      expect(
        await expectedObjects({ source: listing() }, { source, transport: { bucketView } }),
      ).toBeUndefined();
    }
    const broken = async (): Promise<never> => {
      throw new TypeError('a fault of this program');
    };
    const bucketView = { ...view, statistics: broken };
    await expect(
      expectedObjects({ source: listing() }, { source, transport: { bucketView } }),
    ).rejects.toThrow(TypeError);
  });

  it('is the number of lines of a file that name something', async () => {
    const path = join(folder, 'keys');
    await writeFile(path, 'one\n\n{"key":"two"}\n{"no":1}\nthree');
    const source = keyFileSource(path);
    const transport = world.transport();
    expect(await expectedObjects({ source: { kind: 'keys', path } }, { source, transport })).toEqual({
      objects: 4,
      isExact: true,
      by: 'keys-file',
    });
    await source.close();
  });
});
