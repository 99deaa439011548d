import { expect, it } from 'vitest';
import { crc64, decimalCrc64, formatCrc64 } from '../src/index.js';

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index * 7);

it('sums and combines in decimal text', () => {
  const parts = [bytes.subarray(0, 333), bytes.subarray(333, 333), bytes.subarray(333)].map((part) => {
    const running = decimalCrc64.create();
    running.update(part);
    return { crc64: running.digest(), sizeBytes: part.length };
  });
  expect(decimalCrc64.combine(parts)).toBe(formatCrc64(crc64(bytes)));
  expect(decimalCrc64.combine([])).toBe('0');
});

it.each(['', 'x', '-1', '18446744073709551616'])('refuses the value %j', (text) => {
  expect(() => decimalCrc64.combine([{ crc64: text, sizeBytes: 1 }])).toThrow(RangeError);
});
