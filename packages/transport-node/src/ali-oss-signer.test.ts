import { createHash, createHmac } from 'node:crypto';
import { InvalidArgumentError, ServiceError, TransportError } from '@oss-envelope/core';
import type { CredentialsInput, OssRequest } from '@oss-envelope/core/adapter';
import OSS from 'ali-oss';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InnerAliOssClient } from './ali-oss-client.js';
import { type AliOssSigner, createAliOssSigner, type SignedRequest } from './ali-oss-signer.js';

// Signatures are made once more here, by the cryptography of Node and from the text of OSS's documentation.

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
beforeEach(() => void vi.useFakeTimers({ now, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

type Client = InnerAliOssClient & { options: Record<string, unknown> };
function clientOf(options: object = {}): Client {
  return new OSS({
    region: 'oss-cn-hangzhou',
    bucket: 'photos',
    accessKeyId: 'id',
    accessKeySecret: 'secret',
    secure: true,
    ...options,
  }) as unknown as Client;
}
const signerOf = (options: object = {}, credentials?: CredentialsInput): AliOssSigner =>
  createAliOssSigner(clientOf(options), credentials);
const putting: OssRequest = { method: 'PUT', key: 'a b', query: {}, headers: {} };
const getting: OssRequest = { method: 'GET', key: 'a b', query: {}, headers: {} };
const refusal = (serviceCode: string, serverTimeMs?: number) => ({
  error: new ServiceError('no', { service: 'OSS', status: 403, serviceCode }),
  serverTimeMs,
});
const idOf = ({ headers }: SignedRequest): string | undefined =>
  /^OSS ([^:]+):/.exec(headers.authorization ?? '')?.[1];

function signatureV1(request: SignedRequest, resource: string, secret = 'secret'): string {
  const { headers } = request;
  const own = Object.keys(headers).filter((name) => name.startsWith('x-oss-'));
  const date = headers['x-oss-date'] ?? headers.date ?? '';
  const lines = own.sort().map((name) => `${name}:${headers[name]}\n`);
  const text = `${request.method}\n\n${headers['content-type'] ?? ''}\n${date}\n${lines.join('')}${resource}`;
  return createHmac('sha1', secret).update(text).digest('base64');
}

describe('a signed request', () => {
  it('is that of the bucket, signed by version 1', async () => {
    const request = await signerOf().sign({ ...putting, headers: { 'x-oss-meta-a': '1' } }, 'photos');
    expect(request.url.href).toBe('https://photos.oss-cn-hangzhou.aliyuncs.com/a%20b');
    expect(request.method).toBe('PUT');
    expect(request.headers.authorization).toBe(`OSS id:${signatureV1(request, '/photos/a b')}`);
  });

  it('is signed by version 4 where the client is', async () => {
    const signer = signerOf({ authorizationV4: true });
    const { url, headers } = await signer.sign({ ...getting, query: { acl: '', prefix: 'x y' } }, 'photos');
    expect(headers['x-oss-date']).toBe('20260102T030405Z');
    const canonical = [
      'GET',
      '/photos/a%20b',
      'acl&prefix=x%20y',
      `x-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20260102T030405Z\n`,
      '',
      'UNSIGNED-PAYLOAD',
    ].join('\n');
    const scope = ['20260102', 'cn-hangzhou', 'oss', 'aliyun_v4_request'];
    const hash = createHash('sha256').update(canonical).digest('hex');
    const text = `OSS4-HMAC-SHA256\n20260102T030405Z\n${scope.join('/')}\n${hash}`;
    let key: string | Buffer = 'aliyun_v4secret';
    for (const part of scope) key = createHmac('sha256', key).update(part).digest();
    const signature = createHmac('sha256', key).update(text).digest('hex');
    expect(headers.authorization).toBe(
      `OSS4-HMAC-SHA256 Credential=id/${scope.join('/')},Signature=${signature}`,
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({ acl: '', prefix: 'x y' });
  });

  it('of version 1 signs sub-resources, and no other parameters', async () => {
    const query = { uploadId: '7', partNumber: '2', 'max-parts': '5' };
    const request = await signerOf().sign({ ...putting, query }, 'photos');
    expect(Object.fromEntries(request.url.searchParams)).toEqual(query);
    const signature = signatureV1(request, '/photos/a b?partNumber=2&uploadId=7');
    expect(request.headers.authorization).toBe(`OSS id:${signature}`);
  });

  it('asks for no compression, and names a type that nobody guessed from the key', async () => {
    for (const method of ['PUT', 'POST'] as const) {
      const { headers } = await signerOf().sign({ ...putting, method, key: 'a.jpg' }, 'photos');
      expect(headers).toMatchObject({
        'accept-encoding': 'identity',
        'content-type': 'application/octet-stream',
      });
    }
    for (const method of ['GET', 'HEAD', 'DELETE'] as const) {
      const { headers } = await signerOf().sign({ ...getting, method }, 'photos');
      expect(headers['content-type']).not.toBe('application/octet-stream');
    }
    const typed = await signerOf().sign({ ...putting, headers: { 'content-type': 'text/plain' } }, 'photos');
    expect(typed.headers['content-type']).toBe('text/plain');
  });

  it('announces the length of its body, if that is known', async () => {
    const lengthOf = async (body: OssRequest['body']): Promise<string | undefined> =>
      (await signerOf().sign({ ...putting, body }, 'photos')).headers['content-length'];
    const chunks = (async function* () {})();
    expect(await lengthOf({ kind: 'bytes', bytes: new Uint8Array(5) })).toBe('5');
    expect(await lengthOf({ kind: 'bytes', bytes: new Uint8Array() })).toBe('0');
    expect(await lengthOf({ kind: 'chunks', chunks, sizeBytes: 7 })).toBe('7');
    expect(await lengthOf({ kind: 'chunks', chunks, sizeBytes: undefined })).toBeUndefined();
    expect(await lengthOf(undefined)).toBeUndefined();
  });

  it("goes by the client's agent for its scheme", async () => {
    const [agent, httpsAgent] = [{ name: 'http' }, { name: 'https' }];
    const secure = clientOf({ agent, httpsAgent });
    expect((await createAliOssSigner(secure).sign(getting, 'photos')).agent).toBe(httpsAgent);
    const plain = clientOf({ agent, httpsAgent, secure: false });
    expect((await createAliOssSigner(plain).sign(getting, 'photos')).agent).toBe(agent);
  });

  it('leaves the client as it was, and sends nothing by it', async () => {
    const client = clientOf();
    const before = { ...client, options: { ...client.options } };
    const request = vi.fn();
    Object.assign(client, { request, urllib: { request } });
    await createAliOssSigner(client).sign(getting, 'photos');
    expect(request).not.toHaveBeenCalled();
    expect({ ...client, options: client.options }).toEqual({ ...before, request, urllib: { request } });
  });

  it('is signed by the options that the client has then', async () => {
    const client = clientOf();
    const signer = createAliOssSigner(client);
    expect(idOf(await signer.sign(getting, 'photos'))).toBe('id');
    client.options.accessKeyId = 'changed';
    expect(idOf(await signer.sign(getting, 'photos'))).toBe('changed');
    client.options = { ...client.options, accessKeyId: 'other' };
    expect(idOf(await signer.sign(getting, 'photos'))).toBe('other');
  });
});

describe('the clock', () => {
  const dateOf = ({ headers }: SignedRequest): string | undefined => headers['x-oss-date'];

  it("is the server's once a refusal told it", async () => {
    const signer = signerOf({ authorizationV4: true });
    const request = await signer.sign(getting, 'photos');
    expect(request.remedy(refusal('RequestTimeTooSkewed', now + 3_600_000))).toBe('clock');
    expect(dateOf(await signer.sign(getting, 'photos'))).toBe('20260102T040405Z');
    expect(request.remedy(refusal('AccessDenied', now))).toBeUndefined();
  });

  it("begins with the client's correction", async () => {
    const signer = signerOf({ authorizationV4: true, amendTimeSkewed: 60_000 });
    const request = await signer.sign(getting, 'photos');
    expect(dateOf(request)).toBe('20260102T030505Z');
    request.remedy(refusal('RequestTimeTooSkewed', now + 3_600_000));
    expect(dateOf(await signer.sign(getting, 'photos'))).toBe('20260102T040405Z');
  });
});

describe("a client's correction of the clock", () => {
  it.each([null, '', '60000', 60_000, 0.5])('may be %j', async (amendTimeSkewed) => {
    const { headers } = await signerOf({ amendTimeSkewed }).sign(getting, 'photos');
    const time = new Date(now + Number(amendTimeSkewed));
    expect(headers['x-oss-date']).toBe(time.toUTCString());
  });

  it.each([
    ['text', 'an hour'],
    ['no number', Number.NaN],
    ['no end', Number.POSITIVE_INFINITY],
    ['a year of five digits', Date.UTC(10_000, 0, 1) - now],
    ['a year before 1970', -now - 1],
  ])('is refused where it gives no time: %s', async (_name, amendTimeSkewed) => {
    for (const version of [1, 4]) {
      const signer = signerOf({ amendTimeSkewed, authorizationV4: version === 4 });
      const signing = signer.sign(getting, 'photos');
      await expect(signing).rejects.toThrow(InvalidArgumentError);
      await expect(signing).rejects.toThrow(/^client must .*amendTimeSkewed/);
    }
  });
});

describe('credentials besides the client', () => {
  it('sign in its place', async () => {
    const given = { accessKeyId: 'given', accessKeySecret: 'own', securityToken: 'token' };
    const request = await signerOf({ stsToken: 'of the client' }, given).sign(getting, 'photos');
    expect(request.headers['x-oss-security-token']).toBe('token');
    expect(request.headers.authorization).toBe(`OSS given:${signatureV1(request, '/photos/a b', 'own')}`);
  });

  it('sign in the place of options that take no others, and never reach them', async () => {
    const given = { accessKeyId: 'given', accessKeySecret: 'own' };
    const frozen = clientOf();
    Object.freeze(frozen.options);
    expect(idOf(await createAliOssSigner(frozen, given).sign(getting, 'photos'))).toBe('given');

    const watched = clientOf();
    const set = vi.fn();
    const accessor = { get: () => 'id', set };
    Object.defineProperties(watched.options, { accessKeyId: accessor, accessKeySecret: accessor });
    expect(idOf(await createAliOssSigner(watched, given).sign(getting, 'photos'))).toBe('given');
    expect(set).not.toHaveBeenCalled();
  });

  it('are asked for again when the server refuses them', async () => {
    let asked = 0;
    const signer = signerOf({}, async () => ({ accessKeyId: `id${++asked}`, accessKeySecret: 's' }));
    const request = await signer.sign(getting, 'photos');
    expect(idOf(request)).toBe('id1');
    expect(idOf(await signer.sign(getting, 'photos'))).toBe('id1');
    expect(request.remedy(refusal('InvalidAccessKeyId'))).toBe('credentials');
    expect(idOf(await signer.sign(getting, 'photos'))).toBe('id2');
  });

  it('end by the clock of the server', async () => {
    let asked = 0;
    const signer = signerOf({}, async () => {
      const expiresAt = new Date(now + 7_200_000 * ++asked);
      return { accessKeyId: `id${asked}`, accessKeySecret: 's', expiresAt };
    });
    const request = await signer.sign(getting, 'photos');
    request.remedy(refusal('RequestTimeTooSkewed', now + 7_300_000));
    expect(idOf(await signer.sign(getting, 'photos'))).toBe('id2');
  });

  it('end no wait that was aborted', async () => {
    const reason = new Error('enough');
    const signer = signerOf({}, () => new Promise(() => {}));
    const controller = new AbortController();
    const signing = signer.sign({ ...getting, signal: controller.signal }, 'photos');
    controller.abort(reason);
    await expect(signing).rejects.toBe(reason);
  });

  it('are refused for a client that renews its own', () => {
    const make = (): unknown =>
      signerOf(
        { stsToken: 't', refreshSTSToken: async () => ({}) },
        { accessKeyId: 'a', accessKeySecret: 'b' },
      );
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(expect.objectContaining({ argument: 'options.credentials' }));
  });
});

describe('the token of a client', () => {
  const issueOf = (serial: number): object => ({
    accessKeyId: `id${serial}`,
    accessKeySecret: `s${serial}`,
    stsToken: `token${serial}`,
  });
  function renewing(refresh: () => unknown, options: object = {}): { client: Client; signer: AliOssSigner } {
    const client = clientOf({ stsToken: 'token0', refreshSTSToken: refresh, ...options });
    return { client, signer: createAliOssSigner(client) };
  }
  const tokenOf = async (signer: AliOssSigner): Promise<string | undefined> =>
    (await signer.sign(getting, 'photos')).headers['x-oss-security-token'];

  it('is renewed when its interval is over, and not before', async () => {
    const refresh = vi.fn(async () => issueOf(refresh.mock.calls.length));
    const { client, signer } = renewing(refresh, { refreshSTSTokenInterval: 60_000 });
    expect(await tokenOf(signer)).toBe('token0');
    vi.setSystemTime(now + 59_999);
    expect(await tokenOf(signer)).toBe('token0');
    expect(refresh).not.toHaveBeenCalled();
    vi.setSystemTime(now + 60_000);
    const signed = await signer.sign(getting, 'photos');
    expect(signed.headers['x-oss-security-token']).toBe('token1');
    expect(signed.headers.authorization).toBe(`OSS id1:${signatureV1(signed, '/photos/a b', 's1')}`);
    expect(client.options).toMatchObject({ accessKeyId: 'id1', accessKeySecret: 's1', stsToken: 'token1' });
    vi.setSystemTime(now + 119_999);
    expect(await tokenOf(signer)).toBe('token1');
    vi.setSystemTime(now + 120_000);
    expect(await tokenOf(signer)).toBe('token2');
  });

  it('has five minutes where the client says nothing', async () => {
    const refresh = vi.fn(async () => issueOf(1));
    const { signer } = renewing(refresh);
    // ali-oss fills it in.
    const { signer: bare } = renewing(refresh, { refreshSTSTokenInterval: undefined });
    for (const one of [signer, bare]) {
      vi.setSystemTime(now);
      await tokenOf(one);
      vi.setSystemTime(now + 299_999);
      await tokenOf(one);
    }
    expect(refresh).not.toHaveBeenCalled();
    vi.setSystemTime(now + 300_000);
    for (const one of [signer, bare]) expect(await tokenOf(one)).toBe('token1');
  });

  it('is renewed once for all who wait', async () => {
    const refresh = vi.fn(async () => issueOf(refresh.mock.calls.length));
    const { signer } = renewing(refresh);
    await tokenOf(signer);
    vi.setSystemTime(now + 300_000);
    expect(await Promise.all([tokenOf(signer), tokenOf(signer), tokenOf(signer)])).toEqual(
      Array(3).fill('token1'),
    );
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it('is renewed when the server refuses it, once for all who were refused', async () => {
    const refresh = vi.fn(async () => issueOf(refresh.mock.calls.length));
    const { signer } = renewing(refresh);
    const [one, two] = [await signer.sign(getting, 'photos'), await signer.sign(getting, 'photos')];
    expect(one.remedy(refusal('SecurityTokenExpired'))).toBe('credentials');
    expect(await tokenOf(signer)).toBe('token1');
    expect(two.remedy(refusal('SecurityTokenExpired'))).toBe('credentials');
    expect(await tokenOf(signer)).toBe('token1');
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it('is asked for with the options as `this`, and may come with the names of STS', async () => {
    let self: unknown;
    const { client, signer } = renewing(async function (this: unknown) {
      self = this;
      return { AccessKeyId: 'big', AccessKeySecret: 's', SecurityToken: 'token' };
    });
    (await signer.sign(getting, 'photos')).remedy(refusal('InvalidSecurityToken'));
    expect(await tokenOf(signer)).toBe('token');
    expect(self).toBe(client.options);
    expect(client.options.accessKeyId).toBe('big');
  });

  it('that cannot be renewed serves on, unless the server refused it', async () => {
    const { signer } = renewing(() => Promise.reject(new Error('secret of the vault')));
    const first = await signer.sign(getting, 'photos');
    vi.setSystemTime(now + 300_000);
    expect(await tokenOf(signer)).toBe('token0');
    first.remedy(refusal('InvalidSecurityToken'));
    const failure = await tokenOf(signer).catch((error) => error);
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure.message).not.toContain('vault');
  });

  it('that comes without a token is refused', async () => {
    const { client, signer } = renewing(async () => ({ accessKeyId: 'a', accessKeySecret: 'b' }));
    (await signer.sign(getting, 'photos')).remedy(refusal('InvalidSecurityToken'));
    await expect(tokenOf(signer)).rejects.toMatchObject({ argument: 'refreshSTSToken' });
    expect(client.options).toMatchObject({ accessKeyId: 'id', stsToken: 'token0' });
  });

  it.each([
    ['no means to renew it', { stsToken: 'fixed' }],
    ['no token', { refreshSTSToken: async () => issueOf(1) }],
  ])('is left alone where there is %s', async (_, options) => {
    const signer = signerOf(options);
    const request = await signer.sign(getting, 'photos');
    expect(request.remedy(refusal('InvalidAccessKeyId'))).toBeUndefined();
    vi.setSystemTime(now + 10_000_000);
    expect(idOf(await signer.sign(getting, 'photos'))).toBe('id');
  });
});

describe('a URL to give away', () => {
  const presigning = { method: 'GET', key: 'a b', query: {}, headers: {}, expiresSeconds: 60 } as const;

  it('of version 1 signs in what that signs', async () => {
    const headers = { 'content-type': 'text/plain', 'x-oss-meta-a': '1', 'cache-control': 'no-cache' };
    const given = await signerOf().presign({
      ...presigning,
      method: 'PUT',
      headers,
      query: { versionId: 'v' },
    });
    expect(given).toMatchObject({ method: 'PUT', headers, expiresAt: new Date(now + 60_000) });
    const url = new URL(given.url);
    expect(url.origin + url.pathname).toBe('https://photos.oss-cn-hangzhou.aliyuncs.com/a%20b');
    const expires = String(now / 1000 + 60);
    const text = `PUT\n\ntext/plain\n${expires}\nx-oss-meta-a:1\n/photos/a b?versionId=v`;
    const Signature = createHmac('sha1', 'secret').update(text).digest('base64');
    const query = { OSSAccessKeyId: 'id', Expires: expires, Signature, versionId: 'v' };
    expect(Object.fromEntries(url.searchParams)).toEqual(query);
  });

  it('is signed by a client whose options are frozen', async () => {
    const client = clientOf();
    Object.freeze(client.options);
    const { url } = await createAliOssSigner(client).presign(presigning);
    expect(new URL(url).searchParams.get('OSSAccessKeyId')).toBe('id');
  });

  it('of version 4 needs a region', async () => {
    const options = { authorizationV4: true, region: undefined, endpoint: 'https://files.example' };
    const signing = signerOf(options).presign(presigning);
    await expect(signing).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      message: 'client must have a region: give it the option `region`',
    });
  });

  it('is signed by what older ali-oss has', async () => {
    const signedBy = async (missing: object): Promise<string> => {
      const client = clientOf({ authorizationV4: true });
      Object.assign(client, missing);
      return (await createAliOssSigner(client).presign(presigning)).url;
    };
    const { url } = await signerOf().presign(presigning);
    // 6.18 and 6.19, and 6.17
    const before620 = { authorizationV4: undefined, signatureUrlV4: undefined };
    expect(await signedBy(before620)).toBe(url);
    expect(await signedBy({ ...before620, asyncSignatureUrl: undefined })).toBe(url);
  });

  it('takes no header for an option of ali-oss', async () => {
    const headers = { process: 'image/info', callback: 'x', 'content-type': 'text/plain' };
    const { url } = await signerOf().presign({ ...presigning, headers });
    expect([...new URL(url).searchParams.keys()]).toEqual(['OSSAccessKeyId', 'Expires', 'Signature']);
  });

  it('of version 4 signs in all headers', async () => {
    const signer = signerOf({ authorizationV4: true });
    const headers = { 'cache-control': 'no-cache', 'x-oss-meta-a': '1' };
    const { url } = await signer.presign({ ...presigning, headers, query: { 'response-expires': '1' } });
    const { searchParams } = new URL(url);
    expect(searchParams.get('x-oss-additional-headers')).toBe('cache-control');
    expect(searchParams.get('x-oss-expires')).toBe('60');
    expect(searchParams.get('response-expires')).toBe('1');
    expect(searchParams.get('x-oss-date')).toBe('20260102T030405Z');
  });

  it('ends with the credentials that it is signed by', async () => {
    const credentials = (lifeMs: number) => async () => ({
      accessKeyId: 'a',
      accessKeySecret: 'b',
      expiresAt: new Date(now + lifeMs),
    });
    vi.setSystemTime(now + 900);
    for (const [lifeMs, endsMs] of [
      [30_000, 30_000],
      [90_000, 60_000],
    ] as const) {
      const { expiresAt } = await signerOf({}, credentials(lifeMs)).presign(presigning);
      expect(expiresAt).toEqual(new Date(now + endsMs));
    }
  });

  it.each([
    ['client', { region: undefined, endpoint: 'https://127.0.0.1' }, 'a'],
    ['key', {}, 'a?acl'],
  ])('is refused for what ali-oss signs wrong: the %s', async (argument, options, key) => {
    const failure = await signerOf(options)
      .presign({ ...presigning, key })
      .catch((error) => error);
    expect(failure).toBeInstanceOf(InvalidArgumentError);
    expect(failure).toMatchObject({ argument });
  });

  it.each([1, 4])(
    'is signed by the credentials that take the place of the client, version %i',
    async (version) => {
      const credentials = { accessKeyId: 'given', accessKeySecret: 'b', securityToken: 'token' };
      const { url } = await signerOf({ authorizationV4: version === 4 }, credentials).presign(presigning);
      const { searchParams } = new URL(url);
      expect(searchParams.get('OSSAccessKeyId') ?? searchParams.get('x-oss-credential')).toMatch(/^given\b/);
      expect(searchParams.get('security-token') ?? searchParams.get('x-oss-security-token')).toBe('token');
    },
  );

  it.each([1, 4])('is signed by a token that could not be renewed, version %i', async (version) => {
    const refreshSTSToken = vi.fn(() => Promise.reject(new Error('out of order')));
    const options = { stsToken: 'token0', refreshSTSToken, authorizationV4: version === 4 };
    const signer = signerOf(options);
    await signer.sign(getting, 'photos');
    vi.setSystemTime(now + 300_000);
    const { url } = await signer.presign(presigning);
    expect(url).toContain('security-token=token0');
    expect(refreshSTSToken).toHaveBeenCalledTimes(1);
  });

  it('of version 4 may have a question mark in its key', async () => {
    const { url } = await signerOf({ authorizationV4: true }).presign({ ...presigning, key: 'a?acl' });
    expect(new URL(url).pathname).toBe('/a%3Facl');
  });

  it('that others gave is sent as it is', () => {
    const [agent, httpsAgent] = [{ name: 'http' }, { name: 'https' }];
    const signer = signerOf({ agent, httpsAgent });
    const url = 'https://elsewhere.example/a%20b?Signature=x';
    const request = signer.unsigned({ ...getting, url, headers: { range: 'bytes=0-1' } });
    expect(request).toMatchObject({ method: 'GET', agent: httpsAgent });
    expect(request.url.href).toBe(url);
    expect(request.headers).toEqual({ 'accept-encoding': 'identity', range: 'bytes=0-1' });
    expect(request.remedy(refusal('RequestTimeTooSkewed', now + 3_600_000))).toBeUndefined();
    expect(signer.unsigned({ ...getting, url: 'http://elsewhere.example/' }).agent).toBe(agent);
  });
});
