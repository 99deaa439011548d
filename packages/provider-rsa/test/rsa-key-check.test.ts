import { decodeBase64Url, encodeBase64Url } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { bytesToNumber, numberToBytes } from '../src/keys/modular-arithmetic.js';
import type { RsaJwk } from '../src/keys/rsa-key-input.js';
import { rsaPort as nodePort } from '../src/port/node/rsa-port.js';
import { rsaPort as webPort } from '../src/port/web/rsa-port.js';
import { rsaProviderOn } from '../src/provider/rsa-provider.js';

const ports = { node: nodePort, web: webPort };
const oaep = { name: 'RSA-OAEP', hash: 'SHA-1', modulusLength: 2048 };
const { publicKey, privateKey } = await crypto.subtle.generateKey(
  { ...oaep, publicExponent: Uint8Array.of(1, 0, 1) },
  true,
  ['encrypt', 'decrypt'],
);
const good: RsaJwk = await crypto.subtle.exportKey('jwk', publicKey);
const goodPrivate: RsaJwk = await crypto.subtle.exportKey('jwk', privateKey);
const n = bytesToNumber(decodeBase64Url(good.n!)!);

const exponent = (...bytes: number[]): RsaJwk => ({ ...good, e: encodeBase64Url(Uint8Array.from(bytes)) });
const modulus = (value: bigint, bits = 2048): RsaJwk => ({
  ...good,
  n: encodeBase64Url(numberToBytes(value, bits / 8)),
});
/** Odd, of so many bits, and without a factor below 752. */
function oddNumber(bits: number): bigint {
  const bytes = new Uint8Array(bits / 8);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  bytes[0]! |= 0x80;
  let value = bytesToNumber(bytes) | 1n;
  for (let factor = 3n; factor < 752n; factor += 2n) {
    if (value % factor !== 0n) continue;
    value += 2n;
    factor = 1n;
  }
  return value;
}

/** Odd, of 2048 bits, with this factor. */
function multipleOf(factor: bigint): bigint {
  const quotient = n / factor;
  return factor * (quotient % 2n === 0n ? quotient - 1n : quotient);
}

const start = new TextEncoder().encode('7');
const formats = ['oss-crypto', 'client-side-encryption'] as const;

describe.each(['node', 'web'] as const)('on the %s port', (port) => {
  it.each<readonly [string, RsaJwk, RegExp]>([
    ['e = 0', exponent(0), /public exponent|does not parse/],
    ['e = 1', exponent(1), /public exponent is not an odd number of 3 or more/],
    ['e = 2', exponent(2), /public exponent is not an odd number of 3 or more/],
    ['e = 65538', exponent(1, 0, 2), /public exponent is not an odd number of 3 or more/],
    ['e = n - 1', { ...good, e: encodeBase64Url(numberToBytes(n - 1n, 256)) }, /public exponent/],
    ['e = n', { ...good, e: good.n }, /public exponent is not below its modulus/],
    ['e = 3', exponent(3), /must be 65537 or more/],
    ['e = 65535', exponent(255, 255), /must be 65537 or more/],
    ['e of 65 bits', exponent(1, 0, 0, 0, 0, 0, 0, 0, 1), /of 64 bits at most/],
    ['n even', modulus(n - 1n), /small factor/],
    ['n = 2^2047', modulus(1n << 2047n), /small factor/],
    ['n divisible by 3', modulus(multipleOf(3n)), /small factor/],
    ['n divisible by 751', modulus(multipleOf(751n)), /small factor/],
    ['n of 2040 bits', modulus(oddNumber(2040), 2040), /2040 bits; 2048 are the least/],
    ['n of 16,392 bits', modulus(oddNumber(16_392), 16_392), /16392 bits; 16384 are the most/],
    ['n of 65,536 bits', modulus(oddNumber(65_536), 65_536), /65536 bits; 16384 are the most/],
  ])('no key with %s writes', async (_name, jwk, message) => {
    for (const format of formats) {
      const written = (async () =>
        rsaProviderOn(ports[port], { publicKey: jwk }).wrapKey({ format, start }))();
      await expect(written).rejects.toMatchObject({
        code: 'ERR_MASTER_KEY',
        message: expect.stringMatching(message),
      });
    }
  });

  it.each<readonly [string, RsaJwk]>([
    ['e = 65537', good],
    ['e = 65539', exponent(1, 0, 3)],
    ['e of 64 bits', exponent(128, 0, 0, 0, 0, 0, 0, 1)],
    ['n of 16,384 bits', modulus(oddNumber(16_384), 16_384)],
  ])('a key with %s writes', async (_name, jwk) => {
    const provider = rsaProviderOn(ports[port], { publicKey: jwk });
    for (const format of formats)
      expect((await provider.wrapKey({ format, start })).wrappedKey).toBeDefined();
  });

  it('a pair with e = 3 reads, and one with e = 1 does not', async () => {
    // The private half says e, and OAEP is not asked what it is.
    const provider = rsaProviderOn(ports[port], { privateKey: { ...goodPrivate, e: 'Aw' } });
    expect(provider.unwraps).toContain('rsa-oaep-sha1');
    const request = { format: 'oss-crypto', wrapAlgorithm: 'rsa-oaep-sha1', wrappedKey: start } as const;
    const unwrapped = (async () =>
      rsaProviderOn(ports[port], { privateKey: { ...goodPrivate, e: 'AQ' } }).unwrapKey(request))();
    await expect(unwrapped).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringMatching(/exponent|does not parse/),
    });
  });

  it('a sealed CryptoKey with e = 3 does not write', async () => {
    // Node makes such keys; other runtimes need not.
    const made = await crypto.subtle.generateKey({ ...oaep, publicExponent: Uint8Array.of(3) }, false, [
      'encrypt',
      'decrypt',
    ]);
    const raw = await crypto.subtle.exportKey('jwk', made.publicKey);
    const sealed = await crypto.subtle.importKey('jwk', raw, oaep, false, ['encrypt']);
    const provider = rsaProviderOn(ports[port], { publicKey: sealed });
    await expect(provider.wrapKey({ format: 'oss-crypto', start })).rejects.toThrow(/must be 65537 or more/);
  });

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi'] as const)(
    'no key with %s longer than its modulus opens',
    async (name) => {
      const long = encodeBase64Url(new Uint8Array(257).fill(1));
      const opened = (async () => {
        const provider = rsaProviderOn(ports[port], { privateKey: { ...goodPrivate, [name]: long } });
        await provider.unwrapKey({
          format: 'oss-crypto',
          wrapAlgorithm: 'rsa-oaep-sha1',
          wrappedKey: new Uint8Array(256),
        });
      })();
      await expect(opened).rejects.toMatchObject({ code: 'ERR_MASTER_KEY' });
    },
  );
});
