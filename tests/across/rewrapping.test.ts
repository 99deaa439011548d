import { randomBytes } from 'node:crypto';
import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  type ObjectTransport,
  SecretBytes,
} from '@oss-envelope/core';
import { defaultKmsAccount, startKms } from '@oss-envelope/local-cloud';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rejectionOf, rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { beforeEach, describe, expect } from 'vitest';
import { attributesOf, plainHeaders } from '../support/object-attributes.js';
import { aliOssClient, freshWorld, transports } from '../support/world.js';

const [oldPair, newPair, auditorPair] = await Promise.all([rsaPair(), rsaPair(1), rsaPair(2)]);
const oldDescription = { materialDescription: { key: '2026' } };
const newDescription = { materialDescription: { key: '2027' } };
const oldProvider = rsaProvider({ ...oldPair, ...oldDescription });
const newProvider = rsaProvider({ ...newPair, ...newDescription });
const auditor = rsaProvider({ ...auditorPair, materialDescription: { for: 'auditor' } });
const content = randomBytes(40_000);

/** All that an object can be given. */
const headers = {
  ...plainHeaders,
  'x-oss-server-side-encryption': 'KMS',
  'x-oss-server-side-encryption-key-id': 'a-key',
  'x-oss-server-side-data-encryption': 'SM4',
  'x-oss-tagging': 'team=7&state=done%20now',
  'x-oss-object-acl': 'public-read',
};
const metadata = { author: 'Horace', 'x-y': '1' };
/** What a server ignores that cannot replace metadata. */
const isReplacement = /^x-oss-(meta-.*|metadata-directive)$/;
/** The server's clock; it may stand still. */
const clock: { offsetMs: number; stoppedAtMs: number | undefined } = { offsetMs: 0, stoppedAtMs: undefined };

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const world = freshWorld({ now: () => new Date((clock.stoppedAtMs ?? Date.now()) + clock.offsetMs) });
  let transport: ObjectTransport;
  beforeEach(() => {
    clock.offsetMs = 0;
    clock.stoppedAtMs = undefined;
    transport = transportOf(world);
  });
  const bucketOf = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
    new EncryptedBucket({ transport, provider: oldProvider, format: 'sealed', ...options });
  /** Writes with the new key, and still reads the old one. */
  const rotated = (options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
    bucketOf({ provider: newProvider, otherProviders: [oldProvider], ...options });
  const readBy = async (options: Partial<EncryptedBucketOptions>, key = 'k'): Promise<Uint8Array> =>
    (await bucketOf(options).get(key)).bytes();
  const attributes = (key = 'k') => attributesOf(aliOssClient(world), key);
  /** The transport, with something done before each of the first copies. */
  const disturbed = (before: (copy: number) => Promise<unknown>): ObjectTransport => {
    let copies = 0;
    return {
      ...transport,
      copy: async (request) => {
        await before(++copies);
        return (transport.copy as NonNullable<ObjectTransport['copy']>)(request);
      },
    };
  };
  /** The transport, as one that sends each copy again, since the first answer was lost. */
  const copyingTwice = (between: () => void = () => {}): ObjectTransport => {
    const copy = transport.copy as NonNullable<ObjectTransport['copy']>;
    return {
      ...transport,
      copy: async (request) => {
        await copy(request);
        between();
        return copy(request);
      },
    };
  };
  const operations = (): string[] => world.oss.requests.list().map(({ operation }) => operation as string);

  describe.each(['sealed', 'oss-crypto'] as const)('rewrap of an object in %s', (format) => {
    // S22, S23.
    it('changes its keys and nothing else: the old key fails afterwards, the new one opens', async () => {
      await bucketOf({ format }).put('k', content, { headers, metadata, contentType: 'text/plain' });
      const before = await attributes();
      const result = await rotated({ format }).rewrap('k');
      const after = await attributes();
      expect(Buffer.compare(await readBy({ format, provider: newProvider }), content)).toBe(0);
      expect(await rejectionOf(readBy({ format }))).toMatchObject({ code: 'ERR_NO_MATCHING_KEY' });

      const keyNames =
        format === 'sealed'
          ? ['x-oss-meta-oss-envelope-key-1']
          : ['x-oss-meta-oss-crypto-key', 'x-oss-meta-oss-crypto-start', 'x-oss-meta-oss-matdesc'];
      for (const name of keyNames) {
        expect(after.headers[name], name).not.toBe(before.headers[name]);
        after.headers[name] = before.headers[name] as string;
      }
      expect(after).toEqual(before);
      expect(before).toMatchObject({ acl: 'public-read', tags: { team: '7', state: 'done now' } });
      const { 'x-oss-tagging': _tags, 'x-oss-object-acl': _acl, ...shown } = headers;
      expect(before.headers).toMatchObject({
        ...shown,
        'content-type': 'text/plain',
        'x-oss-meta-author': 'Horace',
      });
      const wrapAlgorithm = format === 'sealed' ? 'rsa-oaep-sha256' : 'rsa-oaep-sha1';
      expect(result).toMatchObject({
        format,
        previousKeys: [{ wrapAlgorithm, ...oldDescription }],
        keys: [{ wrapAlgorithm, ...newDescription }],
        etag: before.headers.etag,
        versionId: undefined,
        requestId: expect.stringMatching(/./),
        oldVersionsKeepTheOldKey: false,
      });
    });

    it('sends a HEAD, a question for the ACL, a copy, and a HEAD; the question is left out where the answer is known', async () => {
      await bucketOf({ format }).put('k', content, { headers: { 'x-oss-object-acl': 'private' } });
      world.oss.requests.clear();
      await rotated({ format }).rewrap('k');
      expect(operations()).toEqual(['HeadObject', 'GetObjectAcl', 'CopyObject', 'HeadObject']);
      world.oss.requests.clear();
      await rotated({ format }).rewrap('k', { acl: 'private' });
      expect(operations()).toEqual(['HeadObject', 'CopyObject', 'HeadObject']);
      expect((await attributes()).acl).toBe('private');
    });

    it('refuses what it cannot do, and leaves the object as it is', async () => {
      await bucketOf({ format }).put('k', content, { metadata });
      const before = await attributes();
      const publicOnly = rsaProvider({ publicKey: oldPair.publicKey, ...oldDescription });
      const privateOnly = rsaProvider({ privateKey: newPair.privateKey, ...newDescription });
      for (const [bucket, code] of [
        [bucketOf({ format, provider: newProvider }), 'ERR_NO_MATCHING_KEY'],
        [rotated({ format, otherProviders: [publicOnly] }), 'ERR_NO_MATCHING_KEY'],
        [rotated({ format, provider: privateOnly }), 'ERR_MASTER_KEY'],
        [
          rotated({ format, otherProviders: [rsaProvider({ ...auditorPair, ...oldDescription })] }),
          'ERR_KEY_UNWRAP_FAILED',
        ],
        [rotated({ format, transport: { ...transport, copy: undefined } }), 'ERR_CAPABILITY_MISSING'],
        [rotated({ format, transport: { ...transport, acl: undefined } }), 'ERR_CAPABILITY_MISSING'],
      ] as const) {
        expect(await rejectionOf(bucket.rewrap('k')), code).toMatchObject({
          code,
          operation: 'rewrap',
          key: 'k',
        });
      }
      expect(operations()).not.toContain('CopyObject');
      expect(await attributes()).toEqual(before);
    });

    it('leaves the object as it is where the server refuses the copy', async () => {
      await bucketOf({ format }).put('k', content, { metadata });
      const before = await attributes();
      for (const [rule, expected] of [
        [
          { status: 403, code: 'AccessDenied' },
          { code: 'ERR_SERVICE', status: 403, serviceCode: 'AccessDenied' },
        ],
        [
          { status: 409, code: 'FileImmutable' },
          { code: 'ERR_SERVICE', serviceCode: 'FileImmutable' },
        ],
        ...[400, 501].map(
          (status) =>
            [
              { status, code: 'NotImplemented' },
              {
                code: 'ERR_SERVICE',
                status,
                message: expect.stringMatching(/Nothing was changed.* by reencrypt\.$/),
              },
            ] as const,
        ),
      ] as const) {
        world.oss.faults.add({ kind: 'status', ...rule, match: { operation: 'CopyObject' } });
        expect(await rejectionOf(rotated({ format }).rewrap('k'))).toMatchObject(expected);
      }
      world.oss.faults.add({ kind: 'status', status: 403, match: { operation: 'GetObjectAcl' } });
      expect(String(await rejectionOf(rotated({ format }).rewrap('k')))).toMatch(/oss:GetObjectAcl/);
      expect(await attributes()).toEqual(before);
      expect(await readBy({ format })).toHaveLength(content.length);
    });

    it('reads anew what others change meanwhile, and keeps what they wrote', async () => {
      await bucketOf({ format }).put('k', content, { metadata });
      const other = randomBytes(50_000);
      let copies = 0;
      const beside = disturbed(async (copy) => {
        copies = copy;
        if (copy < 3) await bucketOf({ format }).put('k', other, { metadata: { author: String(copy) } });
      });
      await rotated({ format, transport: beside }).rewrap('k');
      expect(copies).toBe(3);
      expect(Buffer.compare(await readBy({ format, provider: newProvider }), other)).toBe(0);
      expect((await bucketOf({ format }).head('k')).metadata).toEqual({ author: '2' });
    });

    it('gives up at the third change, and the object opens as it was left', async () => {
      await bucketOf({ format }).put('k', content);
      const beside = disturbed((copy) => bucketOf({ format }).put('k', new Uint8Array(copy)));
      expect(await rejectionOf(rotated({ format, transport: beside }).rewrap('k'))).toMatchObject({
        code: 'ERR_OBJECT_CHANGED',
      });
      expect(operations().filter((name) => name === 'CopyObject')).toHaveLength(3);
      expect(await readBy({ format })).toEqual(new Uint8Array(3));
    });

    it('sees that only metadata were changed, which leaves the ETag as it is', async () => {
      await bucketOf({ format }).put('k', content);
      const beside = disturbed(async (copy) => {
        clock.offsetMs += 2000;
        if (copy > 1) return;
        const { headers: all } = await attributes();
        const meta = Object.entries(all).filter(([name]) => name.startsWith('x-oss-meta-'));
        const own = Object.fromEntries(
          meta.map(([name, value]) => [name.slice('x-oss-meta-'.length), value]),
        );
        await aliOssClient(world).putMeta('k', { ...own, mark: 'mine' } as never, {});
      });
      await rotated({ format, transport: beside }).rewrap('k');
      expect(operations().filter((name) => name === 'HeadObject').length).toBeGreaterThanOrEqual(2);
      expect((await bucketOf({ format }).head('k')).metadata).toMatchObject({ mark: 'mine' });
      expect(await readBy({ format, provider: newProvider })).toHaveLength(content.length);
    });

    it('takes its own copy, whose answer was lost, for what it is', async () => {
      await bucketOf({ format }).put('k', content);
      const sendsAgain = copyingTwice(() => {
        clock.offsetMs += 2000;
      });
      await rotated({ format, transport: sendsAgain }).rewrap('k');
      expect(operations().filter((name) => name === 'CopyObject')).toHaveLength(2);
      expect(await readBy({ format, provider: newProvider })).toHaveLength(content.length);
    });

    it.each(['Disabled', 'Enabled'])(
      'does not believe a copy that left the old keys in force (versions: %s)',
      async (versions) => {
        if (versions === 'Enabled') await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
        await bucketOf({ format }).put('k', content, { metadata });
        const before = await attributes();
        const ignoring: ObjectTransport = {
          ...transport,
          copy: (request) => {
            const carried = Object.entries(request.headers).filter(([name]) => !isReplacement.test(name));
            return (transport.copy as NonNullable<ObjectTransport['copy']>)({
              ...request,
              headers: Object.fromEntries(carried),
            });
          },
        };
        const error = await rejectionOf(rotated({ format, transport: ignoring }).rewrap('k'));
        expect(error).toMatchObject({ code: 'ERR_INTEGRITY', operation: 'rewrap', key: 'k' });
        expect(String(error)).toMatch(/keys that it had before.*reencrypt/s);
        expect(operations().filter((name) => name === 'CopyObject')).toHaveLength(1);
        const { 'x-oss-version-id': _before, ...kept } = before.headers;
        expect((await attributes()).headers).toMatchObject(kept);
        expect(await readBy({ format })).toHaveLength(content.length);
      },
    );

    it('changes the keys again that others have put back right after', async () => {
      await bucketOf({ format }).put('k', content);
      clock.stoppedAtMs = Date.now();
      const copy = transport.copy as NonNullable<ObjectTransport['copy']>;
      let copies = 0;
      const overtaken: ObjectTransport = {
        ...transport,
        copy: async (request) => {
          const response = await copy(request);
          // Within one second the conditions let both pass.
          if (++copies === 1) {
            await rotated({ format, provider: auditor, otherProviders: [newProvider] }).rewrap('k');
          }
          return response;
        },
      };
      const bucket = rotated({ format, otherProviders: [oldProvider, auditor], transport: overtaken });
      await bucket.rewrap('k');
      expect(copies).toBe(2);
      expect(await readBy({ format, provider: newProvider })).toHaveLength(content.length);
    });

    it('says so when the keys were changed, and what came of it could not be seen', async () => {
      await bucketOf({ format }).put('k', content);
      world.oss.faults.add({ kind: 'status', status: 403, skip: 1, match: { operation: 'HeadObject' } });
      const error = await rejectionOf(rotated({ format }).rewrap('k'));
      expect(error).toMatchObject({ code: 'ERR_SERVICE', status: 403 });
      expect(String(error)).toMatch(/has changed the object's keys.*Make the call again/s);
      await rotated({ format }).rewrap('k');
      expect(await readBy({ format, provider: newProvider })).toHaveLength(content.length);
    });

    it('names the version that is there, where its copy was sent again and the second one removed', async () => {
      await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
      clock.stoppedAtMs = Date.now();
      await bucketOf({ format }).put('k', content);
      const { versionId } = await rotated({ format, transport: copyingTwice() }).rewrap('k');
      expect(operations()).toContain('DeleteObject');
      const made = await bucketOf({ format, provider: newProvider }).get('k', { versionId });
      expect(await made.bytes()).toHaveLength(content.length);
    });

    it('succeeds where another version stands above the one that it made', async () => {
      await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
      await bucketOf({ format }).put('k', content);
      const copy = transport.copy as NonNullable<ObjectTransport['copy']>;
      const overtaken: ObjectTransport = {
        ...transport,
        copy: async (request) => {
          const response = await copy(request);
          await world.oss.putObject('bucket', 'k', new Uint8Array(3), {});
          return response;
        },
      };
      const { versionId } = await rotated({ format, transport: overtaken }).rewrap('k');
      expect(operations().filter((name) => name === 'CopyObject')).toHaveLength(1);
      const made = await bucketOf({ format, provider: newProvider }).get('k', { versionId });
      expect(await made.bytes()).toHaveLength(content.length);
    });

    it('never removes the version that was there, whatever an answer names', async () => {
      await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
      const { versionId } = await bucketOf({ format }).put('k', content);
      const lying: ObjectTransport = {
        ...transport,
        copy: async () => ({
          status: 200,
          headers: { etag: '"0"', 'x-oss-version-id': versionId as string },
          document: '',
        }),
      };
      expect(await rejectionOf(rotated({ format, transport: lying }).rewrap('k'))).toMatchObject({
        code: 'ERR_INTEGRITY',
      });
      expect(operations()).not.toContain('DeleteObject');
      expect(await readBy({ format })).toHaveLength(content.length);
    });

    it('refuses an answer from which headers may be missing', async () => {
      await bucketOf({ format }).put('k', content, { metadata });
      const before = await attributes();
      const hiding: ObjectTransport = {
        ...transport,
        head: async (request) => {
          const { status, headers: all } = await transport.head(request);
          const { 'x-oss-storage-class': _hidden, ...shown } = all;
          return { status, headers: shown };
        },
      };
      expect(String(await rejectionOf(rotated({ format, transport: hiding }).rewrap('k')))).toMatch(
        /x-oss-storage-class.*would be lost.*CORS/s,
      );
      expect(await attributes()).toEqual(before);
    });

    it('refuses an object with metadata that no request can carry', async () => {
      await bucketOf({ format }).put('k', content);
      await world.oss.setHeaders('bucket', 'k', (all) => ({ ...all, 'x-oss-meta-author': 'Horáz' }));
      expect(String(await rejectionOf(rotated({ format }).rewrap('k')))).toMatch(/x-oss-meta-author.*ASCII/s);
      expect(await readBy({ format })).toHaveLength(content.length);
    });

    it('makes a version of its own where a bucket has them, and says that the older ones keep the old key', async () => {
      await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
      const { versionId: first } = await bucketOf({ format }).put('k', content, { metadata });
      const result = await rotated({ format }).rewrap('k');
      expect(result).toMatchObject({ oldVersionsKeepTheOldKey: true, versionId: expect.any(String) });
      expect(result.versionId).not.toBe(first);
      expect(await readBy({ format, provider: newProvider })).toHaveLength(content.length);
      const old = await bucketOf({ format }).get('k', { versionId: first as string });
      expect(await old.bytes()).toHaveLength(content.length);
    });

    it('removes the version that it made of another one than HEAD showed, and begins again', async () => {
      await aliOssClient(world).putBucketVersioning('bucket', 'Enabled');
      clock.stoppedAtMs = Date.now();
      await bucketOf({ format }).put('k', content);
      // Within one second the time says nothing, and the ETag stays.
      const beside = disturbed(async (copy) => {
        if (copy === 1) await rotated({ format, provider: auditor }).rewrap('k', {});
      });
      const bucket = rotated({ format, otherProviders: [oldProvider, auditor], transport: beside });
      const result = await bucket.rewrap('k');
      expect(operations().filter((name) => name === 'DeleteObject')).toHaveLength(1);
      expect(result.previousKeys).toMatchObject([{ materialDescription: { for: 'auditor' } }]);
      const { objects } = await aliOssClient(world).getBucketVersions({});
      expect(objects).toHaveLength(3);
    });
  });

  it('keeps to the letter what other tools have spelt in their way', async () => {
    const format = 'oss-crypto';
    await bucketOf({ format }).put('k', content);
    const own = {
      'x-oss-meta-oss-cek-alg': 'AES/CTR/NoPadding',
      'x-oss-meta-unencrypted-content-length': '40000 bytes',
    };
    await world.oss.setHeaders('bucket', 'k', (all) => ({ ...all, ...own }));
    await rotated({ format, lenient: true }).rewrap('k');
    expect((await world.oss.getObject('bucket', 'k')).headers).toMatchObject(own);
  });

  // A6: what RSA wraps as one digit has to be base64 for KMS.
  it('brings objects under a key in KMS, and back', async () => {
    const kms = await startKms();
    try {
      await kms.createKey({ alias: 'alias/photos' });
      const credentials = { ...defaultKmsAccount };
      const ofKms = kmsFetchProvider({ endpoint: kms.url, credentials, keyId: 'alias/photos' });
      for (const format of ['sealed', 'oss-crypto'] as const) {
        const context = format === 'sealed' ? { context: { tenant: '7' } } : {};
        await bucketOf({ format, ...context }).put('k', content);
        await bucketOf({ format, ...context, provider: ofKms, otherProviders: [oldProvider] }).rewrap('k');
        const opened = await bucketOf({ format, ...context, provider: ofKms }).get('k');
        expect(Buffer.compare(await opened.bytes(), content)).toBe(0);
        expect(await rejectionOf(readBy({ format, ...context }))).toMatchObject({
          code: 'ERR_NO_MATCHING_KEY',
        });
        await rotated({ format, ...context, otherProviders: [ofKms] }).rewrap('k');
        expect(await readBy({ format, ...context, provider: newProvider })).toHaveLength(content.length);
      }
    } finally {
      await kms.close();
    }
  });

  it('keeps the start value of a counter, whatever it is', async () => {
    const key = new SecretBytes(new Uint8Array(32).fill(7));
    const start = new TextEncoder().encode('340282366920938463463374607431768211455');
    const { wrappedKey, wrappedStart } = await oldProvider.wrapKey({ format: 'oss-crypto', key, start });
    await world.oss.putObject('bucket', 'k', new Uint8Array(100), {
      'x-oss-meta-oss-crypto-key': Buffer.from(wrappedKey).toString('base64'),
      'x-oss-meta-oss-crypto-start': Buffer.from(wrappedStart as Uint8Array).toString('base64'),
      'x-oss-meta-oss-wrap-alg': 'rsa',
      'x-oss-meta-oss-crypto-matdesc': '{"key":"2026"}',
    });
    const before = await readBy({ format: 'oss-crypto' });
    await rotated({ format: 'oss-crypto' }).rewrap('k');
    expect(await readBy({ format: 'oss-crypto', provider: newProvider })).toEqual(before);
    const { headers: all } = await world.oss.getObject('bucket', 'k');
    expect(all).not.toHaveProperty('x-oss-meta-oss-crypto-matdesc');
    expect(all['x-oss-meta-oss-matdesc']).toBe('{"key":"2027"}');
  });

  describe('rewrap of a sealed object', () => {
    // S24.
    it('adds recipients and takes them away, and keeps context and binding', async () => {
      const context = { tenant: '7' };
      await bucketOf({ context, bound: 'none' }).put('k', content);
      const added = await bucketOf({ context, recipients: [auditor] }).rewrap('k');
      expect(added.keys).toHaveLength(2);
      expect(await readBy({ provider: auditor, context })).toHaveLength(content.length);
      const removed = await bucketOf({ context }).rewrap('k');
      expect(removed.previousKeys).toHaveLength(2);
      expect(await rejectionOf(readBy({ provider: auditor, context }))).toMatchObject({
        code: 'ERR_NO_MATCHING_KEY',
      });
      const { encryption } = await bucketOf().head('k');
      expect(encryption).toMatchObject({ envelope: { context, bound: 'none', recipients: [{}] } });
      expect(await rejectionOf(bucketOf({ context: { tenant: '8' } }).rewrap('k'))).toMatchObject({
        code: 'ERR_OBJECT_MISMATCH',
      });
    });

    it('binds to its place what another tool has moved', async () => {
      await bucketOf().put('old', content);
      await aliOssClient(world).copy('new', 'old');
      expect(await rejectionOf(bucketOf().rewrap('new'))).toMatchObject({ code: 'ERR_OBJECT_MISMATCH' });
      await bucketOf().rewrap('new', { sealedAs: 'old' });
      expect(await readBy({}, 'new')).toHaveLength(content.length);
    });

    it('refuses recipients for which the metadata have no room', async () => {
      await bucketOf().put('k', content, { metadata: { a: 'x'.repeat(7000) } });
      const recipients = Array.from({ length: 3 }, (_, index) =>
        rsaProvider({ ...auditorPair, materialDescription: { index: String(index) } }),
      );
      expect(await rejectionOf(bucketOf({ recipients }).rewrap('k'))).toMatchObject({
        code: 'ERR_OUT_OF_RANGE',
      });
      expect(operations()).not.toContain('CopyObject');
    });
  });

  it('says what to do instead where the keys cannot be changed in place', async () => {
    const reads = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
    await bucketOf({ format: 'client-side-encryption' }).put('a', content);
    await bucketOf({ format: 'oss-crypto' }).put('b', content);
    await world.oss.putObject('bucket', 'c', content, {});
    await bucketOf().put('d', content);
    world.oss.faults.add({
      kind: 'status',
      status: 400,
      code: 'InvalidEncryptionRequest',
      headers: { 'x-oss-ec': '0005-00000421' },
      match: { operation: 'CopyObject', key: 'd' },
    });
    for (const [key, options, code] of [
      ['a', { reads }, 'ERR_REENCRYPTION_NEEDED'],
      ['b', { reads, recipients: [auditor] }, 'ERR_REENCRYPTION_NEEDED'],
      ['b', {}, 'ERR_FORMAT_NOT_ALLOWED'],
      ['c', {}, 'ERR_ENVELOPE_MISSING'],
      ['d', {}, 'ERR_REENCRYPTION_NEEDED'],
    ] as const) {
      const error = await rejectionOf(rotated(options).rewrap(key));
      expect(error, key).toMatchObject({ code, operation: 'rewrap', key, bucket: 'bucket' });
      if (code !== 'ERR_FORMAT_NOT_ALLOWED') expect(String(error)).toMatch(/reencrypt/);
    }
    expect(operations().filter((name) => name === 'CopyObject')).toHaveLength(1);
    expect(await rejectionOf(rotated().rewrap('e'))).toMatchObject({ code: 'ERR_SERVICE', status: 404 });
  });

  it('refuses symbolic links and appendable objects', async () => {
    await bucketOf().put('target', content);
    const { headers: envelope } = await world.oss.getObject('bucket', 'target');
    await aliOssClient(world).putSymlink('link', 'target', { headers: envelope } as never);
    const appendable: ObjectTransport = {
      ...transport,
      head: async (request) => {
        const { status, headers: all } = await transport.head(request);
        return { status, headers: { ...all, 'x-oss-object-type': 'Appendable' } };
      },
    };
    for (const [key, bucket] of [
      ['link', rotated()],
      ['target', rotated({ transport: appendable })],
    ] as const) {
      expect(await rejectionOf(bucket.rewrap(key, { sealedAs: 'target' })), key).toMatchObject({
        code: 'ERR_REENCRYPTION_NEEDED',
      });
    }
  });
});
