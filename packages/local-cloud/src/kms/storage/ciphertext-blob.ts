import { createCipheriv, createDecipheriv } from 'node:crypto';
import { isBase64 } from '../../common/base64.js';
import { invalidParameter, ServiceError } from '../http/service-error.js';

/**
 * The shape of a `CiphertextBlob` of the shared KMS, as a blob of the real service shows it. First comes base64 of
 * the 36 characters of the key version's id. Then comes base64 of three things: a header of 32 bytes with zeros in
 * the last 8, the ciphertext (as long as the plaintext), and a tag of 16 bytes.
 */
const versionIdCharacters = 36;
const headerBytes = 32;
const headerRandomBytes = 24;
const ivBytes = 12;
const tagBytes = 16;

const versionIdPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** One version of a master key: what encrypts. */
export interface BlobKey {
  /** The version's id, a UUID in 36 lower-case characters. */
  readonly id: string;
  /** 32 bytes, for AES-256-GCM. */
  readonly key: Uint8Array;
}

/** A blob taken apart; not yet decrypted, so not yet trusted. */
export interface CiphertextBlob {
  /** The id of the key version that it names. */
  readonly versionId: string;
  /** Header, ciphertext and tag. */
  readonly sealed: Uint8Array;
}

/**
 * Encrypts text under one key version.
 *
 * @param blobKey - the key version
 * @param plaintext - any text; it comes back identical
 * @param context - the canonical encryption context, bound as additional authenticated data
 * @param randomBytes - a source of randomness; never twice the same bytes for one key
 * @returns the base64 text of a `CiphertextBlob`
 */
export function sealBlob(
  blobKey: BlobKey,
  plaintext: string,
  context: string,
  randomBytes: (length: number) => Uint8Array,
): string {
  const header = Buffer.alloc(headerBytes);
  header.set(randomBytes(headerRandomBytes));
  const cipher = createCipheriv('aes-256-gcm', blobKey.key, header.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  cipher.setAAD(additionalData(blobKey.id, header, context));
  const sealed = Buffer.concat([
    header,
    cipher.update(plaintext, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return Buffer.from(blobKey.id + sealed.toString('base64'), 'latin1').toString('base64');
}

/**
 * Takes the text of a `CiphertextBlob` apart.
 *
 * @param text - the parameter as sent
 * @throws ServiceError `InvalidParameter` when it does not have the shape of a blob of this service
 */
export function parseBlob(text: string): CiphertextBlob {
  if (!isBase64(text)) throw invalidParameter('CiphertextBlob');
  const outer = Buffer.from(text, 'base64').toString('latin1');
  const versionId = outer.slice(0, versionIdCharacters);
  const inner = outer.slice(versionIdCharacters);
  if (!versionIdPattern.test(versionId) || !isBase64(inner)) throw invalidParameter('CiphertextBlob');
  const sealed = Buffer.from(inner, 'base64');
  if (sealed.length < headerBytes + tagBytes) throw invalidParameter('CiphertextBlob');
  return { versionId, sealed };
}

/**
 * Decrypts a blob.
 *
 * @param blobKey - the key version that the blob names
 * @param blob - of {@link parseBlob}
 * @param context - the canonical encryption context
 * @returns the text that was encrypted
 * @throws ServiceError `InvalidParameter`, the same for a changed blob and a wrong context
 */
export function openBlob(blobKey: BlobKey, blob: CiphertextBlob, context: string): string {
  const header = blob.sealed.subarray(0, headerBytes);
  const ciphertext = blob.sealed.subarray(headerBytes, -tagBytes);
  const decipher = createDecipheriv('aes-256-gcm', blobKey.key, header.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAuthTag(blob.sealed.subarray(-tagBytes));
  decipher.setAAD(additionalData(blobKey.id, header, context));
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    throw new ServiceError('InvalidParameter');
  }
}

function additionalData(versionId: string, header: Uint8Array, context: string): Uint8Array {
  return Buffer.concat([Buffer.from(versionId), header, Buffer.from(context)]);
}
