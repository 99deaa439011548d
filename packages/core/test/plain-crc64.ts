import type { Crc64Operations, RunningCrc64 } from '../src/index.js';

// CRC-64/XZ: ECMA-182 reflected, in two halves of 32 bits.
const high = new Int32Array(256);
const low = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  high[byte] = Number(BigInt.asIntN(32, crc >> 32n));
  low[byte] = Number(BigInt.asIntN(32, crc));
}

class State {
  high: number;
  low: number;

  constructor(high: number, low: number) {
    this.high = high;
    this.low = low;
  }

  add(byte: number): void {
    const index = (this.low ^ byte) & 0xff;
    this.low = ((this.low >>> 8) | (this.high << 24)) ^ (low[index] as number);
    this.high = (this.high >>> 8) ^ (high[index] as number);
  }

  get number(): bigint {
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0);
  }
}

function create(): RunningCrc64 {
  const state = new State(-1, -1);
  return {
    update: (bytes) => {
      for (let index = 0; index < bytes.length; index++) state.add(bytes[index] as number);
    },
    digest: () => String(BigInt.asUintN(64, ~state.number)),
  };
}

/** The sums that OSS makes, written so that it can be checked by reading; the combination takes a step for each byte. */
export const plainCrc64: Crc64Operations = {
  create,
  combine: (parts) => {
    let sum = 0n;
    for (const { crc64, sizeBytes } of parts) {
      const state = new State(Number(BigInt.asIntN(32, sum >> 32n)), Number(BigInt.asIntN(32, sum)));
      for (let index = 0; index < sizeBytes; index++) state.add(0);
      sum = state.number ^ BigInt(crc64);
    }
    return String(sum);
  },
};

/** The sum of bytes at once. */
export function crc64Of(bytes: Uint8Array): string {
  const sum = create();
  sum.update(bytes);
  return sum.digest();
}
