import { type Halves, reflectedHigh, reflectedLow } from './polynomial.js';

/** How many bytes one step takes, and so how many tables there are. */
const slices = 8;

interface Tables {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

/** Entry `slice * 256 + byte` is the register after that byte and `slice` zero bytes more. */
function buildTables(): Tables {
  const high = new Int32Array(slices * 256);
  const low = new Int32Array(slices * 256);
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
  for (let at = 256; at < slices * 256; at++) {
    const h = high[at - 256]!;
    const l = low[at - 256]!;
    high[at] = (h >>> 8) ^ high[l & 255]!;
    low[at] = ((l >>> 8) | (h << 24)) ^ low[l & 255]!;
  }
  return { high, low };
}

let tables: Tables | undefined;

/**
 * Runs the register over some bytes in plain JavaScript, eight bytes a step.
 *
 * The bytes are read through a DataView: it takes any alignment, and its loads stay monomorphic when some callers
 * give a Uint8Array and others a Buffer.
 *
 * @param register - the register (the complement of the CRC), changed in place
 */
export function updateSlicing(register: Halves, bytes: Uint8Array): void {
  tables ??= buildTables();
  const tableHigh = tables.high;
  const tableLow = tables.low;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let high = register.high;
  let low = register.low;
  const end = bytes.byteLength;
  const bulkEnd = end - (end % slices);
  let at = 0;
  for (; at < bulkEnd; at += slices) {
    low ^= view.getInt32(at, true);
    high ^= view.getInt32(at + 4, true);
    const i7 = 1792 + (low & 255);
    const i6 = 1536 + ((low >>> 8) & 255);
    const i5 = 1280 + ((low >>> 16) & 255);
    const i4 = 1024 + (low >>> 24);
    const i3 = 768 + (high & 255);
    const i2 = 512 + ((high >>> 8) & 255);
    const i1 = 256 + ((high >>> 16) & 255);
    const i0 = high >>> 24;
    low =
      tableLow[i7]! ^
      tableLow[i6]! ^
      tableLow[i5]! ^
      tableLow[i4]! ^
      tableLow[i3]! ^
      tableLow[i2]! ^
      tableLow[i1]! ^
      tableLow[i0]!;
    high =
      tableHigh[i7]! ^
      tableHigh[i6]! ^
      tableHigh[i5]! ^
      tableHigh[i4]! ^
      tableHigh[i3]! ^
      tableHigh[i2]! ^
      tableHigh[i1]! ^
      tableHigh[i0]!;
  }
  for (; at < end; at++) {
    const index = (low ^ view.getUint8(at)) & 255;
    low = ((low >>> 8) | (high << 24)) ^ tableLow[index]!;
    high = (high >>> 8) ^ tableHigh[index]!;
  }
  register.high = high;
  register.low = low;
}
