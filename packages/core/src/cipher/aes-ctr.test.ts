import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAesCtr as createNodeAesCtr } from './node/aes-ctr.js';
import { createAesCtr as createWebAesCtr } from './web/aes-ctr.js';

describe('the ports', () => {
  it('agree for random updates', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 8 }),
        async (anyKey, block, updates) => {
          const node = createNodeAesCtr(anyKey, block);
          const web = createWebAesCtr(anyKey, block);
          // All at once: calls may overlap.
          const results = await Promise.all(updates.map((bytes) => web.update(bytes)));
          expect(Buffer.concat(results)).toEqual(
            Buffer.concat(updates.map((bytes) => node.update(bytes) as Uint8Array)),
          );
        },
      ),
    );
  });
});
