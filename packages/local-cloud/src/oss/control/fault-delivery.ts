import { type Delivery, soundDelivery } from '../http/delivery.js';
import type { StruckFaults } from './fault.js';

/** What the faults of a request make of its answer on the way. */
export function faultDelivery(faults: StruckFaults): Delivery {
  if (faults.kinds.length === 0) return soundDelivery;
  const truncate = faults.find('truncate');
  const reset = faults.find('reset-response');
  const stall = faults.find('stall-response');
  const cut = truncate ?? reset ?? stall;
  const corrupt = faults.find('corrupt-response');
  return {
    ...soundDelivery,
    ...(cut ? { stopAfterBytes: cut.afterBytes ?? 0 } : {}),
    end: truncate
      ? truncate.shorten
        ? 'complete'
        : 'close'
      : reset
        ? 'reset'
        : stall
          ? 'stall'
          : 'complete',
    shorten: truncate?.shorten ?? false,
    corruptAtByte: corrupt ? (corrupt.atByte ?? 0) : -1,
    lost: faults.find('lost-response') !== undefined,
    crc64: faults.find('no-crc') ? 'missing' : faults.find('wrong-crc') ? 'wrong' : 'right',
  };
}
