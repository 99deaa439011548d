import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pair } from '../../../test/sample-pairs.js';
import { bytesToNumber } from '../../keys/modular-arithmetic.js';
import { privateComponentsOfJwk } from '../../keys/rsa-components.js';
import { decryptRaw } from './pkcs1-decryption.js';
import { encryptPkcs1 } from './pkcs1-encryption.js';

const key = privateComponentsOfJwk(createPrivateKey(pair.privateKey).export({ format: 'jwk' }))!;
const random = (lengthBytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(lengthBytes));
const message = Uint8Array.of(1, 2, 3);
const uselessRandomness = expect.objectContaining({
  code: 'ERR_OUT_OF_RANGE',
  argument: 'randomBytes',
  message: 'randomBytes must give random bytes: it gave zeros only',
});

describe('the raw operation with the private key', () => {
  it('blinds the number and both exponents with random bytes of its own, and gives the same result', () => {
    const ciphertext = encryptPkcs1(key, message, random);
    const asked: number[] = [];
    const counting = (lengthBytes: number): Uint8Array => {
      asked.push(lengthBytes);
      return random(lengthBytes);
    };
    const first = decryptRaw(key, ciphertext, counting);
    expect(asked).toEqual([256, 8, 8]);
    expect(first.subarray(-4)).toEqual(Uint8Array.of(0, 1, 2, 3));
    expect(decryptRaw(key, ciphertext, random)).toEqual(first);
  });

  it('adds random multiples of prime - 1 to the exponents', () => {
    // With primes nobody sees them (Fermat). Here p is 7 * 11, so that they spoil the result.
    const [n, e, d, p, q, dp, dq, qi] = [1001, 7, 43, 77, 13, 13, 7, 6].map((value) =>
      Uint8Array.of(value >> 8, value),
    );
    const small = { n: n!, e: e!, d: d!, p: p!, q: q!, dp: dp!, dq: dq!, qi: qi! };
    const source = (fill: number) => (lengthBytes: number) =>
      lengthBytes === 2
        ? Uint8Array.of(0, 2)
        : Uint8Array.from({ length: lengthBytes }, (_, at) => (at === 7 ? fill : 0));
    const ciphertext = Uint8Array.of(0, 5);
    const opened = bytesToNumber(decryptRaw(small, ciphertext, source(0)));
    expect(opened ** 7n % 1001n).toBe(5n);
    expect(() => decryptRaw(small, ciphertext, source(1))).toThrow(/privateKey does not parse/);
  });

  it('takes no number that is not below the modulus', () => {
    const refused = expect.objectContaining({ code: 'ERR_KEY_UNWRAP_FAILED' });
    expect(() => decryptRaw(key, Uint8Array.from(key.n), random)).toThrow(refused);
    const below = Uint8Array.from(key.n);
    below[255]! -= 1;
    expect(decryptRaw(key, below, random)).toHaveLength(256);
  });

  it.each([256, 8])('ends when the source gives zeros for %i bytes', (zeroLength) => {
    const ciphertext = encryptPkcs1(key, message, random);
    const source = (lengthBytes: number): Uint8Array =>
      lengthBytes === zeroLength ? new Uint8Array(lengthBytes) : random(lengthBytes);
    const decrypt = () => decryptRaw(key, ciphertext, source);
    if (zeroLength === 8) expect(decrypt().subarray(-3)).toEqual(message);
    else expect(decrypt).toThrow(uselessRandomness);
  });
});

describe('encryption', () => {
  it('pads with bytes that are not zero', () => {
    // Every second byte is zero, and left out.
    const source = (lengthBytes: number): Uint8Array =>
      Uint8Array.from({ length: lengthBytes }, (_, index) => (index % 2 === 0 ? 9 : 0));
    const padded = decryptRaw(key, encryptPkcs1(key, message, source), random);
    expect(padded.subarray(0, 2)).toEqual(Uint8Array.of(0, 2));
    expect(new Set(padded.subarray(2, -4))).toEqual(new Set([9]));
    expect(padded.subarray(-4)).toEqual(Uint8Array.of(0, 1, 2, 3));
  });

  it('ends when the source gives zeros', () => {
    expect(() => encryptPkcs1(key, message, (lengthBytes) => new Uint8Array(lengthBytes))).toThrow(
      uselessRandomness,
    );
  });
});
