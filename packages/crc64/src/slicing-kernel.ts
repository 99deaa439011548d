import { buildTables, runBytewise, type Tables } from './bytewise-kernel.js';
import type { Halves } from './polynomial.js';

/** How many bytes one step takes, and so how many tables there are. */
const slices = 8;

/** Entry `slice * 256 + byte` is the register after that byte and `slice` zero bytes more. */
function buildSlicedTables(): Tables {
  const sliced = buildTables(slices * 256);
  const { high, low } = sliced;
  for (let at = 256; at < slices * 256; at++) {
    const h = high[at - 256]!;
    const l = low[at - 256]!;
    high[at] = (h >>> 8) ^ high[l & 255]!;
    low[at] = ((l >>> 8) | (h << 24)) ^ low[l & 255]!;
  }
  return sliced;
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
  tables ??= buildSlicedTables();
  const tableHigh = tables.high;
  const tableLow = tables.low;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let high = register.high;
  let low = register.low;
  const bulkEnd = bytes.byteLength - (bytes.byteLength % slices);
  for (let at = 0; at < bulkEnd; at += slices) {
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
  register.high = high;
  register.low = low;
  runBytewise(register, bytes.subarray(bulkEnd), tables);
}
