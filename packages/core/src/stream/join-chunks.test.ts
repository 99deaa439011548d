import { expect, it } from 'vitest';
import { joinChunks } from './join-chunks.js';

async function* each(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

it.each([true, false])('joins chunks in one new array (chunks new: %s)', async (areNew) => {
  const chunks = [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)];
  const bytes = await joinChunks(each(...chunks), areNew);
  expect([...bytes]).toEqual([1, 2, 3]);
  expect(bytes.buffer.byteLength).toBe(3);
  expect([...(await joinChunks(each(), areNew))]).toEqual([]);
});

it('copies a chunk alone that is not new, or a piece of more memory', async () => {
  const memory = Uint8Array.of(1, 2, 3);
  for (const [chunk, areNew] of [
    [memory, false],
    [memory.subarray(1), true],
    [memory.subarray(0, 2), true],
  ] as const) {
    const bytes = await joinChunks(each(chunk), areNew);
    expect([...bytes]).toEqual([...chunk]);
    expect(bytes.buffer).not.toBe(memory.buffer);
    expect(bytes.buffer.byteLength).toBe(chunk.length);
  }
});

it('hands on a chunk alone that is new', async () => {
  const chunk = Uint8Array.of(1, 2, 3);
  expect(await joinChunks(each(chunk), true)).toBe(chunk);
});
