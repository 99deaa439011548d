import { randomBytes } from 'node:crypto';
import { EncryptedBucket, type EncryptedBucketOptions, type ObjectTransport } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rejectionOf, rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { beforeEach, describe, expect } from 'vitest';
import { attributesOf, plainHeaders } from '../support/object-attributes.js';
import { aliOssClient, freshWorld, transports } from '../support/world.js';

const provider = rsaProvider(await rsaPair());
const content = randomBytes(40_000);
const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
const headers = {
  ...plainHeaders,
  'x-oss-server-side-encryption': 'AES256',
  'x-oss-tagging': 'team=7',
  'x-oss-object-acl': 'private',
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
    new EncryptedBucket({ transport, provider, format: 'sealed', ...options });
  const attributes = (key: string) => attributesOf(aliOssClient(world), key);
  const operations = (): string[] => world.oss.requests.list().map(({ operation }) => operation as string);
  const withCopy = (copy: NonNullable<ObjectTransport['copy']>): ObjectTransport => ({ ...transport, copy });
  const copyOnServer: NonNullable<ObjectTransport['copy']> = (request) =>
    (transport.copy as NonNullable<ObjectTransport['copy']>)(request);

  describe.each(formats)('an object in %s', (format) => {
    it.each(['copy', 'rename'] as const)(
      'that was moved by %s opens there, and is all that it was',
      async (call) => {
        const bucket = bucketOf({ format });
        await bucket.put('a', content, { headers, metadata, contentType: 'text/plain' });
        const before = await attributes('a');
        const result = await bucket[call]('a', 'b/ü c+%41?.txt');
        const after = await attributes('b/ü c+%41?.txt');
        expect(Buffer.compare(await (await bucket.get('b/ü c+%41?.txt')).bytes(), content)).toBe(0);
        // S12: what binds the object to its key is in the wrapped key alone.
        if (format === 'sealed') {
          expect(after.headers['x-oss-meta-oss-envelope-key-1']).not.toBe(
            before.headers['x-oss-meta-oss-envelope-key-1'],
          );
          after.headers['x-oss-meta-oss-envelope-key-1'] = before.headers[
            'x-oss-meta-oss-envelope-key-1'
          ] as string;
        }
        expect(after).toEqual(before);
        expect(before).toMatchObject({ acl: 'private', tags: { team: '7' } });
        expect(result).toMatchObject({ etag: after.headers.etag, encryption: { envelope: { format } } });
        if (call === 'copy') expect(Buffer.compare(await (await bucket.get('a')).bytes(), content)).toBe(0);
        else expect(world.oss.hasObject('bucket', 'a')).toBe(false);
      },
    );

    it('is given other metadata and headers on the way, and keeps the rest', async () => {
      const bucket = bucketOf({ format });
      await bucket.put('a', content, { headers, metadata, contentType: 'text/plain' });
      await bucket.copy('a', 'b', {
        metadata: { 'written-by': 'Lucilius' },
        contentType: 'text/csv',
        headers: {
          'cache-control': 'no-store',
          'x-oss-tagging': 'team=8',
          'x-oss-object-acl': 'public-read',
        },
      });
      expect(operations()).not.toContain('GetObjectAcl');
      const { headers: all, acl, tags } = await attributes('b');
      expect(all).toMatchObject({
        'content-type': 'text/csv',
        'cache-control': 'no-store',
        'content-disposition': headers['content-disposition'],
        'x-oss-storage-class': 'IA',
        'x-oss-meta-written-by': 'Lucilius',
      });
      expect(all).not.toHaveProperty('x-oss-meta-author');
      expect([acl, tags]).toEqual(['public-read', { team: '8' }]);
      expect(Buffer.compare(await (await bucket.get('b')).bytes(), content)).toBe(0);
    });
  });

  it('a copy needs no key where nothing is bound to the place', async () => {
    const readerOf = async (): Promise<EncryptedBucket> =>
      bucketOf({ provider: rsaProvider(await rsaPair(1)) });
    await bucketOf({ bound: 'none' }).put('a', content);
    await (await readerOf()).copy('a', 'b');
    expect(Buffer.compare(await (await bucketOf().get('b')).bytes(), content)).toBe(0);
    await bucketOf().put('c', content);
    expect(await rejectionOf((await readerOf()).copy('c', 'd'))).toMatchObject({
      code: 'ERR_KEY_UNWRAP_FAILED',
    });
    expect(world.oss.hasObject('bucket', 'd')).toBe(false);
  });

  it.each(['copy', 'rename'] as const)(
    '%s refuses its own key, and an object that is there',
    async (call) => {
      const bucket = bucketOf();
      await bucket.put('a', content);
      await bucket.put('b', 'kept');
      world.oss.requests.clear();
      expect(await rejectionOf(bucket[call]('a', 'a'))).toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        argument: 'targetKey',
        operation: call,
      });
      expect(operations()).toEqual([]);
      const error = await rejectionOf(bucket[call]('a', 'b', { forbidOverwrite: true }));
      expect(error).toMatchObject({ code: 'ERR_SERVICE', status: 409, operation: call, key: 'a' });
      expect(String(error)).toContain(`${call} "a" to "b" in the bucket bucket`);
      expect(await (await bucket.get('b')).text()).toBe('kept');
      expect(await (await bucket.get('a')).bytes()).toHaveLength(content.length);
    },
  );

  it('plain objects are copied where they are let pass', async () => {
    await world.oss.putObject('bucket', 'a', content, {
      'x-oss-meta-author': 'Horace',
      'content-encoding': 'x',
    });
    expect(await rejectionOf(bucketOf().copy('a', 'b'))).toMatchObject({ code: 'ERR_ENVELOPE_MISSING' });
    await bucketOf().rename('a', 'b', { onPlainObject: 'pass' });
    const { headers: all } = await world.oss.getObject('bucket', 'b');
    expect(all).toMatchObject({ 'x-oss-meta-author': 'Horace', 'content-encoding': 'x' });
    expect(world.oss.hasObject('bucket', 'a')).toBe(false);
    expect(await rejectionOf(bucketOf().copy('c', 'd'))).toMatchObject({ code: 'ERR_SERVICE', status: 404 });
  });

  it.each(['copy', 'rename'] as const)('%s refuses a symbolic link, whatever it points to', async (call) => {
    await world.oss.putObject('bucket', 'target', content, {});
    await aliOssClient(world).putSymlink('a', 'target', {} as never);
    const error = await rejectionOf(bucketOf({ onPlainObject: 'pass' })[call]('a', 'b'));
    expect(error).toMatchObject({ code: 'ERR_REENCRYPTION_NEEDED', operation: call });
    expect(operations()).not.toContain('CopyObject');
  });

  // S19: another name is another place in which it would stand.
  it.each(['copy', 'rename'] as const)('%s refuses what the bucket would not read', async (call) => {
    await bucketOf({ format: 'oss-crypto' }).put('a', content);
    const error = await rejectionOf(bucketOf()[call]('a', 'b'));
    expect(error).toMatchObject({ code: 'ERR_FORMAT_NOT_ALLOWED', operation: call, key: 'a' });
    expect(operations()).not.toContain('CopyObject');
    await bucketOf({ reads: ['sealed', 'oss-crypto'] })[call]('a', 'b');
    expect(Buffer.compare(await (await bucketOf({ format: 'oss-crypto' }).get('b')).bytes(), content)).toBe(
      0,
    );
  });

  it('an older version is copied as it was', async () => {
    const bucket = bucketOf();
    await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
    const { versionId } = await bucket.put('a', 'first', { metadata });
    await bucket.put('a', 'second');
    const { versionId: made } = await bucket.copy('a', 'b', { versionId });
    expect(made).toMatch(/./);
    const copy = await bucket.get('b');
    expect([copy.metadata, await copy.text()]).toEqual([metadata, 'first']);
  });

  it('what another tool has moved is copied by the key that it was sealed as', async () => {
    await bucketOf().put('a', content);
    await aliOssClient(world).copy('b', 'a');
    expect(await rejectionOf(bucketOf().copy('b', 'c'))).toMatchObject({ code: 'ERR_OBJECT_MISMATCH' });
    await bucketOf().copy('b', 'c', { sealedAs: 'a' });
    expect(await (await bucketOf().get('c')).bytes()).toHaveLength(content.length);
  });

  it('a source that others replace meanwhile is read anew', async () => {
    const bucket = bucketOf();
    await bucket.put('a', content);
    let copies = 0;
    const disturbed = withCopy(async (request) => {
      if (copies++ < 2) await bucket.put('a', new Uint8Array(copies));
      return copyOnServer(request);
    });
    await bucketOf({ transport: disturbed }).copy('a', 'b');
    expect(await (await bucket.get('b')).bytes()).toEqual(new Uint8Array(2));
    const always = withCopy(async (request) => {
      await bucket.put('a', new Uint8Array(++copies));
      return copyOnServer(request);
    });
    expect(await rejectionOf(bucketOf({ transport: always }).copy('a', 'c'))).toMatchObject({
      code: 'ERR_OBJECT_CHANGED',
    });
    expect(world.oss.hasObject('bucket', 'c')).toBe(false);
  });

  it('a source that others replace after it was copied is not deleted', async () => {
    const bucket = bucketOf();
    await bucket.put('a', content);
    const disturbed = withCopy(async (request) => {
      const answer = await copyOnServer(request);
      await bucket.put('a', 'newer');
      return answer;
    });
    expect(await rejectionOf(bucketOf({ transport: disturbed }).rename('a', 'b'))).toMatchObject({
      code: 'ERR_OBJECT_CHANGED',
    });
    expect(await (await bucket.get('a')).text()).toBe('newer');
    expect(await (await bucket.get('b')).bytes()).toHaveLength(content.length);
  });

  it.each([
    ['loses metadata', (all: Record<string, string>) => ({ ...all, 'x-oss-meta-author': 'nobody' })],
    [
      'loses the envelope',
      (all: Record<string, string>) => ({ 'content-type': all['content-type'] as string }),
    ],
  ])('a copy that %s is found, and the source is not deleted', async (_name, change) => {
    const bucket = bucketOf();
    await bucket.put('a', content, { metadata });
    const disturbed = withCopy(async (request) => {
      const answer = await copyOnServer(request);
      await world.oss.setHeaders('bucket', 'b', change);
      return answer;
    });
    expect(await rejectionOf(bucketOf({ transport: disturbed }).rename('a', 'b'))).toMatchObject({
      code: 'ERR_INTEGRITY',
    });
    expect(await (await bucket.get('a')).bytes()).toHaveLength(content.length);
  });

  it('a source that others rewrapped within the second is told from a copy that is wrong', async () => {
    const bucket = bucketOf({ format: 'oss-crypto' });
    await bucket.put('a', content);
    await bucket.put('z', content);
    const { headers: others } = await world.oss.getObject('bucket', 'z');
    const envelope = Object.entries(others).filter(([name]) => name.startsWith('x-oss-meta-'));
    const disturbed = withCopy(async (request) => {
      await world.oss.setHeaders('bucket', 'a', (all) => ({ ...all, ...Object.fromEntries(envelope) }));
      return copyOnServer(request);
    });
    const error = await rejectionOf(
      bucketOf({ format: 'oss-crypto', transport: disturbed }).rename('a', 'b'),
    );
    expect(error).toMatchObject({ code: 'ERR_OBJECT_CHANGED' });
    expect(world.oss.hasObject('bucket', 'a')).toBe(true);
  });

  it('a copy with another sum is told', async () => {
    const bucket = bucketOf();
    await bucket.put('a', content);
    world.oss.faults.add({ kind: 'wrong-crc', match: { operation: 'CopyObject' } });
    expect(await rejectionOf(bucket.copy('a', 'b'))).toMatchObject({ code: 'ERR_INTEGRITY' });
  });

  it('names an option that is wrong before anything is sent', async () => {
    const bucket = bucketOf();
    world.oss.requests.clear();
    for (const [call, argument] of [
      [() => bucket.copy('', 'b'), 'sourceKey'],
      [() => bucket.copy('a', ''), 'targetKey'],
      [() => bucket.copy('a', 'b', { acl: 'none' as never }), 'options.acl'],
      [
        () => bucket.copy('a', 'b', { headers: { 'x-oss-copy-source': '/a/b' } }),
        'options.headers.x-oss-copy-source',
      ],
      [() => bucket.copy('a', 'b', { metadata: { 'oss-crypto-key': 'a' } }), 'metadata["oss-crypto-key"]'],
      [() => bucket.rename('a', 'b', { metadata: {} } as never), 'options.metadata'],
      [() => bucket.rewrap('a', { headers: {} } as never), 'options.headers'],
      [() => bucket.reencrypt('a', { format: 'gcm' as never }), 'options.format'],
    ] as const) {
      expect(await rejectionOf(call() as Promise<unknown>), argument).toMatchObject({
        code: expect.stringMatching(/^ERR_(INVALID_ARGUMENT|OUT_OF_RANGE)$/),
        argument,
      });
    }
    const aborted = { signal: AbortSignal.abort(new Error('enough')) };
    for (const call of [
      () => bucket.copy('a', 'b', aborted),
      () => bucket.rename('a', 'b', aborted),
      () => bucket.rewrap('a', aborted),
      () => bucket.reencrypt('a', aborted),
    ]) {
      expect(await rejectionOf(call() as Promise<unknown>)).toMatchObject({ message: 'enough' });
    }
    expect(operations()).toEqual([]);
  });
});
