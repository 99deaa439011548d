const redacted = '[redacted]';

/** The same in every copy of this package, so that copies know each other's secrets. */
const brand: symbol = Symbol.for('@oss-envelope/secret');

/** Bytes that must not be printed: JSON, string conversion and Node's inspection show `[redacted]`. */
export class SecretBytes {
  readonly #bytes: Uint8Array;

  /** Keeps `bytes` itself, not a copy: the caller hands them over. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Knows the secrets of another copy of this package too. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  static {
    Object.defineProperty(SecretBytes.prototype, brand, { value: true });
    Object.defineProperty(SecretBytes.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value: () => redacted,
    });
  }

  /** The secret itself. Do not change, log or keep it. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  toJSON(): string {
    return redacted;
  }

  toString(): string {
    return redacted;
  }
}
