import type { SecretBytes } from '../contract/secret-bytes.js';
import { IntegrityError } from '../errors/errors.js';
import type { ByteRange, PlaintextRange } from './plaintext-range.js';
import { maxPlaintextBytes } from './sealed-sizes.js';

/**
 * How content is encrypted: AES-256 in counter mode (NIST SP 800-38A §6.5) with a 128-bit big-endian counter, or sealed
 * in chunks by AES-256-GCM (C2SP chunked-encryption, Cobblestone-256).
 */
export type ContentAlgorithm = 'aes-256-ctr' | 'cobblestone-256';

/** What one object's content is encrypted under in counter mode: both values are the object's own. */
export interface CounterKey {
  /** 32 bytes. Never use one for two contents. */
  readonly dataKey: SecretBytes | Uint8Array;
  /** The 16-byte counter block of the object's first bytes. */
  readonly counterBlock: Uint8Array;
}

/** What one body is sealed under: derived from the data key, the salt and the context. */
export interface SealedKey {
  /** The object's data key, 32 bytes. */
  readonly dataKey: SecretBytes;
  readonly aeadKey: Uint8Array;
  /** 12 bytes: the nonce of chunk 0. */
  readonly baseNonce: Uint8Array;
  /** Salt and commitment: the first bytes of the body. */
  readonly head: Uint8Array;
  /** What this key does. It comes with the key, so that a page which seals nothing does not load it. */
  readonly chunks: SealedChunks;
}

