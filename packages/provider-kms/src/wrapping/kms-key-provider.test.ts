import { getEventListeners } from 'node:events';
import { encodeBase64, type FormatName, SecretBytes, ServiceError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import type { KmsAction, KmsAnswer } from '../operations/kms-operations.js';
import { checkedReadKeyIds } from '../options/key-ids.js';
import { DataKeyCache } from './data-key-cache.js';
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
      message: expect.stringMatching(/^The answer to Decrypt is .* KeyId is missing/),
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
    const { provider, asked } = world({}, () => {
      throw refusal('Forbidden.NoPermission');
    });
    await expect(provider.unwrapKey(twoReadings)).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });
});

/** An answer whose text is decided by what was asked: the start value for the second of two. */
const textOf = (text: string): string => encodeBase64(encoder.encode(text));

test('a provider says what it does, and one without a key writes nothing', async () => {
  const materialDescription = { key: 'photos' };
  const { provider } = world({ materialDescription });
  expect(provider).toMatchObject({
    materialDescription,
    wraps: { 'oss-crypto': 'kms', 'client-side-encryption': 'kms', sealed: 'kms' },
    unwraps: ['kms'],
    bindsContext: true,
  });
  const reading = world({ keyId: undefined });
  expect(reading.provider.wraps).toEqual({});
  await expect(reading.provider.wrapKey({ format: 'sealed' })).rejects.toMatchObject({
    code: 'ERR_MASTER_KEY',
  });
  expect(reading.asked).toEqual([]);
  expect((await reading.provider.unwrapKey(twoReadings)).key.bytes.length).toBe(32);
});

describe('what is written', () => {
  const start = Uint8Array.of(1, 2, 3, 4);

  test.each([
    ['oss-crypto', encoder.encode('4321'), '4321'],
    ['client-side-encryption', start, encodeBase64(start)],
  ] as const)(
    'in %s is a fresh key by GenerateDataKey, and its start value by Encrypt',
    async (format, value, sent) => {
      const { provider, asked } = world({}, ({ action }) => ({ ciphertextBlob: textOf(action) }));
      const wrapped = await provider.wrapKey({ format, start: value });
      expect(asked).toEqual([
        {
          action: 'GenerateDataKey',
          parameters: { keyId, keySpec: 'AES_256', numberOfBytes: 32, encryptionContext: undefined },
        },
        {
          action: 'Encrypt',
          parameters: { keyId, plaintext: sent, isSecret: false, encryptionContext: undefined },
        },
      ]);
      expect(wrapped.key.bytes).toEqual(new Uint8Array(32).fill(7));
      expect(wrapped.wrappedKey).toEqual(encoder.encode('GenerateDataKey'));
      expect(wrapped.wrappedStart).toEqual(encoder.encode('Encrypt'));
    },
  );

  test('has the layering that was chosen, in the format that has two', async () => {
    const blob = textOf('blob');
    const { provider } = world({ layering: 'oss2' }, () => ({ ciphertextBlob: blob }));
    const wrapped = async (format: FormatName) => (await provider.wrapKey({ format, start })).wrappedKey;
    expect(await wrapped('client-side-encryption')).toEqual(encoder.encode(blob));
    expect(await wrapped('oss-crypto')).toEqual(encoder.encode('blob'));
    expect(await wrapped('sealed')).toEqual(encoder.encode('blob'));
  });

  test.each<readonly [string, Partial<KmsAnswer>, string]>([
    ['no key', { plaintext: undefined }, 'Plaintext is missing'],
    ['null as key', { plaintext: null }, 'Plaintext is missing'],
    ['a number as key', { plaintext: 7 }, 'Plaintext is not a text'],
    ['an empty key', { plaintext: '' }, 'Plaintext is not a text'],
    ['a key that is no base64', { plaintext: '*' }, 'Plaintext is not base64'],
    ['a key of 31 bytes', { plaintext: encodeBase64(new Uint8Array(31)) }, 'has not 32 bytes'],
    ['a key of 33 bytes', { plaintext: encodeBase64(new Uint8Array(33)) }, 'has not 32 bytes'],
    ['no blob', { ciphertextBlob: undefined }, 'CiphertextBlob is missing'],
    ['a blob that is no base64', { ciphertextBlob: '*' }, 'CiphertextBlob is not base64'],
  ])('is refused after an answer with %s, with its request id', async (_name, answer, message) => {
    const { provider } = world({}, () => answer);
    await expect(provider.wrapKey({ format: 'sealed' })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: false,
      message: expect.stringMatching(
        new RegExp(`^The answer to GenerateDataKey .*${message.replaceAll('.', '\\.')}.*request id r\\b`),
      ),
    });
  });

  test('is refused by the name of the operation whose answer is wrong', async () => {
    const key = new SecretBytes(new Uint8Array(32).fill(9));
    const { provider } = world({}, () => ({ ciphertextBlob: '*', requestId: 7 }));
    await expect(provider.wrapKey({ format: 'oss-crypto', key })).rejects.toMatchObject({
      message: expect.stringMatching(/^The answer to Encrypt is .* is not base64\. Check/),
    });
    // That of the start value too.
    const second = world({}, ({ action }) => (action === 'Encrypt' ? { ciphertextBlob: undefined } : {}));
    await expect(second.provider.wrapKey({ format: 'oss-crypto', start })).rejects.toMatchObject({
      message: expect.stringMatching(/^The answer to Encrypt is .* CiphertextBlob is missing/),
    });
  });
});

