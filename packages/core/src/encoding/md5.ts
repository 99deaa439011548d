/** A running MD5 (RFC 1321), which envelopes record of plaintexts. The port that each runtime fills. */
export interface Md5 {
  update(bytes: Uint8Array): void;
  /** The 16 bytes of the digest; nothing may follow. */
  digest(): Uint8Array;
}
