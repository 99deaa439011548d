import { createCrc64 } from './crc64.js';
import { combineDecimal, type DecimalCrc64, runningDecimal } from './decimal-values.js';

/** CRC-64/XZ with values in decimal text, as the headers of OSS have them. */
export const decimalCrc64: DecimalCrc64 = {
  create: () => runningDecimal(createCrc64()),
  combine: combineDecimal,
};
