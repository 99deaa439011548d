import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { runs } from '@oss-envelope/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretBytes } from '../contract/secret-bytes.js';
import { IntegrityError, isOssEnvelopeError } from '../errors/errors.js';
import { isPromise } from '../stream/is-promise.js';
import type { SealedChunks } from './content-scheme.js';
import {
  type ContentTransform,
  frameOfBody,
  frameOfRange,
  plaintextSize,
  type SealedKey,
  storedRangeOf,
} from './content-scheme.js';
import {
  createAead as createNodeAead,
  createHmacSha512 as createNodeHmac,
  temporaryBytes,
} from './node/aead.js';
import { openingChunks } from './opening-chunks.js';
import { resolveByteRange } from './plaintext-range.js';
import { sealed } from './sealed.js';
import type { ChunkKey } from './sealed-chunks.js';
import { nonceOfChunk } from './sealed-chunks.js';
import { deriveSealedKey } from './sealed-key.js';
import { sealingChunks } from './sealing-chunks.js';
import { createAead as createWebAead, createHmacSha512 as createWebHmac } from './web/aead.js';

// Bodies that three other implementations agree on; see tests/vectors/README.md.
const folder = new URL('../../../../tests/vectors/sealed/', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Positive {
  readonly id: string;
  readonly key: string;
  readonly context: string;
  readonly salt: string;
  readonly textName: string;
  readonly size: number;
  readonly textSha256: string;
  readonly sealedSize: number;
  readonly sealedSha256: string;
  readonly aeadKey: string;
  readonly baseNonce: string;
  readonly commitment: string;
}
interface Negative {
  readonly id: string;
  readonly what: string;
  readonly key: string;
  readonly context: string;
  readonly sealed: string;
  readonly releasedBytes: number;
}

const positive = read('positive.json').vectors as Positive[];
const negative = read('negative.json').vectors as Negative[];

function textOf({ textName, size }: Pick<Positive, 'textName' | 'size'>): Uint8Array {
  const key = createHash('sha256').update(textName).digest();
  return Uint8Array.from(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size)));
}

/** What comes out for pieces of a size. What came out is kept until the end, or given back at once. */
async function run(
  transform: ContentTransform,
  bytes: Uint8Array,
  pieceBytes: number,
  { recycles = false } = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const keep = (part: Uint8Array): void => {
    if (part.length === 0) return;
    parts.push(recycles ? part.slice() : part);
    if (recycles) transform.recycle(part.fill(0xee));
  };
  const step = Math.min(pieceBytes, transform.maxUpdateBytes);
  for (let offset = 0; offset < bytes.length; offset += step) {
    // A copy that is spoilt afterwards: nothing may be kept of what was given.
    const piece = bytes.slice(offset, offset + step);
    // Byte by byte, a turn for each would take most of the time.
    const updated = transform.update(piece);
    keep(isPromise(updated) ? await updated : updated);
    piece.fill(0xee);
  }
  const last = await transform.finish();
  if (last !== undefined) keep(last);
  return Uint8Array.from(Buffer.concat(parts));
}

/** Keys that seal and open. */
const both = (key: ChunkKey): SealedChunks => ({ ...sealingChunks(key), ...openingChunks(key) });
const keyOf = (vector: Pick<Positive, 'key' | 'context'>, salt: Uint8Array): Promise<SealedKey> =>
  deriveSealedKey(both, new SecretBytes(hex(vector.key)), salt, hex(vector.context));
const randomKey = (): Promise<SealedKey> =>
  deriveSealedKey(both, new SecretBytes(randomBytes(32)), randomBytes(24), new Uint8Array());

