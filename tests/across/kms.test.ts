import { EncryptedBucket, type EncryptedBucketOptions, type KeyProvider } from '@oss-envelope/core';
import { defaultKmsAccount, defaultOssAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair, runs } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshWorld } from '../support/world.js';

const world = freshWorld();
/** As patient as it is by default: many requests at once wait for each other. */
const transportOf = ({ oss }: typeof world) =>
  fetchTransport({
    endpoint: oss.endpoint,
    bucket: 'bucket',
    region: oss.region,
    credentials: { ...defaultOssAccount },
    retries: 0,
  });

let kms: LocalKms;
let keyId: string;
beforeEach(async () => {
  kms = await startKms({ requestLogCapacity: 10_000 });
  keyId = await kms.createKey({});
});
afterEach(() => kms.close());

const bucketOf = (provider: KeyProvider, options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
  new EncryptedBucket({ transport: transportOf(world), provider, format: 'sealed', ...options });
const putAll = (bucket: EncryptedBucket, count: number, prefix = 'k') =>
  Promise.all(
    Array.from({ length: count }, (_, index) => bucket.put(`${prefix}${index}`, `content ${index}`)),
  );
const textOf = async (bucket: EncryptedBucket, key: string) => (await bucket.get(key)).text();
const contexts = (action: string) =>
  kms.requests
    .of(action)
    .map(({ parameters }) => JSON.parse(parameters.EncryptionContext ?? 'null') as object);

const ways = [
  ['@alicloud/kms20160120', kmsProvider],
  ['signed fetch', kmsFetchProvider],
] as const;
const nextRow = inTurn(ways.length);
describe.each(ways)('over %s', (_, make) => {
  const it = nextRow();
  const providerOf = (options: object = {}): KeyProvider =>
    make({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId, ...options });

  // S14, S18.
  it('many small objects at once cost one GenerateDataKey and one Decrypt', async () => {
    const count = runs(1000);
    await putAll(bucketOf(providerOf()), count);
    expect(kms.requests.actions).toEqual(['GenerateDataKey']);
    const reader = bucketOf(providerOf());
    const keys = Array.from({ length: count }, (__, index) => `k${index}`);
    const texts = await Promise.all(keys.map((key) => textOf(reader, key)));
    expect(texts).toEqual(keys.map((___, index) => `content ${index}`));
    await textOf(reader, 'k0');
    expect(kms.requests.actions).toEqual(['GenerateDataKey', 'Decrypt']);
  }, 300_000);

  it('the limits of the policy are kept: objects, and age', async () => {
    const writer = bucketOf(providerOf(), { keyReuse: { maxObjects: 10 } });
    await putAll(writer, 25);
    expect(kms.requests.actions).toEqual(Array(3).fill('GenerateDataKey'));
    // Three wrapping keys, each opened once.
    const reader = bucketOf(providerOf());
    await Promise.all(Array.from({ length: 25 }, (__, index) => textOf(reader, `k${index}`)));
    expect(kms.requests.of('Decrypt')).toHaveLength(3);

    kms.requests.clear();
    const young = bucketOf(providerOf(), { keyReuse: { maxAgeMs: 100 } });
    await putAll(young, 3);
    await new Promise((resolve) => setTimeout(resolve, 120));
    await putAll(young, 3);
    expect(kms.requests.actions).toEqual(['GenerateDataKey', 'GenerateDataKey']);
  });

  it('a first call that fails is not kept', async () => {
    const bucket = bucketOf(providerOf({ retries: 0 }));
    kms.faults.add({ kind: 'status', status: 500, times: 1 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (__, index) => bucket.put(`k${index}`, 'x')),
    );
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(kms.requests.actions).toEqual(['GenerateDataKey']);
    await putAll(bucket, 20);
    expect(kms.requests.actions).toEqual(['GenerateDataKey', 'GenerateDataKey']);

    const reader = bucketOf(providerOf({ retries: 0 }));
    kms.requests.clear();
    kms.faults.add({ kind: 'status', status: 500, times: 1 });
    const reads = await Promise.allSettled(
      Array.from({ length: 20 }, (__, index) => textOf(reader, `k${index}`)),
    );
    // A read that gets so far only after the first call has failed makes the second.
    expect(reads.map(({ status }) => status)).toContain('rejected');
    expect(await textOf(reader, 'k0')).toBe('content 0');
    expect(kms.requests.actions).toEqual(['Decrypt', 'Decrypt']);
  });

  // S14: the context of the object is in the encryption context of KMS.
  it('the context of a bucket is part of the encryption context', async () => {
    const own = { encryptionContext: { app: 'photos' } };
    const ofSeven = bucketOf(providerOf(own), { context: { tenant: '7', größe: '☃ "groß"' } });
    await putAll(ofSeven, 3, 'seven');
    await putAll(bucketOf(providerOf(own), { context: { tenant: '8' } }), 3, 'eight');
    const format = { 'oss-envelope': 'sealed/1' };
    const seven = { app: 'photos', größe: '☃ "groß"', tenant: '7', ...format };
    expect(contexts('GenerateDataKey')).toEqual([seven, { app: 'photos', tenant: '8', ...format }]);

    // A reader finds the pairs in the object.
    const reader = bucketOf(providerOf(own));
    expect(await textOf(reader, 'seven1')).toBe('content 1');
    expect(await textOf(reader, 'eight1')).toBe('content 1');
    expect(contexts('Decrypt')).toEqual(contexts('GenerateDataKey'));
    await expect(
      textOf(bucketOf(providerOf(own), { context: { tenant: '8' } }), 'seven1'),
    ).rejects.toMatchObject({
      code: 'ERR_OBJECT_MISMATCH',
    });
  });

  it("a context that contradicts the provider's, or that KMS cannot take, is refused before anything is sent", async () => {
    const provider = providerOf({ encryptionContext: { app: 'photos' } });
    for (const context of [{ app: 'mail' }, { 'oss-envelope-x': '1' }]) {
      await expect(bucketOf(provider, { context }).put('k', 'x')).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining('context'),
      });
    }
    expect(kms.requests.length).toBe(0);
    expect(world.oss.requests.list()).toEqual([]);
  });

  it('objects of before, whose context KMS does not know, open by a second call', async () => {
    const provider = providerOf({ encryptionContext: { app: 'photos' } });
    const { bindsContext: __, ...before } = provider;
    const context = { tenant: '7' };
    await bucketOf(before, { context }).put('k', 'from before');
    expect(contexts('GenerateDataKey')).toEqual([{ app: 'photos', 'oss-envelope': 'sealed/1' }]);
    expect(await textOf(bucketOf(provider, { context }), 'k')).toBe('from before');
    expect(kms.requests.of('Decrypt').map(({ status }) => status)).toEqual([400, 200]);
  });

  it('hostile contexts in the bucket end in no error but those of keys and content', async () => {
    await bucketOf(providerOf(), { context: { tenant: '7' } }).put('k', 'x');
    const { headers, bytes } = await world.oss.getObject('bucket', 'k');
    const metadata = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.startsWith('x-oss-meta-')),
    ) as Record<string, string>;
    const codes: unknown[] = [];
    for (const text of [
      '{"tenant":"8"}',
      '{"oss-envelope":"sealed/2"}',
      '{"":"1"}',
      '{"__proto__":"1"}',
      '{"a":"\\ud800"}',
    ]) {
      await world.oss.putObject('bucket', 'k', bytes, {
        ...metadata,
        'x-oss-meta-oss-envelope-context': text,
      });
      codes.push(await textOf(bucketOf(providerOf()), 'k').catch((error: { code: string }) => error.code));
    }
    expect(codes).toEqual(
      Array(5).fill(expect.stringMatching(/^ERR_(?:KEY_UNWRAP_FAILED|ENVELOPE_MALFORMED)$/)),
    );
  });

  it('several regions and accounts open what one writes, each asked only for its own', async () => {
    const account = { accessKeyId: 'other-account', accessKeySecret: 'other-secret' };
    const beijing = await startKms({ region: 'cn-beijing', accounts: [account] });
    try {
      const beijingKeyId = await beijing.createKey({});
      const here = providerOf({ materialDescription: { region: 'cn-hangzhou' } });
      const there = make({
        endpoint: beijing.url,
        credentials: account,
        keyId: beijingKeyId,
        materialDescription: { region: 'cn-beijing' },
      });
      const rsa = rsaProvider(await rsaPair());
      await putAll(bucketOf(here, { recipients: [there, rsa], context: { tenant: '7' } }), 100);
      expect([kms.requests.actions, beijing.requests.actions]).toEqual([
        ['GenerateDataKey'],
        ['GenerateDataKey'],
      ]);
      const requests = [...kms.requests, ...beijing.requests];
      expect(requests.map(({ parameters }) => parameters.Plaintext)).toEqual([undefined, undefined]);

      // Each alone, also when the other region is gone.
      await kms.close();
      expect(await textOf(bucketOf(there), 'k42')).toBe('content 42');
      expect(await textOf(bucketOf(rsa), 'k42')).toBe('content 42');
      expect(beijing.requests.actions).toEqual(['GenerateDataKey', 'Decrypt']);
      await expect(textOf(bucketOf(here), 'k42')).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
    } finally {
      await beijing.close();
    }
  });

  // S15.
  it('recipients that readers could not tell apart are refused', async () => {
    const other = make({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId: 'other' });
    expect(() => bucketOf(providerOf(), { recipients: [other] })).toThrow(
      /options\.recipients\[0\] must not have the same kind of key \('kms'\)/,
    );
  });
});

it('an opened wrapping key is forgotten after five minutes', async () => {
  const provider = kmsFetchProvider({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId });
  await bucketOf(provider).put('k', 'x');
  const reader = bucketOf(provider);
  await textOf(reader, 'k');
  const atMs = performance.now();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(atMs + 299_000);
  await textOf(reader, 'k');
  expect(kms.requests.of('Decrypt')).toHaveLength(1);
  clock.mockReturnValue(atMs + 300_001);
  await textOf(reader, 'k').finally(() => clock.mockRestore());
  expect(kms.requests.of('Decrypt')).toHaveLength(2);
});
