import { advanceCounterBlock, blockBytes } from '../cipher/counter-block.js';
import { KeyUnwrapError, MalformedEnvelopeError } from '../errors/errors.js';
import type { CounterFormatRow, WrapAlgorithmRow } from './formats.js';

/** A source of cryptographically random bytes. */
export type RandomBytes = (sizeBytes: number) => Uint8Array;

/** A start value in its two forms: what is wrapped, and the first counter block that it stands for. */
export interface StartValue {
  readonly plaintext: Uint8Array;
  readonly counterBlock: Uint8Array<ArrayBuffer>;
}

/**
 * A fresh start value.
 *
 * Decimal: a whole number of the row's range, as oss2 2.10.0 draws one of 1 to 10; unique only together with the key,
 * which is fresh for each object (A6). Counter block (C7): 16 random bytes of which bytes 8 to 11 are zero, as every SDK writes
 * it, so that no reader's shorter addition can differ from ours.
 */
export function createStartValue(
  format: CounterFormatRow,
  wrap: WrapAlgorithmRow,
  randomBytes: RandomBytes,
): StartValue {
  if (format.start === 'counter-block') {
    const counterBlock = Uint8Array.from(randomBytes(blockBytes));
    counterBlock.fill(0, 8, 12);
    return { plaintext: counterBlock, counterBlock };
  }
  const [least, most] = wrap.startRange ?? [1, 10];
  const random = Uint8Array.from(randomBytes(4));
  const number = least + (new DataView(random.buffer).getUint32(0) % (most - least + 1));
  const plaintext = new TextEncoder().encode(String(number));
  return { plaintext, counterBlock: advanceCounterBlock(new Uint8Array(blockBytes), number) };
}

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

function counterBlockOf(number: bigint): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(blockBytes);
  const view = new DataView(block.buffer);
  view.setBigUint64(0, number >> 64n);
  // Takes the low 64 bits.
  view.setBigUint64(8, number);
  return block;
}
