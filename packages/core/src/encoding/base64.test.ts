import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.js';

it('encodes as Node does, and decodes just what it encodes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(text)).toEqual(bytes);
    }),
  );
});

it('refuses every other text', () => {
  const characters = fc.constantFrom(...'ABQgwEw048/+=-_ \n'.split(''));
  fc.assert(
    fc.property(fc.array(characters, { maxLength: 9 }), (text) => {
      const decoded = decodeBase64(text.join(''));
      const again = Buffer.from(text.join(''), 'base64').toString('base64');
      expect(decoded === undefined).toBe(again !== text.join(''));
    }),
    { numRuns: 2000 },
  );
});
