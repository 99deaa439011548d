/** The bytes of a cipher block, and so of a counter block (FIPS 197). */
export const blockBytes = 16;

/**
 * A9, C8: the counter block `blocks` blocks after `first`: a 128-bit big-endian addition modulo 2^128 (NIST SP 800-38A
 * appendix B.1 with m = 128). SDKs add in 64 or in 32 bits; all agree as long as a writer leaves bytes 8 to 11 zero.
 */
export function advanceCounterBlock(first: Uint8Array, blocks: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(first);
  let carry = blocks;
  for (let at = blockBytes - 1; at >= 0 && carry > 0; at--) {
    const sum = block[at]! + (carry % 256);
    block[at] = sum;
    carry = Math.floor(carry / 256) + (sum >> 8);
  }
  return block;
}
