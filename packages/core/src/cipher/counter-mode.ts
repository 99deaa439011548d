import { createAesCtr } from '#aes-ctr';
import { dataKeyBytes } from '../contract/key-provider.js';
import { aloneBytes, isBytes } from '../encoding/bytes.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { isPromise } from '../stream/is-promise.js';
import { releaseMemory } from '../stream/release-memory.js';
import type { AesCtr } from './aes-ctr.js';
import type {
  ContentKey,
  ContentScheme,
  CounterKey,
  Decryptor,
  EncryptedPiece,
  StoredFrame,
} from './content-scheme.js';
import { advanceCounterBlock, blockBytes } from './counter-block.js';

/** The key of a content in counter mode, and where in the object the content begins. */
export interface PlacedCounterKey extends CounterKey {
  /** In bytes from 0 on; not necessarily at a block. 0 when left out. */
  readonly offsetBytes?: number | undefined;
}

/**
 * AES-256-CTR: a byte is stored in the place that it has in the plaintext, and nothing protects it from being changed (A14,
 * C12).
 */
export const counterMode: ContentScheme = {
  algorithm: 'aes-256-ctr',
  authenticates: false,
  unitBytes: 1,
  // A11, C11: the counter counts blocks of 16 bytes, so a part that begins with a block can be encrypted by any SDK alone.
  partMultipleBytes: blockBytes,
  storedSize: (plaintextBytes) => plaintextBytes,
  storedOffset: (plaintextOffsetBytes) => plaintextOffsetBytes,
  storedSuffix: (plaintextBytes) => plaintextBytes,
  encryptor: (key, { offsetBytes = 0 }: EncryptedPiece = {}) => transformAt(key, offsetBytes),
  encryptBytes: (plaintext, key) => encryptBytes(plaintext, counterKeyOf(key)),
  decryptor: (key, frame: StoredFrame) => transformAt(key, frame.plaintextOffsetBytes),
};

/**
 * Encrypts chunks under AES-256-CTR as they are asked for, in order. The ciphertext has the length of the plaintext,
 * and nothing protects it from being changed.
 *
 * @throws InvalidArgumentError or OutOfRangeError for a key, counter block or offset of the wrong kind or size
 *
 * @example
 * const { contentKey } = await createContentKey(provider, 'oss-crypto');
 * for await (const chunk of encryptContent(createReadStream('report.pdf'), contentKey)) console.log(chunk.length);
 */
export function encryptContent(
  chunks: AsyncIterable<Uint8Array>,
  key: PlacedCounterKey,
): AsyncIterable<Uint8Array> {
  return applyKeystream(chunks, openKeystream(key));
}

/**
 * Decrypts chunks. In counter mode that is the same operation as `encryptContent`.
 *
 * @example
 * const { contentKey } = await createContentKey(provider, 'oss-crypto');
 * const ciphertext = encryptContent(createReadStream('report.pdf'), contentKey);
 * for await (const chunk of decryptContent(ciphertext, contentKey)) console.log(chunk.length);
 */
export function decryptContent(
  chunks: AsyncIterable<Uint8Array>,
  key: PlacedCounterKey,
): AsyncIterable<Uint8Array> {
  return encryptContent(chunks, key);
}

/** Encrypts bytes at once; see `encryptContent`. Returns a new array. */
export async function encryptBytes(
  bytes: Uint8Array,
  key: PlacedCounterKey,
): Promise<Uint8Array<ArrayBuffer>> {
  assertIsBytes('bytes', bytes);
  const keystream = openKeystream(key);
  const { maxUpdateBytes } = keystream;
  if (bytes.length <= maxUpdateBytes) {
    const updated = keystream.update(bytes);
    return aloneBytes(isPromise(updated) ? await updated : updated);
  }
  const result = new Uint8Array(bytes.length);
  for (let offset = 0; offset < bytes.length; offset += maxUpdateBytes) {
    const output = await keystream.update(bytes.subarray(offset, offset + maxUpdateBytes));
    result.set(output, offset);
    releaseMemory(output);
  }
  return result;
}

/** Decrypts bytes at once; see `encryptContent`. Returns a new array. */
export function decryptBytes(bytes: Uint8Array, key: PlacedCounterKey): Promise<Uint8Array<ArrayBuffer>> {
  return encryptBytes(bytes, key);
}

function counterKeyOf(key: ContentKey): CounterKey {
  if ('counterBlock' in key) return key;
  throw new TypeError('A key of another content scheme.');
}

function transformAt(key: ContentKey, offsetBytes: number): Decryptor {
  const { maxUpdateBytes, update } = openKeystream(counterKeyOf(key), offsetBytes);
  return { maxUpdateBytes, update, whole: update, finish: () => undefined, recycle: releaseMemory };
}

async function* applyKeystream(
  chunks: AsyncIterable<Uint8Array>,
  keystream: AesCtr,
): AsyncGenerator<Uint8Array> {
  const { maxUpdateBytes } = keystream;
  for await (const chunk of chunks) {
    assertIsBytes('chunks', chunk);
    for (let offset = 0; offset < chunk.length; offset += maxUpdateBytes) {
      yield await keystream.update(chunk.subarray(offset, offset + maxUpdateBytes));
    }
  }
}

/** A10: the keystream, standing at the offset. */
function openKeystream(key: PlacedCounterKey, offsetBytes = key.offsetBytes ?? 0): AesCtr {
  const dataKey = isBytes(key.dataKey) ? key.dataKey : key.dataKey?.bytes;
  assertBytes('dataKey', dataKey, dataKeyBytes);
  assertBytes('counterBlock', key.counterBlock, blockBytes);
  if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0) {
    throw new OutOfRangeError('offsetBytes', 'must be a whole number from 0 on');
  }
  const withinBlock = offsetBytes % blockBytes;
  const keystream = createAesCtr(
    dataKey,
    advanceCounterBlock(key.counterBlock, (offsetBytes - withinBlock) / blockBytes),
  );
  if (withinBlock > 0) {
    // The Web Crypto port may fail later and alone; the next update fails then too, and is awaited.
    Promise.resolve(keystream.update(new Uint8Array(withinBlock))).catch(() => {});
  }
  return keystream;
}

function assertIsBytes(argument: string, bytes: unknown): asserts bytes is Uint8Array {
  if (isBytes(bytes)) return;
  throw new InvalidArgumentError(argument, 'must be a Uint8Array');
}

function assertBytes(argument: string, bytes: unknown, sizeBytes: number): void {
  assertIsBytes(argument, bytes);
  if (bytes.length !== sizeBytes) throw new OutOfRangeError(argument, `must be ${sizeBytes} bytes long`);
}
