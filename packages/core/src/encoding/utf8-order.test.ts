import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareUtf8 } from './utf8-order.js';

it('is the order of the bytes', () => {
  const texts = fc.string({
    unit: fc.constantFrom('', 'a', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
  });
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
    { numRuns: 2000 },
  );
});
