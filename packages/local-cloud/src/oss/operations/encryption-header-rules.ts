import { OssError } from '../http/oss-error.js';
import type { ObjectMetadata } from '../storage/object-metadata.js';

// OSS checks the metadata that its SDKs' client-side encryption writes. The rules and their EC numbers are those
// of the pages "0005-00000401" to "0005-00000421" and "0042-00000309" of the OSS documentation. The code is the one
// that the tests of OSS's Python SDK expect.
const prefix = 'client-side-encryption-';
const maxParts = 10_000;

/** Envelope metadata of an object or upload, by the name after `x-oss-meta-client-side-encryption-`. */
type EncryptionHeaders = Readonly<Record<string, string>>;

const required = [
  ['key', '0005-00000401'],
  ['start', '0005-00000402'],
  ['cek-alg', '0005-00000403'],
  ['wrap-alg', '0005-00000404'],
] as const;

const requiredForParts = [
  ['data-size', '0005-00000406'],
  ['part-size', '0005-00000407'],
] as const;

const integers = [
  ['data-size', '0005-00000408'],
  ['part-size', '0005-00000409'],
] as const;

const unchangedOnParts = [
  ['key', '0005-00000412'],
  ['start', '0005-00000413'],
  ['cek-alg', '0005-00000414'],
  ['wrap-alg', '0005-00000415'],
  ['magic-number-hmac', '0005-00000416'],
  ['data-size', '0005-00000417'],
  ['part-size', '0005-00000418'],
] as const;

function refuse(ec: string, message: string): never {
  throw new OssError('InvalidEncryptionRequest', { ec, message });
}

/** The envelope in the metadata, or `undefined` when there is none. */
export function readEncryptionHeaders(metadata: ObjectMetadata): EncryptionHeaders | undefined {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata.userMetadata)) {
    if (name.startsWith(prefix)) found[name.slice(prefix.length)] = value;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** Checks what PutObject carries. @throws {OssError} `InvalidEncryptionRequest` with the rule's EC. */
export function assertEncryptedPut(encryption: EncryptionHeaders): void {
  for (const [name, ec] of required) {
    if (!encryption[name]) refuse(ec, `The header x-oss-meta-${prefix}${name} is required.`);
  }
  if (encryption['wrap-alg'] === 'rsa' && !encryption['magic-number-hmac']) {
    refuse('0005-00000405', `The header x-oss-meta-${prefix}magic-number-hmac is required.`);
  }
}

/** Checks what InitiateMultipartUpload carries. @throws {OssError} `InvalidEncryptionRequest` with the rule's EC. */
export function assertEncryptedInitiate(encryption: EncryptionHeaders): void {
  assertEncryptedPut(encryption);
  for (const [name, ec] of requiredForParts) {
    if (encryption[name] === undefined) refuse(ec, `The header x-oss-meta-${prefix}${name} is required.`);
  }
  for (const [name, ec] of integers) {
    if (!/^\d{1,15}$/.test(encryption[name]!)) {
      refuse(ec, `The header x-oss-meta-${prefix}${name} must be an integer.`);
    }
  }
  const partSize = Number(encryption['part-size']);
  if (partSize === 0 || Number(encryption['data-size']) / partSize > maxParts) {
    refuse('0005-00000410', `There must be at most ${maxParts} parts.`);
  }
}

/**
 * Checks what UploadPart carries, against what its upload was started with.
 * @param initiated Envelope of the upload, if it has one.
 * @param sent Envelope on the part, if any: some SDKs send none, and OSS lets them.
 * @throws {OssError} `InvalidEncryptionRequest` with the rule's EC.
 */
export function assertEncryptedPart(
  initiated: EncryptionHeaders | undefined,
  sent: EncryptionHeaders | undefined,
): void {
  if (!sent) return;
  assertEncryptedInitiate(sent);
  for (const [name, ec] of unchangedOnParts) {
    if (initiated?.[name] !== sent[name]) {
      refuse(ec, `The header x-oss-meta-${prefix}${name} differs from that of InitiateMultipartUpload.`);
    }
  }
}

function expectedParts(initiated: EncryptionHeaders): number {
  return Math.max(1, Math.ceil(Number(initiated['data-size']) / Number(initiated['part-size'])));
}

/** Checks a part's size. @throws {OssError} `InvalidEncryptionRequest` (EC 0005-00000419 or 0005-00000420). */
export function assertEncryptedPartSize(
  initiated: EncryptionHeaders,
  partNumber: number,
  sizeBytes: number,
): void {
  const partSize = Number(initiated['part-size']);
  const count = expectedParts(initiated);
  if (partNumber === count) {
    if (sizeBytes !== Number(initiated['data-size']) - (count - 1) * partSize) {
      refuse('0005-00000420', 'The size of the last part does not add up to the data size.');
    }
  } else if (sizeBytes !== partSize) {
    refuse('0005-00000419', 'The size of the part differs from the part size of InitiateMultipartUpload.');
  }
}

/** Checks how many parts an upload is completed with. @throws {OssError} EC 0005-00000411. */
export function assertEncryptedComplete(initiated: EncryptionHeaders, partCount: number): void {
  if (partCount > expectedParts(initiated)) {
    refuse('0005-00000411', 'There are more parts than data size and part size of the upload allow.');
  }
}

/**
 * The metadata of a copy that replaces those of its source: an envelope of the source stays. OSS says that it is
 * protected; its Python SDK's tests copy an encrypted object with other metadata to another key, and find it there.
 * @param isSame Whether the copy goes onto its source.
 * @throws {OssError} EC 0005-00000421 for a copy of a client-side encrypted object that goes onto itself, or that
 * brings another envelope.
 */
export function keepEnvelope(
  source: ObjectMetadata,
  replacement: ObjectMetadata,
  isSame: boolean,
): ObjectMetadata {
  const envelope = readEncryptionHeaders(source);
  if (!envelope) return replacement;
  const brought = Object.entries(readEncryptionHeaders(replacement) ?? {});
  if (isSame || brought.some(([name, value]) => envelope[name] !== value)) {
    refuse(
      '0005-00000421',
      'The metadata of a client-side encrypted object can not be changed by CopyObject.',
    );
  }
  const kept = Object.entries(envelope).map(([name, value]) => [`${prefix}${name}`, value]);
  return { ...replacement, userMetadata: { ...replacement.userMetadata, ...Object.fromEntries(kept) } };
}

/** Refuses a client-side encrypted object as the source of UploadPartCopy. @throws {OssError} EC 0042-00000309. */
export function assertPartCopySource(source: ObjectMetadata): void {
  if (readEncryptionHeaders(source)) {
    throw new OssError('InvalidArgument', {
      ec: '0042-00000309',
      message: 'A client-side encrypted object can not be the source of UploadPartCopy.',
    });
  }
}