describe('what is read', () => {
  const two = { ...twoReadings, wrappedKey: encoder.encode('k'), wrappedStart: encoder.encode('s') };
  const answering = (keyText: unknown, startText: unknown) =>
    world({}, ({ parameters }) => ({
      plaintext: parameters.ciphertextBlob === encodeBase64(two.wrappedStart) ? startText : keyText,
    }));

  test.each([
    ['oss-crypto', '4321', encoder.encode('4321')],
    ['client-side-encryption', encodeBase64(Uint8Array.of(1, 2)), Uint8Array.of(1, 2)],
  ] as const)('in %s is key and start value, each by its blob', async (format, text, start) => {
    const { provider, asked } = answering(plaintext, text);
    const opened = await provider.unwrapKey({ ...two, format });
    expect(opened.key.bytes).toEqual(new Uint8Array(32).fill(7));
    expect(opened.start).toEqual(start);
    expect(new Set(asked.map(({ parameters }) => parameters.ciphertextBlob))).toEqual(
      new Set([encodeBase64(two.wrappedKey), encodeBase64(two.wrappedStart)]),
    );
  });

  test.each([
    ['a key that is no base64', '*', encodeBase64(Uint8Array.of(1))],
    ['a start value that is none', plaintext, '*'],
  ])('is refused with %s as any wrong key is', async (_name, keyText, startText) => {
    await expect(answering(keyText, startText).provider.unwrapKey(two)).rejects.toMatchObject({
      code: 'ERR_KEY_UNWRAP_FAILED',
    });
  });

  test('is refused without a plaintext', async () => {
    await expect(answering(undefined, 's').provider.unwrapKey(two)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      message: expect.stringMatching(/^The answer to Decrypt .* Plaintext is missing/),
    });
  });

  test('comes of the second reading where KMS does not know the first', async () => {
    let calls = 0;
    const { provider, asked } = world({}, () => {
      if (calls++ === 0) throw refusal('InvalidCiphertext');
      return {};
    });
    expect((await provider.unwrapKey(twoReadings)).key.bytes.length).toBe(32);
    expect(asked).toHaveLength(2);
    expect(asked[0]!.parameters.ciphertextBlob).not.toBe(asked[1]!.parameters.ciphertextBlob);
  });
});

// S14.
describe("the context of 'sealed'", () => {
  const own = { context: { text: '{"app":"a"}', pairs: { app: 'a' } } };
  const sealed = { format: 'sealed', wrapAlgorithm: 'kms', wrappedKey: encoder.encode('k') } as const;
  const contexts = (asked: readonly Asked[]) => asked.map(({ parameters }) => parameters.encryptionContext);
  const [all, ofProvider] = [
    '{"app":"a","oss-envelope":"sealed/1","tenant":"7"}',
    '{"app":"a","oss-envelope":"sealed/1"}',
  ];

  test('is that of the format, of the provider and of the object', async () => {
    const { provider, asked } = world(own);
    await provider.wrapKey({ format: 'sealed', context: { tenant: '7' } });
    await provider.wrapKey({ format: 'sealed' });
    await provider.wrapKey({ format: 'oss-crypto' });
    expect(contexts(asked)).toEqual([all, ofProvider, '{"app":"a"}']);
  });

  test('is tried without that of the object where KMS refuses it, and not otherwise', async () => {
    const refusing = (code: string) =>
      world(own, ({ parameters }) => {
        if (parameters.encryptionContext === all) throw refusal(code);
        return {};
      });
    const context = { tenant: '7' };
    const { provider, asked } = refusing('InvalidParameter');
    expect((await provider.unwrapKey({ ...sealed, context })).key.bytes.length).toBe(32);
    expect(contexts(asked)).toEqual([all, ofProvider]);
    const forbidden = refusing('Forbidden.NoPermission');
    await expect(forbidden.provider.unwrapKey({ ...sealed, context })).rejects.toMatchObject({
      serviceCode: 'Forbidden.NoPermission',
    });
    expect(contexts(forbidden.asked)).toEqual([all]);
  });

  test('is asked once where the object has none, and the last refusal is told', async () => {
    const { provider, asked } = world(own, () => {
      throw refusal('InvalidParameter');
    });
    await expect(provider.unwrapKey(sealed)).rejects.toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED' });
    expect(contexts(asked)).toEqual([ofProvider]);
    await expect(provider.unwrapKey({ ...sealed, context: { tenant: '7' } })).rejects.toMatchObject({
      code: 'ERR_KEY_UNWRAP_FAILED',
    });
    expect(contexts(asked)).toEqual([ofProvider, all, ofProvider]);
  });

  test.each([
    ['that KMS cannot have', { 'oss-envelope': 'x' }],
    ['that is too long', { tenant: 'x'.repeat(9000) }],
    ['with another value for a name of the provider', { app: 'b' }],
  ])('of an object, %s, is left out: the bucket says it', async (_name, context) => {
    const { provider, asked } = world(own);
    await provider.unwrapKey({ ...sealed, context });
    expect(contexts(asked)).toEqual([ofProvider]);
  });
});