describe('the vectors', () => {
  it.each(positive)(
    // S1, S3.
    '$id: key schedule, sealed and opened whole, streamed and byte by byte',
    async (vector) => {
      const key = await keyOf(vector, hex(vector.salt));
      expect([toHex(key.aeadKey), toHex(key.baseNonce)]).toEqual([vector.aeadKey, vector.baseNonce]);
      expect(toHex(key.head)).toBe(vector.salt + vector.commitment);
      const text = textOf(vector);
      expect(sha256(text)).toBe(vector.textSha256);
      expect(sealed.storedSize(text.length)).toBe(vector.sealedSize);
      expect(plaintextSize(sealed, vector.sealedSize)).toBe(text.length);

      const body = await sealed.encryptBytes(text, key);
      expect(sha256(body)).toBe(vector.sealedSha256);
      const pieces = [1, 1000, 16_384, 16_385, 65_536];
      for (const piece of pieces) {
        // Byte by byte, large texts are slow, and show nothing of a recycled buffer that smaller ones do not.
        for (const recycles of piece === 1 && text.length > 200_000 ? [false] : [false, true]) {
          const written = await run(sealed.encryptor(key), text, piece, { recycles });
          expect(sha256(written)).toBe(vector.sealedSha256);
          const decryptor = sealed.decryptor(key, frameOfBody(sealed, body.length));
          expect(sha256(await run(decryptor, body, piece, { recycles }))).toBe(vector.textSha256);
        }
        const one = sealed.decryptor(key, frameOfBody(sealed, body.length));
        if (body.length <= one.maxUpdateBytes) {
          expect(sha256(await one.whole(body))).toBe(vector.textSha256);
        }
        const unknown = await run(sealed.decryptor(key, frameOfBody(sealed, undefined)), body, piece);
        expect(sha256(unknown)).toBe(vector.textSha256);
      }
    },
  );

  it('there are as many as were made', () => {
    expect([positive.length, negative.length]).toEqual([25, 46]);
  });

  it.each(positive)('$id: random ranges', async (vector) => {
    const key = await keyOf(vector, hex(vector.salt));
    const text = textOf(vector);
    const body = await sealed.encryptBytes(text, key);
    if (text.length === 0) return;
    for (let turn = 0; turn < runs(200); turn++) {
      const offsetBytes = Math.floor(Math.random() * text.length);
      const range =
        turn % 3 === 0
          ? { lastBytes: 1 + Math.floor(Math.random() * text.length * 1.2) }
          : turn % 3 === 1
            ? { offsetBytes }
            : { offsetBytes, lengthBytes: 1 + Math.floor(Math.random() * 40_000) };
      const asked = resolveByteRange(range, text.length);
      const frame = frameOfRange(sealed, asked, body.length);
      const end = frame.storedOffsetBytes + (frame.storedLengthBytes as number);
      // What is asked of the server holds the frame.
      const wanted = resolveByteRange(storedRangeOf(sealed, range), body.length);
      expect(wanted.offsetBytes).toBeLessThanOrEqual(frame.storedOffsetBytes);
      expect(wanted.offsetBytes + wanted.lengthBytes).toBeGreaterThanOrEqual(end);
      const stored = body.subarray(frame.storedOffsetBytes, end);
      const pieceBytes = 1 + Math.floor(Math.random() * 70_000);
      const recycles = turn % 2 === 0;
      const expected = text.subarray(asked.offsetBytes, asked.offsetBytes + asked.lengthBytes);
      const opened = await run(sealed.decryptor(key, frame), stored, pieceBytes, { recycles });
      expect(Buffer.compare(opened, expected)).toBe(0);
      const one = sealed.decryptor(key, frame);
      if (stored.length <= one.maxUpdateBytes) {
        expect(Buffer.compare(await one.whole(stored), expected)).toBe(0);
      }
    }
  });

  // S4, S6.
  it.each(negative)('refuses $id ($what) after $releasedBytes bytes', async (vector) => {
    const body = Uint8Array.from(Buffer.from(vector.sealed, 'base64'));
    for (const piece of [1000, 16_400, 70_000]) {
      let released = 0;
      const attempt = async (): Promise<void> => {
        const key = await keyOf(vector, body.slice(0, 24));
        // As a reader does: the commitment of the derived key is that of the body, or nothing is opened.
        const decryptor = sealed.decryptor(key, frameOfBody(sealed, undefined));
        const step = Math.min(piece, decryptor.maxUpdateBytes);
        for (let offset = 0; offset < body.length; offset += step) {
          released += (await decryptor.update(body.slice(offset, offset + step))).length;
        }
        released += (await decryptor.finish())?.length ?? 0;
      };
      await expect(attempt()).rejects.toSatisfy(
        (error) =>
          isOssEnvelopeError(error, 'ERR_INTEGRITY') || isOssEnvelopeError(error, 'ERR_OUT_OF_RANGE'),
      );
      expect(released).toBeLessThanOrEqual(vector.releasedBytes);
    }
  });

  // S4, S5, S6, S7: whatever is changed, cut or added, and whichever frame it is.
  it('refuses a frame in one piece like one in many', async () => {
    const key = await randomKey();
    const frames = [
      [0, 0, 0],
      [100, 0, 100],
      [16_384, 0, 16_384],
      [40_000, 0, 100],
      [40_000, 16_384, 16_384],
      [40_000, 17_000, 23_000],
      [32_768, 20_000, 12_768],
    ] as const;
    for (const [sizeBytes, offsetBytes, lengthBytes] of frames) {
      const body = await sealed.encryptBytes(randomBytes(sizeBytes), key);
      const frame =
        lengthBytes === 0
          ? frameOfBody(sealed, body.length)
          : frameOfRange(sealed, { offsetBytes, lengthBytes }, body.length);
      const at = frame.storedOffsetBytes;
      const stored = body.subarray(at, at + (frame.storedLengthBytes as number));
      const others = Array.from({ length: 40 }, () => {
        const place = Math.floor(Math.random() * stored.length);
        return stored.map((byte, index) => (index === place ? byte ^ (1 << (place % 8)) : byte));
      });
      for (const lessBytes of [1, 15, 16, 17, 16_400, stored.length - 56, stored.length - 10, stored.length])
        if (lessBytes <= stored.length) others.push(stored.subarray(0, stored.length - lessBytes));
      for (const moreBytes of [1, 16, 16_400])
        others.push(Uint8Array.from(Buffer.concat([stored, randomBytes(moreBytes)])));
      const opened = await sealed.decryptor(key, frame).whole(stored);
      expect(opened).toHaveLength(lengthBytes);
      // It takes the memory of what was opened, and no more.
      const openedBytes =
        Math.min(
          frame.plaintextOffsetBytes + Math.ceil((frame.dropBytes + lengthBytes) / 16_384) * 16_384,
          sizeBytes,
        ) - frame.plaintextOffsetBytes;
      expect(opened.buffer.byteLength).toBe(openedBytes);
      for (const other of others) {
        const [many, one] = await Promise.allSettled([
          run(sealed.decryptor(key, frame), other, 5000),
          (async () => sealed.decryptor(key, frame).whole(other))(),
        ]);
        // What is missing before the end of a body is missed by whoever counts.
        const isShorter = !frame.endsBody && other.length < stored.length;
        if (isShorter && many.status === 'fulfilled' && one.status === 'fulfilled') {
          expect(one.value).toEqual(many.value);
        } else {
          expect(one).toMatchObject({ status: 'rejected', reason: expect.any(IntegrityError) });
          if (!isShorter) expect(many.status).toBe('rejected');
        }
      }
    }
  });

  it('the published vectors of Cobblestone-256', async () => {
    const groups = read('wycheproof-256.json').testGroups as {
      tests: { comment: string; key: string; ctx: string; ct: string; msgSha512?: string; result: string }[];
    }[];
    const tests = groups.flatMap((group) => group.tests);
    expect(tests).toHaveLength(35);
    for (const test of tests) {
      // Messages and bodies are compressed, since some are large.
      const body = Uint8Array.from(inflateSync(hex(test.ct)));
      const attempt = async (): Promise<string> => {
        const key = await keyOf({ key: test.key, context: test.ctx }, body.subarray(0, 24));
        const opened = await run(sealed.decryptor(key, frameOfBody(sealed, undefined)), body, 30_000);
        return createHash('sha512').update(opened).digest('hex');
      };
      if (test.result === 'valid') expect(await attempt(), test.comment).toBe(test.msgSha512);
      else await expect(attempt(), test.comment).rejects.toThrow();
    }
  });

  // S2, S4.
  it('the nonces and sizes', () => {
    const vectors = read('nonces.json');
    for (const [number, nonce] of Object.entries(vectors.nonces)) {
      expect(toHex(nonceOfChunk(hex(vectors.baseNonce), Number(number), new Uint8Array(12)))).toBe(nonce);
    }
    for (const number of vectors.refused) {
      expect(() => nonceOfChunk(hex(vectors.baseNonce), Number(number), new Uint8Array(12))).toThrow(
        RangeError,
      );
    }
    for (const { size, sealedSize, back } of vectors.sizes) {
      expect(sealed.storedSize(size)).toBe(sealedSize);
      expect(plaintextSize(sealed, sealedSize)).toBe(back);
    }
    for (const [size] of vectors.impossibleSizes) {
      expect(() => plaintextSize(sealed, size)).toThrow(IntegrityError);
    }
  });
});

