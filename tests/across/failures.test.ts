import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import type { EncryptedBucketOptions, KeyProvider } from '@oss-envelope/core';
import { getToFile, putFile } from '@oss-envelope/core/node';
import { defaultOssAccount, type OssFaultRule } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { aliOssClient, bucketMaker, freshWorld, idleTimeoutMs, transports } from '../support/world.js';

const [pair, otherPair] = await Promise.all([rsaPair(), rsaPair(1)]);
const world = freshWorld();
const content = randomBytes(1_000_003);

const unhandled: unknown[] = [];
const remember = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on('unhandledRejection', remember));
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', remember);
  expect(unhandled.splice(0)).toEqual([]);
});

/** What a call rejects with. It must not show what is secret. */
async function failureOf(call: Promise<unknown>): Promise<Error & { code?: string }> {
  const error = await call.then(
    () => expect.fail('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) expect.fail(`it rejected with ${String(error)}`);
  const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
  expect(shown).not.toContain(defaultOssAccount.accessKeySecret);
  expect(shown).not.toMatch(/Signature|Authorization|PRIVATE KEY/);
  return error;
}

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const bucketOf = bucketMaker(world, transportOf, rsaProvider(pair));
  /** A bucket that a stall is sure to meet, so it need not be waited for as long as a busy machine takes. */
  const bucketThatMeets = ({ kind }: OssFaultRule) =>
    bucketOf({ transport: transportOf(world, kind.startsWith('stall') ? 250 : idleTimeoutMs) });

  const downloadFaults: [string, OssFaultRule, string[]][] = [
    ['a reset', { kind: 'reset-response', afterBytes: 300_000 }, ['ERR_TRANSPORT']],
    ['a reset before the first byte', { kind: 'reset-response', afterBytes: 0 }, ['ERR_TRANSPORT']],
    ['a stall', { kind: 'stall-response', afterBytes: 300_000 }, ['ERR_TRANSPORT']],
    ['a body cut short', { kind: 'truncate', afterBytes: 300_000 }, ['ERR_TRANSPORT', 'ERR_INTEGRITY']],
    [
      'a shortened body that HTTP takes for whole',
      { kind: 'truncate', afterBytes: 300_000, shorten: true },
      ['ERR_INTEGRITY'],
    ],
    ['a flipped bit', { kind: 'corrupt-response', atByte: 77 }, ['ERR_INTEGRITY']],
    ['a wrong CRC-64', { kind: 'wrong-crc' }, ['ERR_INTEGRITY']],
    ['503', { kind: 'status', status: 503 }, ['ERR_SERVICE']],
  ];

  it.each(downloadFaults)(
    'a download that meets %s fails, leaves no file, and spares the old one',
    async (_name, fault, codes) => {
      const bucket = bucketOf();
      await bucket.put('object', content);
      const target = join(world.folder, 'target');
      await writeFile(target, 'old');
      for (const path of [target, join(world.folder, 'new')]) {
        world.oss.faults.add({ ...fault, match: { operation: 'GetObject' } });
        const error = await failureOf(getToFile(bucketThatMeets(fault), 'object', path));
        expect(codes).toContain(error.code);
      }
      expect(await readdir(world.folder)).toEqual(['target']);
      expect(await readFile(target, 'utf8')).toBe('old');
      await getToFile(bucket, 'object', target);
      expect(Buffer.compare(await readFile(target), content)).toBe(0);
    },
  );

  it.each(downloadFaults)(
    'a stream that meets %s ends with an error, not as if it were whole',
    async (_name, fault, codes) => {
      const bucket = bucketOf();
      await bucket.put('object', content);
      world.oss.faults.add({ ...fault, match: { operation: 'GetObject' } });
      const error = await failureOf(
        bucketThatMeets(fault)
          .get('object')
          .then((object) => new Response(object.body).arrayBuffer()),
      );
      expect(codes).toContain(error.code);
    },
  );

  const uploadFaults: [string, OssFaultRule, string[]][] = [
    ['a reset', { kind: 'reset-request', afterBytes: 300_000 }, ['ERR_TRANSPORT']],
    ['a stall', { kind: 'stall-request', afterBytes: 300_000 }, ['ERR_TRANSPORT']],
    ['a lost answer', { kind: 'lost-response' }, ['ERR_TRANSPORT']],
    ['a wrong CRC-64', { kind: 'wrong-crc' }, ['ERR_INTEGRITY']],
    ['503', { kind: 'status', status: 503 }, ['ERR_SERVICE']],
    ['403 before the body is read', { kind: 'status', status: 403, code: 'AccessDenied' }, ['ERR_SERVICE']],
  ];

  it.each(uploadFaults)(
    'an upload that meets %s fails and releases its source',
    async (_name, fault, codes) => {
      world.oss.faults.add({ ...fault, match: { operation: 'PutObject' }, times: 2 });
      const bucket = bucketThatMeets(fault);
      expect(codes).toContain((await failureOf(bucket.put('object', content))).code);
      const source = Readable.from([content, content], { objectMode: false });
      expect(codes).toContain(
        (await failureOf(bucket.put('object', source, { sizeBytes: content.length * 2 }))).code,
      );
      expect(source.destroyed).toBe(true);
    },
  );

  it('a source that fails midway, or is not as long as declared, stores nothing', async () => {
    const failure = new Error('the disk is gone');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield content;
      throw failure;
    }
    for (const sizeBytes of [undefined, content.length * 2]) {
      expect(await failureOf(bucketOf().put('object', failing(), { sizeBytes }))).toBe(failure);
    }
    for (const sizeBytes of [content.length - 1, content.length + 1]) {
      const error = await failureOf(bucketOf().put('object', Readable.from([content]), { sizeBytes }));
      expect(error).toMatchObject({ name: 'OutOfRangeError', argument: 'sizeBytes' });
    }
    await expect.poll(() => world.oss.activeRequests).toBe(0);
    expect(await keysIn()).toEqual([]);
  });

  it('an aborted call rejects with the reason and leaves nothing behind', async () => {
    const bucket = bucketOf();
    await bucket.put('object', content);
    const reason = new Error('enough');

    const upload = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield content;
      upload.abort(reason);
      await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
    }
    expect(await failureOf(bucket.put('other', slow(), { signal: upload.signal }))).toBe(reason);

    const download = new AbortController();
    world.oss.faults.add({ kind: 'stall-response', afterBytes: 300_000, match: { operation: 'GetObject' } });
    const object = await bucket.get('object', { signal: download.signal });
    setTimeout(() => download.abort(reason), 50);
    expect(await failureOf(object.bytes())).toBe(reason);

    const toFile = new AbortController();
    world.oss.faults.add({ kind: 'stall-response', afterBytes: 300_000, match: { operation: 'GetObject' } });
    setTimeout(() => toFile.abort(reason), 50);
    const path = join(world.folder, 'target');
    expect(await failureOf(getToFile(bucket, 'object', path, { signal: toFile.signal }))).toBe(reason);
    expect(await readdir(world.folder)).toEqual([]);
    await expect.poll(() => world.oss.activeRequests).toBe(0);
    expect(await keysIn()).toEqual(['object']);
  });

  it('content that nobody reads is given up', async () => {
    const bucket = bucketOf();
    await bucket.put('object', randomBytes(20_000_000));
    await (await bucket.get('object')).discard();
    await (await bucket.get('object')).body.cancel();
    for await (const _chunk of (await bucket.get('object')).chunks()) break;
    await expect.poll(() => world.oss.activeRequests).toBe(0);
  });

  const wrongKeys: [string, KeyProvider, Partial<EncryptedBucketOptions>][] = [
    ['OAEP', rsaProvider({ ...pair, padding: 'oaep-sha1' }), { format: 'client-side-encryption' }],
    ['PKCS#1 v1.5', rsaProvider(pair), { format: 'client-side-encryption' }],
    ['the documented format', rsaProvider(pair), { format: 'oss-crypto' }],
  ];
  it.each(wrongKeys)(
    'another private key does not open %s, and does not say why',
    async (_name, provider, options) => {
      await bucketOf({ provider, ...options }).put('object', content);
      // With PKCS#1 v1.5 a wrong key gives random bytes, which pass for a key about once in 60,000 times.
      const error = await failureOf(
        bucketOf({ provider: rsaProvider({ privateKey: otherPair.privateKey }) }).get('object'),
      );
      expect(error.code).toBe('ERR_KEY_UNWRAP_FAILED');
      expect(error.cause).toBeUndefined();
    },
  );

  it('half a pair does half of the work, and says which half is missing', async () => {
    const writer = bucketOf({ provider: rsaProvider({ publicKey: pair.publicKey }) });
    const reader = bucketOf({ provider: rsaProvider({ privateKey: pair.privateKey }) });
    await writer.put('object', 'content');
    expect(await (await reader.get('object')).text()).toBe('content');
    expect(await failureOf(writer.get('object'))).toMatchObject({
      code: 'ERR_NO_MATCHING_KEY',
      message: /private/,
    });
    expect(await failureOf(reader.put('object', 'x'))).toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: /publicKey/,
    });
  });

  it('envelopes that are not whole, doubled or unknown are refused by name', async () => {
    const bucket = bucketOf();
    await bucket.put('object', 'content');
    const { headers, bytes } = await world.oss.getObject('bucket', 'object');
    const cases: [Record<string, string | undefined>, string][] = [
      [Object.fromEntries(Object.keys(headers).map((name) => [name, undefined])), 'ERR_ENVELOPE_MISSING'],
      [{ 'x-oss-meta-oss-crypto-start': undefined }, 'ERR_ENVELOPE_MALFORMED'],
      [{ 'x-oss-meta-client-side-encryption-key': 'AAAA' }, 'ERR_ENVELOPE_MALFORMED'],
      [{ 'x-oss-meta-oss-crypto-key': 'not base64' }, 'ERR_ENVELOPE_MALFORMED'],
      [{ 'x-oss-meta-oss-crypto-key': 'AAAA' }, 'ERR_KEY_UNWRAP_FAILED'],
      [{ 'x-oss-meta-oss-crypto-start': headers['x-oss-meta-oss-crypto-key'] }, 'ERR_ENVELOPE_MALFORMED'],
      [{ 'x-oss-meta-oss-cek-alg': 'AES/CBC/NoPadding' }, 'ERR_ALGORITHM_NOT_SUPPORTED'],
      [{ 'x-oss-meta-oss-wrap-alg': 'rot13' }, 'ERR_ALGORITHM_NOT_SUPPORTED'],
      [{ 'x-oss-meta-oss-wrap-alg': 'kms' }, 'ERR_NO_MATCHING_KEY'],
      [{ 'x-oss-meta-oss-matdesc': '{"key":"other"}' }, 'ERR_NO_MATCHING_KEY'],
    ];
    for (const [change, code] of cases) {
      const changed = Object.entries({ ...headers, ...change }).filter(([, value]) => value !== undefined);
      await world.oss.putObject(
        'bucket',
        'changed',
        bytes,
        Object.fromEntries(changed) as Record<string, string>,
      );
      expect((await failureOf(bucket.get('changed'))).code, JSON.stringify(change)).toBe(code);
    }
  });

  it('a range outside the object, too much metadata, a key with dot segments', async () => {
    const bucket = bucketOf();
    await bucket.put('object', 'content');
    await bucket.put('empty', '');
    expect((await failureOf(bucket.get('object', { range: { offsetBytes: 7 } }))).code).toBe(
      'ERR_RANGE_NOT_SATISFIABLE',
    );
    expect((await failureOf(bucket.get('empty', { range: { lastBytes: 1 } }))).code).toBe(
      'ERR_RANGE_NOT_SATISFIABLE',
    );
    const metadata = { a: 'x'.repeat(8 * 1024) };
    expect(await failureOf(bucket.put('object', 'x', { metadata }))).toMatchObject({ argument: 'metadata' });
    expect(await failureOf(bucket.put('a/../b', 'x'))).toMatchObject({ argument: 'key' });
    expect(await keysIn()).toEqual(['empty', 'object']);
  });

  it('files that cannot be read or written', async () => {
    const bucket = bucketOf();
    await bucket.put('object', 'content');
    const requests = world.oss.requests.length;
    const missing = join(world.folder, 'no', 'such', 'folder', 'file');
    expect(await failureOf(getToFile(bucket, 'object', missing))).toMatchObject({
      argument: 'path',
      message: /create/,
    });
    expect(await failureOf(getToFile(bucket, 'object', world.folder))).toMatchObject({ argument: 'path' });
    expect(await failureOf(putFile(bucket, 'object', missing))).toMatchObject({
      argument: 'path',
      message: /ENOENT/,
    });
    expect(await failureOf(putFile(bucket, 'object', world.folder))).toMatchObject({ argument: 'path' });
    expect(world.oss.requests).toHaveLength(requests);
    expect(await readdir(world.folder)).toEqual([]);
  });

  /** The keys in the bucket, asked of the server's own store. */
  async function keysIn(): Promise<string[]> {
    const { objects } = await aliOssClient(world).list({ 'max-keys': 100 }, {});
    return (objects ?? []).map(({ name }) => name);
  }
});
