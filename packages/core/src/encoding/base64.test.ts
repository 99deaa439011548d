import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as nodePort from './node/base64.js';
import * as webPort from './web/base64.js';

describe.each([
  ['Node', nodePort],
  ['the web', webPort],
])('base64 of %s', (_, { decodeBase64, encodeBase64 }) => {
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

  it('encodes a piece of memory, of whatever length, and decodes into memory of its own', () => {
    const memory = crypto.getRandomValues(new Uint8Array(60_000));
    for (const sizeBytes of [0, 1, 256, 8192, 8193, 50_000]) {
      const bytes = memory.subarray(7, 7 + sizeBytes);
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      const decoded = decodeBase64(text);
      expect(decoded).toEqual(bytes);
      expect(decoded?.constructor).toBe(Uint8Array);
      expect([decoded?.byteOffset, decoded?.buffer.byteLength]).toEqual([0, sizeBytes]);
    }
  });
});
