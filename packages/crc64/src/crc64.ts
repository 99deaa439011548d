import { assertCrc64 } from './crc64-value.js';
import { scalarKernel, simdKernel } from './kernel.generated.js';
import { type Kernel, type KernelStream, loadKernel, startKernelStream } from './kernel.js';
import type { Halves } from './polynomial.js';
import type { Crc64 } from './running-crc64.js';
import { assertBytes, crcOf, registerOf, ScriptCrc64 } from './script-crc64.js';
import { updateSlicing } from './slicing-kernel.js';

export type { Crc64 };

/** Which code computes a CRC: WebAssembly with SIMD, WebAssembly without, or plain JavaScript. */
export type Crc64Implementation = 'wasm-simd' | 'wasm' | 'js';

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

function startInKernel(base64: string): Start | undefined {
  const kernel = loadKernel(base64);
  return kernel && ((register) => new KernelCrc64(kernel, register));
}

/** Fastest first. */
const loaders: Readonly<Record<Crc64Implementation, () => Start | undefined>> = {
  'wasm-simd': () => startInKernel(simdKernel),
  wasm: () => startInKernel(scalarKernel),
  js: () => (register) => new ScriptCrc64(register, updateSlicing),
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
  return start(registerOf(initial));
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
