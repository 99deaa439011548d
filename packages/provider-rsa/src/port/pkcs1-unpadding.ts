import type { Awaitable } from './rsa-port.js';

/** HMAC-SHA-256 of several messages under one key, in their order. */
export type HmacSha256 = (
  key: Uint8Array<ArrayBuffer>,
  messages: readonly Uint8Array<ArrayBuffer>[],
) => Awaitable<readonly Uint8Array[]>;

// Masks are all ones for true and zero for false; operands are below 2^31.
const isZero = (value: number): number => (~value & (value - 1)) >> 31;
const isEqual = (a: number, b: number): number => isZero(a ^ b);
const isLess = (a: number, b: number): number => (a - b) >> 31;
const select = (mask: number, whenTrue: number, whenFalse: number): number =>
  (mask & whenTrue) | (~mask & whenFalse);

// 00 02, then at least eight bytes of padding, then 00 (RFC 8017 §7.2.2).
const shortestPrefixBytes = 2 + 8;
const lengthCandidates = 128;

/**
 * Removes the padding of RSAES-PKCS1-v1_5 (RFC 8017 §7.2.2) with implicit rejection. Where the padding is wrong, the
 * result is a synthetic message that depends on the private key and the ciphertext only. So nobody learns from it
 * whether the padding was right (draft-irtf-cfrg-rsa-guidance §7; OpenSSL 3.2 and later give the same bytes). Both
 * messages are always made, and no branch or index depends on `encodedMessage` until the chosen one is cut out.
 * JavaScript can do no more: its engines promise nothing about time.
 *
 * @param encodedMessage what the raw RSA operation gave, as long as the modulus
 * @param ciphertext what it was given, as long as the modulus
 * @param hashedExponent SHA-256 of the private exponent, padded to the modulus' length
 */
export async function unpadPkcs1(
  encodedMessage: Uint8Array,
  ciphertext: Uint8Array<ArrayBuffer>,
  hashedExponent: Uint8Array<ArrayBuffer>,
  hmac: HmacSha256,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = encodedMessage.length;
  const [derivationKey] = await hmac(hashedExponent, [ciphertext]);
  const key = Uint8Array.from(derivationKey!);
  const synthetic = await expand(key, 'message', size, hmac);
  const candidates = await expand(key, 'length', lengthCandidates * 2, hmac);

  // The last candidate that is a possible length wins; 128 of them miss with a chance of 2^-128 at most.
  const longestMessage = size - shortestPrefixBytes;
  const mask = 2 ** (32 - Math.clz32(longestMessage)) - 1;
  let syntheticLength = 0;
  for (let index = 0; index < candidates.length; index += 2) {
    const candidate = ((candidates[index]! << 8) | candidates[index + 1]!) & mask;
    syntheticLength = select(isLess(candidate, longestMessage), candidate, syntheticLength);
  }

  let separator = 0;
  let found = 0;
  for (let index = 2; index < size; index++) {
    const zero = isZero(encodedMessage[index]!);
    separator = select(~found & zero, index, separator);
    found |= zero;
  }
  const good =
    isZero(encodedMessage[0]!) & isEqual(encodedMessage[1]!, 2) & ~isLess(separator, shortestPrefixBytes);

  const start = select(good, separator + 1, size - syntheticLength);
  const chosen = new Uint8Array(size);
  for (let index = 0; index < size; index++) {
    chosen[index] = select(good, encodedMessage[index]!, synthetic[index]!);
  }
  return chosen.slice(start);
}

// The draft's PRF: HMAC(key, block number || label || length in bits), both numbers in two bytes.
async function expand(
  key: Uint8Array<ArrayBuffer>,
  label: string,
  lengthBytes: number,
  hmac: HmacSha256,
): Promise<Uint8Array> {
  const text = new TextEncoder().encode(label);
  const messages: Uint8Array<ArrayBuffer>[] = [];
  for (let block = 0; block * 32 < lengthBytes; block++) {
    const message = new Uint8Array(2 + text.length + 2);
    const view = new DataView(message.buffer);
    view.setUint16(0, block);
    message.set(text, 2);
    view.setUint16(2 + text.length, lengthBytes * 8);
    messages.push(message);
  }
  const output = new Uint8Array(messages.length * 32);
  (await hmac(key, messages)).forEach((block, index) => {
    output.set(block, index * 32);
  });
  return output.subarray(0, lengthBytes);
}
