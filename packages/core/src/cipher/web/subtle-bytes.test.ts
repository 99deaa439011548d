import { expect, it } from 'vitest';
import { subtleBytes } from './subtle-bytes.js';

it('memory that Web Crypto takes is handed on, other memory is copied', () => {
  const own = new Uint8Array([1, 2, 3]);
  expect(subtleBytes(own)).toBe(own);
  const memories = [
    new SharedArrayBuffer(3),
    Reflect.construct(ArrayBuffer, [3, { maxByteLength: 10 }]) as ArrayBuffer,
  ];
  for (const memory of memories) {
    const bytes = new Uint8Array(memory as ArrayBuffer);
    bytes.set(own);
    const copy = subtleBytes(bytes);
    expect(copy.buffer).not.toBe(memory);
    expect(copy).toEqual(own);
  }
});
