import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { expectBytes, noise, rejectionOf } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import {
  fetchTransport,
  type PresignedRequest,
  type PresignerOptions,
  presigner,
  type SignableOperation,
  type SignatureVersion,
} from '../src/index.js';
import { bucket, useLocalOss } from './local-bucket.js';

const local = useLocalOss();

const bytes = noise(1000);
const minute = { expiresSeconds: 60 };

function signerWith(options: Partial<PresignerOptions> = {}) {
  const { endpoint, region } = local.options();
  return presigner({ endpoint, region, bucket, credentials: defaultOssAccount, ...options });
}

/** Sends a presigned request as a page would. */
async function send(
  request: PresignedRequest,
  changes: RequestInit = {},
): Promise<{ status: number; code?: string; text: string }> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: { ...request.headers },
    ...changes,
  });
  const text = await response.text();
  const code = /<Code>(.*)<\/Code>/.exec(text)?.[1];
  return { status: response.status, text, ...(code !== undefined && { code }) };
}

// As an envelope has them.
const metadata = {
  'content-type': 'application/octet-stream',
  'x-oss-meta-oss-crypto-key': 'd3JhcHBlZA==',
  'x-oss-meta-oss-crypto-start': 'c3RhcnQ=',
  'x-oss-meta-oss-cek-alg': 'AES/GCM/NoPadding',
  'x-oss-meta-oss-wrap-alg': 'rsa',
};

describe('presigned URLs are exact', () => {
  // Computed with Python's hmac and hashlib from the rules of the documentation, not with this code.
  const now = () => Date.parse('2026-01-02T03:04:05.678Z');
  const credentials = { accessKeyId: 'ak', accessKeySecret: 'secret', securityToken: 'to+ken/' };
  const location = { endpoint: 'oss-cn-hangzhou.aliyuncs.com', bucket: 'photos' };

  it('in version 4', async () => {
    const signer = presigner({ ...location, credentials, now });
    const { url, expiresAt } = await signer.presignPut('云 +.png', {
      expiresSeconds: 600,
      headers: { 'x-oss-meta-a': 'seven', 'Content-Length': '5', 'content-type': 'image/png' },
    });
    expect(url).toBe(
      'https://photos.oss-cn-hangzhou.aliyuncs.com/%E4%BA%91%20%2B.png?x-oss-additional-headers=content-length' +
        '&x-oss-credential=ak%2F20260102%2Fcn-hangzhou%2Foss%2Faliyun_v4_request&x-oss-date=20260102T030405Z&x-oss-expires=600' +
        '&x-oss-security-token=to%2Bken%2F&x-oss-signature=f2337eb547c6fd201dbcf95c086bc1f079e203ec758e052ef6bfe3e933fef061&x-oss-signature-version=OSS4-HMAC-SHA256',
    );
    expect(expiresAt.toISOString()).toBe('2026-01-02T03:14:05.000Z');
  });

  it('in version 1', async () => {
    const signer = presigner({ ...location, credentials, now, signatureVersion: 'v1' });
    const { url } = await signer.presignGet('云 +.png', {
      expiresSeconds: 600,
      versionId: 'v/1',
      responseHeaders: { 'content-type': 'text/plain' },
    });
    expect(url).toBe(
      'https://photos.oss-cn-hangzhou.aliyuncs.com/%E4%BA%91%20%2B.png?Expires=1767323645&OSSAccessKeyId=ak' +
        '&Signature=%2BZNLRN7s9R5Cu%2BTaSg1b%2BqFpJH0%3D&response-content-type=text%2Fplain&security-token=to%2Bken%2F&versionId=v%2F1',
    );
  });
});

