// The attacker sends URLs and requests to sign: links to elsewhere, and requests that reach further than they look.
import { EncryptedBucket } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import {
  fetchTransport,
  type PresignerOptions,
  presigner,
  urlTransport,
} from '@oss-envelope/transport-fetch';
import { describe, expect, it } from 'vitest';
import { plant, steal } from '../support/attacker.js';
import { freshWorld } from '../support/world.js';

const world = freshWorld();
const provider = rsaProvider(await rsaPair());
const location = (): PresignerOptions => ({
  endpoint: world.oss.endpoint,
  bucket: 'bucket',
  region: world.oss.region,
  credentials: { ...defaultOssAccount },
});
const writer = (): EncryptedBucket =>
  new EncryptedBucket({
    transport: fetchTransport({ ...location(), retries: 0 }),
    provider,
    format: 'sealed',
  });
const reader = (): EncryptedBucket =>
  new EncryptedBucket({ transport: urlTransport({ bucket: 'bucket' }), provider, format: 'sealed' });

describe('a request to sign', () => {
  const allow = ['put', 'parts', 'get', 'head'] as const;
  const put = { method: 'PUT', key: 'users/7/a', query: {}, headers: {} };
  it.each<readonly [string, unknown]>([
    ['nothing', null],
    ['a text', 'PUT'],
    ['a list', []],
    ['no key', { ...put, key: undefined }],
    ['a key that is a list', { ...put, key: ['users/7/a'] }],
    ['a key with dot segments', { ...put, key: 'users/7/../8/a' }],
    ['an empty key', { ...put, key: '' }],
    ['a deletion', { ...put, method: 'DELETE' }],
    ['a list of all keys', { ...put, method: 'GET', key: '', query: { 'list-type': '2' } }],
    ['the ACL', { ...put, query: { acl: '' } }],
    ['the ACL beside a version', { ...put, method: 'GET', query: { versionId: '1', acl: '' } }],
    ['a policy', { ...put, query: { policy: '' } }],
    ['an object ACL', { ...put, headers: { 'x-oss-object-acl': 'public-read' } }],
    ['an object ACL in other letters', { ...put, headers: { 'X-OSS-Object-ACL': 'public-read' } }],
    ['a callback', { ...put, headers: { 'x-oss-callback': 'e30=' } }],
    ['a copy of another object', { ...put, headers: { 'x-oss-copy-source': '/bucket/users/8/a' } }],
    ['a symbolic link', { ...put, query: { symlink: '' } }],
    ['a method that is none', { ...put, method: 'PATCH' }],
    [
      'a header with a line end',
      { ...put, headers: { 'x-oss-meta-a': 'a\r\nx-oss-object-acl: public-read' } },
    ],
    ['a header that is a list', { ...put, headers: { 'x-oss-meta-a': ['b'] } }],
    ['a query that is text', { ...put, query: 'acl' }],
    ['__proto__', JSON.parse('{"__proto__":{"method":"PUT","key":"k","query":{},"headers":{}}}')],
  ])('holds: for %s is not signed, and not repeated', async (_, request) => {
    for (const signatureVersion of ['v4', 'v1'] as const) {
      const signing = presigner({ ...location(), signatureVersion }).sign(request, {
        expiresSeconds: 60,
        allow,
      });
      await expect(signing).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(INVALID_ARGUMENT|OUT_OF_RANGE)$/),
        message: expect.not.stringMatching(/public-read|users\/8/),
      });
    }
  });

  it('holds: a key that looks like a sub-resource stays a key, or is not signed', async () => {
    await writer()
      .put('k?acl', 'content')
      .catch(() => {});
    await writer().put('k', 'content');
    for (const signatureVersion of ['v4', 'v1'] as const) {
      const signing = presigner({ ...location(), signatureVersion }).sign(
        { method: 'GET', key: 'k?acl', query: {}, headers: {} },
        { expiresSeconds: 60, allow },
      );
      const text = await signing.then(
        async ({ url }) => (await fetch(url)).text(),
        () => '',
      );
      expect(text).not.toMatch(/AccessControl/);
    }
  });

  it('holds: what was signed can be sent, and nothing else', async () => {
    const headers = { 'x-oss-meta-a': 'b' };
    const { url } = await presigner(location()).sign({ ...put, headers }, { expiresSeconds: 60, allow });
    const send = async (to: string, init: RequestInit) =>
      (await fetch(to, { body: Buffer.of(120), ...init })).status;
    expect(
      await send(url, { method: 'PUT', headers: { ...headers, 'x-oss-object-acl': 'public-read' } }),
    ).toBe(403);
    expect(await send(url, { method: 'PUT', headers: { 'x-oss-meta-a': 'c' } })).toBe(403);
    expect(await send(url, { method: 'PUT' })).toBe(403);
    expect(await send(url.replace('users/7', 'users/8'), { method: 'PUT', headers })).toBe(403);
    expect(await send(`${url}&acl`, { method: 'PUT', headers })).toBe(403);
    expect(await send(url, { method: 'DELETE', headers })).toBe(403);
    expect(world.oss.keys('bucket')).toEqual([]);
    expect(await send(url, { method: 'PUT', headers })).toBe(200);
  });
});