// S2. A counter of 32 bits would begin again there, after 64 TiB.
describe('chunks beyond 2^32', () => {
  it.each([2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 37 + 3, 2 ** 38 - 2])(
    'from chunk %i on',
    async (first) => {
      const key = await randomKey();
      const text = Uint8Array.from(randomBytes(16_384 + 100));
      const offsetBytes = first * 16_384;
      const body = await run(sealed.encryptor(key, { offsetBytes }), text, 50_000);
      const base = BigInt(`0x${toHex(key.baseNonce)}`);
      for (const index of [0, 1]) {
        const nonce = (base ^ BigInt(first + index)).toString(16).padStart(24, '0');
        const cipher = createCipheriv('aes-256-gcm', key.aeadKey, hex(nonce));
        const chunk = Buffer.concat([
          cipher.update(text.subarray(index * 16_384, (index + 1) * 16_384)),
          cipher.final(),
          cipher.getAuthTag(),
        ]);
        expect(Buffer.compare(body.subarray(index * 16_400, (index + 1) * 16_400), chunk)).toBe(0);
      }
      const storedBytes = sealed.storedSize(offsetBytes + text.length);
      const frame = frameOfRange(
        sealed,
        { offsetBytes: offsetBytes + 5, lengthBytes: text.length - 5 },
        storedBytes,
      );
      expect(frame.storedOffsetBytes + body.length).toBe(storedBytes);
      expect(Buffer.compare(await run(sealed.decryptor(key, frame), body, 9999), text.subarray(5))).toBe(0);
    },
  );

  it('there are none from 2^38 on', async () => {
    const key = await randomKey();
    const encryptor = sealed.encryptor(key, { offsetBytes: (2 ** 38 - 1) * 16_384 });
    expect(() => encryptor.update(randomBytes(2 * 16_384))).toThrow(RangeError);
  });
});

