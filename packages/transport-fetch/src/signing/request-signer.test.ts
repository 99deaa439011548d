import { createHash, createHmac } from 'node:crypto';
import type { CheckedCredentials } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { resolveBucketAddress } from './bucket-address.js';
import {
  createSigner,
  type ObjectSignableRequest,
  type Signer,
  type SignerOptions,
} from './request-signer.js';

// Signatures are made once more here, by the cryptography of Node and from the text of OSS's documentation.

const address = resolveBucketAddress({ endpoint: 'oss-cn-hangzhou.aliyuncs.com', bucket: 'photos' });
const signerOf = (options: Partial<SignerOptions> = {}): Signer => createSigner({ address, ...options });
const credentialsOf = (options: Partial<CheckedCredentials> = {}): CheckedCredentials => ({
  accessKeyId: 'id',
  accessKeySecret: 'secret',
  securityToken: undefined,
  expiresAt: undefined,
  ...options,
});
const withToken = credentialsOf({ securityToken: 'token' });
const at = new Date('2026-01-02T03:04:05.900Z');
const period = { startsAt: at, expiresSeconds: 60 };
const request: ObjectSignableRequest = {
  method: 'GET',
  key: 'a b',
  query: { versionId: 'v' },
  headers: { range: 'bytes=0-1', 'content-type': 'text/plain' },
};

function signatureV4(canonical: string, { secret = 'secret', date = '20260102' } = {}): string {
  const scope = [date, 'cn-hangzhou', 'oss', 'aliyun_v4_request'];
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = `OSS4-HMAC-SHA256\n${date}T030405Z\n${scope.join('/')}\n${hash}`;
  let key: string | Buffer = `aliyun_v4${secret}`;
  for (const part of scope) key = createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', key).update(text).digest('hex');
}
const signatureV1 = (text: string): string => createHmac('sha1', 'secret').update(text).digest('base64');

describe('headers that are signed by version 4', () => {
  const canonical = (lines: readonly string[], additional = ''): string =>
    ['GET', '/photos/a%20b', 'versionId=v', ...lines, '', additional, 'UNSIGNED-PAYLOAD'].join('\n');
  const always = ['x-oss-content-sha256:UNSIGNED-PAYLOAD', 'x-oss-date:20260102T030405Z'];

  it('are the given ones, with time and signature', async () => {
    const headers = await signerOf().signHeaders(request, credentialsOf(), at, []);
    const signature = signatureV4(canonical(['content-type:text/plain', ...always]));
    expect(headers).toEqual({
      ...request.headers,
      'x-oss-date': '20260102T030405Z',
      'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
      authorization: `OSS4-HMAC-SHA256 Credential=id/20260102/cn-hangzhou/oss/aliyun_v4_request,Signature=${signature}`,
    });
  });

  it('have the token of the credentials, signed', async () => {
    const headers = await signerOf().signHeaders(request, withToken, at, []);
    expect(headers['x-oss-security-token']).toBe('token');
    const lines = ['content-type:text/plain', ...always, 'x-oss-security-token:token'];
    expect(headers.authorization).toContain(`Signature=${signatureV4(canonical(lines))}`);
  });

  it('name the listed ones, and the host that a runtime adds', async () => {
    const headers = await signerOf().signHeaders(request, credentialsOf(), at, ['Range', 'Host']);
    const host = 'photos.oss-cn-hangzhou.aliyuncs.com';
    const lines = ['content-type:text/plain', `host:${host}`, 'range:bytes=0-1', ...always];
    const signature = signatureV4(canonical(lines, 'host;range'));
    expect(headers.authorization).toMatch(/,AdditionalHeaders=host;range,Signature=[0-9a-f]+$/);
    expect(headers.authorization).toContain(`Signature=${signature}`);
    expect(headers).not.toHaveProperty('host');
  });

  it('are signed for the day and by the secret of each request', async () => {
    const signer = signerOf();
    const lines = canonical(['content-type:text/plain', ...always]);
    const tomorrow = new Date('2026-01-03T03:04:05Z');
    const other = credentialsOf({ accessKeySecret: 'other' });
    for (const [credentials, when, secret, date] of [
      [credentialsOf(), at, 'secret', '20260102'],
      [credentialsOf(), tomorrow, 'secret', '20260103'],
      [other, tomorrow, 'other', '20260103'],
      [credentialsOf(), at, 'secret', '20260102'],
    ] as const) {
      const headers = await signer.signHeaders(request, credentials, when, []);
      const text = lines.replaceAll('20260102', date);
      expect(headers.authorization).toContain(`Signature=${signatureV4(text, { secret, date })}`);
    }
  });
});

