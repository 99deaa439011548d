import { combineCrc64 } from './combine-crc64.js';
import { formatCrc64, parseCrc64 } from './crc64-value.js';
import type { Crc64 } from './running-crc64.js';

/** A running CRC whose value is text. */
export interface RunningDecimalCrc64 {
  update(bytes: Uint8Array): void;
  /** The value so far, in decimal. */
  digest(): string;
}

/** CRC-64/XZ with values in decimal text, as the headers of OSS have them. */
export interface DecimalCrc64 {
  /** A running CRC, of nothing yet. */
  create(): RunningDecimalCrc64;
  /**
   * The CRC of all parts in a row, from those of each and their lengths.
   *
   * @throws RangeError for a value that is no CRC in decimal
   */
  combine(parts: readonly { readonly crc64: string; readonly sizeBytes: number }[]): string;
}

/** `crc` with its value as text. */
export function runningDecimal(crc: Crc64): RunningDecimalCrc64 {
  return { update: (bytes) => crc.update(bytes), digest: () => formatCrc64(crc.digest()) };
}

export const combineDecimal: DecimalCrc64['combine'] = (parts) =>
  formatCrc64(
    parts.reduce((sum, { crc64, sizeBytes }) => {
      const value = parseCrc64(crc64);
      if (value === undefined) throw new RangeError('crc64 must be a CRC-64 in decimal, below 2^64');
      return combineCrc64(sum, value, sizeBytes);
    }, 0n),
  );
