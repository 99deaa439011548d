/** AES-256-CTR positioned at a block boundary, moving on with every byte. The port that each runtime fills. */
export interface AesCtr {
  /** How many bytes one call should be given at most: more costs speed on this runtime. */
  readonly maxUpdateBytes: number;
  /**
   * The bytes XORed with the keystream, which then stands behind them. The result is a new array; the input may be
   * changed once the result is there. Calls may overlap; each takes its place in the keystream when it is made.
   */
  update(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}
