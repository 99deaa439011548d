/** A running CRC-64/XZ. It holds no resource: a stream given up half-way may simply be dropped. */
export interface Crc64 {
  /**
   * Takes in the next bytes. They are read before the call returns and not kept. Fastest from 64 KiB a call on.
   *
   * @throws TypeError when `bytes` is not a Uint8Array
   */
  update(bytes: Uint8Array): void;
  /** The value so far, unsigned 64 bits. More updates may follow. */
  digest(): bigint;
}
