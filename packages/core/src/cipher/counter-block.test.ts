import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceCounterBlock } from './counter-block.js';

describe('the counter', () => {
  // A9, C8.
  it('adds over 128 bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.maxSafeNat(), (first, blocks) => {
        const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
        expect(number(advanceCounterBlock(first, blocks))).toBe(
          BigInt.asUintN(128, number(first) + BigInt(blocks)),
        );
      }),
    );
  });
});
