/** The bytes of a cipher block, and so of a counter block (FIPS 197). */
export const blockBytes = 16;

/**
 * A9, C8: the counter block `blocks` blocks after `first`: a 128-bit big-endian addition modulo 2^128 (NIST SP 800-38A
 * appendix B.1 with m = 128). SDKs add in 64 or in 32 bits; all agree as long as a writer leaves bytes 8 to 11 zero.
 */
export function advanceCounterBlock(first: Uint8Array, blocks: number): Uint8Array<ArrayBuffer> {
  const block = Uint8Array.from(first);
  const view = new DataView(block.buffer);
  const low = view.getBigUint64(8) + BigInt(blocks);
  view.setBigUint64(8, BigInt.asUintN(64, low));
  view.setBigUint64(0, BigInt.asUintN(64, view.getBigUint64(0) + (low >> 64n)));
  return block;
}
