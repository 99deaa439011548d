import type {
  ContentKey,
  ContentScheme,
  ContentTransform,
  Decryptor,
  EncryptedPiece,
  StoredFrame,
} from '../src/cipher/content-scheme.js';
import type { CounterFormatName } from '../src/contract/key-provider.js';
import { isBytes } from '../src/encoding/bytes.js';
import type { CounterReading } from '../src/envelope/format-reading.js';
import type { CounterFormatRow } from '../src/envelope/formats.js';
import { IntegrityError } from '../src/errors/errors.js';

const header = new TextEncoder().encode('TOY00001');
const unitBytes = 64;
const checkBytes = 4;
const storedUnitBytes = unitBytes + checkBytes;

/**
 * A scheme whose body is longer than its plaintext: a header, units of 64 bytes with a check of four behind each, and a
 * last unit that is always shorter. It keeps no secret; it only lies in other places than counter mode.
 */
export const toyScheme: ContentScheme = {
  algorithm: 'aes-256-ctr',
  authenticates: true,
  unitBytes,
  partMultipleBytes: unitBytes,
  storedSize: (size) =>
    header.length + Math.floor(size / unitBytes) * storedUnitBytes + (size % unitBytes) + checkBytes,
  storedOffset: (offset) => (offset === 0 ? 0 : header.length + (offset / unitBytes) * storedUnitBytes),
  storedSuffix: (size) => header.length + (Math.ceil(size / unitBytes) + 1) * storedUnitBytes,
  encryptor: encryptorOf,
  async encryptBytes(plaintext, key) {
    const encryptor = encryptorOf(key);
    const updated = await encryptor.update(plaintext);
    const last = (await encryptor.finish()) ?? new Uint8Array();
    return Uint8Array.from(Buffer.concat([updated, last]));
  },
  decryptor: decryptorOf,
};

function encryptorOf(key: ContentKey, piece: EncryptedPiece = {}): ContentTransform {
  const { offsetBytes = 0, endsContent = true } = piece;
  if (offsetBytes % unitBytes !== 0) throw new Error(`a piece begins at ${offsetBytes}`);
  let index = offsetBytes / unitBytes;
  let pending = new Uint8Array();
  let hasBegun = offsetBytes > 0;
  const begin = (): Uint8Array => {
    const first = hasBegun ? new Uint8Array() : header;
    hasBegun = true;
    return first;
  };
  return {
    // No multiple of a unit, so that units are cut in two.
    maxUpdateBytes: 1000,
    recycle: spoil,
    update(bytes) {
      const out: Uint8Array[] = [begin()];
      let rest: Uint8Array = Buffer.concat([pending, bytes]);
      for (; rest.length >= unitBytes; rest = rest.subarray(unitBytes)) {
        out.push(seal(key, index++, false, rest.subarray(0, unitBytes)));
      }
      pending = Uint8Array.from(rest);
      return Uint8Array.from(Buffer.concat(out));
    },
    finish() {
      if (endsContent) return Uint8Array.from(Buffer.concat([begin(), seal(key, index, true, pending)]));
      if (pending.length > 0) throw new Error('a piece ends within a unit');
      return undefined;
    },
  };
}

/** What is given back is used again by others. */
function spoil(bytes: Uint8Array): void {
  bytes.fill(0xee);
}

