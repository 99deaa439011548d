import { assertCrc64 } from './crc64-value.js';
import { type Halves, joinHalves, splitHalves } from './polynomial.js';
import { updateSlicing } from './slicing-kernel.js';

/** Which code computes a CRC: WebAssembly with SIMD, WebAssembly without, or plain JavaScript. */
export type Crc64Implementation = 'wasm-simd' | 'wasm' | 'js';

/** A running CRC-64/XZ. */
export interface Crc64 {
  /**
   * Takes in the next bytes. They are read before the call returns and not kept.
   *
   * @throws TypeError when `bytes` is not a Uint8Array
   */
  update(bytes: Uint8Array): void;
  /** The value so far, unsigned 64 bits. More updates may follow. */
  digest(): bigint;
}

/** How to start a running CRC. */
export interface Crc64Options {
  /** The CRC of the bytes before, to go on from, unsigned 64 bits. Default 0n, the CRC of no bytes. */
  initial?: bigint;
  /** The code to use. Default: the fastest that this runtime allows. */
  implementation?: Crc64Implementation;
}

function plain(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array');
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

class ScriptCrc64 implements Crc64 {
  readonly #register: Halves;

  constructor(initial: bigint) {
    const { high, low } = splitHalves(initial);
    this.#register = { high: ~high, low: ~low };
  }

  update(bytes: Uint8Array): void {
    updateSlicing(this.#register, plain(bytes));
  }

  digest(): bigint {
    return joinHalves(~this.#register.high, ~this.#register.low);
  }
}

/**
 * Starts a CRC-64/XZ (the "CRC64 ECMA-182" of the OSS documentation).
 *
 * @throws RangeError when `initial` is not an unsigned 64-bit BigInt
 */
export function createCrc64(options: Crc64Options = {}): Crc64 {
  const { initial = 0n } = options;
  assertCrc64(initial, 'initial');
  return new ScriptCrc64(initial);
}

/**
 * The CRC-64/XZ of some bytes, unsigned 64 bits.
 *
 * @throws TypeError when `bytes` is not a Uint8Array
 */
export function crc64(bytes: Uint8Array): bigint {
  const crc = createCrc64();
  crc.update(bytes);
  return crc.digest();
}
