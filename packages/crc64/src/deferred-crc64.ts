import { updateBytewise } from './bytewise-kernel.js';
import type { createCrc64 } from './crc64.js';
import type { Crc64 } from './running-crc64.js';
import { assertBytes, registerOf, ScriptCrc64 } from './script-crc64.js';

/** With so many bytes, of all streams together, the kernel is worth loading. */
const loadFromBytes = 256 * 1024;

let seenBytes = 0;
let loading: Promise<void> | undefined;
let createFast: typeof createCrc64 | undefined;

/** Where the kernel cannot be loaded, JavaScript does the work to the end. */
function loadKernel(): Promise<void> {
  loading ??= import('./crc64.js').then(
    (module) => {
      createFast = module.createCrc64;
    },
    () => {},
  );
  return loading;
}

/**
 * A running CRC-64/XZ for pages. It begins in plain JavaScript. Most of this package is its WebAssembly, which is loaded
 * when there are many bytes, and takes over in the middle of the stream.
 */
export class DeferredCrc64 implements Crc64 {
  #running: Crc64 = new ScriptCrc64(registerOf(0n), updateBytewise);
  #isFast = false;

  update(bytes: Uint8Array): void {
    assertBytes(bytes);
    if (createFast === undefined) {
      seenBytes += bytes.length;
      if (seenBytes >= loadFromBytes) void loadKernel();
    } else if (!this.#isFast) {
      this.#running = createFast({ initial: this.#running.digest() });
      this.#isFast = true;
    }
    this.#running.update(bytes);
  }

  digest(): bigint {
    return this.#running.digest();
  }
}
