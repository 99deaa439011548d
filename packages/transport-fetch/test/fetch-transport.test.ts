import type { UploadBody } from '@oss-envelope/core';
import { crc64, formatCrc64 } from '@oss-envelope/crc64';
import { collect, expectBytes, noise, rejectionOf, reusedChunks } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import { type FetchTransportOptions, fetchTransport, type SignatureVersion } from '../src/index.js';
import { bucket, fetchAtPort, useLocalOss } from './local-bucket.js';

const local = useLocalOss();

const versions: readonly SignatureVersion[] = ['v4', 'v1'];

const hardKeys = [
  'a b.txt',
  'a+b.txt',
  'a%2fb.txt',
  'a%2Fb',
  '%',
  'a//b///',
  '云/文件.txt',
  '"quoted" \'single\'',
  'a?b#c&d=e',
  "!*'();:@&=+$,/?#[]<>{}|\\^`~",
  '😀/👩‍👩‍👧.png',
  'é and e\u0301',
  '...',
  '.hidden/..x/y.',
  '%2e%2e/%2e',
  'a\tb\nc',
];

function transportWith(options: Partial<FetchTransportOptions> = {}) {
  return fetchTransport({ ...local.options(), ...options });
}

describe.each(versions)('with signature version %s', (signatureVersion) => {
  it('puts, gets, looks at, copies and deletes', async () => {
    const transport = transportWith({ signatureVersion });
    const bytes = noise(100_000);
    const headers = {
      'content-type': 'image/png',
      'x-oss-meta-title': 'seven samurai',
      'x-oss-meta-empty': '',
    };
    const put = await transport.put({ key: 'a', headers, body: { kind: 'bytes', bytes } });
    expect(put).toMatchObject({
      status: 200,
      headers: { 'x-oss-hash-crc64ecma': formatCrc64(crc64(bytes)) },
    });

    const got = await transport.get({ key: 'a', headers: {} });
    expect(got).toMatchObject({ status: 200, headers });
    expectBytes(await collect(got.chunks), bytes);

    const range = await transport.get({ key: 'a', headers: { range: 'bytes=10-19' } });
    expect(range).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 10-19/100000' } });
    expectBytes(await collect(range.chunks), bytes.subarray(10, 20));

    await transport.copy({ key: 'b', sourceKey: 'a', headers: {} });
    const head = await transport.head({ key: 'b', headers: {} });
    expect(head).toMatchObject({ status: 200, headers: { ...headers, 'content-length': '100000' } });

    expect((await transport.delete({ key: 'a', headers: {} })).status).toBe(204);
    expect((await transport.delete({ key: 'a', headers: {} })).status).toBe(204);
    expect(local.oss.hasObject(bucket, 'a')).toBe(false);
    const missing = await rejectionOf(transport.head({ key: 'a', headers: {} }));
    expect(missing).toMatchObject({
      code: 'ERR_SERVICE',
      status: 404,
      serviceCode: 'NoSuchKey',
      retryable: false,
    });
    expect(missing).toMatchObject({ requestId: local.oss.requests.last()?.id, ec: '0026-00000001' });
  });

  it('uploads in parts', async () => {
    const transport = transportWith({ signatureVersion });
    const bytes = noise(250_001);
    const headers = { 'x-oss-meta-a': '1' };
    const key = 'parts +';
    const { uploadId } = await transport.parts.start({ key, headers });
    const slices = [bytes.subarray(220_000), bytes.subarray(110_000, 220_000), bytes.subarray(0, 110_000)];
    const parts: { partNumber: number; etag: string }[] = [];
    for (const [index, slice] of slices.entries()) {
      const partNumber = 3 - index;
      const body: UploadBody = { kind: 'bytes', bytes: slice };
      const { headers } = await transport.parts.put({ key, headers: {}, uploadId, partNumber, body });
      expect(headers['x-oss-hash-crc64ecma']).toBe(formatCrc64(crc64(slice)));
      parts.push({ partNumber, etag: headers.etag ?? '' });
    }
    const listed = await transport.parts.list({ key, headers: {}, uploadId });
    expect(listed.map(({ partNumber, etag }) => ({ partNumber, etag }))).toEqual(parts.toReversed());
    expect(listed.map(({ sizeBytes }) => sizeBytes)).toEqual([110_000, 110_000, 30_001]);
    const finished = await transport.parts.finish({ key, headers: {}, uploadId, parts });
    expect(finished.headers['x-oss-hash-crc64ecma']).toBe(formatCrc64(crc64(bytes)));
    const stored = await local.oss.getObject(bucket, key);
    expectBytes(stored.bytes, bytes);
    expect(stored.headers['x-oss-meta-a']).toBe('1');
  });

  it('drops an upload', async () => {
    const transport = transportWith({ signatureVersion });
    const { uploadId } = await transport.parts.start({ key: 'dropped', headers: {} });
    await transport.parts.drop({ key: 'dropped', headers: {}, uploadId });
    expect(local.oss.uploads(bucket)).toEqual([]);
    // What is gone is dropped.
    await transport.parts.drop({ key: 'dropped', headers: {}, uploadId });
  });

  it.each(hardKeys)('reaches the key %j as it is written', async (key) => {
    const transport = transportWith({ signatureVersion });
    await transport.put({ key, headers: {}, body: { kind: 'bytes', bytes: new TextEncoder().encode(key) } });
    expect(local.oss.keys(bucket)).toContain(key);
    const got = await transport.get({ key, headers: {} });
    expect(new TextDecoder().decode(await collect(got.chunks))).toBe(key);
    await transport.copy({ key: `${key}.copy`, sourceKey: key, headers: {} });
    expectBytes((await local.oss.getObject(bucket, `${key}.copy`)).bytes, new TextEncoder().encode(key));
    await transport.delete({ key, headers: {} });
    expect(local.oss.keys(bucket)).not.toContain(key);
  });

  it.each([
    ['virtual-host', 'https://oss-cn-hangzhou.aliyuncs.com', `${bucket}.oss-cn-hangzhou.aliyuncs.com`],
    [
      'virtual-host',
      'http://oss-cn-hangzhou-internal.aliyuncs.com',
      `${bucket}.oss-cn-hangzhou-internal.aliyuncs.com`,
    ],
    ['virtual-host', 'https://oss-accelerate.aliyuncs.com', `${bucket}.oss-accelerate.aliyuncs.com`],
    ['path', 'https://oss-cn-hangzhou.aliyuncs.com', 'oss-cn-hangzhou.aliyuncs.com'],
    ['cname', 'http://img.example.com', 'img.example.com'],
  ] as const)('addresses by %s at %s', async (addressing, endpoint, host) => {
    const fetch = fetchAtPort(local.oss.port);
    const transport = transportWith({ signatureVersion, addressing, endpoint, fetch });
    await transport.put({ key: 'where', headers: {}, body: { kind: 'bytes', bytes: noise(10) } });
    const got = await transport.get({ key: 'where', headers: {} });
    expectBytes(await collect(got.chunks), noise(10));
    const { uploadId } = await transport.parts.start({ key: 'where', headers: {} });
    await transport.parts.drop({ key: 'where', headers: {}, uploadId });
    for (const request of local.oss.requests) {
      expect(request.headers.host).toBe(host);
      expect(request.path).toBe(addressing === 'path' ? `/${bucket}/where` : '/where');
    }
  });

  it('carries the token of STS credentials', async () => {
    local.oss.accounts.add({ accessKeyId: 'STS.a', accessKeySecret: 's', securityToken: 'token/+=' });
    const credentials = { accessKeyId: 'STS.a', accessKeySecret: 's', securityToken: 'token/+=' };
    const transport = transportWith({ signatureVersion, credentials });
    expect(
      (await transport.put({ key: 'sts', headers: {}, body: { kind: 'bytes', bytes: noise(1) } })).status,
    ).toBe(200);
  });
});

