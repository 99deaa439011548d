import { encodeBase64, type KeyProvider, ServiceError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import type { CallControl, KmsAction, KmsCall } from '../operations/kms-operations.js';
import { assembleProvider, assertOptionNames, boundContext, type KmsKeyOptions } from './key-options.js';
import { kmsFetchProvider } from './kms-fetch-provider.js';
import { kmsProvider } from './kms-provider.js';

interface Asked {
  readonly action: KmsAction;
  readonly parameters: Record<string, unknown>;
  readonly control: CallControl;
}

/** A provider of options, over a KMS that answers, and what it was asked. */
function world(options: KmsKeyOptions, fails?: () => Error | undefined) {
  const asked: Asked[] = [];
  const call: KmsCall = async (action, parameters, control) => {
    asked.push({ action, parameters: parameters as unknown as Record<string, unknown>, control });
    const error = fails?.();
    if (error) throw error;
    return {
      ciphertextBlob: encodeBase64(new TextEncoder().encode('blob')),
      keyId: 'key-1',
      plaintext: encodeBase64(new Uint8Array(32)),
      requestId: 'r',
    };
  };
  return { provider: assembleProvider(options, call), asked };
}
const read = (provider: KeyProvider, blob = 1) =>
  provider.unwrapKey({ format: 'oss-crypto', wrapAlgorithm: 'kms', wrappedKey: Uint8Array.of(blob, 2, 3) });
const busy = () => new ServiceError('busy', { service: 'KMS', status: 503, retryable: true });

describe('left out', () => {
  test('ten seconds for an attempt, any key to read, no context, no cache', async () => {
    const { provider, asked } = world({});
    await read(provider);
    await read(provider);
    expect(asked).toHaveLength(2);
    expect(asked[0]!.control.timeoutMs).toBe(10_000);
    expect(asked[0]!.parameters.encryptionContext).toBeUndefined();
    expect(provider.wraps).toEqual({});
    expect(provider.materialDescription).toEqual({});
  });

  test('three retries, with pauses', async () => {
    const pauses: number[] = [];
    const options = { sleep: async (ms: number) => void pauses.push(ms), random: () => 0.5 };
    const { provider, asked } = world(options, busy);
    await expect(read(provider)).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('after 4 attempts'),
    });
    expect(asked).toHaveLength(4);
    expect(pauses).toHaveLength(3);
    for (const pause of pauses) expect(pause).toBeGreaterThan(0);
  });
});

