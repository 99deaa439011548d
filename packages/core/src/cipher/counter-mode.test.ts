import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretBytes } from '../contract/secret-bytes.js';
import { encodeBase64 } from '../encoding/base64.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { plaintextSize } from './content-scheme.js';
import { advanceCounterBlock } from './counter-block.js';
import { counterMode, decryptBytes, decryptContent, encryptBytes, encryptContent } from './counter-mode.js';
import { createAesCtr as createWebAesCtr } from './web/aes-ctr.js';

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
    const same = (a: Uint8Array, b: Uint8Array): void => expect(Buffer.compare(a, b)).toBe(0);
    const contentKey = { dataKey: key, counterBlock };
    same(await encryptBytes(plaintext, contentKey), expected);
    same(await collect(encryptContent(chunksOf(plaintext, 1000), contentKey)), expected);
    same(await decryptBytes(expected, { dataKey: new SecretBytes(key), counterBlock }), plaintext);
  });

  // A10.
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
    ['a short key', { dataKey: key.subarray(1), counterBlock }, OutOfRangeError],
    ['a short counter block', { dataKey: key, counterBlock: counterBlock.subarray(1) }, OutOfRangeError],
    ['a negative offset', { dataKey: key, counterBlock, offsetBytes: -1 }, OutOfRangeError],
    ['half an offset', { dataKey: key, counterBlock, offsetBytes: 1.5 }, OutOfRangeError],
    ['a key of text', { dataKey: 'key' as unknown as Uint8Array, counterBlock }, InvalidArgumentError],
  ])('refuses %s', async (_, contentKey, kind) => {
    await expect(encryptBytes(new Uint8Array(1), contentKey)).rejects.toThrow(kind);
  });
});

describe('the scheme', () => {
  it('stores each byte in its own place', () => {
    for (const size of [0, 1, 15, 16, 17, 2 ** 40 + 1]) {
      expect(counterMode.storedSize(size)).toBe(size);
      expect(plaintextSize(counterMode, size)).toBe(size);
      expect(counterMode.storedOffset(size)).toBe(size);
    }
  });

  // A11.
  it.each([0, 16, 160, 4096])('encrypts a piece from byte %i on, as the whole', async (offsetBytes) => {
    const plaintext = randomBytes(5000);
    const contentKey = { dataKey: key, counterBlock };
    const encryptor = counterMode.encryptor(contentKey, { offsetBytes, endsContent: true });
    const stored = await encryptor.update(plaintext.subarray(offsetBytes));
    expect(Uint8Array.from(stored)).toEqual(reference(plaintext, counterBlock).subarray(offsetBytes));
    expect(await encryptor.finish()).toBeUndefined();
    const frame = {
      storedOffsetBytes: offsetBytes,
      storedLengthBytes: stored.length,
      plaintextOffsetBytes: offsetBytes,
      dropBytes: 0,
      takeBytes: stored.length,
      endsBody: true,
    };
    const opened = await counterMode.decryptor(contentKey, frame).update(stored);
    expect(Buffer.compare(opened, plaintext.subarray(offsetBytes))).toBe(0);
  });
});

describe('what is refused, by the name of the argument', () => {
  const right = { dataKey: key, counterBlock };
  it.each<[string, object, unknown]>([
    ['dataKey', { ...right, dataKey: undefined }, new Uint8Array(1)],
    ['dataKey', { ...right, dataKey: key.subarray(1) }, new Uint8Array(1)],
    ['counterBlock', { ...right, counterBlock: counterBlock.subarray(1) }, new Uint8Array(1)],
    ['offsetBytes', { ...right, offsetBytes: -1 }, new Uint8Array(1)],
    ['offsetBytes', { ...right, offsetBytes: 0.5 }, new Uint8Array(1)],
    ['bytes', right, 'text'],
  ])('%s', async (argument, given, bytes) => {
    await expect(encryptBytes(bytes as never, given as never)).rejects.toMatchObject({ argument });
  });

  it('chunks', async () => {
    const texts = (async function* () {
      yield 'text';
    })();
    await expect(collect(encryptContent(texts as never, right))).rejects.toMatchObject({
      argument: 'chunks',
    });
  });
});

it('chunks come back by decryptContent, and one without bytes makes none', async () => {
  const plaintext = randomBytes(1000);
  const ciphertext = await encryptBytes(plaintext, { dataKey: key, counterBlock });
  const chunks = decryptContent(chunksOf(ciphertext, 333), { dataKey: key, counterBlock });
  expect(Buffer.compare(await collect(chunks), plaintext)).toBe(0);
  expect(await counterMode.encryptBytes(plaintext, { dataKey: key, counterBlock })).toEqual(ciphertext);
  const empty = (async function* () {
    yield new Uint8Array();
  })();
  for await (const _ of encryptContent(empty, { dataKey: key, counterBlock }))
    expect.fail('a chunk of nothing');
});