describe.each(['v4', 'v1'] as readonly SignatureVersion[])(
  'with signature version %s',
  (signatureVersion) => {
    it('a download works as it is, with headers of the answer replaced', async () => {
      await local.oss.putObject(bucket, 'a +云', 'seize the day');
      const signer = signerWith({ signatureVersion });
      const request = await signer.presignGet('a +云', {
        ...minute,
        responseHeaders: {
          'content-disposition': 'attachment; filename="a b.txt"',
          'content-type': 'text/plain',
        },
      });
      expect(request).toMatchObject({ method: 'GET', headers: {} });
      const response = await fetch(request.url);
      expect(await response.text()).toBe('seize the day');
      expect(response.headers.get('content-disposition')).toBe('attachment; filename="a b.txt"');
      expect((await send(request, { method: 'PUT', body: 'x' })).code).toBe('SignatureDoesNotMatch');
      expect((await send(request, { method: 'DELETE' })).code).toBe('SignatureDoesNotMatch');
      expect((await send({ ...request, url: request.url.replace('a%20', 'b%20') })).code).toBe(
        'SignatureDoesNotMatch',
      );
    });

    it('an upload works with exactly the metadata that was signed in', async () => {
      const signer = signerWith({ signatureVersion });
      const request = await signer.presignPut('up', { ...minute, headers: metadata });
      expect(request.headers).toEqual(metadata);
      const refused = { status: 403, code: 'SignatureDoesNotMatch' };

      const { 'x-oss-meta-oss-crypto-key': _key, ...withoutKey } = metadata;
      expect(await send(request, { body: bytes, headers: withoutKey })).toMatchObject(refused);
      const { 'content-type': _type, ...withoutType } = metadata;
      expect(await send(request, { body: bytes, headers: withoutType })).toMatchObject(refused);
      const other = { ...metadata, 'x-oss-meta-oss-crypto-start': 'b3RoZXI=' };
      expect(await send(request, { body: bytes, headers: other })).toMatchObject(refused);
      const more = { ...metadata, 'x-oss-meta-more': '1' };
      expect(await send(request, { body: bytes, headers: more })).toMatchObject(refused);
      const published = { ...metadata, 'x-oss-object-acl': 'public-read' };
      expect(await send(request, { body: bytes, headers: published })).toMatchObject(refused);
      expect(local.oss.hasObject(bucket, 'up')).toBe(false);

      expect(await send(request, { body: bytes })).toMatchObject({ status: 200 });
      const stored = await local.oss.getObject(bucket, 'up');
      expectBytes(stored.bytes, bytes);
      expect(stored.headers).toMatchObject(metadata);
      await local.oss.deleteObject(bucket, 'up');
    });

    it('a part works, at its number only', async () => {
      const transport = fetchTransport({ ...local.options(), signatureVersion });
      const { uploadId } = await transport.parts.start({ key: 'parts', headers: {} });
      const signer = signerWith({ signatureVersion });
      const request = await signer.presignPart('parts', { ...minute, uploadId, partNumber: 2 });
      expect(await send(request, { body: bytes })).toMatchObject({ status: 200 });
      const elsewhere = request.url.replace('partNumber=2', 'partNumber=3');
      expect((await send({ ...request, url: elsewhere }, { body: bytes })).code).toBe(
        'SignatureDoesNotMatch',
      );
      const parts = await transport.parts.list({ key: 'parts', headers: {}, uploadId });
      expect(parts.map(({ partNumber }) => partNumber)).toEqual([2]);
      await transport.parts.drop({ key: 'parts', headers: {}, uploadId });
    });

    it('an upload carries the token of STS credentials, and ends with them', async () => {
      const account = { accessKeyId: 'STS.p', accessKeySecret: 's', securityToken: 'to/k+en' };
      local.oss.accounts.add(account);
      const expiresAt = new Date(Date.now() + 20_000);
      const signer = signerWith({ signatureVersion, credentials: async () => ({ ...account, expiresAt }) });
      const request = await signer.presignPut('sts', minute);
      expect(request.expiresAt).toEqual(expiresAt);
      expect(await send(request, { body: bytes })).toMatchObject({ status: 200 });
    });

    it('it expires', async () => {
      const signer = signerWith({ signatureVersion, now: () => Date.now() - 61_000 });
      const request = await signer.presignGet('a +云', minute);
      expect(request.expiresAt.getTime()).toBeLessThan(Date.now());
      expect(await send(request)).toMatchObject({ status: 403, code: 'AccessDenied' });
    });
  },
);

describe('version 4', () => {
  it('signs in whatever header it is given: the size of an upload, the range of a download', async () => {
    const signer = signerWith();
    const put = await signer.presignPut('sized', { ...minute, headers: { 'content-length': '1000' } });
    expect(await send(put, { body: bytes.subarray(1), headers: {} })).toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
    expect(await send(put, { body: bytes })).toMatchObject({ status: 200 });

    const headers = { range: 'bytes=0-9', 'x-oss-range-behavior': 'standard' };
    const get = await signer.presignGet('sized', { ...minute, headers });
    expect(await send(get)).toMatchObject({ status: 206 });
    const wider = { ...headers, range: 'bytes=0-99' };
    expect(await send(get, { headers: wider })).toMatchObject({ code: 'SignatureDoesNotMatch' });
  });
});

it('refuses what cannot be signed', async () => {
  const signer = signerWith();
  for (const expiresSeconds of [0, -1, 1.5, 604_801, Number.NaN]) {
    const presigned = signer.presignGet('a', { expiresSeconds });
    expect(await rejectionOf(presigned)).toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
      argument: 'expiresSeconds',
    });
  }
  await signer.presignGet('a', { expiresSeconds: 604_800 });
  expect(await rejectionOf(signer.presignGet('a/../b', minute))).toMatchObject({ argument: 'key' });
  const part = { ...minute, uploadId: '', partNumber: 1 };
  expect(await rejectionOf(signer.presignPart('a', part))).toMatchObject({ argument: 'uploadId' });
  const number = { ...minute, uploadId: 'a', partNumber: 10_001 };
  expect(await rejectionOf(signer.presignPart('a', number))).toMatchObject({ argument: 'partNumber' });
  const headers = { 'x-oss-meta-a': 'a\nb' };
  expect(await rejectionOf(signer.presignPut('a', { ...minute, headers }))).toMatchObject({
    argument: 'headers["x-oss-meta-a"]',
  });
});

