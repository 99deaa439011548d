import { expect, test } from 'vitest';
import { combineCrc64, crc64, createCrc64 } from '../src/index.js';

test('the check value', () => {
  const check = new TextEncoder().encode('123456789');
  expect(crc64(check)).toBe(0x995dc9bbdf1939fan);
  for (let cut = 0; cut <= 9; cut++) {
    const a = crc64(check.subarray(0, cut));
    const b = crc64(check.subarray(cut));
    expect(combineCrc64(a, b, 9 - cut)).toBe(0x995dc9bbdf1939fan);
    const resumed = createCrc64({ initial: a });
    resumed.update(check.subarray(cut));
    expect(resumed.digest()).toBe(0x995dc9bbdf1939fan);
  }
});
