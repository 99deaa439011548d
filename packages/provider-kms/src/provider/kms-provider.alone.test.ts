import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

const wrapped = btoa('a blob that KMS made');
const plaintext = btoa('k'.repeat(32));
const answer = { ciphertextBlob: wrapped, keyId: 'key-1', plaintext, requestId: '1' };
const wireAnswer = { CiphertextBlob: wrapped, KeyId: 'key-1', Plaintext: plaintext, RequestId: '1' };
const configs: object[] = [];
const requests: object[] = [];

// The SDK as it is, but for its client, which asks nobody.
vi.mock('../operations/sdk/sdk-module.js', () => {
  class Client {
    constructor(config: object) {
      configs.push(config);
    }
    async generateDataKeyWithOptions(request: object): Promise<object> {
      requests.push(request);
      return { body: answer };
    }
    async encryptWithOptions(): Promise<object> {
      throw new Error('not asked for');
    }
    async decryptWithOptions(): Promise<object> {
      throw new Error('not asked for');
    }
  }
  class GenerateDataKeyRequest {
    constructor(parameters: object) {
      Object.assign(this, parameters);
    }
  }
  return { kmsSdk: async () => ({ default: Client, GenerateDataKeyRequest }) };
});
// Nor does the fetch that trusts an authority.
const trusted: string[] = [];
const sent: { readonly url: string; readonly headers: Record<string, string> }[] = [];
vi.mock('../operations/fetch/authority-fetch.js', () => ({
  authorityFetch: (ca: string) => {
    trusted.push(ca);
    return async (url: string, { headers }: { headers: Record<string, string> }) => {
      sent.push({ url, headers });
      return Response.json(wireAnswer);
    };
  },
}));
vi.resetModules();
const { kmsFetchProvider } = await import('./kms-fetch-provider.js');
const { kmsProvider } = await import('./kms-provider.js');
afterAll(() => {
  vi.doUnmock('../operations/sdk/sdk-module.js');
  vi.doUnmock('../operations/fetch/authority-fetch.js');
  vi.resetModules();
});

beforeEach(() => {
  for (const list of [configs, requests, trusted, sent]) list.length = 0;
});

const place = { region: 'cn-hangzhou', keyId: 'key-1', retries: 0 };
const keys = { accessKeyId: 'id', accessKeySecret: 'secret' };

describe('kmsProvider makes a client of the SDK', () => {
  const config = {
    ...keys,
    endpoint: 'kms.cn-hangzhou.aliyuncs.com',
    protocol: 'https',
    regionId: 'cn-hangzhou',
  };

  test('of the credentials and the place, for each request', async () => {
    const provider = kmsProvider({ ...place, credentials: keys });
    expect(configs).toEqual([]);
    const { key, wrappedKey } = await provider.wrapKey({ format: 'sealed' });
    expect(key.bytes).toEqual(new TextEncoder().encode('k'.repeat(32)));
    expect(wrappedKey).toEqual(Uint8Array.from(atob(wrapped), (letter) => letter.charCodeAt(0)));
    // A token that is not there is not sent as an empty one.
    expect(configs).toStrictEqual([config]);
    expect(requests).toEqual([expect.objectContaining({ keyId: 'key-1' })]);
    await provider.wrapKey({ format: 'sealed' });
    expect(configs).toHaveLength(2);
  });

  test('with a token, where the credentials have one', async () => {
    const credentials = async () => ({ ...keys, securityToken: 'token' });
    await kmsProvider({ ...place, credentials }).wrapKey({ format: 'sealed' });
    expect(configs).toStrictEqual([{ ...config, securityToken: 'token' }]);
  });
});

test('kmsProvider sends by itself where authorities are given, trusts these, and makes no client', async () => {
  const [first, second] = ['AAAA', 'BBBB'].map(
    (text) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`,
  );
  const endpoint = 'kst-1.cryptoservice.kms.aliyuncs.com';
  const now = () => Date.UTC(2026, 0, 2, 3, 4, 5);
  const options = { endpoint, keyId: 'key-1', credentials: keys, retries: 0, now };
  await kmsProvider({ ...options, ca: first }).wrapKey({ format: 'sealed' });
  await kmsProvider({ ...options, ca: [first!, second!] }).wrapKey({ format: 'sealed' });
  // A certificate of PEM begins on a line of its own (RFC 7468 §2).
  expect(trusted).toEqual([first, `${first}\n${second}`]);
  expect(sent).toHaveLength(2);
  for (const { url, headers } of sent) {
    expect(url.startsWith(`https://${endpoint}/?`)).toBe(true);
    expect(headers).toMatchObject({
      'x-acs-date': '2026-01-02T03:04:05Z',
      authorization: expect.stringContaining('Credential=id,'),
    });
  }
  expect(configs).toEqual([]);
});

test('kmsFetchProvider asks by the fetch of the runtime, as it is when it asks', async () => {
  const provider = kmsFetchProvider({ ...place, credentials: keys });
  const fetch = vi.fn(async (_url: string, _init: object) => Response.json(wireAnswer));
  vi.stubGlobal('fetch', fetch);
  try {
    await provider.wrapKey({ format: 'sealed' });
  } finally {
    vi.unstubAllGlobals();
  }
  expect(fetch).toHaveBeenCalledTimes(1);
  const [url, init] = fetch.mock.calls[0]!;
  expect(String(url)).toMatch(/^https:\/\/kms\.cn-hangzhou\.aliyuncs\.com\//);
  expect(init).toMatchObject({ method: 'POST' });
});
