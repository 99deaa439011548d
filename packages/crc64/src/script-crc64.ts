import { type Halves, joinHalves, splitHalves } from './polynomial.js';
import type { Crc64 } from './running-crc64.js';

/** A CRC in plain JavaScript. */
export class ScriptCrc64 implements Crc64 {
  readonly #register: Halves;
  readonly #run: (register: Halves, bytes: Uint8Array) => void;

  constructor(register: Halves, run: (register: Halves, bytes: Uint8Array) => void) {
    this.#register = register;
    this.#run = run;
  }

  update(bytes: Uint8Array): void {
    assertBytes(bytes);
    this.#run(this.#register, bytes);
  }

  digest(): bigint {
    return crcOf(this.#register);
  }
}

export function assertBytes(bytes: Uint8Array): void {
  if (bytes instanceof Uint8Array) return;
  // an array of another realm (an iframe, a vm context) fails instanceof
  if (Object.prototype.toString.call(bytes) === '[object Uint8Array]') return;
  throw new TypeError('bytes must be a Uint8Array');
}

/** The CRC is the complement of the register. */
export function crcOf(register: Halves): bigint {
  return joinHalves(~register.high, ~register.low);
}

/** The register after bytes whose CRC is `crc`. */
export function registerOf(crc: bigint): Halves {
  const { high, low } = splitHalves(crc);
  return { high: ~high, low: ~low };
}
