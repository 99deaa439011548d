/** Bytes that look random and are the same each time, by a linear congruential generator (Numerical Recipes, §7.1). */
export function sampleBytes(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed >>> 0;
  for (let index = 0; index < sizeBytes; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** All of the chunks in one array. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Reads chunks to their end; each is copied as it comes, since it may be overwritten afterwards. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const taken: Uint8Array[] = [];
  for await (const chunk of chunks) taken.push(new Uint8Array(chunk));
  return concatBytes(taken);
}

/** The bytes in chunks of `chunkBytes`, each an array of its own. */
export async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    yield bytes.slice(offset, offset + chunkBytes);
  }
}

/** The bytes at an offset within a larger buffer, as a pool would hand them out. */
export function asView(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const pool = new Uint8Array(bytes.length + 16).fill(0xee);
  pool.set(bytes, 7);
  return pool.subarray(7, 7 + bytes.length);
}

/** A copy with one bit flipped in the byte at an offset. */
export function withFlippedBit(bytes: Uint8Array, offsetBytes: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  copy[offsetBytes] = (copy[offsetBytes] as number) ^ 1;
  return copy;
}

/** Whether `part` occurs within `whole`. */
export function containsBytes(whole: Uint8Array, part: Uint8Array): boolean {
  for (let offset = 0; offset + part.length <= whole.length; offset++) {
    if (part.every((byte, index) => whole[offset + index] === byte)) return true;
  }
  return false;
}