it('takes the region from the endpoint', async () => {
  const endpoint = 'https://oss-cn-hangzhou.aliyuncs.com';
  const fetch = fetchAtPort(local.oss.port);
  const transport = transportWith({ endpoint, fetch, region: undefined });
  expect(await rejectionOf(transport.head({ key: 'none', headers: {} }))).toMatchObject({ status: 404 });
  const elsewhere = transportWith({
    endpoint: 'https://oss-cn-beijing.aliyuncs.com',
    fetch,
    region: undefined,
  });
  expect(await rejectionOf(elsewhere.head({ key: 'none', headers: {} }))).toMatchObject({ status: 400 });
});

it('wants a region for version 4 only', () => {
  const options = { endpoint: 'oss-accelerate.aliyuncs.com', region: undefined };
  expect(() => transportWith(options)).toThrow(expect.objectContaining({ argument: 'region' }));
  expect(() => transportWith({ ...options, signatureVersion: 'v1' })).not.toThrow();
  expect(() => transportWith({ signatureVersion: 'v2' as 'v1' })).toThrow(
    expect.objectContaining({ argument: 'signatureVersion' }),
  );
});

it('signs additional headers, Host and Content-Length among them', async () => {
  const transport = transportWith({ additionalHeaders: ['Range', 'Host', 'content-length', 'if-match'] });
  const bytes = noise(100);
  await transport.put({ key: 'more', headers: {}, body: { kind: 'bytes', bytes } });
  expect(local.oss.requests.last()?.headers.authorization).toContain(
    'AdditionalHeaders=content-length;host,',
  );
  const got = await transport.get({ key: 'more', headers: { range: 'bytes=0-0' } });
  expectBytes(await collect(got.chunks), bytes.subarray(0, 1));
  expect(local.oss.requests.last()?.headers.authorization).toContain('AdditionalHeaders=host;range,');
});

