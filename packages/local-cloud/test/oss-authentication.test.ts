import { createHash } from 'node:crypto';
import OSS from 'ali-oss';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultOssAccount, type LocalOss, startOss } from '../src/index.js';
import { element, type RawRequest, send } from './raw-request.js';

const temporary = { accessKeyId: 'STS.id', accessKeySecret: 'sts-secret', securityToken: 'token/+=1' };

let oss: LocalOss;
let now: Date | undefined;

beforeAll(async () => {
  oss = await startOss({
    buckets: ['photos'],
    accounts: [{ ...defaultOssAccount }, temporary],
    now: () => now ?? new Date(),
    cnames: { 'img.example.com': 'photos' },
  });
  await oss.putObject('photos', 'a b.txt', 'content');
});

afterAll(() => oss.close());

beforeEach(() => {
  now = undefined;
  oss.accounts.add(temporary);
});

const get: RawRequest = { method: 'GET', bucket: 'photos', key: 'a b.txt' };

async function codeOf(spec: RawRequest): Promise<string> {
  const answer = await send(oss, spec);
  return answer.status === 200 ? 'OK' : `${answer.status} ${element(answer.text, 'Code')}`;
}

describe.each(['v1', 'v4'] as const)('%s in the header', (sign) => {
  test('is accepted, and anything signed that changes is refused', async () => {
    expect(await codeOf({ ...get, sign })).toBe('OK');
    const changes: ((headers: Record<string, string>) => void)[] = [
      (headers) => {
        headers['x-oss-meta-later'] = '1';
      },
      (headers) => {
        headers['content-type'] = 'text/html';
      },
      (headers) => {
        headers['x-oss-range-behavior'] = 'standard';
      },
    ];
    for (const tamper of changes) {
      expect(await codeOf({ ...get, sign, tamper })).toBe('403 SignatureDoesNotMatch');
    }
  });

  test('says what was signed when it does not match', async () => {
    const account = { ...defaultOssAccount, accessKeySecret: 'another' };
    const answer = await send(oss, { ...get, sign, account });
    expect(answer.status).toBe(403);
    expect(element(answer.text, 'EC')).toBe('0002-00000040');
    expect(answer.headers['x-oss-ec']).toBe('0002-00000040');
    expect(element(answer.text, 'StringToSign')).toMatch(sign === 'v1' ? /^GET\n/ : /^OSS4-HMAC-SHA256\n/);
    expect(element(answer.text, 'RequestId')).toBe(answer.headers['x-oss-request-id']);
    expect(answer.text).not.toContain(defaultOssAccount.accessKeySecret);
  });

  test('an unknown key id', async () => {
    const account = { accessKeyId: 'nobody', accessKeySecret: 'x' };
    expect(await codeOf({ ...get, sign, account })).toBe('403 InvalidAccessKeyId');
  });

  test('a clock that is off by more than 15 minutes, either way', async () => {
    for (const minutes of [-16, 16]) {
      const answer = await send(oss, { ...get, sign, now: new Date(Date.now() + minutes * 60_000) });
      expect(answer.status).toBe(403);
      expect(element(answer.text, 'Code')).toBe('RequestTimeTooSkewed');
      expect(element(answer.text, 'EC')).toBe('0002-00000504');
      expect(Math.abs(Date.parse(answer.headers.date!) - Date.now())).toBeLessThan(5000);
      expect(Math.abs(Date.parse(element(answer.text, 'ServerTime')!) - Date.now())).toBeLessThan(5000);
    }
    for (const minutes of [-14, 14]) {
      expect(await codeOf({ ...get, sign, now: new Date(Date.now() + minutes * 60_000) })).toBe('OK');
    }
  });

  test('temporary keys need their own token, while it lasts', async () => {
    expect(await codeOf({ ...get, sign, account: temporary })).toBe('OK');
    const without = { accessKeyId: 'STS.id', accessKeySecret: 'sts-secret' };
    expect(await codeOf({ ...get, sign, account: without })).toBe('403 InvalidAccessKeyId');
    const another = { ...temporary, securityToken: 'another' };
    expect(await codeOf({ ...get, sign, account: another })).toBe('403 InvalidSecurityToken');
    const permanent = { ...defaultOssAccount, securityToken: 'token' };
    expect(await codeOf({ ...get, sign, account: permanent })).toBe('403 InvalidAccessKeyId');
    oss.accounts.expire('STS.id');
    expect(await codeOf({ ...get, sign, account: temporary })).toBe('403 SecurityTokenExpired');
  });

  test('covers the bucket in virtual-host and CNAME style, too', async () => {
    const path = '/a%20b.txt';
    const hosts = [
      `photos.localhost:${oss.port}`,
      'photos.oss-cn-hangzhou.aliyuncs.com',
      'photos.oss-cn-hangzhou-internal.aliyuncs.com',
      'photos.oss-accelerate.aliyuncs.com',
      'img.example.com',
    ];
    for (const host of hosts) expect(await codeOf({ ...get, sign, path, host }), host).toBe('OK');
    const others = { ...get, bucket: 'others', sign, path, host: 'photos.localhost' };
    expect(await codeOf(others)).toBe('403 SignatureDoesNotMatch');
  });
});

