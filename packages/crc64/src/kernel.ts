import type { Halves } from './polynomial.js';

/**
 * From how many bytes on a stream folds. Below it the end of a fold (a CRC over 33 KiB) costs more than folding
 * saves; measured break-even 57 KiB.
 */
const foldFromBytes = 65_536;

const noSlot = -1;

/** What kernel/common.wat exports; its comments say what each does. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly registerOffset: WebAssembly.Global;
  readonly windowOffset: WebAssembly.Global;
  readonly windowBytes: WebAssembly.Global;
  readonly slotCount: WebAssembly.Global;
  slice(bytes: number): void;
  foldBegin(slot: number): void;
  fold(slot: number, bytes: number): void;
  foldFinish(slot: number): void;
}

/** What a stream keeps outside the kernel's memory. */
export interface KernelStream {
  /** The register after all bytes, unless the stream has a slot: then as it was when the fold began. */
  readonly register: Halves;
  /** The slot in which the stream folds, or -1. Only the kernel changes it. */
  slot: number;
  /** Bytes taken in since the stream began or last gave a slot back. Only the kernel changes it. */
  bytesSinceFold: number;
}

/** A stream's state at its start. */
export function startKernelStream(register: Halves): KernelStream {
  return { register, slot: noSlot, bytesSinceFold: 0 };
}

/**
 * The WebAssembly kernel, one instance for all streams: calls are synchronous, so they never interleave.
 *
 * Its memory has a few slots for streams that fold. When all are taken, the stream that waited longest is settled,
 * which takes some ten microseconds. It then goes on from its register. So a stream that is dropped unfinished holds
 * nothing for long, and thousands at once need no more memory than one.
 */
export class Kernel {
  readonly #exports: KernelExports;
  readonly #window: Uint8Array;
  readonly #register: Int32Array;
  readonly #owners: (KernelStream | undefined)[];
  readonly #usedAt: number[];
  #clock = 0;

  constructor(module: WebAssembly.Module) {
    const exports = new WebAssembly.Instance(module).exports as unknown as KernelExports;
    const { memory, windowOffset, windowBytes, registerOffset, slotCount } = exports;
    this.#exports = exports;
    this.#window = new Uint8Array(memory.buffer, windowOffset.value as number, windowBytes.value as number);
    this.#register = new Int32Array(memory.buffer, registerOffset.value as number, 2);
    this.#owners = new Array(slotCount.value as number).fill(undefined);
    this.#usedAt = new Array(slotCount.value as number).fill(0);
  }

  /** Takes in a stream's next bytes. */
  update(stream: KernelStream, bytes: Uint8Array): void {
    if (stream.slot === noSlot) {
      stream.bytesSinceFold += bytes.length;
      if (stream.bytesSinceFold < foldFromBytes) {
        this.#slice(stream, bytes);
        return;
      }
      this.#beginFold(stream);
    }
    this.#fold(stream.slot, bytes);
  }

  /** Brings a stream's register up to date and gives its slot back. */
  settle(stream: KernelStream): void {
    const { slot } = stream;
    if (slot !== noSlot) {
      this.#exports.foldFinish(slot);
      this.#loadRegister(stream.register);
      this.#owners[slot] = undefined;
      stream.slot = noSlot;
      stream.bytesSinceFold = 0;
    }
  }

  #slice(stream: KernelStream, bytes: Uint8Array): void {
    const window = this.#window;
    this.#storeRegister(stream.register);
    if (bytes.length <= window.length) {
      window.set(bytes);
      this.#exports.slice(bytes.length);
    } else {
      for (let at = 0; at < bytes.length; at += window.length) {
        const piece = bytes.subarray(at, at + window.length);
        window.set(piece);
        this.#exports.slice(piece.length);
      }
    }
    this.#loadRegister(stream.register);
  }

  #fold(slot: number, bytes: Uint8Array): void {
    const window = this.#window;
    this.#usedAt[slot] = ++this.#clock;
    for (let at = 0; at < bytes.length; at += window.length) {
      const piece = bytes.subarray(at, at + window.length);
      window.set(piece);
      this.#exports.fold(slot, piece.length);
    }
  }

  #beginFold(stream: KernelStream): void {
    const slot = this.#freeSlot();
    this.#storeRegister(stream.register);
    this.#exports.foldBegin(slot);
    this.#owners[slot] = stream;
    stream.slot = slot;
  }

  #freeSlot(): number {
    let oldest = 0;
    for (let slot = 0; slot < this.#owners.length; slot++) {
      if (this.#owners[slot] === undefined) return slot;
      if (this.#usedAt[slot]! < this.#usedAt[oldest]!) oldest = slot;
    }
    this.settle(this.#owners[oldest]!);
    return oldest;
  }

  #storeRegister(register: Halves): void {
    this.#register[0] = register.low;
    this.#register[1] = register.high;
  }

  #loadRegister(register: Halves): void {
    register.low = this.#register[0]!;
    register.high = this.#register[1]!;
  }
}

/**
 * Compiles a kernel at once: both modules are below the 4 KiB that browsers let the main thread compile.
 *
 * @param base64 - the module's bytes
 * @returns the kernel, or `undefined` where WebAssembly, or SIMD in it, is missing or forbidden (a content security
 * policy without `wasm-unsafe-eval`)
 */
export function loadKernel(base64: string): Kernel | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new Kernel(new WebAssembly.Module(bytes));
  } catch {
    return undefined;
  }
}
