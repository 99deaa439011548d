/** A value, or a promise of it where the runtime's cryptography is asynchronous. */
export type Awaitable<T> = T | Promise<T>;

/** A secret, ready for HMAC (RFC 2104). */
export type Hmac = (text: string) => Awaitable<Uint8Array<ArrayBuffer>>;

/** The hashes that signing needs, as one runtime offers them. Texts are hashed as UTF-8. */
export interface Digest {
  /** SHA-256, in hex. */
  sha256Hex(text: string): Awaitable<string>;
  importHmacKey(hash: 'SHA-1' | 'SHA-256', secret: string | Uint8Array<ArrayBuffer>): Awaitable<Hmac>;
}
