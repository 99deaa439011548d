import { describe, expect, it } from 'vitest';
import { numberToBytes } from './modular-arithmetic.js';
import { assertMayRead, assertMayWrite, assertSoundKey, type RsaKeyFacts } from './rsa-key-check.js';

const bytesOf = (value: bigint) => numberToBytes(value, Math.ceil(value.toString(16).length / 2));
/** What is known of a key; without `n` it is one that the runtime does not give out. */
const facts = (modulusBits: number, e: bigint, n?: bigint): RsaKeyFacts => ({
  modulusBits,
  publicExponent: bytesOf(e),
  publicComponents: n === undefined ? undefined : { n: bytesOf(n), e: bytesOf(e) },
});
const refused = (make: () => unknown, message: RegExp) =>
  expect(make).toThrow(
    expect.objectContaining({ code: 'ERR_MASTER_KEY', message: expect.stringMatching(message) }),
  );
const isSound = (e: bigint, n?: bigint, modulusBits = 2048) =>
  assertSoundKey('publicKey', facts(modulusBits, e, n));

describe('a key that no implementation makes', () => {
  // 1,000,003 and 1,000,033 are primes, and 757 is the first above 752.
  const n = 1_000_003n * 1_000_033n;

  it('has too many bits', () => {
    isSound(3n, n, 16_384);
    refused(() => isSound(3n, n, 16_385), /^publicKey has 16385 bits; 16384 are the most/);
    refused(() => assertSoundKey('privateKey', facts(16_385, 3n)), /^privateKey has 16385/);
  });

  it('has an exponent that is even, or too small', () => {
    for (const e of [3n, 5n, 65_537n]) isSound(e, n);
    for (const e of [0n, 1n, 2n, 4n, 65_538n])
      refused(() => isSound(e, n), /^publicKey cannot be used: its public exponent is not an odd number/);
    refused(() => isSound(1n), /odd number/);
  });

  it('has an exponent that is not below its modulus', () => {
    isSound(n - 2n, n);
    for (const e of [n, n + 2n]) refused(() => isSound(e, n), /not below its modulus/);
    isSound(n + 2n);
  });

  it('has a modulus with a small factor', () => {
    isSound(3n, 757n * 1_000_003n);
    for (const factor of [2n, 3n, 5n, 7n, 11n, 13n, 23n, 29n, 541n, 743n, 751n])
      refused(() => isSound(3n, factor * 1_000_003n), /small factor/);
    refused(() => isSound(3n, 49n), /small factor/);
  });
});

describe('a key to write with', () => {
  const mayWrite = (modulusBits: number, e: bigint) => assertMayWrite(facts(modulusBits, e));

  it('has 2048 bits', () => {
    mayWrite(2048, 65_537n);
    refused(() => mayWrite(2047, 65_537n), /^publicKey has 2047 bits; 2048 are the least/);
  });

  it('has an exponent of 65537, or more, up to 64 bits', () => {
    mayWrite(2048, 65_539n);
    mayWrite(2048, 2n ** 64n - 1n);
    for (const e of [3n, 65_535n, 2n ** 64n + 1n])
      refused(() => mayWrite(2048, e), /^publicKey has a public exponent that is not used for writing/);
  });

  it('is looked at once', () => {
    const key = facts(2048, 65_537n);
    assertMayWrite(key);
    Object.assign(key, { modulusBits: 1024 });
    assertMayWrite(key);
    refused(() => assertMayWrite({ ...key }), /1024 bits/);
  });
});

it('a key to read with has 2048 bits, unless fewer are allowed', () => {
  assertMayRead(facts(2048, 3n), false);
  assertMayRead(facts(2047, 3n), true);
  refused(() => assertMayRead(facts(2047, 3n), false), /^privateKey has 2047 bits, fewer than 2048/);
});
