// The attacker has no credentials, and asks a bucket that strangers may read for what is in it.
import { randomBytes } from 'node:crypto';
import { EncryptedBucket } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { memoryCheckpoint, rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { beforeEach, describe, expect } from 'vitest';
import { aliOssClient, freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const provider = rsaProvider(await rsaPair());
const content = randomBytes(300_000);
const headers = { 'x-oss-object-acl': 'private' };
const inParts = { multipartThresholdBytes: 0, partSizeBytes: 114_688 };

beforeEach(async () => {
  await aliOssClient(world).putBucketACL('bucket', 'public-read');
});
const ask = (key: string): Promise<Response> => fetch(`${world.oss.origin}/bucket/${key}`);

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const bucketOf = (): EncryptedBucket =>
    new EncryptedBucket({ transport: transportOf(world), provider, format: 'sealed' });

  const writings: readonly (readonly [string, object, boolean])[] = [
    ['in one request', {}, false],
    ['in parts', inParts, false],
    ['in parts that were resumed', inParts, true],
  ];
  it.each(writings)(
    'holds: an object that was stored as private %s stays so',
    async (_name, ways, isResumed) => {
      const options = {
        ...ways,
        headers,
        concurrency: 1,
        ...(isResumed && { checkpoint: memoryCheckpoint() }),
      };
      if (isResumed) {
        const match = { operation: 'UploadPart' } as const;
        const fault = world.oss.faults.add({ kind: 'status', status: 403, skip: 1, match });
        await expect(bucketOf().put('k', content, options)).rejects.toMatchObject({ status: 403 });
        fault.remove();
      }
      await bucketOf().put('k', content, options);
      if (isResumed) expect(world.oss.requests.of('InitiateMultipartUpload')).toHaveLength(1);
      expect((await ask('k')).status).toBe(403);
    },
  );

  it('holds: an object that was stored as private stays so when its keys, its place or its format change', async () => {
    const bucket = bucketOf();
    await bucket.put('k', 'content', { headers });
    await bucket.rewrap('k');
    expect((await ask('k')).status).toBe(403);
    await bucket.reencrypt('k');
    expect((await ask('k')).status).toBe(403);
    await bucket.rename('k', 'l');
    expect((await ask('l')).status).toBe(403);
  });

  it('cannot hold: ciphertext and metadata of any other object are read by everybody', async () => {
    await bucketOf().put('k', content, { metadata: { patient: 'Ada' } });
    const answer = await ask('k');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-oss-meta-patient')).toBe('Ada');
    const body = Buffer.from(await answer.arrayBuffer());
    expect(body.length).toBeGreaterThan(content.length);
    expect(body.includes(content.subarray(0, 32))).toBe(false);
  });
});