it('refuses unknown options by name', async () => {
  expect(() => signerWith({ regoin: 'cn-hangzhou' } as never)).toThrow('did you mean region?');
  const signer = signerWith();
  const wrong = { ...minute, version: 'a' } as never;
  for (const call of [
    () => signer.presignGet('a', wrong),
    () => signer.presignPut('a', wrong),
    () => signer.presignPart('a', wrong),
    () => signer.sign({}, wrong),
  ]) {
    expect(await rejectionOf(call())).toMatchObject({ argument: 'options.version' });
  }
});

it('refuses keys with a question mark in version 1, which would sign a sub-resource', async () => {
  const refused = signerWith({ signatureVersion: 'v1' }).presignGet('a?acl', minute);
  expect(await rejectionOf(refused)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'key' });
  const signed = signerWith({ signatureVersion: 'v1' }).sign(
    { method: 'GET', key: 'a?acl', query: {}, headers: {} },
    { ...minute, allow: ['get'] },
  );
  expect(await rejectionOf(signed)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'key' });
  await local.oss.putObject(bucket, 'a?acl', 'an object');
  const { url } = await signerWith().presignGet('a?acl', minute);
  expect(await (await fetch(url)).text()).toBe('an object');
});

it('signs with the secret that it has now, on one day too', async () => {
  const account = { accessKeyId: 'rotating', accessKeySecret: 'first' };
  let current = account;
  const signer = signerWith({ credentials: { getCredential: async () => current } });
  await local.oss.putObject(bucket, 'rotated', 'x');
  for (const accessKeySecret of ['first', 'second']) {
    current = { ...account, accessKeySecret };
    local.oss.accounts.add(current);
    const { url } = await signer.presignGet('rotated', minute);
    expect((await fetch(url)).status).toBe(200);
  }
});

describe('sign', () => {
  const all: readonly SignableOperation[] = [
    'copy',
    'delete',
    'drop-parts',
    'get',
    'head',
    'list',
    'parts',
    'put',
  ];
  const put = { method: 'PUT', key: 'a', query: {}, headers: {} };

  it('signs what is allowed', async () => {
    const signer = signerWith();
    const requests: [SignableOperation, object][] = [
      ['put', put],
      ['get', { ...put, method: 'GET', query: { versionId: 'a' } }],
      ['head', { ...put, method: 'HEAD' }],
      ['delete', { ...put, method: 'DELETE' }],
      ['copy', { ...put, headers: { 'X-Oss-Copy-Source': '/photos/b' } }],
      ['parts', { ...put, method: 'POST', query: { uploads: '' } }],
      ['parts', { ...put, query: { uploadId: 'a', partNumber: '1' } }],
      [
        'parts',
        { ...put, method: 'GET', query: { uploadId: 'a', 'max-parts': '1', 'part-number-marker': '0' } },
      ],
      ['parts', { ...put, method: 'POST', query: { uploadId: 'a' } }],
      ['drop-parts', { ...put, method: 'DELETE', query: { uploadId: 'a' } }],
      ['list', { ...put, method: 'GET', key: '', query: { 'list-type': '2', prefix: 'a/' } }],
    ];
    for (const [operation, request] of requests) {
      const signed = await signer.sign(request, { ...minute, allow: [operation] });
      expect(signed.url).toContain('x-oss-signature=');
      const others = all.filter((other) => other !== operation);
      expect(await rejectionOf(signer.sign(request, { ...minute, allow: others }))).toMatchObject({
        argument: 'request',
        message: expect.stringContaining(`It is '${operation}': if that is wanted, add it to allow`),
      });
    }
  });

  it.each([
    ['nothing', undefined],
    ['text', 'PUT'],
    ['a key that is none', { ...put, key: 1 }],
    ['an upload to no key', { ...put, key: '' }],
    ['a list of a key', { ...put, method: 'GET', query: { 'list-type': '2' } }],
    ['another list of the bucket', { ...put, method: 'GET', key: '', query: { uploads: '' } }],
    ['a header of the transport', { ...put, headers: { expect: '100-continue' } }],
    ['a method of its own', { ...put, method: 'OPTIONS' }],
    ['rights', { ...put, query: { acl: '' } }],
    ['tags', { ...put, query: { tagging: '' } }],
    ['a process', { ...put, method: 'POST', query: { 'x-oss-process': 'a' } }],
    ['a query that is no record', { ...put, query: ['acl'] }],
    ['a copy as a download', { ...put, method: 'GET', headers: { 'x-oss-copy-source': '/photos/b' } }],
    [
      'a copy as a part',
      { ...put, query: { uploadId: 'a', partNumber: '1' }, headers: { 'x-oss-copy-source': '/photos/b' } },
    ],
    ['an ACL', { ...put, headers: { 'x-oss-object-acl': 'public-read' } }],
    ['a callback', { ...put, headers: { 'X-OSS-Callback': 'a' } }],
    ['a header that is no text', { ...put, headers: { 'x-oss-meta-a': 1 } }],
    ['a dot segment', { ...put, key: 'mine/../yours' }],
  ])('refuses %s', async (_name, request) => {
    expect(await rejectionOf(signerWith().sign(request, { ...minute, allow: all }))).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});
