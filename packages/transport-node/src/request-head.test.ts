import OSS from 'ali-oss';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { InnerAliOssClient } from './ali-oss-client.js';
import { requestHeads, type UnsignedRequest } from './request-head.js';

// ali-oss itself says what a request is: it makes each once more, by its own HTTP client, which is replaced by one that
// sends nothing.

const timeMs = Date.UTC(2026, 10, 8, 3, 4, 5);
beforeEach(() => {
  vi.useFakeTimers({ now: timeMs, toFake: ['Date'] });
  return () => void vi.useRealTimers();
});

interface Client extends InnerAliOssClient {
  options: InnerAliOssClient['options'] & Record<string, unknown>;
  urllib: unknown;
  request(request: object): Promise<unknown>;
}
const clientOf = (options: object): Client =>
  new OSS({ accessKeyId: 'id', accessKeySecret: 'secret', bucket: 'photos', ...options } as never) as never;

interface Captured {
  readonly url: string;
  readonly params: { readonly headers: Readonly<Record<string, unknown>> };
}

async function asAliOssHasIt(client: Client, request: UnsignedRequest): Promise<Captured> {
  const { method, bucket, key, query, headers } = request;
  client.urllib = { request: async (url: string, params: object) => ({ status: 200, url, params }) };
  // Of `query` version 1 signs nothing, so what is signed is given as sub-resources.
  const [subres, others]: Record<string, string>[] = [{}, {}];
  for (const [name, value] of Object.entries(query)) {
    // Version 4 signs what has no value by its name alone, which ali-oss knows of sub-resources only.
    const isOther = /^max-/.test(name) && (value !== '' || !client.options.authorizationV4);
    (isOther ? others : subres)![name] = value;
  }
  const given = { method, bucket, object: key, headers: { ...headers }, subres, query: others };
  return (await client.request(given)) as Captured;
}

const texts = (headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));

const region = 'oss-cn-hangzhou';
const clients: Record<string, object> = {
  'by region': { region },
  'by https': { region, secure: true },
  'the internal endpoint': { region, internal: true },
  'an endpoint of its own': { region, endpoint: 'https://oss-accelerate.aliyuncs.com' },
  'an endpoint with a port': { region, endpoint: 'http://storage.example:8080' },
  'a domain of its own': { region, endpoint: 'https://files.example.com', cname: true },
  'the bucket in the path': { region, endpoint: 'http://localhost:9000', sldEnable: true },
  'an address for an endpoint': { region, endpoint: 'http://127.0.0.1:9000', sldEnable: true },
  'an address, internal': { region, endpoint: 'http://127.0.0.1:9000', sldEnable: true, internal: true },
  'an address in an old region': {
    region: 'vpc100-oss-cn-beijing',
    endpoint: 'http://10.0.0.7',
    internal: true,
  },
  'with a token': { region, stsToken: 'token' },
  'where the requester pays': { region, isRequestPay: true },
  'with headers in Latin-1': { region, headerEncoding: 'latin1' },
  'with headers in no encoding': { region, headerEncoding: undefined },
};

const typed = { 'content-type': 'text/plain', 'accept-encoding': 'identity' };
const requests: Record<string, Omit<UnsignedRequest, 'bucket'>> = {
  'of a plain key': { method: 'GET', key: 'a/b', query: {}, headers: typed },
  'of a strange key': {
    method: 'DELETE',
    key: "a b+c&d=e?f#g%h/ключ/!'()*~;,:@$",
    query: {},
    headers: typed,
  },
  'with metadata': {
    method: 'PUT',
    key: 'a',
    query: {},
    headers: { ...typed, 'x-oss-meta-b': 'two  words', 'x-oss-meta-a': '1', 'content-md5': 'eA==' },
  },
  'with a name in UTF-8': { method: 'PUT', key: 'é', query: {}, headers: { ...typed, 'x-oss-meta-a': 'é' } },
  'with sub-resources': {
    method: 'POST',
    key: 'a',
    query: { uploads: '', 'x-oss-process': 'image/resize,w_1', versionId: 'a b' },
    headers: typed,
  },
  'with parameters of both kinds': {
    method: 'GET',
    key: 'a',
    query: { uploadId: '7', partNumber: '0', 'max-parts': '5', 'max-uploads': '' },
    headers: { ...typed, range: 'bytes=0-9' },
  },
};

const cases = Object.keys(clients).flatMap((client) =>
  Object.keys(requests).flatMap((request) => [1, 4].map((version) => [client, request, version] as const)),
);

it.each(cases)(
  'is the one that ali-oss makes: %s, %s, version %i',
  async (clientName, requestName, version) => {
    const client = clientOf({ ...clients[clientName], authorizationV4: version === 4 });
    const request: UnsignedRequest = { bucket: 'photos', ...requests[requestName]! };
    const { url, headers } = requestHeads()(client, request, timeMs);
    const expected = await asAliOssHasIt(client, request);
    const expectedUrl = new URL(expected.url);
    expect({ ...texts(headers), query: [...url.searchParams].sort() }).toEqual({
      ...texts(expected.params.headers),
      query: [...expectedUrl.searchParams].sort(),
    });
    [url.search, expectedUrl.search] = ['', ''];
    expect(url.href).toBe(expectedUrl.href);
  },
);

