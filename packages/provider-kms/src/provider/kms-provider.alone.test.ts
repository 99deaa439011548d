import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';

const wrapped = btoa('a blob that KMS made');
const answer = { ciphertextBlob: wrapped, keyId: 'key-1', plaintext: btoa('k'.repeat(32)), requestId: '1' };
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
vi.resetModules();
const { kmsFetchProvider } = await import('./kms-fetch-provider.js');
const { kmsProvider } = await import('./kms-provider.js');
afterAll(() => {
  vi.doUnmock('../operations/sdk/sdk-module.js');
  vi.resetModules();
});

beforeEach(() => {
  configs.length = 0;
  requests.length = 0;
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

test('kmsFetchProvider asks by the fetch of the runtime, as it is when it asks', async () => {
  const provider = kmsFetchProvider({ ...place, credentials: keys });
  const fetch = vi.fn(async (_url: string, _init: object) =>
    Response.json({
      CiphertextBlob: wrapped,
      KeyId: 'key-1',
      Plaintext: btoa('k'.repeat(32)),
      RequestId: '1',
    }),
  );
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