/** Seals the content of one key; as the members of {@link ContentScheme} with the same names. */
export interface SealingChunks {
  encryptor(piece?: EncryptedPiece): ContentTransform;
  encryptBytes(plaintext: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

/** Opens the content of one key; as the member of {@link ContentScheme} with the same name. */
export interface OpeningChunks {
  decryptor(frame: StoredFrame): Decryptor;
}

/** What a key was made for: to seal a content, to open one, or both. A page loads no more than that. */
export type SealedChunks = Partial<SealingChunks & OpeningChunks>;

/** What one object's content is encrypted under; each scheme has its own kind. */
export type ContentKey = CounterKey | SealedKey;

/** Turns the bytes of one content from plaintext to stored bytes, or back, in order. */
export interface ContentTransform {
  /** How many bytes one `update` should be given at most: more costs speed or memory on this runtime. */
  readonly maxUpdateBytes: number;
  /**
   * The bytes that come out now; there may be none. They are a new array, and the input may be changed once they are
   * there. Calls must not overlap.
   *
   * @throws IntegrityError when the scheme authenticates, and the bytes are not what was written
   */
  update(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * The bytes that come out at the end, when all were given; undefined for none.
   *
   * @throws IntegrityError when the scheme authenticates, and the end is missing
   */
  finish(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Takes back bytes that came out last and that nobody needs any more: their memory is freed, or used again. */
  recycle(bytes: Uint8Array): void;
}

/** Turns the stored bytes of a frame back. */
export interface Decryptor extends ContentTransform {
  /**
   * The same as `update` and `finish` together, for a frame that came in one piece of `maxUpdateBytes` or less: nothing of
   * it has to wait for more.
   *
   * @throws as these
   */
  whole(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Where stored bytes lie in the body, and what of their plaintext was asked for. */
export interface StoredFrame {
  /** The place of the first stored byte in the body. */
  readonly storedOffsetBytes: number;
  /** The number of stored bytes; undefined when the size of the body is not known. */
  readonly storedLengthBytes: number | undefined;
  /** The place in the plaintext of the first byte that comes out of them. */
  readonly plaintextOffsetBytes: number;
  /** How many bytes of plaintext come out before those that were asked for. They are dropped. */
  readonly dropBytes: number;
  /** How many bytes of plaintext were asked for; undefined for all, when their number is not known. */
  readonly takeBytes: number | undefined;
  /** Whether the end of the body is among them. */
  readonly endsBody: boolean;
}

/** Which piece of a content is encrypted by itself. */
export interface EncryptedPiece {
  /** Where in the plaintext it begins: a multiple of `partMultipleBytes`. 0 when left out. */
  readonly offsetBytes?: number | undefined;
  /** Whether the content ends with it; true when left out. */
  readonly endsContent?: boolean | undefined;
}

/**
 * How a format stores content. Everything that depends on where a byte of plaintext lies in the stored body asks this:
 * ranges, sizes, parts, handles, checkpoints.
 */
export interface ContentScheme {
  readonly algorithm: ContentAlgorithm;
  /** S20: whether changes of the stored bytes are detected. */
  readonly authenticates: boolean;
  /** The smallest piece of plaintext that can be decrypted by itself, in bytes. */
  readonly unitBytes: number;
  /** Parts of an upload begin at multiples of this, in bytes of plaintext. */
  readonly partMultipleBytes: number;
  /** The size of the body that holds so many bytes of plaintext: more for each byte more. */
  storedSize(plaintextBytes: number): number;
  /**
   * Where the stored bytes of the plaintext from `plaintextOffsetBytes` on, a multiple of `unitBytes`, begin. Headers
   * belong to the first byte, so that 0 is at 0.
   */
  storedOffset(plaintextOffsetBytes: number): number;
  /** How many bytes at the end of a body of unknown size hold the last bytes of plaintext, at most. */
  storedSuffix(plaintextBytes: number): number;
  /** Encrypts a content, or a piece of it. */
  encryptor(key: ContentKey, piece?: EncryptedPiece): ContentTransform;
  /** Encrypts a whole content that is in memory. Returns a new array. */
  encryptBytes(plaintext: Uint8Array, key: ContentKey): Promise<Uint8Array<ArrayBuffer>>;
  /** Decrypts the stored bytes of a frame. Hands on the asked bytes only. */
  decryptor(key: ContentKey, frame: StoredFrame): Decryptor;
}

/**
 * The size of the plaintext in a body of this size.
 *
 * @throws IntegrityError when no plaintext has such a body
 */
export function plaintextSize({ storedSize }: ContentScheme, storedBytes: number): number {
  if (Number.isFinite(storedBytes) && storedSize(storedBytes) === storedBytes) return storedBytes;
  // Bodies grow with their plaintexts, and none is shorter than its own.
  let least = 0;
  let most = Math.min(storedBytes, maxPlaintextBytes);
  while (least < most) {
    const middle = least + Math.floor((most - least) / 2);
    if (storedSize(middle) < storedBytes) least = middle + 1;
    else most = middle;
  }
  if (storedSize(least) === storedBytes) return least;
  throw new IntegrityError(
    `The object cannot be whole: no content of its format is stored in ${storedBytes} bytes. It was cut or extended; restore it from a copy.`,
  );
}

/** The stored bytes of a range of plaintext, in a body of `storedBytes`. */
export function frameOfRange(scheme: ContentScheme, range: PlaintextRange, storedBytes: number): StoredFrame {
  const { unitBytes } = scheme;
  const sizeBytes = plaintextSize(scheme, storedBytes);
  const first = floorTo(unitBytes, range.offsetBytes);
  const end = ceilTo(unitBytes, range.offsetBytes + range.lengthBytes);
  const endsContent = range.offsetBytes + range.lengthBytes >= sizeBytes;
  const storedOffsetBytes = scheme.storedOffset(first);
  // Content that fills its units may be followed by an end that holds no plaintext, and is checked all the same.
  const storedEnd = endsContent ? storedBytes : Math.min(scheme.storedOffset(end), storedBytes);
  return {
    storedOffsetBytes,
    storedLengthBytes: storedEnd - storedOffsetBytes,
    plaintextOffsetBytes: first,
    dropBytes: range.offsetBytes - first,
    takeBytes: range.lengthBytes,
    // The last unit may hold more than was asked for.
    endsBody: storedEnd === storedBytes,
  };
}

/** The frame of a whole body; `storedBytes` is undefined when its size is not known. */
export function frameOfBody(scheme: ContentScheme, storedBytes: number | undefined): StoredFrame {
  return {
    storedOffsetBytes: 0,
    storedLengthBytes: storedBytes,
    plaintextOffsetBytes: 0,
    dropBytes: 0,
    takeBytes: storedBytes === undefined ? undefined : plaintextSize(scheme, storedBytes),
    endsBody: true,
  };
}

/** What to ask a server for, which alone knows the size of the body. */
export function storedRangeOf(scheme: ContentScheme, range: ByteRange): ByteRange {
  if ('lastBytes' in range) return { lastBytes: scheme.storedSuffix(range.lastBytes) };
  const { unitBytes } = scheme;
  const offsetBytes = scheme.storedOffset(floorTo(unitBytes, range.offsetBytes));
  if (range.lengthBytes === undefined) return { offsetBytes };
  const plaintextEnd = range.offsetBytes + range.lengthBytes;
  // When the content ends there, so does the body, with an end that belongs to it.
  const end = Math.max(
    scheme.storedOffset(ceilTo(unitBytes, plaintextEnd)),
    plaintextEnd % unitBytes === 0 ? scheme.storedSize(plaintextEnd) : 0,
  );
  return { offsetBytes, lengthBytes: end - offsetBytes };
}

function floorTo(unit: number, value: number): number {
  return value - (value % unit);
}

function ceilTo(unit: number, value: number): number {
  return floorTo(unit, value + unit - 1);
}