describe('given', () => {
  test.each([1, 600_000])('a time of %i ms is that of each attempt', async (timeoutMs) => {
    const { provider, asked } = world({ timeoutMs });
    await read(provider);
    expect(asked[0]!.control.timeoutMs).toBe(timeoutMs);
  });

  test.each([0, 1, 20])('%i retries are made', async (retries) => {
    const { provider, asked } = world({ retries, sleep: async () => {} }, busy);
    await expect(read(provider)).rejects.toThrow();
    expect(asked).toHaveLength(retries + 1);
  });

  test('a key id is asked for by each request to write, and is the only one read', async () => {
    const { provider, asked } = world({ keyId: 'key-2' });
    await provider.wrapKey({ format: 'sealed' });
    expect(asked[0]!.parameters.keyId).toBe('key-2');
    await expect(read(provider)).rejects.toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED' });
    await read(world({ keyId: 'key-2', keyIds: ['key-1'] }).provider);
    await read(world({ keyId: 'key-2', keyIds: 'any' }).provider);
  });

  test('a context or a passphrase goes with each request', async () => {
    const contextOf = async (options: KmsKeyOptions) => {
      const { provider, asked } = world(options);
      await read(provider);
      return asked[0]!.parameters.encryptionContext;
    };
    expect(await contextOf({ encryptionContext: { b: '2', a: '1' } })).toBe('{"a":"1","b":"2"}');
    expect(await contextOf({ encryptionContext: {} })).toBeUndefined();
    expect(await contextOf({ passphrase: 'x' })).toBe('{"x-passphrase":"x"}');
    expect(await contextOf({ passphrase: 'x', encryptionContext: {} })).toBe('{"x-passphrase":"x"}');
    const { provider } = world({ passphrase: 'x' });
    await expect(provider.wrapKey({ format: 'sealed', context: { a: 'b' } })).rejects.toThrow();
  });

  test("a context is the caller's of that moment", () => {
    const encryptionContext = { a: '1' };
    const { pairs } = boundContext({ encryptionContext });
    encryptionContext.a = '2';
    expect(pairs).toEqual({ a: '1' });
    expect(boundContext({ passphrase: 'x' }).pairs).toBeUndefined();
  });

  test('a layering is written', async () => {
    const written = async (options: KmsKeyOptions) => {
      const { provider } = world({ keyId: 'key-1', ...options });
      return new TextDecoder().decode(
        (await provider.wrapKey({ format: 'client-side-encryption', start: Uint8Array.of(1) })).wrappedKey,
      );
    };
    expect(await written({})).toBe('blob');
    expect(await written({ layering: 'standard' })).toBe('blob');
    expect(await written({ layering: 'oss2' })).toBe(encodeBase64(new TextEncoder().encode('blob')));
  });

  describe('a cache', () => {
    test('keeps keys for five minutes by the clock that was given, and 100 of them', async () => {
      let nowMs = 0;
      const { provider, asked } = world({ cache: {}, now: () => nowMs });
      for (let turn = 0; turn < 3; turn++) await read(provider);
      expect(asked).toHaveLength(1);
      nowMs = 5 * 60_000 - 1;
      await read(provider);
      expect(asked).toHaveLength(1);
      nowMs = 5 * 60_000;
      await read(provider);
      expect(asked).toHaveLength(2);
      for (let blob = 2; blob <= 100; blob++) await read(provider, blob);
      await read(provider, 1);
      expect(asked).toHaveLength(101);
      await read(provider, 101);
      await read(provider, 2);
      expect(asked).toHaveLength(103);
    });

    test('has the bounds that were given', async () => {
      let nowMs = 0;
      const bounds = { maxEntries: 1, maxAgeMs: 10, maxUses: 2 };
      const { provider, asked } = world({ cache: bounds, now: () => nowMs });
      await read(provider);
      await read(provider);
      expect(asked).toHaveLength(1);
      await read(provider);
      expect(asked).toHaveLength(2);
      nowMs = 10;
      await read(provider);
      expect(asked).toHaveLength(3);
      await read(provider, 2);
      await read(provider, 1);
      expect(asked).toHaveLength(5);
    });

    test.each(['maxEntries', 'maxAgeMs', 'maxUses'])('has no %s below one, and names it', (name) => {
      const argument = `cache.${name}`;
      expect(() => world({ cache: { [name]: 0 } })).toThrow(expect.objectContaining({ argument }));
      world({ cache: { [name]: 1 } });
    });
  });
});

describe('refused', () => {
  const argumentOf = (make: () => unknown): string | undefined => {
    try {
      make();
      return undefined;
    } catch (error) {
      return (error as { argument?: string }).argument;
    }
  };

  test.each([
    ['timeoutMs', 0],
    ['timeoutMs', 600_001],
    ['retries', -1],
    ['retries', 21],
    ['keyId', ''],
    ['layering', 'java'],
    ['materialDescription', 7],
    ['now', 7],
    ['passphrase', ''],
  ])('%s: %j', (name, value) => {
    expect(argumentOf(() => world({ [name]: value }))).toBe(name);
  });

  test.each([
    'rejectUnauthorized',
    'ignoreSSL',
    'IgnoreSsl',
    'insecure',
    'insecureSkipVerify',
    'verify',
    'checkServerIdentity',
  ])('%s, with a word on certificates', (name) => {
    expect(() => assertOptionNames({ [name]: false }, [])).toThrow(/certificates are always verified/);
  });

  test.each(['verifyAll', 'xverify', 'other'])('%s as any other name', (name) => {
    expect(() => assertOptionNames({ [name]: false }, [])).toThrow(/is not an option/);
    expect(() => assertOptionNames({ [name]: false }, [])).not.toThrow(/certificates/);
    expect(() => assertOptionNames({ [name]: false }, [name])).not.toThrow();
  });

  test('what are no options', () => {
    for (const options of [undefined, null, 'text', 7])
      expect(() => assertOptionNames(options, [])).toThrow(/options/);
  });

  test('a passphrase and a context together', () => {
    expect(argumentOf(() => world({ passphrase: 'x', encryptionContext: { a: 'b' } }))).toBe('passphrase');
  });
});

