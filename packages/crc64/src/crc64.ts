import { assertCrc64 } from './crc64-value.js';
import { scalarKernel, simdKernel } from './kernel.generated.js';
import { type Kernel, type KernelStream, loadKernel, startKernelStream } from './kernel.js';
import { type Halves, joinHalves, splitHalves } from './polynomial.js';
import { updateSlicing } from './slicing-kernel.js';

/** Which code computes a CRC: WebAssembly with SIMD, WebAssembly without, or plain JavaScript. */
export type Crc64Implementation = 'wasm-simd' | 'wasm' | 'js';

/** A running CRC-64/XZ. It holds no resource: a stream given up half-way may simply be dropped. */
export interface Crc64 {
  /**
   * Takes in the next bytes. They are read before the call returns and not kept. Fastest from 64 KiB a call on.
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

type Start = (register: Halves) => Crc64;

class KernelCrc64 implements Crc64 {
  readonly #kernel: Kernel;
  readonly #stream: KernelStream;

  constructor(kernel: Kernel, register: Halves) {
    this.#kernel = kernel;
    this.#stream = startKernelStream(register);
  }

  update(bytes: Uint8Array): void {
    assertBytes(bytes);
    this.#kernel.update(this.#stream, bytes);
  }

  digest(): bigint {
    this.#kernel.settle(this.#stream);
    return crcOf(this.#stream.register);
  }
}

class ScriptCrc64 implements Crc64 {
  readonly #register: Halves;

  constructor(register: Halves) {
    this.#register = register;
  }

  update(bytes: Uint8Array): void {
    assertBytes(bytes);
    updateSlicing(this.#register, bytes);
  }

  digest(): bigint {
    return crcOf(this.#register);
  }
}

function assertBytes(bytes: Uint8Array): void {
  if (bytes instanceof Uint8Array) return;
  // an array of another realm (an iframe, a vm context) fails instanceof
  if (Object.prototype.toString.call(bytes) === '[object Uint8Array]') return;
  throw new TypeError('bytes must be a Uint8Array');
}

/** The CRC is the complement of the register. */
function crcOf(register: Halves): bigint {
  return joinHalves(~register.high, ~register.low);
}

function startInKernel(base64: string): Start | undefined {
  const kernel = loadKernel(base64);
  return kernel && ((register) => new KernelCrc64(kernel, register));
}

/** Fastest first. */
const loaders: Readonly<Record<Crc64Implementation, () => Start | undefined>> = {
  'wasm-simd': () => startInKernel(simdKernel),
  wasm: () => startInKernel(scalarKernel),
  js: () => (register) => new ScriptCrc64(register),
};

const loaded = new Map<Crc64Implementation, Start | undefined>();

/** Compiles on the first use only, and tries once. */
function load(implementation: Crc64Implementation): Start | undefined {
  if (!loaded.has(implementation)) loaded.set(implementation, loaders[implementation]());
  return loaded.get(implementation);
}

/**
 * What this runtime allows, fastest first. `createCrc64` uses the first unless told otherwise; the last is always
 * `'js'`.
 */
export function availableCrc64Implementations(): Crc64Implementation[] {
  return (Object.keys(loaders) as Crc64Implementation[]).filter((name) => load(name) !== undefined);
}

function fastest(): Start {
  return load('wasm-simd') ?? load('wasm') ?? load('js')!;
}

/**
 * Starts a CRC-64/XZ, the "CRC64 ECMA-182" of the OSS documentation.
 *
 * @example
 * const crc = createCrc64();
 * for await (const chunk of body) crc.update(chunk);
 * if (formatCrc64(crc.digest()) !== response.headers.get('x-oss-hash-crc64ecma')) throw new Error('damaged');
 *
 * @throws RangeError when `initial` is not an unsigned 64-bit BigInt
 * @throws TypeError when `implementation` is not the name of one
 * @throws Error when this runtime does not allow the `implementation` asked for
 */
export function createCrc64(options: Crc64Options = {}): Crc64 {
  const { initial = 0n, implementation } = options;
  assertCrc64(initial, 'initial');
  if (implementation !== undefined && !Object.hasOwn(loaders, implementation)) {
    throw new TypeError(`implementation must be one of ${Object.keys(loaders).join(', ')}`);
  }
  const start = implementation === undefined ? fastest() : load(implementation);
  if (!start) {
    throw new Error(`${implementation} is not available in this runtime: leave the option out`);
  }
  const { high, low } = splitHalves(initial);
  return start({ high: ~high, low: ~low });
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
