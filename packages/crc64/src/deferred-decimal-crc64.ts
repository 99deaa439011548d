import { combineDecimal, type DecimalCrc64, runningDecimal } from './decimal-values.js';
import { DeferredCrc64 } from './deferred-crc64.js';

/**
 * As `decimalCrc64`, for pages: it begins in plain JavaScript, and loads the WebAssembly, which is most of this package,
 * with the first 256 KiB.
 */
export const deferredDecimalCrc64: DecimalCrc64 = {
  create: () => runningDecimal(new DeferredCrc64()),
  combine: combineDecimal,
};
