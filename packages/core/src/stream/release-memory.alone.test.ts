import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const sizeBytes = 64 * 1024;
const prototype = ArrayBuffer.prototype as { transfer?: ((size: number) => ArrayBuffer) | undefined };
const ownTransfer = Object.getOwnPropertyDescriptor(prototype, 'transfer');

/** The way to free memory is chosen once, so each test loads the module again. */
async function load(): Promise<(bytes: Uint8Array) => void> {
  vi.resetModules();
  return (await import('./release-memory.js')).releaseMemory;
}

describe('releaseMemory', () => {
  beforeEach(() => {
    delete prototype.transfer;
  });
  afterEach(() => {
    delete prototype.transfer;
    if (ownTransfer !== undefined) Object.defineProperty(prototype, 'transfer', ownTransfer);
    vi.unstubAllGlobals();
  });

  it('transfers to nothing where there is ArrayBuffer.prototype.transfer', async () => {
    const asked: number[] = [];
    prototype.transfer = function transfer(this: ArrayBuffer, size: number) {
      asked.push(size);
      return structuredClone(this, { transfer: [this] });
    };
    vi.stubGlobal('MessageChannel', undefined);
    const bytes = new Uint8Array(sizeBytes);
    (await load())(bytes);
    expect(asked).toEqual([0]);
    expect(bytes.length).toBe(0);
  });

  it('leaves memory to the collector where a channel refuses to be made', async () => {
    vi.stubGlobal(
      'MessageChannel',
      class {
        constructor() {
          throw new Error(
            'A Node.js API is used (MessageChannel) which is not supported in the Edge Runtime.',
          );
        }
      },
    );
    const bytes = new Uint8Array(sizeBytes);
    (await load())(bytes);
    expect(bytes.length).toBe(sizeBytes);
  });

  it('hands the memory to a closed port elsewhere', async () => {
    const releaseMemory = await load();
    for (let turn = 0; turn < 3; turn++) {
      const bytes = new Uint8Array(sizeBytes);
      releaseMemory(bytes);
      expect(bytes.length).toBe(0);
    }
  });

  it('frees what it is given at once', async () => {
    const releaseMemory = await load();
    const before = process.memoryUsage().arrayBuffers;
    for (let turn = 0; turn < 2000; turn++) releaseMemory(new Uint8Array(sizeBytes));
    // Without it, these are 125 MiB until the garbage is collected.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * sizeBytes);
  });

  it.each([true, false])('frees several together (by transfer: %s)', async (hasTransfer) => {
    if (hasTransfer) {
      prototype.transfer = function transfer(this: ArrayBuffer) {
        return structuredClone(this, { transfer: [this] });
      };
    }
    vi.resetModules();
    const { releaseMemories } = await import('./release-memory.js');
    const whole = new Uint8Array(2 * sizeBytes);
    const pieces = [
      new Uint8Array(sizeBytes),
      new Uint8Array(10),
      whole.subarray(1),
      new Uint8Array(sizeBytes),
    ];
    releaseMemories(pieces);
    releaseMemories(pieces);
    releaseMemories([]);
    expect(pieces.map(({ length }) => length)).toEqual([0, 10, 2 * sizeBytes - 1, 0]);
  });

  it('does nothing where there is no way', async () => {
    vi.stubGlobal('MessageChannel', undefined);
    const bytes = new Uint8Array(sizeBytes);
    (await load())(bytes);
    expect(bytes.length).toBe(sizeBytes);
  });

  it('leaves what is a part of something else, or little', async () => {
    const releaseMemory = await load();
    const whole = new Uint8Array(2 * sizeBytes);
    releaseMemory(whole.subarray(0, sizeBytes));
    releaseMemory(whole.subarray(sizeBytes));
    const little = new Uint8Array(1024);
    releaseMemory(little);
    const shared = new Uint8Array(new SharedArrayBuffer(sizeBytes));
    releaseMemory(shared);
    expect([whole.length, little.length, shared.length]).toEqual([2 * sizeBytes, 1024, sizeBytes]);
  });
});
