import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { ContentTransform, SealedKey } from './content-scheme.js';

// The cryptography of the web is asynchronous, and Node has it too: here it takes the place of Node's own.
vi.mock('#aead', () => import('./web/aead.js'));
/** What the cipher of content was given at a time. It refuses what it does not take, and gives parts of larger memory. */
const updates: number[] = [];
vi.mock('#aes-ctr', async () => {
  const { createAesCtr } = await import('./web/aes-ctr.js');
  return {
    createAesCtr(key: Uint8Array, counterBlock: Uint8Array) {
      const port = createAesCtr(key, counterBlock);
      return {
        maxUpdateBytes: 1000,
        async update(bytes: Uint8Array) {
          updates.push(bytes.length);
          if (bytes.length > 1000) throw new Error('That is too much at a time.');
          const larger = new Uint8Array(2000);
          larger.set(await port.update(bytes));
          return larger.subarray(0, bytes.length);
        },
      };
    },
  };
});
vi.resetModules();
const { SecretBytes } = await import('../contract/secret-bytes.js');
const { IntegrityError } = await import('../errors/errors.js');
const { frameOfBody, frameOfRange } = await import('./content-scheme.js');
const { encryptBytes } = await import('./counter-mode.js');
const { openingChunks } = await import('./opening-chunks.js');
const { sealed } = await import('./sealed.js');
const { deriveSealedKey } = await import('./sealed-key.js');
const { sealingChunks } = await import('./sealing-chunks.js');
afterAll(() => {
  vi.doUnmock('#aead');
  vi.doUnmock('#aes-ctr');
  vi.resetModules();
});

interface Vector {
  readonly id: string;
  readonly key: string;
  readonly context: string;
  readonly salt: string;
  readonly textName: string;
  readonly size: number;
  readonly sealedSha256: string;
}
const file = new URL('../../../../tests/vectors/sealed/positive.json', import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, 'utf8')).vectors;
const some = vectors.filter(({ id }) => /^(0-none|1-ctx|16384-ctx|16385-none|32768-none)$/.test(id));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
function textOf({ textName, size }: Vector): Buffer {
  const key = createHash('sha256').update(textName).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}
const keyOf = ({ key, salt, context }: Vector): Promise<SealedKey> =>
  deriveSealedKey(
    (own) => ({ ...sealingChunks(own), ...openingChunks(own) }),
    new SecretBytes(hex(key)),
    hex(salt),
    hex(context),
  );
async function run(transform: ContentTransform, bytes: Uint8Array, pieceBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    parts.push(Uint8Array.from(await transform.update(bytes.slice(at, at + pieceBytes))));
  }
  const last = await transform.finish();
  return Buffer.concat(last === undefined ? parts : [...parts, last]);
}

// S1 to S6.
describe('by the cryptography of the web', () => {
  it('the vectors are there', () => expect(some).toHaveLength(5));

  it('there is a promise to wait for', async () => {
    const key = await keyOf(some[0]!);
    expect(sealed.encryptor(key).update(new Uint8Array(16_384))).toBeInstanceOf(Promise);
  });

  it.each(some)('$id is sealed and opened, whole and in pieces', async (vector) => {
    const key = await keyOf(vector);
    const text = textOf(vector);
    const body = await sealed.encryptBytes(text, key);
    expect(sha256(body)).toBe(vector.sealedSha256);
    for (const pieceBytes of [1000, 20_000, 50_000]) {
      expect(sha256(await run(sealed.encryptor(key), text, pieceBytes))).toBe(vector.sealedSha256);
      const opening = sealed.decryptor(key, frameOfBody(sealed, body.length));
      expect((await run(opening, body, pieceBytes)).equals(text)).toBe(true);
    }
  });

  it('a range opens to what was asked for', async () => {
    const vector = some.at(-1)!;
    const [key, text] = [await keyOf(vector), textOf(vector)];
    const body = await sealed.encryptBytes(text, key);
    const frame = frameOfRange(sealed, { offsetBytes: 16_380, lengthBytes: 10 }, body.length);
    const end = frame.storedOffsetBytes + (frame.storedLengthBytes ?? 0);
    const found = await run(sealed.decryptor(key, frame), body.slice(frame.storedOffsetBytes, end), 7000);
    expect(found.equals(text.subarray(16_380, 16_390))).toBe(true);
  });

  it.each([
    ['its first chunk', 100],
    ['its second chunk', 16_500],
    ['its end', 16_473],
  ])('a body is refused that was changed in %s', async (_, at) => {
    const vector = some.find(({ id }) => id === '16385-none')!;
    const key = await keyOf(vector);
    const body = await sealed.encryptBytes(textOf(vector), key);
    body[Math.min(at, body.length - 1)]! ^= 1;
    const opening = sealed.decryptor(key, frameOfBody(sealed, body.length));
    await expect(run(opening, body, 50_000)).rejects.toThrow(IntegrityError);
  });
});

describe('a cipher that takes 1,000 bytes at a time', () => {
  const [dataKey, counterBlock] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(2)];
  const reference = (bytes: Uint8Array): Buffer =>
    createCipheriv('aes-256-ctr', dataKey, counterBlock).update(bytes);

  it.each([
    [0, 0, [0]],
    [999, 0, [999]],
    [1000, 0, [1000]],
    [1001, 0, [1000, 1]],
    [2000, 0, [1000, 1000]],
    [1000, 5, [5, 1000]],
  ])('is given %i bytes from %i on in pieces, and never nothing', async (size, offsetBytes, pieces) => {
    updates.length = 0;
    const text = new Uint8Array(size).map((_, at) => at);
    const found = await encryptBytes(text, { dataKey, counterBlock, offsetBytes });
    const whole = reference(new Uint8Array([...new Uint8Array(offsetBytes), ...text]));
    expect(Buffer.from(found).equals(whole.subarray(offsetBytes))).toBe(true);
    // The memory is the caller's alone.
    expect(found.buffer.byteLength).toBe(size);
    expect(updates).toEqual(pieces);
  });
});
