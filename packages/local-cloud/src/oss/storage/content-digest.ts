import { createHash, type Hash } from 'node:crypto';
import { Crc64 } from './crc64.js';

/** Which sums are taken of a body. */
export interface DigestChoice {
  md5: boolean;
  crc64: boolean;
  sha256: boolean;
}

/** The sums of a body; those not asked for are `undefined`. */
export interface ContentSums {
  md5: Buffer | undefined;
  crc64: bigint | undefined;
  /** Hexadecimal, lower case. */
  sha256: string | undefined;
}

/** Takes the sums of a body as it passes. */
export class ContentDigest {
  readonly #md5: Hash | undefined;
  readonly #sha256: Hash | undefined;
  readonly #crc64: Crc64 | undefined;

  private constructor(choice: DigestChoice, crc64: Crc64 | undefined) {
    this.#md5 = choice.md5 ? createHash('md5') : undefined;
    this.#sha256 = choice.sha256 ? createHash('sha256') : undefined;
    this.#crc64 = crc64;
  }

  /** Starts the sums. End them by {@link finish} or {@link abandon}. */
  static async start(choice: DigestChoice): Promise<ContentDigest> {
    return new ContentDigest(choice, choice.crc64 ? await Crc64.start() : undefined);
  }

  /** Adds a chunk; it is read before the call returns. */
  update(chunk: Uint8Array): void {
    this.#md5?.update(chunk);
    this.#sha256?.update(chunk);
    this.#crc64?.update(chunk);
  }

  /** The sums. */
  finish(): ContentSums {
    return {
      md5: this.#md5?.digest(),
      crc64: this.#crc64?.finish(),
      sha256: this.#sha256?.digest('hex'),
    };
  }

  /** Drops the sums. */
  abandon(): void {
    this.#crc64?.abandon();
  }
}
