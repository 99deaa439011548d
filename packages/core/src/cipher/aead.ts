/** The bytes of a tag of AES-256-GCM. */
export const tagBytes = 16;

/** The bytes of a nonce. */
export const nonceBytes = 12;

/**
 * AES-256-GCM under one key, 12-byte nonces, empty or given additional data (NIST SP 800-38D). The port that each
 * runtime fills. A nonce is used for one text only: the caller sees to it.
 */
export interface Aead {
  /**
   * Memory for the nonce of the very next call, 12 bytes. Where a call has ended when it returns, it is the same each
   * time: a new array, which Node has to give memory outside of V8, costs a twentieth of a chunk of 16 KiB.
   */
  nonce(): Uint8Array;
  /**
   * Encrypts `plaintext`, and writes ciphertext and tag into `into` from `offset` on.
   *
   * @returns a promise where the runtime's cryptography is asynchronous; the inputs must stay as they are until then
   */
  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    into: Uint8Array,
    offset: number,
    additional?: Uint8Array,
  ): void | Promise<void>;
  /**
   * Verifies ciphertext and tag, and writes the plaintext into `into` from `offset` on. When the tag does not fit,
   * nothing is written.
   *
   * @returns whether the tag fits; as `seal`, a promise where the runtime's cryptography is asynchronous
   */
  open(
    nonce: Uint8Array,
    sealed: Uint8Array,
    into: Uint8Array,
    offset: number,
    additional?: Uint8Array,
  ): boolean | Promise<boolean>;
  /**
   * As `open`, but the plaintext comes in a new array, which nobody else has a part of.
   *
   * @returns undefined when the tag does not fit; as `open`, a promise where the runtime's cryptography is asynchronous
   */
  openAlone(
    nonce: Uint8Array,
    sealed: Uint8Array,
    additional?: Uint8Array,
  ): Uint8Array<ArrayBuffer> | undefined | Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Frees the memory that the calls so far have worked in. Worth it after each few hundred KiB. */
  release(): void;
}

/** HMAC (RFC 2104) of a text under one key. The text must stay as it is until the value is there. */
export type Hmac = (text: Uint8Array) => Uint8Array | Promise<Uint8Array>;
