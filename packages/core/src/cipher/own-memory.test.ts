import { createCipheriv } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import type { AesCtr } from './aes-ctr.js';
import { encryptBytes } from './counter-mode.js';

const aesCtr = vi.hoisted(() => ({ cut: false }));

// A runtime may give a cipher's output as a piece of memory that others have a part of.
vi.mock('#aes-ctr', async (importOriginal) => {
  const { createAesCtr } = await importOriginal<typeof import('#aes-ctr')>();
  return {
    createAesCtr(key: Uint8Array, counterBlock: Uint8Array): AesCtr {
      const { maxUpdateBytes, update } = createAesCtr(key, counterBlock);
      return {
        maxUpdateBytes,
        async update(bytes) {
          const output = await update(bytes);
          if (!aesCtr.cut) return output;
          const shared = new Uint8Array(output.length + 2).fill(0xee);
          shared.set(output, 1);
          return shared.subarray(1, -1);
        },
      };
    },
  };
});

const key = { dataKey: new Uint8Array(32).fill(7), counterBlock: new Uint8Array(16).fill(9) };

it.each([
  ['is alone in its memory', false],
  ['is cut out of memory of others', true],
])('what a cipher gives that %s is handed out in memory of its own', async (_, cut) => {
  aesCtr.cut = cut;
  for (const sizeBytes of [0, 1, 1024, 120 * 1024, 120 * 1024 + 1, 300_000]) {
    const plaintext = new Uint8Array(sizeBytes).fill(5);
    const bytes = await encryptBytes(plaintext, key);
    const expected = createCipheriv('aes-256-ctr', key.dataKey, key.counterBlock).update(plaintext);
    expect(Buffer.compare(bytes, expected), `${sizeBytes} bytes`).toBe(0);
    expect(bytes.constructor).toBe(Uint8Array);
    expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, sizeBytes]);
    expect(bytes.buffer).not.toBe(plaintext.buffer);
  }
});
