import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SecretBytes } from '../contract/secret-bytes.js';
import { IntegrityError, OutOfRangeError } from '../errors/errors.js';
import {
  type ContentTransform,
  frameOfBody,
  frameOfRange,
  plaintextSize,
  type SealedKey,
  storedRangeOf,
} from './content-scheme.js';
import { counterMode } from './counter-mode.js';
import { openingChunks } from './opening-chunks.js';
import { sealed } from './sealed.js';
import { type ChunkKey, Output } from './sealed-chunks.js';
import { deriveSealedKey } from './sealed-key.js';
import { sealingChunks } from './sealing-chunks.js';
import { unclearedBytes as unclearedWebBytes } from './web/aead.js';

const unit = 16_384;
const stored = unit + 16;
const head = 56;
const keyFor = (chunksOf: (key: ChunkKey) => SealedKey['chunks']): Promise<SealedKey> =>
  deriveSealedKey(chunksOf, new SecretBytes(randomBytes(32)), randomBytes(24), new Uint8Array());
const sealedKey = (): Promise<SealedKey> =>
  keyFor((key) => ({ ...sealingChunks(key), ...openingChunks(key) }));
const counterKey = { dataKey: randomBytes(32), counterBlock: randomBytes(16) };

async function opened(transform: ContentTransform, bytes: Uint8Array): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 5000)
    parts.push(await transform.update(bytes.slice(at, at + 5000)));
  const last = await transform.finish();
  return Buffer.concat(last === undefined ? parts : [...parts, last]);
}

it('a scheme says what it is', () => {
  expect(counterMode).toMatchObject({ algorithm: 'aes-256-ctr', authenticates: false, unitBytes: 1 });
  expect(sealed).toMatchObject({ algorithm: 'cobblestone-256', authenticates: true, unitBytes: unit });
  expect([counterMode.storedSize(5), plaintextSize(counterMode, 5), counterMode.storedSuffix(5)]).toEqual([
    5, 5, 5,
  ]);
});

it.each([
  -1,
  0.5,
  72.5,
  71,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 53,
  2 ** 60,
])('no sealed body has %d bytes', (storedBytes) => {
  expect(() => plaintextSize(sealed, storedBytes)).toThrow(IntegrityError);
});

describe('the frame of a range', () => {
  const sizeBytes = 3 * unit + 100;
  const storedBytes = sealed.storedSize(sizeBytes);

  it.each([
    // Offset and length in plaintext; first and last stored byte, both of whole chunks.
    [0, 1, 0, head + stored],
    [0, unit, 0, head + stored],
    [0, unit + 1, 0, head + 2 * stored],
    [unit - 1, 2, 0, head + 2 * stored],
    [unit, unit, head + stored, head + 2 * stored],
    [unit + 5, 10, head + stored, head + 2 * stored],
    [2 * unit, unit, head + 2 * stored, head + 3 * stored],
    [2 * unit, unit + 100, head + 2 * stored, storedBytes],
    [3 * unit, 50, head + 3 * stored, storedBytes],
    [3 * unit + 99, 1, head + 3 * stored, storedBytes],
  ])('from %i, %i bytes, is from %i to %i', (offsetBytes, lengthBytes, from, to) => {
    expect(frameOfRange(sealed, { offsetBytes, lengthBytes }, storedBytes)).toEqual({
      storedOffsetBytes: from,
      storedLengthBytes: to - from,
      plaintextOffsetBytes: offsetBytes - (offsetBytes % unit),
      dropBytes: offsetBytes % unit,
      takeBytes: lengthBytes,
      endsBody: to === storedBytes,
    });
  });

  it('has the end of the body, when content that fills its chunks ends with it', () => {
    const whole = sealed.storedSize(2 * unit);
    const end = frameOfRange(sealed, { offsetBytes: unit, lengthBytes: unit }, whole);
    expect(end).toMatchObject({ storedLengthBytes: stored + 16, endsBody: true });
    const before = frameOfRange(sealed, { offsetBytes: unit, lengthBytes: unit - 1 }, whole);
    expect(before).toMatchObject({ storedLengthBytes: stored, endsBody: false });
  });

  it('of a whole body takes all of it, as far as its size is known', () => {
    expect(frameOfBody(sealed, storedBytes)).toMatchObject({
      storedOffsetBytes: 0,
      storedLengthBytes: storedBytes,
      takeBytes: sizeBytes,
      endsBody: true,
    });
    expect(frameOfBody(sealed, undefined).takeBytes).toBeUndefined();
  });

  it.each([
    [{ offsetBytes: 0 }, { offsetBytes: 0 }],
    [{ offsetBytes: unit + 1 }, { offsetBytes: head + stored }],
    [
      { offsetBytes: 5, lengthBytes: 5 },
      { offsetBytes: 0, lengthBytes: head + stored },
    ],
    [
      { offsetBytes: unit, lengthBytes: 5 },
      { offsetBytes: head + stored, lengthBytes: stored },
    ],
    // The content may end there, and then has an end of 16 bytes.
    [
      { offsetBytes: unit, lengthBytes: unit },
      { offsetBytes: head + stored, lengthBytes: stored + 16 },
    ],
    [{ lastBytes: 1 }, { lastBytes: 2 * stored + 16 }],
    [{ lastBytes: unit }, { lastBytes: 2 * stored + 16 }],
    [{ lastBytes: unit + 1 }, { lastBytes: 3 * stored + 16 }],
  ])('%j asks a server for %j', (range, asked) => {
    expect(storedRangeOf(sealed, range)).toEqual(asked);
  });

  it('opens to what was asked for, and no more', async () => {
    const key = await sealedKey();
    const text = randomBytes(sizeBytes);
    const body = await sealed.encryptBytes(text, key);
    for (const [offsetBytes, lengthBytes] of [
      [0, 5],
      [10, 20_000],
      [unit + 1, 2 * unit],
      [5, 3 * unit],
      [3 * unit + 1, 99],
      [0, sizeBytes],
    ] as const) {
      const frame = frameOfRange(sealed, { offsetBytes, lengthBytes }, body.length);
      const from = frame.storedOffsetBytes;
      const bytes = body.subarray(from, from + (frame.storedLengthBytes ?? 0));
      const found = await opened(sealed.decryptor(key, frame), bytes);
      expect(found.equals(text.subarray(offsetBytes, offsetBytes + lengthBytes))).toBe(true);
    }
  });
});

