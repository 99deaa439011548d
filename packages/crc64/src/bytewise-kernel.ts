import { type Halves, reflectedHigh, reflectedLow } from './polynomial.js';

/** The halves of what some registers become. */
export interface Tables {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

/** Tables of so many entries, of which the first 256 are set: what the register is after each byte. */
export function buildTables(entries: number): Tables {
  const high = new Int32Array(entries);
  const low = new Int32Array(entries);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const carry = -(l & 1);
      l = ((l >>> 1) | (h << 31)) ^ (reflectedLow & carry);
      h = (h >>> 1) ^ (reflectedHigh & carry);
    }
    high[byte] = h;
    low[byte] = l;
  }
  return { high, low };
}

let tables: Tables | undefined;

/**
 * Runs the register over some bytes in plain JavaScript, a byte a step: little code, for pages that have few bytes.
 *
 * @param register - the register (the complement of the CRC), changed in place
 */
export function updateBytewise(register: Halves, bytes: Uint8Array): void {
  tables ??= buildTables(256);
  runBytewise(register, bytes, tables);
}

/** The same over given tables. */
export function runBytewise(register: Halves, bytes: Uint8Array, { high, low }: Tables): void {
  let registerHigh = register.high;
  let registerLow = register.low;
  for (let at = 0; at < bytes.length; at++) {
    const index = (registerLow ^ bytes[at]!) & 255;
    registerLow = ((registerLow >>> 8) | (registerHigh << 24)) ^ low[index]!;
    registerHigh = (registerHigh >>> 8) ^ high[index]!;
  }
  register.high = registerHigh;
  register.low = registerLow;
}