it('refuses keys that would not arrive, before anything is sent', async () => {
  const transport = transportWith();
  for (const key of ['', '/a', '\\a', '.', '..', 'a/../b', 'a/.', 'a\ud800', 'x'.repeat(1024)]) {
    for (const call of [
      () => transport.get({ key, headers: {} }),
      () => transport.head({ key, headers: {} }),
      () => transport.delete({ key, headers: {} }),
      () => transport.copy({ key, sourceKey: 'a', headers: {} }),
      () => transport.copy({ key: 'a', sourceKey: key, headers: {} }),
      () => transport.parts.start({ key, headers: {} }),
      () => transport.put({ key, headers: {}, body: { kind: 'bytes', bytes: noise(1) } }),
    ]) {
      expect(await rejectionOf(call())).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    }
  }
  expect(local.oss.requests).toHaveLength(0);
});

describe('bodies', () => {
  const size = 1_500_000;
  const bytes = noise(size);

  it.each([
    ['of known size', size],
    ['of unknown size', undefined],
  ])('streams chunks %s, from a buffer that is used again', async (_name, sizeBytes) => {
    const transport = transportWith();
    const chunks = reusedChunks(bytes, 10_007);
    await transport.put({ key: 'streamed', headers: {}, body: { kind: 'chunks', sizeBytes, chunks } });
    expectBytes((await local.oss.getObject(bucket, 'streamed')).bytes, bytes);
    const { headers } = local.oss.requests.last()!;
    expect(headers['content-length']).toBe(sizeBytes?.toString());
    expect(headers['transfer-encoding']).toBe(sizeBytes === undefined ? 'chunked' : undefined);
  });

  it.each([0, 1, 65_536, 65_537, 262_144, 262_145])(
    'sends %d bytes, in one piece or in chunks',
    async (sizeBytes) => {
      const transport = transportWith();
      const piece = bytes.subarray(0, sizeBytes);
      await transport.put({ key: 'piece', headers: {}, body: { kind: 'bytes', bytes: piece } });
      expectBytes((await local.oss.getObject(bucket, 'piece')).bytes, piece);
      for (const announced of [sizeBytes, undefined]) {
        const chunks = reusedChunks(piece, 5000);
        await transport.put({
          key: 'piece',
          headers: {},
          body: { kind: 'chunks', sizeBytes: announced, chunks },
        });
        expectBytes((await local.oss.getObject(bucket, 'piece')).bytes, piece);
      }
    },
  );

  it('sends bytes that lie in shared memory', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(10)).fill(7);
    await transportWith().put({ key: 'shared', headers: {}, body: { kind: 'bytes', bytes: shared } });
    expectBytes((await local.oss.getObject(bucket, 'shared')).bytes, new Uint8Array(10).fill(7));
  });

  it('collects chunks where requests cannot be streamed', async () => {
    const transport = transportWith({ streamsRequests: false, maxBufferedUploadBytes: size });
    for (const sizeBytes of [size, undefined]) {
      const chunks = reusedChunks(bytes, 10_007);
      await transport.put({ key: 'collected', headers: {}, body: { kind: 'chunks', sizeBytes, chunks } });
      expectBytes((await local.oss.getObject(bucket, 'collected')).bytes, bytes);
      expect(local.oss.requests.last()?.headers['content-length']).toBe(String(size));
    }
  });

  it('refuses to collect more than it may, and leaves the source', async () => {
    const transport = transportWith({ streamsRequests: false, maxBufferedUploadBytes: size - 1 });
    for (const sizeBytes of [size, undefined]) {
      let isLeft = false;
      const chunks = (async function* () {
        try {
          yield* reusedChunks(bytes, 10_007);
        } finally {
          isLeft = true;
        }
      })();
      const put = transport.put({ key: 'refused', headers: {}, body: { kind: 'chunks', sizeBytes, chunks } });
      const error = await rejectionOf(put);
      expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE', argument: 'body' });
      expect(String(error)).toMatch(/maxBufferedUploadBytes/);
      expect(isLeft || sizeBytes === size).toBe(true);
    }
    expect(local.oss.requests).toHaveLength(0);
  });

  it.each([
    ['less', size + 1],
    ['more', size - 1],
    ['more', size - 10_007],
    ['more', 10],
    ['less', 2_000_000_000],
  ])('stores nothing when the source gives %s than announced (%d)', async (_than, sizeBytes) => {
    for (const streamsRequests of [true, false]) {
      const transport = transportWith({ streamsRequests, maxBufferedUploadBytes: 3_000_000_000 });
      const chunks = reusedChunks(bytes, 10_007);
      const put = transport.put({
        key: 'wrong-size',
        headers: {},
        body: { kind: 'chunks', sizeBytes, chunks },
      });
      expect(await rejectionOf(put)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
      await local.oss.idle();
      expect(local.oss.hasObject(bucket, 'wrong-size')).toBe(false);
    }
  });

  it.each([
    ['at once', 0],
    ['midway', 700_000],
    ['after its last byte', size],
  ])(
    'rejects with the error of a source that fails %s, and stores nothing',
    async (_name, failsAfterBytes) => {
      const failure = new Error('the disk is gone');
      for (const sizeBytes of [size, undefined]) {
        for (const streamsRequests of [true, false]) {
          const chunks = (async function* () {
            yield* reusedChunks(bytes.subarray(0, failsAfterBytes), 10_007);
            throw failure;
          })();
          const transport = transportWith({ streamsRequests });
          const put = transport.put({
            key: 'broken',
            headers: {},
            body: { kind: 'chunks', sizeBytes, chunks },
          });
          expect(await rejectionOf(put)).toBe(failure);
          await local.oss.idle();
          expect(local.oss.hasObject(bucket, 'broken')).toBe(false);
        }
      }
      expect(local.oss.requests.list().filter(({ status }) => status === 200)).toEqual([]);
    },
  );

  it('refuses chunks that are no bytes', async () => {
    const chunks = (async function* () {
      yield 'text' as unknown as Uint8Array;
    })();
    const put = transportWith().put({
      key: 'text',
      headers: {},
      body: { kind: 'chunks', sizeBytes: undefined, chunks },
    });
    expect(await rejectionOf(put)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'body.chunks' });
  });
});
