import type { Md5 } from '../md5.js';

// RFC 1321 §3.4: the constants are the sines of 1 to 64, the shifts repeat in each round of 16 steps.
const sines = Int32Array.from({ length: 64 }, (_, step) =>
  Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32),
);
const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21] as const;

/** MD5 in JavaScript, for runtimes whose Web Crypto has none. Envelopes rarely record one, so its speed is secondary. */
export function createMd5(): Md5 {
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const block = new Uint8Array(64);
  const words = new Int32Array(16);
  let sizeBytes = 0;

  const compress = (bytes: Uint8Array, offset: number): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 64);
    for (let word = 0; word < 16; word++) words[word] = view.getInt32(word * 4, true);
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let step = 0; step < 64; step++) {
      const round = step >> 4;
      let mixed: number;
      let word: number;
      if (round === 0) [mixed, word] = [(b & c) | (~b & d), step];
      else if (round === 1) [mixed, word] = [(d & b) | (~d & c), (5 * step + 1) % 16];
      else if (round === 2) [mixed, word] = [b ^ c ^ d, (3 * step + 5) % 16];
      else [mixed, word] = [c ^ (b | ~d), (7 * step) % 16];
      const sum = (a + mixed + (sines[step] as number) + (words[word] as number)) | 0;
      const shift = shifts[round * 4 + (step % 4)] as number;
      [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
    }
    for (const [index, value] of [a, b, c, d].entries()) state[index] = (state[index] as number) + value;
  };

  const update = (bytes: Uint8Array): void => {
    let offset = 0;
    const filled = sizeBytes % 64;
    sizeBytes += bytes.length;
    if (filled > 0) {
      offset = Math.min(64 - filled, bytes.length);
      block.set(bytes.subarray(0, offset), filled);
      if (filled + offset < 64) return;
      compress(block, 0);
    }
    for (; offset + 64 <= bytes.length; offset += 64) compress(bytes, offset);
    block.set(bytes.subarray(offset));
  };

  return {
    update,
    digest: () => {
      const padding = new Uint8Array(72 - ((sizeBytes + 8) % 64));
      const bits = BigInt(sizeBytes) * 8n;
      padding[0] = 0x80;
      new DataView(padding.buffer).setBigUint64(padding.length - 8, bits, true);
      update(padding);
      const digest = new Uint8Array(16);
      for (const [index, value] of state.entries())
        new DataView(digest.buffer).setInt32(index * 4, value, true);
      return digest;
    },
  };
}
