import { encodeBase64, type FormatName, SecretBytes, ServiceError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import type { KmsAction, KmsAnswer } from '../operations/kms-operations.js';
import { checkedReadKeyIds } from '../options/key-ids.js';
import { type KmsKeyProviderParts, kmsKeyProvider } from './kms-key-provider.js';

const keyId = '11111111-2222-4333-8444-555555555555';
const plaintext = encodeBase64(new Uint8Array(32).fill(7));
const encoder = new TextEncoder();

interface Asked {
  readonly action: KmsAction;
  readonly parameters: Record<string, unknown>;
}

/** A provider on a KMS that answers as it is told, and a list of what it was asked. */
function world(
  parts: Partial<KmsKeyProviderParts> = {},
  answer: (asked: Asked) => Partial<KmsAnswer> = () => ({}),
) {
  const asked: Asked[] = [];
  const provider = kmsKeyProvider({
    call: async (action, parameters) => {
      const one = { action, parameters: parameters as unknown as Record<string, unknown> };
      asked.push(one);
      return {
        ciphertextBlob: encodeBase64(encoder.encode('blob')),
        keyId,
        plaintext,
        requestId: 'r',
        ...answer(one),
      };
    },
    keyId,
    readKeyIds: [keyId],
    context: { text: undefined, pairs: {} },
    layering: 'standard',
    materialDescription: {},
    cache: undefined,
    ...parts,
  });
  return { provider, asked, actions: () => asked.map(({ action }) => action) };
}

const refusal = (serviceCode: string) => new ServiceError(serviceCode, { service: 'KMS', serviceCode });
/** Neither layering is certain for it, so both are tried. */
const twoReadings = {
  format: 'client-side-encryption',
  wrapAlgorithm: 'kms',
  wrappedKey: encoder.encode('abcd'),
} as const;

describe('a key alone', () => {
  test('costs one request to write and one to read', async () => {
    const { provider, actions } = world();
    const { wrappedKey, wrappedStart } = await provider.wrapKey({ format: 'oss-crypto' });
    expect(wrappedStart).toBeUndefined();
    const opened = await provider.unwrapKey({ format: 'oss-crypto', wrapAlgorithm: 'kms', wrappedKey });
    expect(opened.start).toBeUndefined();
    expect(opened.key.bytes).toEqual(new Uint8Array(32).fill(7));
    expect(actions()).toEqual(['GenerateDataKey', 'Decrypt']);
  });

  test('that is given goes through Encrypt, as a secret, with the context', async () => {
    const { provider, asked } = world({ context: { text: '{"app":"a"}', pairs: { app: 'a' } } });
    const key = new SecretBytes(new Uint8Array(32).fill(9));
    const wrapped = await provider.wrapKey({ format: 'oss-crypto', key, start: encoder.encode('1234') });
    expect(wrapped.key.bytes).toEqual(new Uint8Array(32).fill(9));
    const context = { keyId, encryptionContext: '{"app":"a"}' };
    expect(asked).toEqual([
      { action: 'Encrypt', parameters: { ...context, plaintext: encodeBase64(key.bytes), isSecret: true } },
      { action: 'Encrypt', parameters: { ...context, plaintext: '1234', isSecret: false } },
    ]);
  });

  // S14: KMS makes the wrapping keys, and none is ever sent to it.
  test("that is given is refused in 'sealed', where KMS makes them all", async () => {
    const { provider, asked } = world();
    const key = new SecretBytes(new Uint8Array(32).fill(9));
    await expect(provider.wrapKey({ format: 'sealed', key })).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringContaining("In 'sealed' KMS wraps only keys that it made"),
    });
    expect(asked).toEqual([]);
  });
});

test('unknown wrap algorithms and formats are refused before KMS is asked', async () => {
  const { provider, asked } = world();
  const refused = { code: 'ERR_ALGORITHM_NOT_SUPPORTED' };
  for (const wrapAlgorithm of ['rsa-pkcs1', 'constructor', 'kms2']) {
    await expect(provider.unwrapKey({ ...twoReadings, wrapAlgorithm })).rejects.toMatchObject(refused);
  }
  for (const format of ['constructor', '__proto__'] as unknown as FormatName[]) {
    await expect(provider.wrapKey({ format })).rejects.toMatchObject(refused);
    await expect(provider.unwrapKey({ ...twoReadings, format })).rejects.toMatchObject(refused);
  }
  expect(asked).toEqual([]);
});