it('follows the client to another place', () => {
  const heads = requestHeads();
  const client = clientOf({ region, secure: true });
  const hrefOf = (bucket = 'photos'): string =>
    heads(client, { bucket, method: 'GET', key: 'a', query: {}, headers: {} }, timeMs).url.href;
  const place = 'oss-cn-hangzhou.aliyuncs.com';
  expect([hrefOf(), hrefOf(), hrefOf('other')]).toEqual([
    `https://photos.${place}/a`,
    `https://photos.${place}/a`,
    `https://other.${place}/a`,
  ]);
  const endpoint = client.options.endpoint as unknown as Record<string, unknown>;
  endpoint.host = 'storage.example';
  expect(hrefOf()).toBe('https://photos.storage.example/a');
  endpoint.protocol = 'http:';
  expect(hrefOf()).toBe('http://photos.storage.example/a');
  Object.assign(client.options, { sldEnable: true });
  expect(hrefOf()).toBe('http://storage.example/photos/a');
  Object.assign(client.options, { sldEnable: false, cname: true });
  expect(hrefOf()).toBe('http://storage.example/a');
});

it('asks the client for a place once, as long as it stays', () => {
  const heads = requestHeads();
  const client = clientOf({ region, endpoint: 'http://files.example' });
  const find = vi.spyOn(client, '_getReqUrl');
  const timesFound = (options: object): number => {
    Object.assign(client.options, options);
    heads(client, { bucket: 'photos', method: 'GET', key: 'a', query: {}, headers: {} }, timeMs);
    return find.mock.calls.length;
  };
  expect([timesFound({}), timesFound({}), timesFound({ region, accessKeyId: 'other' })]).toEqual([1, 1, 1]);
  expect(timesFound({ cname: true, sldEnable: undefined })).toBe(2);
  // Without what stands between them, the two are the same text.
  expect(timesFound({ cname: undefined, sldEnable: true })).toBe(3);
});

it('signs by version 1 where ali-oss knows no other', () => {
  const client = clientOf({ region, authorizationV4: true });
  Object.assign(client, { authorizationV4: undefined });
  const request = { bucket: 'photos', method: 'GET', key: 'a', query: {}, headers: {} };
  const { headers } = requestHeads()(client, request, timeMs);
  expect(headers.authorization).toMatch(/^OSS id:/);
  expect(headers['x-oss-date']).toBe('Sun, 08 Nov 2026 03:04:05 GMT');
});

it.each([undefined, null, 7, '', 'cn hangzhou', 'a\r\nb'])('needs a region where it is used: %j', (given) => {
  const headOf = (options: object): unknown => {
    const client = clientOf({ region: given, endpoint: 'http://files.example', ...options });
    const request = { bucket: 'photos', method: 'GET', key: 'a', query: {}, headers: {} };
    return requestHeads()(client, request, timeMs).headers.authorization;
  };
  expect(headOf({})).toMatch(/^OSS id:/);
  expect(headOf({ authorizationV4: true, cloudBoxId: 'cb-1' })).toMatch(/\/cb-1\/oss-cloudbox\//);
  const refusal = expect.objectContaining({
    name: 'InvalidArgumentError',
    message: 'client must have a region: give it the option `region`',
  });
  expect(() => headOf({ authorizationV4: true })).toThrow(refusal);
  for (const internal of [true, false]) {
    expect(() => headOf({ endpoint: 'http://10.0.0.1', internal })).toThrow(refusal);
  }
});

describe('an endpoint that was changed', () => {
  const headOf = (endpoint: object, options: object = {}): URL => {
    const client = clientOf({ region, endpoint: 'https://files.example', ...options });
    const request = { bucket: 'photos', method: 'GET', key: 'a', query: {}, headers: {} };
    Object.assign(client.options.endpoint, endpoint);
    return requestHeads()(client, request, timeMs).url;
  };

  it.each([{ hash: '#b' }, { search: '?b=1' }])('leaves no %j before the key', (endpoint) => {
    expect(headOf(endpoint).href).toBe('https://photos.files.example/a');
    expect(headOf(endpoint, { sldEnable: true }).href).toBe('https://files.example/photos/a');
  });

  it.each([
    { host: 'a.example\\@b.example' },
    { host: undefined },
    { host: 'a.example:b' },
    { protocol: 'nothing' },
  ])('is refused where it is none: %j', (endpoint) => {
    expect(() => headOf(endpoint)).toThrow(
      expect.objectContaining({
        name: 'InvalidArgumentError',
        message: expect.stringMatching(/^client .*endpoint/),
      }),
    );
  });
});

it.each([undefined, Promise.resolve('OSS id:x'), 7])(
  'sends no signature that is no text: %s',
  (signature) => {
    for (const version of [1, 4]) {
      const client = clientOf({ region, authorizationV4: version === 4 });
      const sign = (): never => signature as never;
      Object.assign(client, { authorization: sign, authorizationV4: sign });
      const request = { bucket: 'photos', method: 'GET', key: 'a', query: {}, headers: {} };
      expect(() => requestHeads()(client, request, timeMs)).toThrow(
        expect.objectContaining({
          name: 'InvalidArgumentError',
          message: expect.stringMatching(/^client must sign .*at once/),
        }),
      );
    }
  },
);
