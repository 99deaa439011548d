import { constants, createHash, createHmac, createPrivateKey, privateDecrypt } from 'node:crypto';
import { decodeBase64, decodeBase64Url } from '@oss-envelope/core/adapter';
import { describe, expect, it } from 'vitest';
import { implicitRejectionKeys } from '../../test/implicit-rejection.js';
import { type HmacSha256, unpadPkcs1 } from './pkcs1-unpadding.js';

const hmac: HmacSha256 = (key, messages) =>
  messages.map((message) => createHmac('sha256', key).update(message).digest());

it.each(implicitRejectionKeys)('gives what OpenSSL gives, with $bits bits', async ({ privateKey, cases }) => {
  const key = createPrivateKey(privateKey);
  const exponent = decodeBase64Url(key.export({ format: 'jwk' }).d!)!;
  const { length } = decodeBase64(cases[0]!.ciphertext)!;
  const padded = new Uint8Array(length);
  padded.set(exponent, length - exponent.length);
  const hashed = Uint8Array.from(createHash('sha256').update(padded).digest());
  for (const { name, ciphertext, message } of cases) {
    const wrapped = decodeBase64(ciphertext)!;
    const raw = new Uint8Array(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, wrapped));
    expect(await unpadPkcs1(raw, wrapped, hashed, hmac), name).toEqual(decodeBase64(message));
  }
});

describe('a padding', () => {
  const size = 64;
  const padded = (paddingBytes: number, head: readonly number[] = [0, 2]): Uint8Array => {
    const encoded = new Uint8Array(size).fill(9);
    encoded.set(head);
    if (2 + paddingBytes < size) encoded[2 + paddingBytes] = 0;
    return encoded;
  };
  const opened = (encoded: Uint8Array) =>
    unpadPkcs1(encoded, new Uint8Array(size).fill(5), new Uint8Array(32).fill(6), hmac);

  it.each([8, 9, 30, 60, 61])('of %i bytes is cut off', async (paddingBytes) => {
    expect(await opened(padded(paddingBytes))).toEqual(new Uint8Array(size - 3 - paddingBytes).fill(9));
  });

  it('ends at its first zero', async () => {
    const encoded = padded(8);
    encoded[20] = 0;
    encoded[size - 1] = 0;
    expect(await opened(encoded)).toEqual(encoded.subarray(11));
  });

  it('that is wrong gives the same bytes, whatever is wrong', async () => {
    const synthetic = await opened(padded(7));
    expect(synthetic.length).toBeLessThan(size - 10);
    for (const wrong of [
      padded(0),
      padded(62),
      padded(20, [1, 2]),
      padded(20, [0x80, 2]),
      padded(20, [0, 1]),
      padded(20, [0, 3]),
      padded(20, [0, 0x82]),
      padded(20, [2, 0]),
    ]) {
      expect(await opened(wrong)).toEqual(synthetic);
    }
  });
});
