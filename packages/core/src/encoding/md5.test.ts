import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMd5 as createNodeMd5 } from './node/md5.js';
import { createMd5 as createWebMd5 } from './web/md5.js';

describe('the ports', () => {
  it('make the same MD5', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (updates) => {
        const expected = createHash('md5').update(Buffer.concat(updates)).digest('hex');
        for (const md5 of [createNodeMd5(), createWebMd5()]) {
          for (const bytes of updates) md5.update(bytes);
          expect(Buffer.from(md5.digest()).toString('hex')).toBe(expected);
        }
      }),
    );
    for (const size of [55, 56, 57, 63, 64, 65, 119, 120, 1000]) {
      const md5 = createWebMd5();
      md5.update(new Uint8Array(size).fill(97));
      const expected = createHash('md5').update('a'.repeat(size)).digest('hex');
      expect(Buffer.from(md5.digest()).toString('hex')).toBe(expected);
    }
  });
});