describe('V4 only', () => {
  test('additional headers are covered', async () => {
    const signed: RawRequest = {
      ...get,
      headers: { range: 'bytes=0-99', 'user-agent': 'me' },
      additionalHeaders: ['User-Agent', 'Range'],
    };
    expect(await codeOf(signed)).toBe('OK');
    const changed = {
      ...signed,
      tamper: (headers: Record<string, string>) => void Object.assign(headers, { range: 'bytes=0-1' }),
    };
    expect(await codeOf(changed)).toBe('403 SignatureDoesNotMatch');
    const removed = { ...signed, tamper: (headers: Record<string, string>) => void delete headers.range };
    expect(await codeOf(removed)).toBe('400 InvalidArgument');
  });

  test('without x-oss-date the Date header is signed, and must be recent and whole', async () => {
    const dated: RawRequest = { ...get, dateHeader: true };
    expect(await codeOf(dated)).toBe('OK');
    const late = new Date(Date.now() - 16 * 60_000);
    expect(await codeOf({ ...dated, now: late })).toBe('403 RequestTimeTooSkewed');
    const change = (date: string) => (headers: Record<string, string>) =>
      void Object.assign(headers, { date });
    const soon = new Date(Date.now() + 60_000).toUTCString();
    expect(await codeOf({ ...dated, tamper: change(soon) })).toBe('403 SignatureDoesNotMatch');
    for (const date of ['', 'today', new Date().toISOString()]) {
      expect(await codeOf({ ...dated, tamper: change(date) })).toBe('403 AccessDenied');
    }
    const yesterday = new Date(Date.now() - 24 * 3600_000).toUTCString();
    expect(await codeOf({ ...dated, tamper: change(yesterday) })).toBe('400 InvalidArgument');
  });

  test("the region must be the server's", async () => {
    const answer = await send(oss, { ...get, region: 'cn-beijing' });
    expect(answer.status).toBe(400);
    expect(element(answer.text, 'EC')).toBe('0002-00000226');
    expect(element(answer.text, 'Message')).toBe('Invalid signing region in Authorization header.');
  });

  test('a signed payload hash is compared with the body', async () => {
    const body = 'the body';
    const payloadHash = createHash('sha256').update(body).digest('hex');
    const put: RawRequest = { method: 'PUT', bucket: 'photos', key: 'hashed', body, payloadHash };
    expect(await codeOf(put)).toBe('OK');
    expect(await codeOf({ ...put, key: 'refused', body: 'another body' })).toBe('400 InvalidArgument');
    expect(oss.hasObject('photos', 'refused')).toBe(false);
  });

  test('the payload hash header is required in the header form', async () => {
    const tamper = (headers: Record<string, string>) => void delete headers['x-oss-content-sha256'];
    expect(await codeOf({ ...get, tamper })).toBe('400 InvalidArgument');
  });

  test('malformed Authorization headers are refused', async () => {
    const values = [
      'OSS',
      'OSS id',
      'Basic abc',
      'OSS4-HMAC-SHA256',
      'OSS4-HMAC-SHA256 Credential=a/b/c,Signature=1',
      'OSS4-HMAC-SHA256 Credential=a/2024-01-01/cn-hangzhou/oss/aliyun_v4_request,Signature=1',
      'OSS4-HMAC-SHA256 Credential=a/20240101/cn-hangzhou/s3/aliyun_v4_request,Signature=1',
    ];
    for (const authorization of values) {
      const tamper = (headers: Record<string, string>) => void Object.assign(headers, { authorization });
      expect(await codeOf({ ...get, tamper }), authorization).toBe('400 InvalidArgument');
    }
  });
});

describe('without a signature', () => {
  test('private buckets are closed, public ones are open as far as they are public', async () => {
    expect(await codeOf({ ...get, sign: 'none' })).toBe('403 AccessDenied');
    await oss.createBucket('readable', 'public-read');
    await oss.putObject('readable', 'k', 'v');
    expect(await codeOf({ method: 'GET', bucket: 'readable', key: 'k', sign: 'none' })).toBe('OK');
    const put: RawRequest = { method: 'PUT', bucket: 'readable', key: 'k', body: 'x', sign: 'none' };
    expect(await codeOf(put)).toBe('403 AccessDenied');
    const override = { 'response-content-type': 'text/html' };
    expect(await codeOf({ method: 'GET', bucket: 'readable', key: 'k', query: override, sign: 'none' })).toBe(
      '400 InvalidRequest',
    );
  });
});

