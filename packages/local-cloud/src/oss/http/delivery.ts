/** How an answer reaches its client: sound, or spoilt on the way. Byte counts are of the answer's body. */
export interface Delivery {
  /** The connection is reset before any byte of the answer. */
  readonly lost: boolean;
  /** What happens after {@link stopAfterBytes}. */
  readonly end: 'complete' | 'close' | 'reset' | 'stall';
  /** Bytes that are sent; Infinity for all. */
  readonly stopAfterBytes: number;
  /** Whether Content-Length says that the bytes sent are all, so that HTTP notices nothing. */
  readonly shorten: boolean;
  /** Offset of a byte of which one bit is flipped, or -1. */
  readonly corruptAtByte: number;
  /** What becomes of the header with the CRC-64. */
  readonly crc64: 'right' | 'wrong' | 'missing';
}

/** An answer that arrives as it was written. */
export const soundDelivery: Delivery = {
  lost: false,
  end: 'complete',
  stopAfterBytes: Number.POSITIVE_INFINITY,
  shorten: false,
  corruptAtByte: -1,
  crc64: 'right',
};
