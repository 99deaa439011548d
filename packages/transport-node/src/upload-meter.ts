import { IntegrityError, InvalidArgumentError, type UploadBody } from '@oss-envelope/core';
import { type Crc64, createCrc64, formatCrc64, parseCrc64 } from '@oss-envelope/crc64';

/** Counts and sums the bytes of one body on their way out. */
export class UploadMeter {
  /** Exact length that was announced, or undefined. */
  readonly sizeBytes: number | undefined;
  readonly #crc: Crc64 = createCrc64();
  #admittedBytes = 0;

  constructor(body: UploadBody) {
    this.sizeBytes = body.kind === 'bytes' ? body.bytes.length : body.sizeBytes;
  }

  /**
   * Checks a chunk before it is sent.
   *
   * @throws InvalidArgumentError when it is not a Uint8Array
   * @throws IntegrityError when it exceeds the announced length
   */
  admit(chunk: unknown): Uint8Array {
    if (!(chunk instanceof Uint8Array)) {
      throw new InvalidArgumentError('body.chunks', 'must yield Uint8Arrays and nothing else');
    }
    this.#admittedBytes += chunk.length;
    if (this.sizeBytes !== undefined && this.#admittedBytes > this.sizeBytes) {
      throw new IntegrityError(
        `The body has more than the ${this.sizeBytes} bytes that were announced for it. Nothing was stored; announce the ` +
          'exact size, or none.',
      );
    }
    return chunk;
  }

  /** Takes in bytes that are being sent. */
  sum(chunk: Uint8Array): void {
    this.#crc.update(chunk);
  }

  /** @throws IntegrityError when fewer bytes came than were announced */
  finish(): void {
    if (this.sizeBytes === undefined || this.#admittedBytes === this.sizeBytes) return;
    throw new IntegrityError(
      `The body ended after ${this.#admittedBytes} of the ${this.sizeBytes} bytes that were announced for it. Nothing was ` +
        'stored; announce the exact size, or none.',
    );
  }

  /** Bytes taken so far. */
  get sentBytes(): number {
    return this.#admittedBytes;
  }

  /** CRC-64 of the bytes sent, in decimal. */
  get crc64(): string {
    return formatCrc64(this.#crc.digest());
  }

  /**
   * Compares with the CRC-64 that the server has of what it stored, where it says.
   *
   * @param stored what was stored: `object` or `part`
   * @throws IntegrityError when it differs
   */
  verify(serverCrc64: string | undefined, stored: 'object' | 'part'): void {
    if (serverCrc64 === undefined || parseCrc64(serverCrc64) === this.#crc.digest()) return;
    throw new IntegrityError(
      `OSS stored the ${stored} with another CRC-64 than that of the bytes sent: it was damaged on its way. Consider what ` +
        `is on the server as bad; store the ${stored} again, or delete it.`,
    );
  }
}
