import { createPrivateKey } from 'node:crypto';
import { decodeBase64Url } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { pair } from '../../../test/sample-pairs.js';
import { openSealedPrivateKey, openSealedPublicKey } from './sealed-key.js';

const jwk = createPrivateKey(pair.privateKey).export({ format: 'jwk' });
const { kty, n, e } = jwk;
async function halves(hash: string, usages: readonly ['encrypt' | 'wrapKey', 'decrypt' | 'unwrapKey']) {
  const algorithm = { name: 'RSA-OAEP', hash };
  return {
    open: await crypto.subtle.importKey('jwk', { kty: kty!, n: n!, e: e! }, algorithm, false, [usages[0]]),
    secret: await crypto.subtle.importKey('jwk', jwk as JsonWebKey, algorithm, false, [usages[1]]),
  };
}
const bytes = Uint8Array.of(1, 2, 3);
const otherAlgorithm = (words: string) => ({
  code: 'ERR_ALGORITHM_NOT_SUPPORTED',
  message: expect.stringContaining(words),
});
const refused = (make: () => unknown, role: string) =>
  expect(make).toThrow(
    expect.objectContaining({
      code: 'ERR_MASTER_KEY',
      message: expect.stringMatching(new RegExp(`^${role} is a CryptoKey that is not extractable`)),
    }),
  );

describe.each([
  ['SHA-1', 'rsa-oaep-sha1', 'rsa-oaep-sha256'],
  ['SHA-256', 'rsa-oaep-sha256', 'rsa-oaep-sha1'],
] as const)('a key of %s', (hash, own, other) => {
  it('wraps and unwraps by its own algorithm alone', async () => {
    const { open, secret } = await halves(hash, ['encrypt', 'decrypt']);
    const writing = openSealedPublicKey(open);
    const reading = openSealedPrivateKey(secret);
    const wrapped = await writing.wrap(own, bytes);
    expect(wrapped).toHaveLength(256);
    expect(await reading.unwrap(own, wrapped)).toEqual(bytes);
    for (const [key, role] of [
      [() => writing.wrap(other, bytes), 'publicKey'],
      [() => reading.unwrap(other, wrapped), 'privateKey'],
    ] as const) {
      await expect(key()).rejects.toMatchObject(otherAlgorithm(`${role} is a CryptoKey for ${hash}`));
    }
    await expect(writing.wrap('rsa-pkcs1', bytes)).rejects.toMatchObject(otherAlgorithm('PKCS#1'));
    await expect(reading.unwrap('rsa-pkcs1', wrapped)).rejects.toMatchObject(otherAlgorithm('PKCS#1'));
  });

  it('says what is known of it', async () => {
    const { open, secret } = await halves(hash, ['encrypt', 'decrypt']);
    const facts = { modulusBits: 2048, publicExponent: decodeBase64Url(e!), publicComponents: undefined };
    expect(openSealedPublicKey(open)).toMatchObject(facts);
    expect(openSealedPrivateKey(secret)).toMatchObject({ ...facts, hashedExponent: undefined });
  });

  it('is refused when it is for another use', async () => {
    const { open, secret } = await halves(hash, ['wrapKey', 'unwrapKey']);
    refused(() => openSealedPublicKey(open), 'publicKey');
    refused(() => openSealedPrivateKey(secret), 'privateKey');
  });
});

it('a wrapped key of another length is refused, whatever the runtime makes of it', async () => {
  const { open, secret } = await halves('SHA-1', ['encrypt', 'decrypt']);
  const lenient = openSealedPrivateKey(secret);
  const writing = openSealedPublicKey(open);
  let wrapped: Uint8Array;
  // Without its leading zero it is the same number, which OpenSSL takes.
  do wrapped = await writing.wrap('rsa-oaep-sha1', bytes);
  while (wrapped[0] !== 0);
  expect(await lenient.unwrap('rsa-oaep-sha1', wrapped)).toEqual(bytes);
  for (const wrong of [wrapped.subarray(1), Uint8Array.of(0, ...wrapped), new Uint8Array(256)]) {
    await expect(lenient.unwrap('rsa-oaep-sha1', wrong)).rejects.toMatchObject({
      code: 'ERR_KEY_UNWRAP_FAILED',
    });
  }
});

it.each([
  ['another hash', { name: 'RSA-OAEP', hash: { name: 'SHA-512' } }],
  ['signatures', { name: 'RSA-PSS', hash: { name: 'SHA-1' } }],
])('a key for %s is refused', (_name, algorithm) => {
  const key = { type: 'public', extractable: false, algorithm, usages: ['encrypt', 'decrypt'] } as const;
  refused(() => openSealedPublicKey(key), 'publicKey');
  refused(() => openSealedPrivateKey(key), 'privateKey');
});