describe('a cache', () => {
  const cached = () => {
    const limits = { maxEntries: 9, maxAgeMs: 1000, maxUses: 9 };
    return world({ cache: new DataKeyCache(limits, () => 0), readKeyIds: undefined });
  };
  const request = {
    format: 'oss-crypto',
    wrapAlgorithm: 'kms',
    wrappedKey: encoder.encode('k'),
  } as const;

  test('gives the same key for the same request, without KMS', async () => {
    const { provider, asked } = cached();
    const [one, two] = [await provider.unwrapKey(request), await provider.unwrapKey(request)];
    expect(one.key.bytes).toEqual(two.key.bytes);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['blob', { wrappedKey: encoder.encode('l') }],
    ['start value', { wrappedStart: encoder.encode('s') }],
    ['format', { format: 'sealed' }],
    ['older format', { format: 'client-side-encryption' }],
    ['context', { context: { tenant: '7' } }],
  ] as const)('does not give it for another %s', async (_name, change) => {
    const { provider, asked } = cached();
    await provider.unwrapKey(request);
    const before = asked.length;
    await provider.unwrapKey({ ...request, ...change });
    expect(asked.length).toBeGreaterThan(before);
  });

  test('gives none for a wrap algorithm that is not of KMS', async () => {
    const { provider } = cached();
    await provider.unwrapKey(request);
    await expect(provider.unwrapKey({ ...request, wrapAlgorithm: 'rsa-pkcs1' })).rejects.toMatchObject({
      code: 'ERR_ALGORITHM_NOT_SUPPORTED',
    });
  });
});

describe('an abort', () => {
  const start = encoder.encode('4321');
  const reason = new Error('enough');

  test('before a call is its error, and KMS is not asked', async () => {
    const { provider, asked } = world();
    const signal = AbortSignal.abort(reason);
    await expect(provider.wrapKey({ format: 'oss-crypto', signal })).rejects.toBe(reason);
    await expect(provider.unwrapKey({ ...twoReadings, signal })).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  /** A provider whose calls wait until they are ended, and their signals. */
  const waiting = (fails: (action: KmsAction) => boolean = () => false) => {
    const signals: AbortSignal[] = [];
    const { provider } = world({
      call: (action, _parameters, signal) => {
        signals.push(signal!);
        if (fails(action)) return Promise.reject(refusal('Forbidden.NoPermission'));
        return new Promise((_resolve, reject) => {
          signal!.addEventListener('abort', () => reject(signal!.reason));
        });
      },
    });
    return { provider, signals };
  };

  test('ends both requests of a pair with its reason', async () => {
    const { provider, signals } = waiting();
    const controller = new AbortController();
    const writing = provider.wrapKey({ format: 'oss-crypto', start, signal: controller.signal });
    controller.abort(reason);
    await expect(writing).rejects.toBe(reason);
    expect(signals.map((signal) => signal.reason)).toEqual([reason, reason]);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('of the one request is the failure of the other', async () => {
    const { provider, signals } = waiting((action) => action === 'Encrypt');
    const { signal } = new AbortController();
    await expect(provider.wrapKey({ format: 'oss-crypto', start, signal })).rejects.toMatchObject({
      serviceCode: 'Forbidden.NoPermission',
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is listened to no longer than the call', async () => {
    const { signal } = new AbortController();
    const { provider } = world();
    await provider.wrapKey({ format: 'oss-crypto', start, signal });
    await provider.unwrapKey({ ...twoReadings, signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
