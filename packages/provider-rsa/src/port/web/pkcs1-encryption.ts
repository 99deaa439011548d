import { bytesToNumber, numberToBytes, powerOfPublicExponent } from '../../keys/modular-arithmetic.js';
import type { RsaPublicComponents } from '../../keys/rsa-components.js';
import { mostRounds, type RandomBytes, uselessRandomness } from './useless-randomness.js';

/**
 * RSAES-PKCS1-v1_5 encryption (RFC 8017 §7.2.1), which Web Crypto lacks. It uses the public key only; the secret is the
 * message, which the random padding hides from timing.
 */
export function encryptPkcs1(
  { n, e }: RsaPublicComponents,
  message: Uint8Array,
  randomBytes: RandomBytes,
): Uint8Array<ArrayBuffer> {
  const encodedMessage = padPkcs1(message, n.length, randomBytes);
  const power = powerOfPublicExponent(bytesToNumber(encodedMessage), bytesToNumber(e), bytesToNumber(n));
  return numberToBytes(power, n.length);
}

// 00 02 || at least eight random bytes, none of them zero || 00 || message
function padPkcs1(message: Uint8Array, lengthBytes: number, randomBytes: RandomBytes): Uint8Array {
  const encodedMessage = new Uint8Array(lengthBytes);
  encodedMessage[1] = 2;
  const end = lengthBytes - message.length - 1;
  let offset = 2;
  for (let round = 0; offset < end; round++) {
    if (round === mostRounds) throw uselessRandomness();
    for (const byte of randomBytes(end - offset)) {
      if (byte !== 0) encodedMessage[offset++] = byte;
    }
  }
  encodedMessage.set(message, end + 1);
  return encodedMessage;
}