describe('a link to open', () => {
  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,content',
    'ftp://127.0.0.1/k',
    '//127.0.0.1/k',
    '/k',
    '',
    'http://',
    'http://user:hunter2@127.0.0.1/k',
    'http://127.0.0.1/%ff',
    'http://127.0.0.1/a/%2e%2e/b',
  ])('holds: %s is refused, and not repeated', async (url) => {
    const failure = await reader()
      .openUrl(url)
      .then(
        () => expect.fail('it opened'),
        (error: { code: string; message: string }) => error,
      );
    expect(failure.code).toMatch(/^ERR_(INVALID_ARGUMENT|TRANSPORT|SERVICE|OUT_OF_RANGE)$/);
    expect(JSON.stringify(failure) + failure.message).not.toMatch(/hunter2|passwd|alert/);
  });

  it('holds: of another object, or of one that was swapped, opens as no other', async () => {
    await writer().put('a', 'content of a');
    await writer().put('b', 'content of b');
    await plant(world.oss, 'a', await steal(world.oss, 'b'));
    const { url } = await writer().presignGet('a', { expiresSeconds: 60 });
    await expect(reader().openUrl(url)).rejects.toMatchObject({ code: 'ERR_OBJECT_MISMATCH' });
    // Nor does a sender choose the key by the path.
    await expect(reader().openUrl(url, { key: 'c' })).rejects.toMatchObject({ code: 'ERR_OBJECT_MISMATCH' });
  });

  it('holds: to an object without encryption is refused', async () => {
    await plant(world.oss, 'plain', { metadata: {}, body: Buffer.from('forged') });
    const { url } = await presigner(location()).presignGet('plain', { expiresSeconds: 60 });
    await expect(reader().openUrl(url)).rejects.toMatchObject({ code: 'ERR_ENVELOPE_MISSING' });
  });

  it('holds: a signature is in no error', async () => {
    await writer().put('k', 'content');
    const { url } = await writer().presignGet('k', { expiresSeconds: 60 });
    const signature = /signature=([0-9a-f]{64})/.exec(url)![1]!;
    for (const changed of [url.replace('/k?', '/none?'), url.replace(signature, 'f'.repeat(64))]) {
      const failure = await reader()
        .openUrl(changed)
        .then(
          () => expect.fail('it opened'),
          (error: Error) => error,
        );
      const shown = `${failure.message}${failure.stack}${JSON.stringify(failure)}${String(failure.cause)}`;
      expect(shown).not.toMatch(new RegExp(`${signature}|${'f'.repeat(64)}|x-oss-credential`));
    }
  });

  it('cannot hold: a request goes to whatever host a link names', async () => {
    await writer().put('k', 'content');
    const { url } = await writer().presignGet('k', { expiresSeconds: 60 });
    expect(await (await reader().openUrl(url)).text()).toBe('content');
    await expect(reader().openUrl('http://127.0.0.1:1/k?x-oss-signature=1')).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
    });
  });

  it('cannot hold: whoever has a link fetches the ciphertext', async () => {
    await writer().put('k', 'content');
    const { url } = await writer().presignGet('k', { expiresSeconds: 60 });
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain('content');
  });
});

describe('a link to write', () => {
  it('holds: encrypts one content, never a second under its key', async () => {
    const upload = await writer().presignPut('k', { expiresSeconds: 60 });
    await upload.encrypt('content');
    await expect(upload.encrypt('content')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(() => upload.encryptChunks('other')).toThrow(/presign another/);
  });

  it('holds: has no key, and none in what is shown of it', async () => {
    const upload = await writer().presignPut('k', { expiresSeconds: 60 });
    expect(JSON.stringify(upload)).not.toMatch(/"(dataKey|contentKey|bytes)"/);
  });
});
