import { encodeBase64, SecretBytes } from '@oss-envelope/core';
import { defaultKmsAccount, type KmsRequest, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kmsProvider } from '../src/index.js';
import { KmsClient12, providerWays } from './provider-ways.js';

let kms: LocalKms;
// One for each test: when one of two requests fails, the other is given up, and may arrive late.
beforeEach(async () => {
  kms = await startKms();
});
afterEach(() => kms.close());

// Its base64 has all the characters that a form escapes.
const keyBytes = Uint8Array.from({ length: 32 }, (_, index) => 251 - (index % 3) * 4);
const keyText = encodeBase64(keyBytes);
const encryptionContext = { purpose: 'a given key' };
const request = { format: 'oss-crypto', start: new TextEncoder().encode('1234') } as const;

/** All of a request but its body. */
const openParts = ({ rawUrl, headers }: KmsRequest): string =>
  `${decodeURIComponent(rawUrl)} ${rawUrl} ${JSON.stringify(headers)}`;

describe.each(providerWays)('by $name, a given key', ({ make }) => {
  test('is encrypted under the context, and travels in the body alone', async () => {
    const provider = make(kms, { keyId: await kms.createKey(), encryptionContext });
    kms.requests.clear();
    const key = new SecretBytes(keyBytes.slice());
    const { wrappedKey, wrappedStart } = await provider.wrapKey({ ...request, key });
    expect(kms.requests.actions).toEqual(['Encrypt', 'Encrypt']);
    expect(key.bytes).toEqual(keyBytes);
    const withKey = [...kms.requests].filter(({ parameters }) => parameters.Plaintext === keyText);
    expect(withKey).toHaveLength(1);
    expect(Buffer.from(withKey[0]!.body).toString()).toBe(`Plaintext=${encodeURIComponent(keyText)}`);
    for (const one of kms.requests) {
      expect(openParts(one)).not.toContain(keyText);
      expect(openParts(one)).not.toContain(encodeURIComponent(keyText));
      expect(one.parameters.EncryptionContext).toBe(JSON.stringify(encryptionContext));
    }

    const { format } = request;
    const opened = await provider.unwrapKey({ format, wrapAlgorithm: 'kms', wrappedKey, wrappedStart });
    expect(opened.key.bytes).toEqual(keyBytes);
    expect(opened.start).toEqual(request.start);
    const stranger = make(kms, { encryptionContext: { purpose: 'another' } });
    await expect(
      stranger.unwrapKey({ format, wrapAlgorithm: 'kms', wrappedKey, wrappedStart }),
    ).rejects.toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED' });
  });

  test('is in no error', async () => {
    const keyId = await kms.createKey();
    const provider = make(kms, { keyId, encryptionContext, retries: 0 });
    for (const kind of ['reset', 'throttle', 'missing-fields'] as const) {
      kms.faults.clear();
      kms.faults.add({ kind, times: Number.POSITIVE_INFINITY });
      const failure: unknown = await provider
        .wrapKey({ format: 'client-side-encryption', key: new SecretBytes(keyBytes.slice()) })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      const printed = `${String(failure)} ${JSON.stringify(failure)} ${(failure as Error).stack}`;
      expect(printed).not.toContain(keyText);
      expect(printed).not.toContain(encodeURIComponent(keyText));
      expect(failure).not.toHaveProperty('cause');
    }
  });
});

test('is not sent by a client that would put it in the URL', async () => {
  const whole = new KmsClient12({ ...defaultKmsAccount, endpoint: kms.endpoint, protocol: 'http' });
  const { generateDataKeyEx, encryptEx, decryptEx } = whole as unknown as Record<
    string,
    () => Promise<object>
  >;
  const client = {
    generateDataKeyEx: generateDataKeyEx!.bind(whole),
    encryptEx: encryptEx!.bind(whole),
    decryptEx: decryptEx!.bind(whole),
  };
  const provider = kmsProvider({ client, keyId: await kms.createKey() });
  kms.requests.clear();
  const key = new SecretBytes(keyBytes.slice());
  await expect(provider.wrapKey({ format: 'oss-crypto', key })).rejects.toMatchObject({
    code: 'ERR_MASTER_KEY',
    message: expect.stringContaining('in the URL only'),
  });
  expect(kms.requests.length).toBe(0);
  await provider.wrapKey(request);
  // Both at once, so either may come first.
  expect([...kms.requests.actions].sort()).toEqual(['Encrypt', 'GenerateDataKey']);
});