describe('the key that Decrypt names', () => {
  const opening = (readKeyIds: readonly string[] | undefined, answered: unknown) =>
    world({ readKeyIds }, () => ({ keyId: answered })).provider.unwrapKey(twoReadings);

  test.each([
    ['the same id', [keyId], keyId],
    ['one of several', ['key-hzz1', keyId], keyId],
    ['the id of an ARN', [`acs:kms:cn-hangzhou:123:key/${keyId}`], keyId],
    ['any, where that is allowed', undefined, 'other'],
    ['any, though none is named', undefined, undefined],
  ])('may be %s', async (_name, readKeyIds, answered) => {
    expect((await opening(readKeyIds, answered)).key.bytes.length).toBe(32);
  });

  test.each([
    ['another', [keyId], keyId.replace('1', '2')],
    ['a longer one that ends in it', ['5555'], keyId],
    ['one that is not in the list', ['a', 'b'], 'c'],
  ])('must not be %s', async (_name, readKeyIds, answered) => {
    await expect(opening(readKeyIds, answered)).rejects.toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED' });
  });

  test('must be named', async () => {
    await expect(opening([keyId], undefined)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      message: expect.stringContaining('KeyId is missing'),
    });
  });

  test('is that of keyId unless other ids are given; an alias names none', () => {
    expect(checkedReadKeyIds(undefined, keyId)).toEqual([keyId]);
    expect(checkedReadKeyIds(['a', 'b'], keyId)).toEqual(['a', 'b']);
    expect(checkedReadKeyIds('any', keyId)).toBeUndefined();
    expect(checkedReadKeyIds(undefined, undefined)).toBeUndefined();
    for (const alias of ['alias/photos', 'acs:kms:cn-hangzhou:1:alias/photos']) {
      expect(checkedReadKeyIds(undefined, alias)).toBeUndefined();
    }
  });
});

describe('a context of the request', () => {
  test("is merged into the provider's, in every request", async () => {
    const { provider, asked } = world({ context: { text: '{"app":"a"}', pairs: { app: 'a' } } });
    const context = { tenant: '7', app: 'a' };
    await provider.wrapKey({ format: 'oss-crypto', start: encoder.encode('1234'), context });
    await provider.unwrapKey({ ...twoReadings, context });
    expect(new Set(asked.map(({ parameters }) => parameters.encryptionContext))).toEqual(
      new Set(['{"app":"a","tenant":"7"}']),
    );
  });

  test.each([
    ['another value of a name', { text: '{"app":"a"}', pairs: { app: 'a' } }, { app: 'b' }],
    ['a passphrase beside it', { text: '{"x-passphrase":"a"}', pairs: undefined }, { app: 'b' }],
    ['a reserved name', { text: undefined, pairs: {} }, { 'oss-envelope': 'sealed/1' }],
  ])('with %s is refused', async (_name, own, context) => {
    const { provider, asked } = world({ context: own });
    await expect(provider.wrapKey({ format: 'oss-crypto', context })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
    expect(asked).toEqual([]);
  });
});

describe('of two readings of a blob that KMS refuses', () => {
  const opening = (first: string, second: string) => {
    const codes = [first, second];
    return world({}, () => {
      throw refusal(codes.shift()!);
    }).provider.unwrapKey(twoReadings);
  };

  test('the first refusal counts: a key that is not there is told', async () => {
    await expect(opening('Forbidden.KeyNotFound', 'InvalidParameter')).rejects.toMatchObject({
      code: 'ERR_SERVICE',
      serviceCode: 'Forbidden.KeyNotFound',
    });
  });

  test('the first refusal counts: a blob or context that does not fit says nothing', async () => {
    await expect(opening('InvalidParameter', 'Forbidden.KeyNotFound')).rejects.toMatchObject({
      code: 'ERR_KEY_UNWRAP_FAILED',
    });
  });

  test('any other refusal ends it', async () => {
    await expect(opening('Forbidden.NoPermission', 'InvalidParameter')).rejects.toMatchObject({
      serviceCode: 'Forbidden.NoPermission',
    });
  });
});