describe('pieces and ports', () => {
  it('seals pieces apart as it seals the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 40_000 }),
        async (chunks, rest) => {
          const key = await randomKey();
          const cut = chunks * 16_384;
          const text = randomBytes(cut + rest);
          const whole = await sealed.encryptBytes(text, key);
          const first = await run(sealed.encryptor(key, { endsContent: false }), text.subarray(0, cut), 9999);
          const second = await run(sealed.encryptor(key, { offsetBytes: cut }), text.subarray(cut), 7777);
          if (cut === 0) expect(Buffer.compare(second, whole)).toBe(0);
          else expect(Buffer.compare(Buffer.concat([first, second]), whole)).toBe(0);
          expect(sealed.storedOffset(cut)).toBe(cut === 0 ? 0 : first.length);
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it('both ports give the same bytes, and refuse the same', async () => {
    const [key, nonce, additional] = [randomBytes(32), randomBytes(12), randomBytes(20)];
    for (const size of [0, 1, 16_384]) {
      const text = randomBytes(size);
      const [a, b] = [new Uint8Array(size + 16), new Uint8Array(size + 16)];
      await createNodeAead(key).seal(nonce, text, a, 0, additional);
      await createWebAead(key).seal(nonce, text, b, 0, additional);
      expect(toHex(a)).toBe(toHex(b));
      for (const aead of [createNodeAead(key), createWebAead(key)]) {
        const into = new Uint8Array(size + 2).fill(0xee);
        expect(await aead.open(nonce, a, into, 1, additional)).toBe(true);
        expect(toHex(into)).toBe(`ee${toHex(text)}ee`);
        const alone = await aead.openAlone(nonce, a, additional);
        expect(toHex(alone as Uint8Array)).toBe(toHex(text));
        expect([alone?.constructor, alone?.buffer.byteLength]).toEqual([Uint8Array, size]);
        into.fill(0xee);
        const changed = a.map((byte, at) => (at === size ? byte ^ 1 : byte));
        expect(await aead.open(nonce, a, into, 1)).toBe(false);
        expect(await aead.open(nonce, changed, into, 1, additional)).toBe(false);
        expect(await aead.open(nonce, a.subarray(0, 8), into, 1, additional)).toBe(false);
        expect(await aead.openAlone(nonce, a)).toBeUndefined();
        expect(await aead.openAlone(nonce, changed, additional)).toBeUndefined();
        expect(await aead.openAlone(nonce, a.subarray(0, 8), additional)).toBeUndefined();
        // Nothing is told of what does not fit.
        expect(into.every((byte) => byte === 0xee)).toBe(true);
      }
    }
    // In memory of threads, or that can grow, which Web Crypto does not take.
    const memories = [
      new SharedArrayBuffer(116),
      Reflect.construct(ArrayBuffer, [116, { maxByteLength: 200 }]),
    ];
    for (const memory of memories as ArrayBuffer[]) {
      const text = new Uint8Array(memory, 0, 100).fill(5);
      const [a, b] = [new Uint8Array(116), new Uint8Array(116)];
      await createNodeAead(key).seal(nonce, text, a, 0, additional);
      await createWebAead(key).seal(nonce, text, b, 0, additional);
      expect(toHex(b)).toBe(toHex(a));
      const stored = new Uint8Array(memory);
      stored.set(a);
      for (const aead of [createNodeAead(key), createWebAead(key)]) {
        const into = new Uint8Array(100);
        expect(await aead.open(nonce, stored, into, 0, additional)).toBe(true);
        expect(toHex(into)).toBe('05'.repeat(100));
      }
    }
    const text = randomBytes(103);
    expect(toHex(await createNodeHmac(key)(text))).toBe(toHex(await createWebHmac(key)(text)));
  });

  it.each([0, 800, 1000, 5000])(
    'derive with a context of %i bytes, and leave nothing of the key',
    async (size) => {
      const dataKey = new SecretBytes(randomBytes(32));
      const [salt, context] = [randomBytes(24), randomBytes(size)];
      const { aeadKey, baseNonce, head } = await deriveSealedKey(() => ({}), dataKey, salt, context);
      const label = Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');
      const info = Buffer.concat([label, salt, context]);
      const sum = (...parts: Uint8Array[]) =>
        createHmac('sha512', dataKey.bytes).update(Buffer.concat(parts));
      const first = sum(info, Uint8Array.of(1)).digest();
      const second = sum(first, info, Uint8Array.of(2)).digest();
      const derived = Buffer.concat([aeadKey, baseNonce, head.subarray(24)]);
      expect(toHex(derived)).toBe(toHex(Buffer.concat([first, second]).subarray(0, 76)));
      expect(temporaryBytes(1024).every((byte) => byte === 0)).toBe(true);
    },
  );

  it('use memory again that was given back, and no other', async () => {
    const key = await randomKey();
    const text = randomBytes(4 * 65_536);
    const body = await sealed.encryptBytes(text, key);
    for (const [transform, bytes] of [
      [sealed.encryptor(key), text],
      [sealed.decryptor(key, frameOfBody(sealed, undefined)), body],
    ] as const) {
      const next = async (turn: number): Promise<Uint8Array> =>
        transform.update(bytes.subarray(turn * 65_536, (turn + 1) * 65_536));
      const [first, second] = [await next(0), await next(1)];
      // Compared here, since to show such memory takes minutes.
      expect(second.buffer === first.buffer).toBe(false);
      transform.recycle(second);
      expect((await next(2)).buffer === second.buffer).toBe(true);
    }
  });

  it('free what they have worked in before the collector does', async () => {
    const key = await randomKey();
    const mebibyte = 1024 * 1024;
    const text = randomBytes(mebibyte);
    const body = await sealed.encryptBytes(text, key);
    const sealing = sealed.encryptor(key);
    const opening = sealed.decryptor(key, frameOfBody(sealed, undefined));
    const before = process.memoryUsage().arrayBuffers;
    for (const [transform, bytes] of [
      [sealing, text],
      [opening, body],
    ] as const) {
      for (let at = 0; at < bytes.length; at += 65_536) {
        const out = await transform.update(bytes.subarray(at, at + 65_536));
        if (out.length > 0) transform.recycle(out);
      }
    }
    await sealed.encryptBytes(text, key);
    // Without it, this would be three more for each MiB until the garbage is collected.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.7 * mebibyte);
  });
});
