export { combineCrc64 } from './combine-crc64.js';
export {
  availableCrc64Implementations,
  type Crc64,
  type Crc64Implementation,
  type Crc64Options,
  crc64,
  createCrc64,
} from './crc64.js';
export { formatCrc64, parseCrc64 } from './crc64-value.js';
export { decimalCrc64 } from './decimal-crc64.js';
export type { DecimalCrc64, RunningDecimalCrc64 } from './decimal-values.js';
export { deferredDecimalCrc64 } from './deferred-decimal-crc64.js';