describe('the providers', () => {
  const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' };
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  const make = (options: object) => () =>
    kmsProvider({ credentials, keyId: 'key-1', ...options } as Parameters<typeof kmsProvider>[0]);
  const endpoint = 'kst-1.cryptoservice.kms.aliyuncs.com';

  test.each([
    ['one', { endpoint, ca: pem }],
    ['several', { endpoint, ca: [pem, pem] }],
    ['none', { endpoint, ca: undefined }],
  ])('take certificates of authorities: %s', (_name, options) => {
    expect(make(options)).not.toThrow();
  });

  test.each([
    ['without TLS', { endpoint: 'http://127.0.0.1:8090', ca: pem }],
    ['of no list', { endpoint, ca: 7 }],
    ['of an empty list', { endpoint, ca: [] }],
    ['that are no text', { endpoint, ca: [7] }],
    ['of which one is none', { endpoint, ca: [pem, 'AAAA'] }],
    ['that are a key', { endpoint, ca: pem.replaceAll('CERTIFICATE', 'PRIVATE KEY') }],
  ])('refuse certificates %s', (_name, options) => {
    expect(make(options)).toThrow(expect.objectContaining({ argument: 'ca' }));
  });

  test('by fetch have no certificates, and say who has', () => {
    const options = { region: 'cn-hangzhou', credentials, ca: pem };
    expect(() => kmsFetchProvider(options)).toThrow(
      expect.objectContaining({ argument: 'ca', message: expect.stringContaining('use kmsProvider') }),
    );
  });

  test('by fetch send where the options say, by the fetch that was given, signed at its time', async () => {
    const seen: { readonly url: string; readonly headers: Record<string, string> }[] = [];
    const provider = kmsFetchProvider({
      region: 'cn-hangzhou',
      credentials,
      keyId: 'key-1',
      now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
      fetch: async (url, { headers }) => {
        seen.push({ url, headers });
        return Response.json({
          CiphertextBlob: encodeBase64(Uint8Array.of(1)),
          KeyId: 'key-1',
          Plaintext: encodeBase64(new Uint8Array(32)),
        });
      },
    });
    await provider.wrapKey({ format: 'sealed' });
    expect(seen).toHaveLength(1);
    expect(seen[0]!.url).toMatch(/^https:\/\/kms\.cn-hangzhou\.aliyuncs\.com\/\?/);
    expect(seen[0]!.headers).toMatchObject({
      'x-acs-action': 'GenerateDataKey',
      'x-acs-date': '2026-01-02T03:04:05Z',
      authorization: expect.stringContaining('Credential=id,'),
    });
  });

  test('refuse a client of 2.x or 3.x at once whose requests cannot hold the passphrase', () => {
    const client = Object.fromEntries(
      ['generateDataKey', 'encrypt', 'decrypt'].map((name) => [`${name}WithOptions`, async () => ({})]),
    );
    const withClient = (options: object) => () =>
      kmsProvider({ client, keyId: 'key-1', ...options } as unknown as Parameters<typeof kmsProvider>[0]);
    expect(withClient({})).not.toThrow();
    expect(withClient({ passphrase: 'x' })).not.toThrow();
    expect(withClient({ passphrase: 'a"b' })).toThrow(expect.objectContaining({ argument: 'passphrase' }));
    expect(withClient({ ca: undefined })).toThrow(expect.objectContaining({ argument: 'ca' }));
    expect(withClient({ pasphrase: 'x' })).toThrow(/pasphrase/);
  });
});
