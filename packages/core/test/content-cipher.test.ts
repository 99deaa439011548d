import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encryptFreeing } from '../src/cipher/content-cipher.js';
import { advanceCounterBlock } from '../src/cipher/counter-block.js';
import { createAesCtr as createNodeAesCtr } from '../src/cipher/node/aes-ctr.js';
import { createMd5 as createNodeMd5 } from '../src/cipher/node/md5.js';
import { createAesCtr as createWebAesCtr } from '../src/cipher/web/aes-ctr.js';
import { createMd5 as createWebMd5 } from '../src/cipher/web/md5.js';
import { decryptBytes, encodeBase64, encryptBytes, encryptContent, SecretBytes } from '../src/index.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const key = ascii('12345678901234561234567890123456');
const counterBlock = ascii('1234567890123456');
const sizes = [0, 1, 15, 16, 17, 255, 4096, 65_535, 65_536, 65_537, 262_144, 262_145];

/** The whole keystream at once, by OpenSSL. */
function reference(plaintext: Uint8Array, block: Uint8Array): Uint8Array {
  return Uint8Array.from(createCipheriv('aes-256-ctr', key, block).update(plaintext));
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Uint8Array.from(Buffer.concat(parts));
}

describe('the content cipher', () => {
  it('gives the known answer of the C++ SDK', async () => {
    const ciphertext = await encryptBytes(counterBlock, { dataKey: key, counterBlock });
    expect(encodeBase64(ciphertext)).toBe('wrnuWSenVochXx3m0QzCBQ==');
  });

  it.each(sizes)('equals OpenSSL for %i bytes, at once and in chunks', async (size) => {
    const plaintext = randomBytes(size);
    const expected = reference(plaintext, counterBlock);
    expect(await encryptBytes(plaintext, { dataKey: key, counterBlock })).toEqual(expected);
    expect(await collect(encryptContent(chunksOf(plaintext, 1000), { dataKey: key, counterBlock }))).toEqual(
      expected,
    );
    expect(await decryptBytes(expected, { dataKey: new SecretBytes(key), counterBlock })).toEqual(
      Uint8Array.from(plaintext),
    );
  });

  it('empties a chunk that went out, if told so, when the next one is asked for, and leaves all others', async () => {
    const plaintext = randomBytes(1_000_000);
    const [kept, transient]: [Uint8Array[], Uint8Array[]] = [[], []];
    const copies: Uint8Array[] = [];
    for await (const chunk of encryptContent(chunksOf(plaintext, 300_000), { dataKey: key, counterBlock })) {
      kept.push(chunk);
    }
    const key256 = { dataKey: key, counterBlock };
    const chunks = encryptFreeing(chunksOf(plaintext, 300_000), key256, { output: true });
    for await (const chunk of chunks) {
      expect(transient.every(({ length }) => length === 0)).toBe(true);
      transient.push(chunk);
      copies.push(Uint8Array.from(chunk));
    }
    const expected = reference(plaintext, counterBlock);
    expect(Buffer.compare(Buffer.concat(kept), expected)).toBe(0);
    expect(Buffer.compare(Buffer.concat(copies), expected)).toBe(0);
    expect(transient.length).toBeGreaterThan(3);
  });

  it('empties a chunk that came in once it is done with, if told so, and only what is a buffer of its own', async () => {
    const plaintext = randomBytes(1_000_000);
    const owned = [0, 300_000, 600_000].map((at) => Uint8Array.from(plaintext.subarray(at, at + 300_000)));
    const shared = plaintext.subarray(900_000);
    async function* given(): AsyncGenerator<Uint8Array> {
      yield* owned;
      yield shared;
    }
    const content = encryptFreeing(given(), { dataKey: key, counterBlock }, { input: true });
    expect(Buffer.compare(await collect(content), reference(plaintext, counterBlock))).toBe(0);
    expect(owned.map(({ length }) => length)).toEqual([0, 0, 0]);
    expect(shared.length).toBe(100_000);
  });

  it('starts at any byte', async () => {
    const plaintext = randomBytes(5000);
    const expected = reference(plaintext, counterBlock);
    await fc.assert(
      fc.asyncProperty(fc.nat(4999), fc.integer({ min: 1, max: 500 }), async (offsetBytes, size) => {
        const chunks = chunksOf(plaintext.subarray(offsetBytes), size);
        const actual = await collect(encryptContent(chunks, { dataKey: key, counterBlock, offsetBytes }));
        expect(Buffer.compare(actual, expected.subarray(offsetBytes))).toBe(0);
      }),
    );
  });

  it.each([
    ['the carry out of 32 bits', '00000000000000000000000ffffffff0'],
    ['the carry out of 64 bits', '0000000000000000fffffffffffffff0'],
    ['the wrap of 128 bits', 'fffffffffffffffffffffffffffffff0'],
  ])('crosses %s, alike in both ports and from any offset', async (_, hex) => {
    const block = Buffer.from(hex, 'hex');
    const plaintext = randomBytes(1024);
    const expected = reference(plaintext, block);
    const web = createWebAesCtr(key, block);
    expect(
      Buffer.concat([
        await web.update(plaintext.subarray(0, 100)),
        await web.update(plaintext.subarray(100)),
      ]),
    ).toEqual(Buffer.from(expected));
    for (const offsetBytes of [0, 16, 255, 256, 257, 512, 1023]) {
      const tail = await encryptBytes(plaintext.subarray(offsetBytes), {
        dataKey: key,
        counterBlock: block,
        offsetBytes,
      });
      expect(tail).toEqual(expected.subarray(offsetBytes));
    }
  });

  it('reaches blocks beyond 2^32', async () => {
    const offsetBytes = 2 ** 32 * 16 + 5;
    const expected = reference(new Uint8Array(32), advanceCounterBlock(counterBlock, 2 ** 32)).subarray(5);
    const actual = await encryptBytes(new Uint8Array(27), { dataKey: key, counterBlock, offsetBytes });
    expect(actual).toEqual(expected);
  });

  it('does not change or keep what it is given', async () => {
    const plaintext = randomBytes(100);
    const copy = Uint8Array.from(plaintext);
    await encryptBytes(plaintext, { dataKey: key, counterBlock });
    expect(Uint8Array.from(plaintext)).toEqual(copy);
  });

  it.each([
    ['a short key', { dataKey: key.subarray(1), counterBlock }, RangeError],
    ['a short counter block', { dataKey: key, counterBlock: counterBlock.subarray(1) }, RangeError],
    ['a negative offset', { dataKey: key, counterBlock, offsetBytes: -1 }, RangeError],
    ['half an offset', { dataKey: key, counterBlock, offsetBytes: 1.5 }, RangeError],
    ['a key of text', { dataKey: 'key' as unknown as Uint8Array, counterBlock }, TypeError],
  ])('refuses %s', async (_, contentKey, kind) => {
    await expect(encryptBytes(new Uint8Array(1), contentKey)).rejects.toThrow(kind);
  });
});

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

describe('the counter', () => {
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
