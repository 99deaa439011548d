import { blockBytes } from '../cipher/counter-block.js';
import { KeyUnwrapError, MalformedEnvelopeError } from '../errors/errors.js';
import type { CounterFormatRow, WrapAlgorithmRow } from './formats.js';
import { counterBlockOf } from './start-value.js';

/**
 * The first counter block that an unwrapped start value stands for.
 *
 * @throws KeyUnwrapError when the value has the wrong length for a counter block: the master key is not the right one
 * @throws MalformedEnvelopeError when it should be decimal digits below 2^128 and is not
 */
export function parseStartValue(format: CounterFormatRow, plaintext: Uint8Array): Uint8Array<ArrayBuffer> {
  if (format.start === 'counter-block') {
    if (plaintext.length !== blockBytes) throw new KeyUnwrapError();
    return Uint8Array.from(plaintext);
  }
  const text = plaintext.length <= 64 ? new TextDecoder().decode(plaintext).trim() : '';
  const number = /^\d{1,39}$/.test(text) ? BigInt(text) : undefined;
  if (number === undefined || number >= 1n << 128n) {
    throw new MalformedEnvelopeError(
      'The start value of this object is not a decimal number below 2^128. ' +
        "It was not written by the documented format, or the object's metadata were changed.",
    );
  }
  return counterBlockOf(number);
}

/**
 * An unwrapped start value as it is wrapped again. A6: KMS asks for a plaintext that is base64, so that decimal digits are
 * given zeros in front until there are four, eight and so on; they stand for the same number, in oss2 too.
 *
 * @throws as {@link parseStartValue}, for what is no start value
 */
export function startToRewrap(
  format: CounterFormatRow,
  { algorithm }: WrapAlgorithmRow,
  plaintext: Uint8Array,
): Uint8Array {
  parseStartValue(format, plaintext);
  if (format.start === 'counter-block' || algorithm !== 'kms') return plaintext;
  const digits = new TextDecoder().decode(plaintext).trim();
  return new TextEncoder().encode(digits.padStart(Math.ceil(digits.length / 4) * 4, '0'));
}
