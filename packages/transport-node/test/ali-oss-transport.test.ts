import { InvalidArgumentError, OutOfRangeError, ServiceError } from '@oss-envelope/core';
import { collect, inChunks, noise, rejectionOf } from '@oss-envelope/test-kit';
import OSS from 'ali-oss';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type AliOssClient, aliOssTransport } from '../src/index.js';
import { bucketName, useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();
const headers = { 'content-type': 'application/octet-stream', 'x-oss-meta-color': 'blue green' };

describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
])('with a client that signs by %s', (_name, client) => {
  it.each([0, 1, 17, 65_536, 1_000_003])('stores and fetches %i bytes', async (sizeBytes) => {
    const transport = local.transport({ client });
    const bytes = noise(sizeBytes);
    const put = await transport.put({ key: 'a/b', headers, body: { kind: 'bytes', bytes } });
    expect(put.status).toBe(200);
    expect(put.headers.etag).toMatch(/^"[0-9A-F]{32}"$/);
    const request = local.oss.requests.last();
    expect(request?.headers['content-length']).toBe(String(sizeBytes));
    expect(request?.headers['transfer-encoding']).toBeUndefined();
    expect(request?.headers['content-md5']).toBeUndefined();

    const got = await transport.get({ key: 'a/b', headers: {} });
    expect(got.status).toBe(200);
    expect(got.headers['x-oss-meta-color']).toBe('blue green');
    expect(got.headers['content-type']).toBe('application/octet-stream');
    expect(bytes.equals(await collect(got.chunks))).toBe(true);
  });

  it('lists by parameters that are empty', async () => {
    const transport = local.transport({ client });
    await transport.put({ key: 'of-a-list', headers, body: { kind: 'bytes', bytes: noise(1) } });
    const page = await transport.list({
      prefix: '',
      delimiter: '',
      startAfter: '',
      maxKeys: 1000,
      headers: {},
    });
    expect(page.objects.map(({ key }) => key)).toContain('of-a-list');
  });

  it('fetches a range', async () => {
    const transport = local.transport({ client });
    const bytes = noise(1000);
    await transport.put({ key: 'ranged', headers, body: { kind: 'bytes', bytes } });
    const got = await transport.get({ key: 'ranged', headers: { range: 'bytes=10-19' } });
    expect(got.status).toBe(206);
    expect(got.headers['content-range']).toBe('bytes 10-19/1000');
    expect(await collect(got.chunks)).toEqual(bytes.subarray(10, 20));
  });

  it('heads, copies and deletes', async () => {
    const transport = local.transport({ client });
    await transport.put({ key: 'from here+there', headers, body: { kind: 'bytes', bytes: noise(5) } });
    const copied = await transport.copy({ key: 'to', sourceKey: 'from here+there', headers: {} });
    expect(copied.status).toBe(200);
    const head = await transport.head({ key: 'to', headers: {} });
    expect(head.headers).toMatchObject({ 'content-length': '5', 'x-oss-meta-color': 'blue green' });
    expect((await transport.delete({ key: 'to', headers: {} })).status).toBe(204);
    expect((await transport.delete({ key: 'to', headers: {} })).status).toBe(204);
    expect(local.oss.hasObject(bucketName, 'to')).toBe(false);
  });

  it('replaces metadata in a copy, and keeps the type of binary data', async () => {
    const transport = local.transport({ client });
    await transport.put({ key: 'x', headers, body: { kind: 'bytes', bytes: noise(5) } });
    await transport.copy({
      key: 'x.jpg',
      sourceKey: 'x',
      headers: { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-color': 'red' },
    });
    const head = await transport.head({ key: 'x.jpg', headers: {} });
    expect(head.headers).toMatchObject({
      'x-oss-meta-color': 'red',
      'content-type': 'application/octet-stream',
    });
  });

  it('names a version of the object, and of the source of a copy', async () => {
    const transport = local.transport({ client });
    await transport.put({ key: 'v', headers, body: { kind: 'bytes', bytes: noise(5) } });
    const got = await transport.get({ key: 'v', headers: {}, versionId: 'null' });
    expect(await collect(got.chunks)).toEqual(noise(5));
    expect(local.oss.requests.last()?.query.versionId).toBe('null');
    const wrong = await rejectionOf(transport.head({ key: 'v', headers: {}, versionId: 'other' }));
    expect(wrong).toMatchObject({ serviceCode: 'NoSuchVersion' });
    await transport.copy({ key: 'w', sourceKey: 'v', sourceVersionId: 'null', headers: {} });
    const missing = await rejectionOf(
      transport.copy({ key: 'w', sourceKey: 'v', sourceVersionId: 'a&b', headers: {} }),
    );
    expect(missing).toMatchObject({ serviceCode: 'NoSuchVersion' });
    await transport.delete({ key: 'v', headers: {}, versionId: 'null' });
    expect(local.oss.hasObject(bucketName, 'v')).toBe(false);
  });

  it.each([
    'with space.txt',
    'plus+and%2Fpercent%.txt',
    `quotes'"(!)*~.txt`,
    '照片/二〇一八/像 1.jpg',
    '😀/👩‍👩‍👧.bin',
    'a?b#c&d=e;f:g@h,i$j',
    'back\\slash/a',
    'double//slash/',
    '...three/.hidden/..name',
    'é/é',
  ])('reaches the object named %j', async (key) => {
    const transport = local.transport({ client });
    await transport.put({ key, headers, body: { kind: 'bytes', bytes: noise(3) } });
    expect(local.oss.keys(bucketName)).toContain(key);
    expect(await collect((await transport.get({ key, headers: {} })).chunks)).toEqual(noise(3));
    await transport.copy({ key: 'copy of it', sourceKey: key, headers: {} });
    await transport.head({ key, headers: {} });
    await transport.delete({ key, headers: {} });
    expect(local.oss.keys(bucketName)).not.toContain(key);
  });

  it('sends an STS token, and refreshes it through the client', async () => {
    const accessKeyId = 'sts-id';
    const accessKeySecret = 'sts-secret';
    local.oss.accounts.add({ accessKeyId, accessKeySecret, securityToken: 'token-two' });
    let refreshed = 0;
    const transport = local.transport({
      client: {
        ...client,
        accessKeyId: 'old-id',
        accessKeySecret: 'old-secret',
        stsToken: 'token one',
        refreshSTSTokenInterval: 1,
        refreshSTSToken: async () => {
          refreshed += 1;
          return { accessKeyId, accessKeySecret, stsToken: 'token-two' };
        },
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await transport.put({ key: 'sts', headers, body: { kind: 'bytes', bytes: noise(3) } });
    expect(refreshed).toBe(1);
  });

  it('refreshes a token only when its interval is over', async () => {
    let refreshed = 0;
    const accessKeyId = 'sts-id-2';
    const accessKeySecret = 'sts-secret-2';
    local.oss.accounts.add({ accessKeyId, accessKeySecret, securityToken: 'b' });
    const ali = local.client({
      ...client,
      stsToken: 'a',
      refreshSTSTokenInterval: 60_000,
      refreshSTSToken: async () => {
        refreshed += 1;
        return { accessKeyId, accessKeySecret, stsToken: 'b' };
      },
    });
    Object.assign(ali, { stsTokenFreshTime: new Date(Date.now() - 61_000) });
    for (let i = 0; i < 3; i++) {
      const transport = aliOssTransport(ali, { retries: 0 });
      await transport.delete({ key: 'none', headers: {} });
    }
    expect(refreshed).toBe(1);
  });
});

describe('a refresh that fails', () => {
  const broken = async () => {
    throw new Error('STS is away, secret=abc');
  };
  const clientWith = (account: { accessKeyId: string; accessKeySecret: string; stsToken: string }) =>
    local.client({ ...account, refreshSTSTokenInterval: 1, refreshSTSToken: broken });

  it('leaves a token in use that still serves, and is told when it does not', async () => {
    const account = { accessKeyId: 'sts-id-3', accessKeySecret: 'sts-secret-3', stsToken: 'still-good' };
    local.oss.accounts.add({ ...account, securityToken: account.stsToken });
    const good = aliOssTransport(clientWith(account), { retries: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await good.delete({ key: 'none', headers: {} });

    const bad = aliOssTransport(clientWith({ ...account, stsToken: 'ended' }), { retries: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const failure = await bad.delete({ key: 'none', headers: {} }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_TRANSPORT' });
    expect(String(failure)).toContain('The source of the credentials failed');
    expect(String(failure)).not.toContain('abc');
  });
});

describe('the option credentials', () => {
  it('takes the place of the access key of the client, however it is given', async () => {
    const account = { accessKeyId: 'own-id', accessKeySecret: 'own-secret', securityToken: 'own-token' };
    local.oss.accounts.add(account);
    for (const credentials of [account, () => account, { getCredential: async () => account }]) {
      const ali = local.client({ accessKeyId: 'none', accessKeySecret: 'none' });
      const transport = aliOssTransport(ali, { credentials, retries: 0 });
      await transport.put({ key: 'own', headers, body: { kind: 'bytes', bytes: noise(3) } });
      await expect(
        aliOssTransport(ali, { retries: 0 }).head({ key: 'own', headers: {} }),
      ).rejects.toMatchObject({
        code: 'ERR_SERVICE',
      });
    }
  });

  it('ends a presigned URL that would outlive it', async () => {
    const expiration = new Date(Date.now() + 120_000);
    const credentials = { accessKeyId: 'own-id', accessKeySecret: 'own-secret', expiration };
    for (const authorizationV4 of [true, false]) {
      const transport = aliOssTransport(local.client({ authorizationV4 }), { credentials });
      const request = { method: 'GET', key: 'own', headers: {} } as const;
      const long = await transport.presign({ ...request, expiresSeconds: 3600 });
      expect(long.expiresAt).toEqual(expiration);
      const short = await transport.presign({ ...request, expiresSeconds: 10 });
      expect(short.expiresAt.getTime()).toBeLessThan(expiration.getTime() - 60_000);
    }
  });

  it('is refused where it cannot be used, or where the client renews its own', () => {
    const renewing = local.client({ stsToken: 'a', refreshSTSToken: async () => ({}) as never });
    const credentials = { accessKeyId: 'a', accessKeySecret: 'b' };
    expect(() => aliOssTransport(renewing, { credentials })).toThrow(/options\.credentials must be left out/);
    const rubbish = { accessKeyId: 'a' } as never;
    expect(() => aliOssTransport(local.client({}), { credentials: rubbish })).toThrow(/accessKeySecret/);
  });
});

describe('uploads', () => {
  it('sends chunks of known length with that length, and others chunked', async () => {
    const transport = local.transport();
    const bytes = noise(300_001);
    for (const sizeBytes of [bytes.length, undefined]) {
      const body = { kind: 'chunks', sizeBytes, chunks: inChunks(bytes, 70_000) } as const;
      await transport.put({ key: 'chunks', headers, body });
      const request = local.oss.requests.last();
      expect(request?.headers['content-length']).toBe(sizeBytes === undefined ? undefined : '300001');
      expect(request?.headers['transfer-encoding']).toBe(sizeBytes === undefined ? 'chunked' : undefined);
      expect(bytes.equals((await local.oss.getObject(bucketName, 'chunks')).bytes)).toBe(true);
    }
  });

  it.each([0, undefined])('sends no chunks at all with the length %s', async (sizeBytes) => {
    const transport = local.transport();
    const body = { kind: 'chunks', sizeBytes, chunks: inChunks(noise(0), 1) } as const;
    await transport.put({ key: 'empty', headers, body });
    expect((await local.oss.getObject(bucketName, 'empty')).bytes.length).toBe(0);
  });

  it('sends pieces of empty and of large chunks', async () => {
    const bytes = noise(1_500_000);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(0);
      yield bytes.subarray(0, 1_400_000);
      yield new Uint8Array(0);
      yield bytes.subarray(1_400_000);
    }
    await local
      .transport()
      .put({ key: 'p', headers, body: { kind: 'chunks', sizeBytes: undefined, chunks: chunks() } });
    expect(bytes.equals((await local.oss.getObject(bucketName, 'p')).bytes)).toBe(true);
  });

  it('lets the source use its buffer again when it asks for the next chunk', async () => {
    const chunkBytes = 200_000;
    const buffer = new Uint8Array(chunkBytes);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let turn = 0; turn < 60; turn++) yield buffer.fill(turn);
    }
    await local
      .transport()
      .put({ key: 'r', headers, body: { kind: 'chunks', sizeBytes: undefined, chunks: chunks() } });
    const { bytes } = await local.oss.getObject(bucketName, 'r');
    for (let turn = 0; turn < 60; turn++) {
      const chunk = bytes.subarray(turn * chunkBytes, (turn + 1) * chunkBytes);
      expect(chunk.every((byte) => byte === turn)).toBe(true);
    }
  });

  it('takes a content type as given, and never guesses one from the key', async () => {
    const transport = local.transport();
    const body = { kind: 'bytes', bytes: noise(3) } as const;
    await transport.put({ key: 'a.jpg', headers: {}, body });
    await transport.put({ key: 'b.jpg', headers: { 'content-type': 'text/plain' }, body });
    expect((await transport.head({ key: 'a.jpg', headers: {} })).headers['content-type']).toBe(
      'application/octet-stream',
    );
    expect((await transport.head({ key: 'b.jpg', headers: {} })).headers['content-type']).toBe('text/plain');
  });

  it('leaves the headers it is given as they are', async () => {
    const given = Object.freeze({ ...headers });
    const transport = local.transport();
    const body = { kind: 'bytes', bytes: noise(3) } as const;
    await transport.put({ key: 'h', headers: given, body });
    await transport.copy({ key: 'h2', sourceKey: 'h', headers: given });
    await transport.get({ key: 'h', headers: given }).then((got) => got.cancel());
    expect(given).toEqual(headers);
  });
});

describe('refusals', () => {
  it('passes conditions on', async () => {
    const transport = local.transport();
    const put = await transport.put({ key: 'c', headers, body: { kind: 'bytes', bytes: noise(5) } });
    const etag = put.headers.etag ?? '';
    const unchanged = await rejectionOf(transport.get({ key: 'c', headers: { 'if-none-match': etag } }));
    expect(unchanged).toMatchObject({ status: 304, serviceCode: 'NotModified' });
    const changed = await rejectionOf(transport.head({ key: 'c', headers: { 'if-match': '"other"' } }));
    expect(changed).toMatchObject({ status: 412, serviceCode: 'PreconditionFailed' });
    const range = { range: 'bytes=5-', 'x-oss-range-behavior': 'standard' };
    const beyond = await rejectionOf(transport.get({ key: 'c', headers: range }));
    expect(beyond).toMatchObject({ status: 416, serviceCode: 'InvalidRange' });
    const twice = await rejectionOf(
      transport.put({
        key: 'c',
        headers: { ...headers, 'x-oss-forbid-overwrite': 'true' },
        body: { kind: 'bytes', bytes: noise(6) },
      }),
    );
    expect(twice).toMatchObject({ status: 409, serviceCode: 'FileAlreadyExists' });
    expect(twice.message).toContain('another key');
  });

  it.each(['get', 'head'] as const)('tells a missing object from a missing bucket on %s', async (method) => {
    const noKey = await rejectionOf(local.transport()[method]({ key: 'none', headers: {} }));
    expect(noKey).toBeInstanceOf(ServiceError);
    expect(noKey).toMatchObject({
      service: 'OSS',
      status: 404,
      serviceCode: 'NoSuchKey',
      ec: '0026-00000001',
      retryable: false,
    });
    expect((noKey as ServiceError).requestId).toBe(local.oss.requests.last()?.id);
    const elsewhere = local.transport({ client: { bucket: 'no-such-bucket' } });
    const noBucket = await rejectionOf(elsewhere[method]({ key: 'none', headers: {} }));
    expect(noBucket).toMatchObject({ status: 404, serviceCode: 'NoSuchBucket', ec: '0015-00000101' });
  });

  it.each([
    ['InvalidAccessKeyId', { accessKeyId: 'nobody' }, 'accessKeyId'],
    ['SignatureDoesNotMatch', { accessKeySecret: 'wrong' }, 'accessKeySecret'],
    ['SignatureDoesNotMatch', { accessKeySecret: 'wrong', authorizationV4: true }, 'region'],
    ['RequestTimeTooSkewed', { amendTimeSkewed: 50 * 3_600_000 }, 'clock'],
  ])('says what to do about %s', async (serviceCode, client, advice) => {
    for (const method of ['get', 'head', 'delete'] as const) {
      const failure = await rejectionOf(local.transport({ client })[method]({ key: 'k', headers: {} }));
      expect(failure).toMatchObject({ status: 403, serviceCode });
      expect(failure.message).toContain(advice);
    }
  });

  it.each([{}, { authorizationV4: true }])('corrects a wrong clock, for good: %j', async (version) => {
    await local.oss.putObject(bucketName, 'timely', noise(5));
    const transport = local.transport({ client: { ...version, amendTimeSkewed: 3_600_000 } });
    local.oss.requests.clear();
    for (let i = 0; i < 3; i++) await transport.head({ key: 'timely', headers: {} });
    expect(local.oss.requests.length).toBe(4);
  });

  it('stops reading the source when the server refuses', async () => {
    let produced = 0;
    let left = false;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (; produced < 200; produced++) yield noise(100_000);
      } finally {
        left = true;
      }
    }
    const failure = await rejectionOf(
      local
        .transport({ client: { accessKeySecret: 'wrong' } })
        .put({ key: 'k', headers, body: { kind: 'chunks', sizeBytes: 20_000_000, chunks: chunks() } }),
    );
    expect(failure).toMatchObject({ serviceCode: 'SignatureDoesNotMatch' });
    expect(produced).toBeLessThan(200);
    expect(left).toBe(true);
  });

  it('does not wait for a source that has nothing to send when the server refuses', async () => {
    let asked = 0;
    let returned = false;
    const chunks: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked += 1;
          return asked === 1 ? { done: false, value: noise(10) } : new Promise(() => {});
        },
        return: async () => {
          returned = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const failure = await rejectionOf(
      local
        .transport({ client: { accessKeySecret: 'wrong' } })
        .put({ key: 'k', headers, body: { kind: 'chunks', sizeBytes: 20, chunks } }),
    );
    expect(failure).toMatchObject({ serviceCode: 'SignatureDoesNotMatch' });
    expect([asked, returned]).toEqual([2, true]);
  });
});

describe('arguments', () => {
  it.each(['', '/lead', '\\lead', 'a/../b', '..', './a', 'a/.', '\ud800', 'é'.repeat(512)])(
    'refuses the key %j before it sends anything',
    async (key) => {
      const transport = local.transport();
      const sent = local.oss.requests.length;
      const body = { kind: 'bytes', bytes: noise(1) } as const;
      const upload = { key, headers: {}, uploadId: 'u' };
      for (const call of [
        () => transport.put({ key, headers: {}, body }),
        () => transport.get({ key, headers: {} }),
        () => transport.head({ key, headers: {} }),
        () => transport.delete({ key, headers: {} }),
        () => transport.copy({ key, sourceKey: 'a', headers: {} }),
        () => transport.copy({ key: 'a', sourceKey: key, headers: {} }),
        () => transport.parts.start({ key, headers: {} }),
        () => transport.parts.put({ ...upload, partNumber: 1, body }),
        () => transport.parts.list(upload),
        () => transport.parts.finish({ ...upload, parts: [] }),
        () => transport.parts.drop(upload),
      ]) {
        expect(await rejectionOf(call())).toBeInstanceOf(InvalidArgumentError);
      }
      expect(local.oss.requests.length).toBe(sent);
    },
  );

  it.each([
    ['content-length', '5'],
    ['Transfer-Encoding', 'chunked'],
    ['authorization', 'x'],
    ['host', 'x'],
    ['x-oss-meta-name', 'naïve'],
    ['x-oss-meta-name', 'a\r\nx-oss-acl: public-read'],
    ['bad name', 'x'],
  ])('refuses the header %s: %j', async (name, value) => {
    const failure = await rejectionOf(local.transport().head({ key: 'k', headers: { [name]: value } }));
    expect(failure).toBeInstanceOf(InvalidArgumentError);
    expect((failure as InvalidArgumentError).argument).toContain(name);
    expect(failure.message).not.toContain('public-read');
  });

  it('refuses clients that it cannot use', () => {
    for (const client of [{}, null, { request() {}, getStream() {} }]) {
      expect(() => aliOssTransport(client as unknown as AliOssClient)).toThrow(InvalidArgumentError);
    }
    const proxied = new OSS({
      accessKeyId: 'a',
      accessKeySecret: 'b',
      secure: true,
      ...{ enableProxy: true, proxy: 'http://p' },
    });
    expect(() => aliOssTransport(proxied)).toThrow(/agent/);
    const own = new OSS({
      accessKeyId: 'a',
      accessKeySecret: 'b',
      secure: true,
      ...{ urllib: { request() {} } },
    });
    expect(() => aliOssTransport(own)).toThrow(/urllib/);
    const open = { accessKeyId: 'a', accessKeySecret: 'b', region: 'oss-cn-hangzhou' };
    expect(() => aliOssTransport(new OSS(open))).toThrow(/secure: true/);
    expect(() => aliOssTransport(new OSS({ ...open, internal: true }))).not.toThrow();
  });

  it('is refused where an assignment gave it another place for a name', async () => {
    const ali = local.client();
    const transport = aliOssTransport(ali);
    const last = local.oss.requests.last();
    Object.assign(Reflect.get(ali, 'options'), { bucket: 'x@localhost/' });
    const refusal = { name: 'InvalidArgumentError', argument: 'client' };
    await expect(transport.head({ key: 'a', headers: {} })).rejects.toMatchObject(refusal);
    const presigning = transport.presign({
      method: 'GET',
      key: 'a',
      headers: {},
      expiresSeconds: 60,
    });
    await expect(presigning).rejects.toMatchObject(refusal);
    expect(local.oss.requests.last()).toBe(last);
  });

  it('needs a bucket, and follows the client to another', async () => {
    const ali = local.client({ bucket: undefined as unknown as string });
    const transport = aliOssTransport(ali);
    const failure = await rejectionOf(transport.head({ key: 'k', headers: {} }));
    expect(failure).toBeInstanceOf(InvalidArgumentError);
    ali.useBucket(bucketName);
    await transport.put({ key: 'k', headers, body: { kind: 'bytes', bytes: noise(1) } });
    expect(local.oss.hasObject(bucketName, 'k')).toBe(true);
  });

  it('follows the client to other options, and to other credentials among them', async () => {
    const ali = local.client();
    const transport = aliOssTransport(ali);
    await transport.put({ key: 'k', headers, body: { kind: 'bytes', bytes: noise(1) } });
    const inner = ali as unknown as { options: { accessKeySecret: string } };
    const { options } = inner;
    inner.options = { ...options, accessKeySecret: 'wrong' };
    expect(await rejectionOf(transport.head({ key: 'k', headers: {} }))).toMatchObject({ status: 403 });
    inner.options = options;
    expect((await transport.head({ key: 'k', headers: {} })).status).toBe(200);
    options.accessKeySecret = 'wrong';
    expect(await rejectionOf(transport.head({ key: 'k', headers: {} }))).toMatchObject({ status: 403 });
  });

  it('refuses unknown options by name', () => {
    expect(() => local.transport({ retry: 3 } as never)).toThrow('options.retry');
  });

  it.each([{ idleTimeoutMs: 0 }, { idleTimeoutMs: 2 ** 31 }, { idleTimeoutMs: 1.5 }, { retries: -1 }])(
    'refuses the options %j',
    (options) => {
      expect(() => local.transport(options)).toThrow(OutOfRangeError);
    },
  );

  it('takes what ali-oss declares as a client, and not anything', () => {
    expectTypeOf<OSS>().toExtend<AliOssClient>();
    expectTypeOf<object>().not.toExtend<AliOssClient>();
    expectTypeOf<Date>().not.toExtend<AliOssClient>();
  });
});

describe('lengths', () => {
  it.each([
    ['more', 9],
    ['fewer', 11],
  ])('refuses a body with %s bytes than announced, and stores nothing', async (_kind, sizeBytes) => {
    const failure = await rejectionOf(
      local.transport().put({
        key: `length-${sizeBytes}`,
        headers,
        body: { kind: 'chunks', sizeBytes, chunks: inChunks(noise(10), 3) },
      }),
    );
    expect(failure).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'body.sizeBytes' });
    expect(local.oss.hasObject(bucketName, `length-${sizeBytes}`)).toBe(false);
  });

  it('refuses chunks that are not bytes, without showing them', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield 'secret text' as unknown as Uint8Array;
    }
    const failure = await rejectionOf(
      local.transport().put({ key: 't', headers, body: { kind: 'chunks', sizeBytes: 11, chunks: chunks() } }),
    );
    expect(failure).toBeInstanceOf(InvalidArgumentError);
    expect(failure.message).not.toContain('secret text');
  });
});
