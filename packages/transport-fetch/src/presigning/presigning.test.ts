import { credentialsSource } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { resolveBucketAddress } from '../signing/bucket-address.js';
import { createSigner, type SignatureVersion } from '../signing/request-signer.js';
import { type PresignedRequest, presigning } from './presigning.js';

const now = Date.UTC(2026, 0, 2, 3, 4, 5) + 900;
const address = resolveBucketAddress({ endpoint: 'oss-cn-hangzhou.aliyuncs.com', bucket: 'photos' });
const keys = { accessKeyId: 'id', accessKeySecret: 'secret' };

function presign(
  request: { key?: string; headers?: Record<string, string> } = {},
  { signatureVersion, expiresSeconds = 60, lifeMs }: Settings = {},
): Promise<PresignedRequest> {
  const expiresAt = lifeMs === undefined ? undefined : new Date(now + lifeMs);
  const sign = presigning({
    address,
    signatureVersion,
    signer: createSigner({ address, signatureVersion }),
    source: credentialsSource({ ...keys, expiresAt }, () => now),
    now: () => now,
  });
  return sign({ method: 'PUT', key: 'a b', query: {}, headers: {}, ...request }, expiresSeconds);
}
interface Settings {
  readonly signatureVersion?: SignatureVersion;
  readonly expiresSeconds?: number;
  readonly lifeMs?: number;
}

describe('a request that is signed ahead', () => {
  it('is that of the object, with all of its headers signed in', async () => {
    const { url, method, headers } = await presign({ headers: { 'Cache-Control': 'no-cache' } });
    expect(url).toMatch(/^https:\/\/photos\.oss-cn-hangzhou\.aliyuncs\.com\/a%20b\?/);
    expect([method, headers]).toEqual(['PUT', { 'cache-control': 'no-cache' }]);
    const { searchParams } = new URL(url);
    expect(searchParams.get('x-oss-additional-headers')).toBe('cache-control');
    expect(searchParams.get('x-oss-expires')).toBe('60');
    expect(searchParams.get('x-oss-date')).toBe('20260102T030405Z');
  });

  it('may hold the length of its body, and the source of a copy', async () => {
    const headers = { 'content-length': '5', 'x-oss-copy-source': '/photos/b' };
    expect((await presign({ headers })).headers).toEqual(headers);
    await expect(presign({ headers: { host: 'elsewhere' } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: expect.stringMatching(/^headers/),
    });
  });

  it('ends when it says, and not after its credentials', async () => {
    const startMs = now - 900;
    expect((await presign()).expiresAt).toEqual(new Date(startMs + 60_000));
    expect((await presign({}, { lifeMs: 30_000 })).expiresAt).toEqual(new Date(now + 30_000));
    expect((await presign({}, { lifeMs: 90_000 })).expiresAt).toEqual(new Date(startMs + 60_000));
  });

  it.each([0, 0.5, 604_801])('does not live %d seconds', async (expiresSeconds) => {
    await expect(presign({}, { expiresSeconds })).rejects.toMatchObject({ argument: 'expiresSeconds' });
  });

  it('of version 1 has no question mark in its key, which would be signed as a parameter', async () => {
    const refused = presign({ key: 'a?acl' }, { signatureVersion: 'v1' });
    await expect(refused).rejects.toMatchObject({ argument: 'key' });
    expect((await presign({ key: 'a?acl' })).url).toContain('/a%3Facl?');
    expect((await presign({}, { signatureVersion: 'v1' })).url).toContain('Signature=');
  });
});