// S6.
it('a frame that was cut within a chunk is refused, though the body goes on', async () => {
  const key = await sealedKey();
  const body = await sealed.encryptBytes(randomBytes(3 * unit), key);
  const frame = frameOfRange(sealed, { offsetBytes: unit, lengthBytes: 10 }, body.length);
  const cut = body.subarray(head + stored, head + 2 * stored - 1);
  await expect(opened(sealed.decryptor(key, frame), cut)).rejects.toThrow(IntegrityError);
});

it('a piece that does not end the content is whole chunks', async () => {
  const transform = sealed.encryptor(await sealedKey(), { endsContent: false });
  await transform.update(randomBytes(5));
  expect(() => transform.finish()).toThrow(RangeError);
});

it('a content has less than 2^52 bytes', () => {
  const largest = 2 ** 52 - 1;
  expect(plaintextSize(sealed, sealed.storedSize(largest))).toBe(largest);
  expect(() => plaintextSize(sealed, sealed.storedSize(largest + 1))).toThrow(IntegrityError);
});

describe('a key', () => {
  it('of the other scheme, or for something else, is refused', async () => {
    const key = await sealedKey();
    expect(() => counterMode.encryptor(key)).toThrow(/another content scheme/);
    expect(() => sealed.encryptor(counterKey)).toThrow(/another content scheme/);
    const opening = await keyFor(openingChunks);
    expect(() => sealed.encryptor(opening)).toThrow(/made for something else/);
  });

  it('is derived from 32 bytes and a salt of 24', async () => {
    const derive = (keyBytes: number, saltBytes: number): Promise<unknown> =>
      deriveSealedKey(
        openingChunks,
        new SecretBytes(randomBytes(keyBytes)),
        randomBytes(saltBytes),
        randomBytes(3),
      );
    await expect(derive(32, 24)).resolves.toBeDefined();
    for (const [keyBytes, saltBytes, argument] of [
      [31, 24, 'dataKey'],
      [33, 24, 'dataKey'],
      [32, 23, 'salt'],
      [32, 25, 'salt'],
    ] as const) {
      const failure = await derive(keyBytes, saltBytes).catch((error) => error);
      expect(failure).toBeInstanceOf(OutOfRangeError);
      expect(failure).toMatchObject({ argument });
    }
  });
});

describe('memory for what comes out', () => {
  it('is used again when it was given back, and not while somebody has it', () => {
    const output = new Output();
    const first = output.take(10);
    output.recycle(new Uint8Array(10));
    const second = output.take(10);
    expect(second.buffer).not.toBe(first.buffer);
    output.recycle(second);
    expect(output.take(8).buffer).toBe(second.buffer);
    expect(output.take(8).buffer).not.toBe(second.buffer);
  });

  it('is larger when it must be', () => {
    const output = new Output();
    const small = output.take(10);
    output.recycle(small);
    expect(output.take(11)).toHaveLength(11);
  });

  it('is as much as was asked for, on the web too', () => {
    expect(unclearedWebBytes(5)).toHaveLength(5);
  });
});
