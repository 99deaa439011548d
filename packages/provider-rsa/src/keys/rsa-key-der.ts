import { encodeHex } from '@oss-envelope/core/adapter';
import { type DerValue, derTag, formatDer, parseDerSequence } from './der.js';
import { doesNotParse, notRsa } from './key-errors.js';
import { privateHalf, publicHalf } from './key-half.js';
import {
  fits,
  type RsaPrivateComponents,
  type RsaPublicComponents,
  trimLeadingZeros,
} from './rsa-components.js';

// rsaEncryption (RFC 8017 A.1): 1.2.840.113549.1.1.1.
const rsaEncryption = '2a864886f70d010101';

/**
 * The numbers in a SubjectPublicKeyInfo (RFC 5280 §4.1).
 *
 * @throws MasterKeyError for another kind of key, or DER that is broken
 */
export function publicComponentsOfSpki(der: Uint8Array<ArrayBuffer>): RsaPublicComponents {
  const [algorithm, key] = parseDerSequence(der) ?? [];
  if (algorithm?.tag !== derTag.sequence || key?.tag !== derTag.bitString || key.content[0] !== 0) {
    throw doesNotParse(publicHalf);
  }
  if (!isRsaEncryption(algorithm)) throw notRsa(publicHalf);
  // The bit string's first byte counts unused bits.
  return publicComponentsOfPkcs1(key.content.subarray(1));
}

/**
 * The numbers in an RSAPublicKey (RFC 8017 A.1.1).
 *
 * @throws MasterKeyError for DER that is broken
 */
export function publicComponentsOfPkcs1(der: Uint8Array<ArrayBuffer>): RsaPublicComponents {
  const [n, e] = numbersOf(der) ?? [];
  if (n === undefined || e === undefined) throw doesNotParse(publicHalf);
  return { n, e };
}

/**
 * The numbers in a PrivateKeyInfo (RFC 5208 §5).
 *
 * @throws MasterKeyError for another kind of key, or DER that is broken
 */
export function privateComponentsOfPkcs8(der: Uint8Array<ArrayBuffer>): RsaPrivateComponents {
  const [version, algorithm, key] = parseDerSequence(der) ?? [];
  if (
    version?.tag !== derTag.integer ||
    algorithm?.tag !== derTag.sequence ||
    key?.tag !== derTag.octetString
  ) {
    throw doesNotParse(privateHalf);
  }
  if (!isRsaEncryption(algorithm)) throw notRsa(privateHalf);
  return privateComponentsOfPkcs1(key.content);
}

/**
 * The numbers in an RSAPrivateKey of two primes (RFC 8017 A.1.2).
 *
 * @throws MasterKeyError for DER that is broken
 */
export function privateComponentsOfPkcs1(der: Uint8Array<ArrayBuffer>): RsaPrivateComponents {
  const [version, n, e, d, p, q, dp, dq, qi] = numbersOf(der) ?? [];
  // Version 0, which trims to no bytes, is that of two primes.
  if (version?.length !== 0 || !n || !e || !d || !p || !q || !dp || !dq || !qi) {
    throw doesNotParse(privateHalf);
  }
  const key = { n, e, d, p, q, dp, dq, qi };
  if (!fits(key)) throw doesNotParse(privateHalf);
  return key;
}

/** The SubjectPublicKeyInfo (RFC 5280 §4.1) of a public key. */
export function spkiOfPublicComponents({ n, e }: RsaPublicComponents): Uint8Array<ArrayBuffer> {
  const oid = Uint8Array.from(rsaEncryption.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const algorithm = formatDer(
    derTag.sequence,
    formatDer(derTag.objectIdentifier, oid),
    formatDer(derTag.null),
  );
  const key = formatDer(derTag.sequence, unsignedInteger(n), unsignedInteger(e));
  // The bit string's first byte counts unused bits.
  return formatDer(derTag.sequence, algorithm, formatDer(derTag.bitString, new Uint8Array(1), key));
}

/** An INTEGER is signed (ITU-T X.690 §8.3), so a zero goes before a first bit that is set. */
function unsignedInteger(number: Uint8Array): Uint8Array<ArrayBuffer> {
  return formatDer(derTag.integer, new Uint8Array((number[0] ?? 0) >= 0x80 ? 1 : 0), number);
}

function isRsaEncryption(algorithm: DerValue): boolean {
  // The identifier is the first value of the sequence: tag, length, content.
  return encodeHex(algorithm.content.subarray(2, 2 + (algorithm.content[1] ?? 0))) === rsaEncryption;
}

function numbersOf(der: Uint8Array<ArrayBuffer>): readonly Uint8Array<ArrayBuffer>[] | undefined {
  const values = parseDerSequence(der);
  return values?.every(({ tag }) => tag === derTag.integer)
    ? values.map(({ content }) => trimLeadingZeros(content))
    : undefined;
}
