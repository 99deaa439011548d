import { advanceCounterBlock, blockBytes } from '../cipher/counter-block.js';
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
  const random = randomBytes(4);
  const view = new DataView(random.buffer, random.byteOffset, random.length);
  const number = least + (view.getUint32(0) % (most - least + 1));
  const plaintext = new TextEncoder().encode(String(number));
  return { plaintext, counterBlock: advanceCounterBlock(new Uint8Array(blockBytes), number) };
}

/** A decimal start value as a counter block: 128 bits, big-endian. */
export function counterBlockOf(number: bigint): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(blockBytes);
  const view = new DataView(block.buffer);
  view.setBigUint64(0, number >> 64n);
  // Takes the low 64 bits.
  view.setBigUint64(8, number);
  return block;
}
