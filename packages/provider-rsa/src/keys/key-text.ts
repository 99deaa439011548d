import { MasterKeyError } from '@oss-envelope/core';
import { decodeBase64 } from '@oss-envelope/core/adapter';
import { derTag, parseDerSequence } from './der.js';
import { doesNotParse } from './key-errors.js';
import type { KeyHalf } from './key-half.js';
import { type PemBlock, parsePem } from './pem.js';
import type { RsaJwk } from './rsa-key-input.js';

/** A key of text or bytes, told apart by its form; its numbers are not read yet. */
export type WrittenKey =
  | { readonly kind: 'pem'; readonly block: PemBlock }
  | { readonly kind: 'jwk'; readonly jwk: RsaJwk };

/**
 * Reads a key from a text: PEM, base64 of PEM or DER, or a JSON Web Key. A pair of quotes around it does not matter.
 *
 * @throws MasterKeyError that says what the text looks like, and never shows it
 */
export function readKeyText(text: string, half: KeyHalf): WrittenKey {
  // A byte order mark is white space too.
  const trimmed = text
    .trim()
    .replace(/^(["'`])([\s\S]*)\1$/, '$2')
    .trim();
  if (trimmed.includes('-----BEGIN ')) return readPem(trimmed, half);
  if (/^[[{]/.test(trimmed)) return readJson(trimmed, half);
  const bytes = decodeLooseBase64(trimmed);
  const key = bytes && (readDer(bytes) ?? readEncodedText(bytes, half));
  if (key !== undefined) return key;
  if (trimmed === '') {
    throw new MasterKeyError(
      `${half.role} is an empty text. Check that the variable or file it comes from is set.`,
    );
  }
  if (/BEGIN [A-Z0-9 ]*KEY/.test(trimmed)) {
    throw doesNotParse(half, 'its BEGIN line is damaged: it has five dashes on both sides.');
  }
  if (bytes?.[0] === 0x30) throw doesNotParse(half, 'it is base64 of a key that is damaged, or incomplete.');
  throw new MasterKeyError(
    `${half.role} is text but not PEM. Pass the content of the key file, which begins with -----BEGIN, not its path.`,
  );
}

/**
 * Reads a key from the bytes of a file: DER, or a text as {@link readKeyText} takes it.
 *
 * @throws MasterKeyError
 */
export function readKeyBytes(bytes: Uint8Array<ArrayBuffer>, half: KeyHalf): WrittenKey {
  const key = readDer(bytes);
  if (key !== undefined) return key;
  // UTF-16 with a byte order mark is what a shell of Windows writes.
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
  if (bytes[0] === 0x30 && !text.includes('-----BEGIN ') && decodeLooseBase64(text.trim()) === undefined) {
    throw doesNotParse(half, 'it is DER that is damaged, or incomplete.');
  }
  return readKeyText(text, half);
}

function readPem(text: string, half: KeyHalf): WrittenKey {
  const pem = parsePem(text);
  if (pem.kind === 'broken') throw doesNotParse(half, pem.cause);
  const [first, ...others] = pem.blocks.filter(({ label }) => half.labels.includes(label));
  if (first !== undefined && others.some(({ bytes }) => String(bytes) !== String(first.bytes))) {
    throw new MasterKeyError(`${half.role} holds several keys. Pass the one that is meant.`);
  }
  // Without a block of this half, the caller is told what the first one is.
  return { kind: 'pem', block: first ?? pem.blocks[0]! };
}

function readJson(text: string, half: KeyHalf): WrittenKey {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw doesNotParse(half, 'it looks like JSON and is not.');
  }
  if (typeof value === 'object' && value !== null && 'kty' in value)
    return { kind: 'jwk', jwk: value as RsaJwk };
  throw new MasterKeyError(
    `${half.role} is JSON but no JSON Web Key, which has kty, n and e. Pass the key itself, not what holds it.`,
  );
}

/** Base64 of a PEM file or a JSON Web Key, as secret stores give it. */
function readEncodedText(bytes: Uint8Array<ArrayBuffer>, half: KeyHalf): WrittenKey | undefined {
  const text = new TextDecoder().decode(bytes).trim();
  return text.includes('-----BEGIN ') || text.startsWith('{') ? readKeyText(text, half) : undefined;
}

/** Base64 of either alphabet, with or without padding, on any number of lines. */
function decodeLooseBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const compact = text
    .replace(/\s+|\\[rn]/g, '')
    .replace(/-/g, '+')
    .replace(/_/g, '/');
  if (compact === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  const digits = compact.replace(/=+$/, '');
  return decodeBase64(digits.padEnd(Math.ceil(digits.length / 4) * 4, '='));
}

/**
 * The structure of DER by the kinds of its first values; the labels are those of PEM (RFC 7468). The nine numbers of a
 * private key begin as the two of a public one.
 */
const labelByTags: readonly (readonly [label: string, tags: readonly number[]])[] = [
  ['PUBLIC KEY', [derTag.sequence, derTag.bitString]],
  ['RSA PRIVATE KEY', Array<number>(9).fill(derTag.integer)],
  ['RSA PUBLIC KEY', [derTag.integer, derTag.integer]],
  ['PRIVATE KEY', [derTag.integer, derTag.sequence, derTag.octetString]],
  ['ENCRYPTED PRIVATE KEY', [derTag.sequence, derTag.octetString]],
  ['CERTIFICATE', [derTag.sequence, derTag.sequence, derTag.bitString]],
  ['EC PRIVATE KEY', [derTag.integer, derTag.octetString]],
];

function readDer(bytes: Uint8Array<ArrayBuffer>): WrittenKey | undefined {
  const tags = parseDerSequence(bytes)?.map(({ tag }) => tag);
  if (tags === undefined) return undefined;
  const row = labelByTags.find(([, expected]) => expected.every((tag, index) => tags[index] === tag));
  return row && { kind: 'pem', block: { label: row[0], headers: new Map(), bytes } };
}
