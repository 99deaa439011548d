import { createAesCtr } from '#aes-ctr';
import { SecretBytes } from '../contract/secret-bytes.js';
import { dataKeyBytes } from '../envelope/formats.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import type { AesCtr } from './aes-ctr.js';
import { advanceCounterBlock, blockBytes } from './counter-block.js';
import { releaseMemory } from './release-memory.js';

/** What content is encrypted under: both values are an object's own. */
export interface ContentKey {
  /** 32 bytes. Never use one for two plaintexts. */
  readonly dataKey: SecretBytes | Uint8Array;
  /** The 16-byte counter block of the object's first bytes. */
  readonly counterBlock: Uint8Array;
  /** Where in the object the content begins, in bytes from 0 on; not necessarily at a block. 0 when left out. */
  readonly offsetBytes?: number | undefined;
}

/**
 * Encrypts chunks under AES-256-CTR, lazily and in order. The ciphertext has the length of the plaintext, and nothing
 * protects it from being changed.
 *
 * @throws InvalidArgumentError or OutOfRangeError for a key, counter block or offset of the wrong kind or size
 */
export function encryptContent(
  chunks: AsyncIterable<Uint8Array>,
  key: ContentKey,
): AsyncIterable<Uint8Array> {
  return applyKeystream(chunks, openKeystream(key));
}

/** Decrypts chunks. In counter mode that is the same operation as `encryptContent`. */
export function decryptContent(
  chunks: AsyncIterable<Uint8Array>,
  key: ContentKey,
): AsyncIterable<Uint8Array> {
  return encryptContent(chunks, key);
}

/** Whose memory is freed as soon as it is done with; none's unless told so. */
export interface Freeing {
  /** The chunks that come in: each once it is encrypted or decrypted. */
  readonly input?: boolean | undefined;
  /** The chunks that go out: each when the next one is asked for. For those that do not reach a caller. */
  readonly output?: boolean | undefined;
}

/** As `encryptContent`, and frees memory. */
export function encryptFreeing(
  chunks: AsyncIterable<Uint8Array>,
  key: ContentKey,
  freeing: Freeing,
): AsyncIterable<Uint8Array> {
  return applyKeystream(chunks, openKeystream(key), freeing);
}

/** As `decryptContent`, and frees memory. */
export function decryptFreeing(
  chunks: AsyncIterable<Uint8Array>,
  key: ContentKey,
  freeing: Freeing,
): AsyncIterable<Uint8Array> {
  return encryptFreeing(chunks, key, freeing);
}

/** Encrypts bytes at once; see `encryptContent`. Returns a new array. */
export async function encryptBytes(bytes: Uint8Array, key: ContentKey): Promise<Uint8Array<ArrayBuffer>> {
  const keystream = openKeystream(key);
  const { maxUpdateBytes } = keystream;
  const result = new Uint8Array(bytes.length);
  for (let offset = 0; offset < bytes.length; offset += maxUpdateBytes) {
    const output = await keystream.update(bytes.subarray(offset, offset + maxUpdateBytes));
    result.set(output, offset);
    releaseMemory(output);
  }
  return result;
}

/** Decrypts bytes at once; see `encryptContent`. Returns a new array. */
export function decryptBytes(bytes: Uint8Array, key: ContentKey): Promise<Uint8Array<ArrayBuffer>> {
  return encryptBytes(bytes, key);
}

async function* applyKeystream(
  chunks: AsyncIterable<Uint8Array>,
  keystream: AesCtr,
  freeing: Freeing = {},
): AsyncGenerator<Uint8Array> {
  const { maxUpdateBytes } = keystream;
  for await (const chunk of chunks) {
    const { length } = chunk;
    for (let offset = 0; offset < length; offset += maxUpdateBytes) {
      const output = await keystream.update(chunk.subarray(offset, offset + maxUpdateBytes));
      if (freeing.input && offset + maxUpdateBytes >= length) releaseMemory(chunk);
      yield output;
      if (freeing.output) releaseMemory(output);
    }
  }
}

/** The keystream, standing at the key's offset. */
function openKeystream(key: ContentKey): AesCtr {
  const dataKey = key.dataKey instanceof SecretBytes ? key.dataKey.bytes : key.dataKey;
  const offsetBytes = key.offsetBytes ?? 0;
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

function assertBytes(argument: string, bytes: unknown, sizeBytes: number): void {
  if (!(bytes instanceof Uint8Array)) throw new InvalidArgumentError(argument, 'must be a Uint8Array');
  if (bytes.length !== sizeBytes) throw new OutOfRangeError(argument, `must be ${sizeBytes} bytes long`);
}
