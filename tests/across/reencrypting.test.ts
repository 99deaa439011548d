import { createHash, randomBytes } from 'node:crypto';
import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  type FormatName,
  type KeyProvider,
  type ObjectTransport,
} from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rejectionOf, rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { beforeEach, describe, expect } from 'vitest';
import { attributesOf, plainHeaders } from '../support/object-attributes.js';
import { aliOssClient, freshWorld, transports } from '../support/world.js';

const [oldPair, newPair] = await Promise.all([rsaPair(), rsaPair(1)]);
const oldProvider = rsaProvider({ ...oldPair, materialDescription: { key: '2026' } });
const newProvider = rsaProvider({ ...newPair, materialDescription: { key: '2027' } });
const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
const small = randomBytes(40_000);
/** Of several parts. */
const large = randomBytes(4 * 1024 * 1024 + 300_001);
const partSizeBytes = 1024 * 1024;
const headers = {
  ...plainHeaders,
  'x-oss-server-side-encryption': 'KMS',
  'x-oss-server-side-encryption-key-id': 'a-key',
  'x-oss-tagging': 'team=7&a%20b=c%2Bd%3D',
  'x-oss-object-acl': 'public-read',
};
const metadata = { author: 'Horace' };

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const world = freshWorld();
  let transport: ObjectTransport;
  beforeEach(() => {
    transport = transportOf(world);
  });
  const bucketOf = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
    new EncryptedBucket({
      transport,
      provider: oldProvider,
      format: 'sealed',
      reads: [...formats],
      ...options,
    });
  const rotated = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
    bucketOf({ provider: newProvider, otherProviders: [oldProvider], ...options });
  const attributes = (key = 'k') => attributesOf(aliOssClient(world), key);
  const operations = (): string[] => world.oss.requests.list().map(({ operation }) => operation as string);
  const read = async (provider = oldProvider): Promise<Uint8Array> =>
    (await bucketOf({ provider }).get('k')).bytes();

  const pairs = formats.flatMap((from) => formats.map((to) => [from, to] as const));
  it.each(pairs)(
    'from %s to %s the content and all else stays, under the new key alone',
    async (from, to) => {
      for (const content of [small, large, new Uint8Array(0)]) {
        await bucketOf({ format: from }).put('k', content, { headers, metadata, contentType: 'text/plain' });
        const before = await attributes();
        const stored = await world.oss.getObject('bucket', 'k');
        const told: number[] = [];
        const result = await rotated().reencrypt('k', {
          format: to,
          partSizeBytes,
          onProgress: ({ transferredBytes }) => told.push(transferredBytes),
        });
        const after = await attributes();
        const now = await world.oss.getObject('bucket', 'k');
        expect(Buffer.compare(await read(newProvider), content)).toBe(0);
        expect(await rejectionOf(read())).toMatchObject({ code: 'ERR_NO_MATCHING_KEY' });
        if (content.length > 0) expect(Buffer.compare(now.bytes, stored.bytes)).not.toBe(0);
        expect(told.at(-1)).toBe(content.length);

        const ofContent =
          /^(etag|content-length|content-md5|x-oss-hash-crc64ecma|x-oss-object-type|x-oss-meta-(oss-|client-side-|unencrypted-).*)$/;
        const rest = (all: Record<string, string>) =>
          Object.fromEntries(Object.entries(all).filter(([name]) => !ofContent.test(name)));
        expect({ ...after, headers: rest(after.headers) }).toEqual({
          ...before,
          headers: rest(before.headers),
        });
        expect(before.tags).toEqual({ team: '7', 'a b': 'c+d=' });
        expect(result).toMatchObject({
          previousFormat: from,
          previousKeys: [{ materialDescription: { key: '2026' } }],
          keys: [{ materialDescription: { key: '2027' } }],
          envelope: { format: to },
          etag: after.headers.etag,
          oldVersionsKeepTheOldKey: false,
        });
        expect(world.oss.uploads('bucket')).toEqual([]);
      }
    },
  );

  it('encrypts what was not encrypted, where that is allowed', async () => {
    await world.oss.putObject('bucket', 'k', small, {
      'x-oss-meta-author': 'Horace',
      'content-type': 'text/plain',
    });
    expect(await rejectionOf(rotated().reencrypt('k'))).toMatchObject({ code: 'ERR_ENVELOPE_MISSING' });
    const result = await rotated().reencrypt('k', { onPlainObject: 'pass' });
    expect(result).toMatchObject({
      previousFormat: 'plain',
      previousKeys: [],
      envelope: { format: 'sealed' },
    });
    const object = await rotated().get('k');
    expect([object.metadata, object.contentType]).toEqual([metadata, 'text/plain']);
    expect(Buffer.compare(await object.bytes(), small)).toBe(0);
  });

  it('does not encrypt what is stored compressed: clients would unpack the ciphertext', async () => {
    await world.oss.putObject('bucket', 'k', small, { 'content-encoding': 'br' });
    expect(await rejectionOf(rotated().reencrypt('k', { onPlainObject: 'pass' }))).toMatchObject({
      code: 'ERR_REENCRYPTION_NEEDED',
    });
    expect((await world.oss.getObject('bucket', 'k')).bytes).toHaveLength(small.length);
  });

  // S24.
  it('refuses a format that has no recipients where the bucket has some', async () => {
    const auditor = rsaProvider(await rsaPair(2));
    const shared = bucketOf({ recipients: [auditor] });
    await shared.put('k', 'for both');
    world.oss.requests.clear();
    for (const format of ['oss-crypto', 'client-side-encryption'] as const) {
      const error = await rejectionOf(shared.reencrypt('k', { format }));
      expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'options.format' });
    }
    expect(world.oss.requests.list()).toEqual([]);
    await shared.with({ recipients: undefined }).reencrypt('k', { format: 'oss-crypto' });
    expect((await bucketOf({ format: 'oss-crypto' }).head('k')).encryption).toMatchObject({
      envelope: { format: 'oss-crypto' },
    });
  });

  it('keeps the context and the binding of what is sealed', async () => {
    await bucketOf({ context: { tenant: '7' }, bound: 'none' }).put('k', small);
    await rotated().reencrypt('k', { context: { tenant: '7' } });
    expect((await rotated().head('k')).encryption).toMatchObject({
      envelope: { context: { tenant: '7' }, bound: 'none' },
    });
    expect(await rejectionOf(rotated().reencrypt('k', { context: { tenant: '8' } }))).toMatchObject({
      code: 'ERR_OBJECT_MISMATCH',
    });
  });

  it('records the MD5 of a content whose MD5 was recorded', async () => {
    const contentMd5 = createHash('md5').update(small).digest('base64');
    await bucketOf({ format: 'oss-crypto' }).put('k', small, { contentMd5 });
    await rotated().reencrypt('k', { format: 'client-side-encryption' });
    expect((await rotated().head('k')).encryption).toMatchObject({ envelope: { contentMd5 } });
  });

  it('wraps by one wrapping key what is sealed anew, object after object', async () => {
    let wrapped = 0;
    const counting: KeyProvider = {
      ...newProvider,
      wrapKey(request) {
        wrapped++;
        return newProvider.wrapKey(request);
      },
    };
    const bucket = rotated({ provider: counting });
    for (const key of ['a', 'b', 'c']) await bucketOf().put(key, small);
    for (const key of ['a', 'b', 'c']) await bucket.reencrypt(key);
    expect(wrapped).toBe(1);
  });

  const sizes = [
    ['in one request', small],
    ['in parts', large],
  ] as const;
  describe.each(sizes)('%s', (name, content) => {
    const store = name === 'in parts' ? 'CompleteMultipartUpload' : 'PutObject';
    const reencrypt = (bucket = rotated()): Promise<unknown> => bucket.reencrypt('k', { partSizeBytes });

    it('replaces nothing when what is stored is damaged', async () => {
      for (const format of ['sealed', 'oss-crypto'] as const satisfies FormatName[]) {
        await bucketOf({ format }).put('k', content);
        await world.oss.corruptByte('bucket', 'k', content.length - 1);
        const before = await attributes();
        world.oss.requests.clear();
        expect(await rejectionOf(reencrypt())).toMatchObject({
          code: 'ERR_INTEGRITY',
          operation: 'reencrypt',
        });
        expect(operations()).not.toContain(store);
        expect(await attributes()).toEqual(before);
        expect(world.oss.uploads('bucket')).toEqual([]);
      }
    });

    it('replaces nothing when the download breaks off', async () => {
      await bucketOf().put('k', content);
      world.oss.faults.add({ kind: 'reset-response', afterBytes: 30_000, match: { operation: 'GetObject' } });
      expect(await rejectionOf(reencrypt())).toMatchObject({ code: 'ERR_TRANSPORT' });
      expect(operations().filter((operation) => operation === store)).toHaveLength(
        name === 'in parts' ? 0 : 1,
      );
      expect(Buffer.compare(await read(), content)).toBe(0);
      expect(world.oss.uploads('bucket')).toEqual([]);
    });

    it('replaces nothing when the upload is damaged on its way', async () => {
      await bucketOf().put('k', content);
      const damaging: ObjectTransport = {
        ...transport,
        put: (request) => transport.put({ ...request, body: flipped(request.body) }),
        parts: {
          ...(transport.parts as NonNullable<ObjectTransport['parts']>),
          put: (request) =>
            (transport.parts as NonNullable<ObjectTransport['parts']>).put({
              ...request,
              body: flipped(request.body),
            }),
        },
      };
      const failure = await rejectionOf(reencrypt(rotated({ transport: damaging })));
      expect(failure).toMatchObject(
        name === 'in parts'
          ? { code: 'ERR_INTEGRITY' }
          : { code: 'ERR_SERVICE', serviceCode: expect.stringMatching(/Digest|MD5/) },
      );
      expect(Buffer.compare(await read(), content)).toBe(0);
      expect(world.oss.uploads('bucket')).toEqual([]);
    });

    it.each([
      ['changed', () => bucketOf().put('k', 'newer')],
      ['deleted', () => bucketOf().delete('k')],
    ])('replaces nothing when others have %s the object meanwhile', async (what, change) => {
      await bucketOf().put('k', content);
      const disturbed: ObjectTransport = {
        ...transport,
        // The last look.
        head: async (request) => {
          await change();
          return transport.head(request);
        },
      };
      const error = await rejectionOf(reencrypt(rotated({ transport: disturbed })));
      expect(error).toMatchObject({ code: 'ERR_OBJECT_CHANGED' });
      expect(String(error)).toContain(what);
      if (what === 'changed') expect(await (await bucketOf().get('k')).text()).toBe('newer');
      else expect(world.oss.hasObject('bucket', 'k')).toBe(false);
      expect(world.oss.uploads('bucket')).toEqual([]);
    });

    it('replaces nothing after an abort', async () => {
      await bucketOf().put('k', content);
      const controller = new AbortController();
      const aborting: ObjectTransport = {
        ...transport,
        head: async (request) => {
          controller.abort(new Error('enough'));
          return transport.head(request);
        },
      };
      const promise = rotated({ transport: aborting }).reencrypt('k', {
        partSizeBytes,
        signal: controller.signal,
      });
      expect(await rejectionOf(promise)).toMatchObject({ message: 'enough' });
      expect(Buffer.compare(await read(), content)).toBe(0);
      expect(world.oss.uploads('bucket')).toEqual([]);
    });

    it('keeps what was in the older versions, and says so', async () => {
      await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
      const { versionId } = await bucketOf().put('k', content);
      const result = await rotated().reencrypt('k', { partSizeBytes });
      expect(result.oldVersionsKeepTheOldKey).toBe(true);
      const old = await bucketOf().get('k', { versionId });
      expect(Buffer.compare(await old.bytes(), content)).toBe(0);
    });
  });

  it('replaces nothing when the server lists other parts than were sent', async () => {
    await bucketOf().put('k', large);
    const parts = transport.parts as NonNullable<ObjectTransport['parts']>;
    const lists = [
      (all: Awaited<ReturnType<typeof parts.list>>) => all.slice(1),
      (all: Awaited<ReturnType<typeof parts.list>>) => all.map((part) => ({ ...part, etag: '"0"' })),
      (all: Awaited<ReturnType<typeof parts.list>>) => all.map((part) => ({ ...part, sizeBytes: 1 })),
      (all: Awaited<ReturnType<typeof parts.list>>) => all.map((part) => ({ ...part, crc64: '1' })),
    ];
    for (const change of lists) {
      const listing: ObjectTransport = {
        ...transport,
        parts: { ...parts, list: async (request) => change(await parts.list(request)) },
      };
      expect(
        await rejectionOf(rotated({ transport: listing }).reencrypt('k', { partSizeBytes })),
      ).toMatchObject({
        code: 'ERR_INTEGRITY',
      });
    }
    expect(operations()).not.toContain('CompleteMultipartUpload');
    expect(Buffer.compare(await read(), large)).toBe(0);
    expect(world.oss.uploads('bucket')).toEqual([]);
  });

  it('says what a transport lacks for it', async () => {
    await bucketOf().put('k', small, { headers });
    for (const capability of ['acl', 'tags'] as const) {
      const lacking = { ...transport, [capability]: undefined };
      expect(await rejectionOf(rotated({ transport: lacking }).reencrypt('k'))).toMatchObject({
        code: 'ERR_CAPABILITY_MISSING',
        capability,
      });
    }
    expect(operations().filter((operation) => operation === 'PutObject')).toHaveLength(1);
  });
});

function flipped(body: Parameters<ObjectTransport['put']>[0]['body']): typeof body {
  if (body.kind !== 'bytes') throw new Error('it should come in memory');
  const bytes = Uint8Array.from(body.bytes);
  bytes[100] = (bytes[100] as number) ^ 1;
  return { ...body, bytes };
}