describe('a query that is signed by version 4', () => {
  it('says by whom, when, and for how long', async () => {
    const query = await signerOf().signQuery(request, withToken, period, ['range']);
    const signed = {
      versionId: 'v',
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-date': '20260102T030405Z',
      'x-oss-expires': '60',
      'x-oss-credential': 'id/20260102/cn-hangzhou/oss/aliyun_v4_request',
      'x-oss-additional-headers': 'range',
      'x-oss-security-token': 'token',
    };
    const text = Object.entries(signed)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    const lines = ['content-type:text/plain', 'range:bytes=0-1', '', 'range', 'UNSIGNED-PAYLOAD'];
    const canonical = ['GET', '/photos/a%20b', text, ...lines].join('\n');
    expect(query).toEqual({ ...signed, 'x-oss-signature': signatureV4(canonical) });
  });

  it('has no list of headers and no token where there is none', async () => {
    const query = await signerOf().signQuery(request, credentialsOf(), period, []);
    expect(Object.keys(query)).not.toContain('x-oss-additional-headers');
    expect(Object.keys(query)).not.toContain('x-oss-security-token');
  });

  it('names the host where it is listed', async () => {
    const query = await signerOf().signQuery(request, credentialsOf(), period, ['HOST', 'range']);
    expect(query['x-oss-additional-headers']).toBe('host;range');
    const alone = await signerOf().signQuery(request, credentialsOf(), period, ['host']);
    expect(alone['x-oss-additional-headers']).toBe('host');
  });
});

describe('version 1', () => {
  const date = 'Fri, 02 Jan 2026 03:04:05 GMT';
  const signer = signerOf({ signatureVersion: 'v1' });

  it('signs headers, with the token', async () => {
    const headers = await signer.signHeaders(request, withToken, at, []);
    const text = `GET\n\ntext/plain\n${date}\nx-oss-date:${date}\nx-oss-security-token:token\n/photos/a b?versionId=v`;
    expect(headers).toEqual({
      ...request.headers,
      'x-oss-date': date,
      'x-oss-security-token': 'token',
      authorization: `OSS id:${signatureV1(text)}`,
    });
    expect(await signer.signHeaders(request, credentialsOf(), at, [])).not.toHaveProperty(
      'x-oss-security-token',
    );
  });

  it('signs a query, with the token', async () => {
    const expires = String(Date.UTC(2026, 0, 2, 3, 5, 5) / 1000);
    const text = `GET\n\ntext/plain\n${expires}\n/photos/a b?security-token=token&versionId=v`;
    expect(await signer.signQuery(request, withToken, period, [])).toEqual({
      versionId: 'v',
      'security-token': 'token',
      OSSAccessKeyId: 'id',
      Expires: expires,
      Signature: signatureV1(text),
    });
    const without = await signer.signQuery(request, credentialsOf(), period, []);
    expect(Object.keys(without)).not.toContain('security-token');
  });
});

it('a signer of version 4 needs a region, and one of version 1 does not', () => {
  const nowhere = resolveBucketAddress({ endpoint: 'oss.example.com', bucket: 'photos' });
  expect(() => createSigner({ address: nowhere })).toThrow(expect.objectContaining({ argument: 'region' }));
  expect(() => createSigner({ address: nowhere, signatureVersion: 'v1' })).not.toThrow();
  expect(() => createSigner({ address, signatureVersion: 'v2' as 'v1' })).toThrow(
    expect.objectContaining({ argument: 'signatureVersion' }),
  );
});