describe('signed URLs by ali-oss', () => {
  function client(account: { accessKeyId: string; accessKeySecret: string; securityToken?: string }): OSS {
    return new OSS({
      accessKeyId: account.accessKeyId,
      accessKeySecret: account.accessKeySecret,
      ...(account.securityToken === undefined ? {} : { stsToken: account.securityToken }),
      bucket: 'photos',
      region: 'oss-cn-hangzhou',
      endpoint: oss.endpoint,
      sldEnable: true,
    } as OSS.Options);
  }

  async function fetchCode(url: string, init?: RequestInit): Promise<string> {
    const answer = await fetch(url, init);
    const text = await answer.text();
    return answer.ok ? text : `${answer.status} ${element(text, 'Code')}`;
  }

  test.each([
    ['permanent', { ...defaultOssAccount }],
    ['temporary', temporary],
  ])('V1, %s keys', async (_name, account) => {
    const signer = client(account);
    const url = signer.signatureUrl('a b.txt', { expires: 600 });
    expect(await fetchCode(url)).toBe('content');
    expect(await fetchCode(url, { method: 'DELETE' })).toBe('403 SignatureDoesNotMatch');
    expect(await fetchCode(url.replace('a%20b.txt', 'b.txt'))).toBe('403 SignatureDoesNotMatch');
    now = new Date(Date.now() + 601_000);
    const expired = await fetch(url);
    expect(expired.status).toBe(403);
    expect(expired.headers.get('x-oss-ec')).toBe('0002-00000069');
    await expired.body?.cancel();
  });

  test('V1 with a method, a content type and metadata that must be sent', async () => {
    const url = client(defaultOssAccount).signatureUrl('by-url', {
      method: 'PUT',
      'Content-Type': 'text/plain',
      'x-oss-meta-note': 'n',
    } as OSS.SignatureUrlOptions);
    const headers = { 'content-type': 'text/plain', 'x-oss-meta-note': 'n' };
    expect(await fetchCode(url, { method: 'PUT', body: 'by url', headers })).toBe('');
    expect((await oss.getObject('photos', 'by-url')).headers['x-oss-meta-note']).toBe('n');
    const without = { 'content-type': 'text/plain' };
    expect(await fetchCode(url, { method: 'PUT', body: 'x', headers: without })).toBe(
      '403 SignatureDoesNotMatch',
    );
  });

  test('V1 with overridden response headers', async () => {
    const url = client(defaultOssAccount).signatureUrl('a b.txt', {
      response: { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="x y.csv"' },
    });
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('text/csv');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="x y.csv"');
    expect(await answer.text()).toBe('content');
  });

  test.each([
    ['permanent', { ...defaultOssAccount }],
    ['temporary', temporary],
  ])('V4, %s keys', async (_name, account) => {
    const signer = client(account);
    const url = await signer.signatureUrlV4('GET', 600, {}, 'a b.txt');
    expect(await fetchCode(url)).toBe('content');
    expect(await fetchCode(url, { headers: { 'x-oss-range-behavior': 'standard' } })).toBe(
      '403 SignatureDoesNotMatch',
    );
    expect(await fetchCode(url.replace('a%20b.txt', 'b.txt'))).toBe('403 SignatureDoesNotMatch');
    now = new Date(Date.now() + 601_000);
    expect(await fetchCode(url)).toBe('403 AccessDenied');
    now = new Date(Date.now() - 20 * 60_000);
    expect(await fetchCode(url)).toBe('403 RequestTimeTooSkewed');
  });

  test('V4 with headers, queries and additional headers', async () => {
    const request = {
      headers: { 'content-type': 'text/plain', 'x-oss-meta-note': 'n', 'cache-control': 'no-cache' },
      queries: {},
    };
    const url = await client(defaultOssAccount).signatureUrlV4('PUT', 600, request, 'by-url-4', [
      'cache-control',
    ]);
    expect(await fetchCode(url, { method: 'PUT', body: 'by url', headers: request.headers })).toBe('');
    const { 'cache-control': _dropped, ...headers } = request.headers;
    expect(await fetchCode(url, { method: 'PUT', body: 'x', headers })).toBe('400 InvalidArgument');
  });

  test('V4 for another region', async () => {
    const url = await client(defaultOssAccount).signatureUrlV4('GET', 600, {}, 'a b.txt');
    const answer = await fetch(url.replace('cn-hangzhou', 'cn-beijing'));
    const text = await answer.text();
    expect([answer.status, element(text, 'EC')]).toEqual([400, '0002-00000226']);
    expect(element(text, 'Message')).toBe('The signing region in credential is invalid.');
  });

  test('V4 for longer than a week', async () => {
    const url = await client(defaultOssAccount).signatureUrlV4('GET', 604_801, {}, 'a b.txt');
    const answer = await fetch(url);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-oss-ec')).toBe('0002-00000232');
    await answer.body?.cancel();
  });

  test('a signature in both places', async () => {
    const url = await client(defaultOssAccount).signatureUrlV4('GET', 600, {}, 'a b.txt');
    expect(await fetchCode(url, { headers: { authorization: 'OSS a:b' } })).toBe('400 InvalidArgument');
  });
});