function decryptorOf(key: ContentKey, frame: StoredFrame): Decryptor {
  if (frame.plaintextOffsetBytes % unitBytes !== 0)
    throw new Error(`a frame begins at ${frame.plaintextOffsetBytes}`);
  let index = frame.plaintextOffsetBytes / unitBytes;
  let headerBytes = frame.storedOffsetBytes === 0 ? header.length : 0;
  let drop = frame.dropBytes;
  let take = frame.takeBytes ?? Number.POSITIVE_INFINITY;
  let pending: Uint8Array = new Uint8Array();
  const asked = (plaintext: Uint8Array): Uint8Array => {
    const kept = plaintext.subarray(drop).subarray(0, take);
    drop = Math.max(0, drop - plaintext.length);
    take -= kept.length;
    return kept;
  };
  const decryptor = {
    maxUpdateBytes: 1000,
    recycle: spoil,
    update(bytes: Uint8Array): Uint8Array {
      let rest: Uint8Array = Buffer.concat([pending, bytes]);
      const out: Uint8Array[] = [];
      if (headerBytes > 0 && rest.length >= headerBytes) {
        if (Buffer.compare(rest.subarray(0, headerBytes), header) !== 0)
          throw new IntegrityError('no header');
        rest = rest.subarray(headerBytes);
        headerBytes = 0;
      }
      for (; headerBytes === 0 && rest.length >= storedUnitBytes; rest = rest.subarray(storedUnitBytes)) {
        out.push(asked(open(key, index++, false, rest.subarray(0, storedUnitBytes))));
      }
      pending = Uint8Array.from(rest);
      return Uint8Array.from(Buffer.concat(out));
    },
    finish(): Uint8Array | undefined {
      if (frame.endsBody) return asked(open(key, index, true, pending));
      if (pending.length > 0 || headerBytes > 0) throw new IntegrityError('a unit is cut');
      return undefined;
    },
    whole(bytes: Uint8Array): Uint8Array {
      const updated = decryptor.update(bytes);
      return Uint8Array.from(Buffer.concat([updated, decryptor.finish() ?? new Uint8Array()]));
    },
  };
  return decryptor;
}

function seal(key: ContentKey, index: number, isLast: boolean, plaintext: Uint8Array): Uint8Array {
  const ciphertext = mask(key, index, plaintext);
  return Buffer.concat([ciphertext, checkOf(key, index, isLast, ciphertext)]);
}

function open(key: ContentKey, index: number, isLast: boolean, stored: Uint8Array): Uint8Array {
  if (stored.length < checkBytes) throw new IntegrityError('the end is missing');
  const ciphertext = stored.subarray(0, stored.length - checkBytes);
  const check = checkOf(key, index, isLast, ciphertext);
  if (Buffer.compare(check, stored.subarray(ciphertext.length)) !== 0) {
    throw new IntegrityError(`unit ${index} was changed`);
  }
  return mask(key, index, ciphertext);
}

function keyBytes({ dataKey }: ContentKey): Uint8Array {
  return isBytes(dataKey) ? dataKey : dataKey.bytes;
}

function mask(key: ContentKey, index: number, bytes: Uint8Array): Uint8Array {
  const secret = keyBytes(key);
  return bytes.map((byte, at) => byte ^ (secret[(index + at) % secret.length] as number));
}

/** FNV-1a over all that a unit is. */
function checkOf(key: ContentKey, index: number, isLast: boolean, ciphertext: Uint8Array): Uint8Array {
  let hash = 0x811c9dc5;
  const add = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  };
  keyBytes(key).forEach(add);
  for (let shift = 0; shift < 32; shift += 8) add((index >>> shift) & 0xff);
  add(isLast ? 1 : 0);
  ciphertext.forEach(add);
  const check = Buffer.alloc(checkBytes);
  check.writeUInt32BE(hash);
  return check;
}

export const toyFormat = 'toy' as CounterFormatName;

/** The row of the formats' table. It can be written in parts of unknown length. */
export const toyRow: CounterFormatRow = {
  kind: 'counter',
  name: toyFormat,
  announcesLength: false,
  keyHeader: 'x-oss-meta-toy-key',
  headers: {
    key: 'x-oss-meta-toy-key',
    start: 'x-oss-meta-toy-start',
    contentAlgorithm: 'x-oss-meta-toy-cek-alg',
    wrapAlgorithm: 'x-oss-meta-toy-wrap-alg',
    materialDescription: 'x-oss-meta-toy-matdesc',
    contentLength: 'x-oss-meta-toy-length',
    contentMd5: 'x-oss-meta-toy-md5',
    parts: undefined,
  },
  scheme: toyScheme,
  contentAlgorithm: 'TOY',
  wrapAlgorithms: [{ algorithm: 'toy-wrap', literal: 'toy' }],
  start: 'counter-block',
};

/** What its readers take besides. */
export const toyReading: CounterReading = {
  otherDescriptionHeaders: [],
  contentAlgorithms: [toyRow.contentAlgorithm],
  mayLackContentAlgorithm: false,
  absentWrapAlgorithm: undefined,
  ignoresWrapAlgorithmCase: false,
};
