import { anyCharacter } from '@oss-envelope/test-kit/any-character';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { digest as nodeDigest } from './node/digest.js';
import { digest as webDigest } from './web/digest.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe.each([
  ['node', nodeDigest],
  ['web', webDigest],
])('on the %s port', (_, digest) => {
  test('hashes as FIPS 180-4 has it', async () => {
    expect(await digest.sha256Hex('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('makes the HMACs of RFC 2202 and RFC 4231 (test case 2 of both)', async () => {
    const jefe = 'what do ya want for nothing?';
    expect(hex(await (await digest.importHmacKey('SHA-1', 'Jefe'))(jefe))).toBe(
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    );
    expect(hex(await (await digest.importHmacKey('SHA-256', 'Jefe'))(jefe))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test('takes a secret as text or as its bytes', async () => {
    const bytes = new TextEncoder().encode('schlüssel');
    const sums = ['schlüssel', bytes].map(async (secret) =>
      hex(await (await digest.importHmacKey('SHA-256', secret))('text')),
    );
    expect(new Set(await Promise.all(sums)).size).toBe(1);
  });
});

describe('where a page has no Web Crypto', () => {
  afterEach(() => void vi.unstubAllGlobals());

  test.each([[undefined], [{}]])('as %j, that is said', async (crypto) => {
    vi.stubGlobal('crypto', crypto);
    await expect(webDigest.sha256Hex('abc')).rejects.toMatchObject({ code: 'ERR_ALGORITHM_NOT_SUPPORTED' });
  });
});

test('both ports agree about any text', async () => {
  const text = fc.string({ unit: anyCharacter });
  await fc.assert(
    fc.asyncProperty(text, fc.string({ unit: anyCharacter, minLength: 1 }), async (message, secret) => {
      expect(await nodeDigest.sha256Hex(message)).toBe(await webDigest.sha256Hex(message));
      const [node, web] = [nodeDigest, webDigest].map((digest) => digest.importHmacKey('SHA-256', secret));
      expect(await (await node!)(message)).toEqual(await (await web!)(message));
    }),
  );
});
