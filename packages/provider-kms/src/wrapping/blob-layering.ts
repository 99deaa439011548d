import { AlgorithmNotSupportedError, type FormatName } from '@oss-envelope/core';
import { decodeBase64, encodeBase64 } from '@oss-envelope/core/adapter';

/**
 * How a CiphertextBlob, itself base64 text, becomes the value of a metadata header. `'standard'` (Go and Java): the
 * blob is the value. `'oss2'` (Python, from 2.11.0 on): the value is the base64 of the blob's text.
 */
export type BlobLayering = 'standard' | 'oss2';

/** What differs between the formats in what KMS wraps. */
export interface WrappingRow {
  /** The start value as the text that Encrypt gets. */
  readonly formatStart: (start: Uint8Array) => string;
  /** The start value of the text that Decrypt gives; undefined when it cannot be one. */
  readonly parseStart: (plaintext: string) => Uint8Array | undefined;
  /** Whether both layerings were written in this format; if not, only the standard one was. */
  readonly hasLayerings: boolean;
}

/** What KMS wraps, by format. */
const wrappings: Readonly<Record<FormatName, WrappingRow>> = {
  // A7. oss2 2.10.0, crypto.py: the decimal digits themselves are the plaintext.
  'oss-crypto': {
    formatStart: (start) => new TextDecoder().decode(start),
    parseStart: (plaintext) => new TextEncoder().encode(plaintext),
    hasLayerings: false,
  },
  'client-side-encryption': {
    formatStart: encodeBase64,
    parseStart: decodeBase64,
    hasLayerings: true,
  },
  // Clause S14: a wrapping key alone; this format has no start value.
  sealed: {
    formatStart: encodeBase64,
    parseStart: () => undefined,
    hasLayerings: false,
  },
};

/**
 * What KMS wraps in a format.
 *
 * @throws AlgorithmNotSupportedError for a format that is not known here
 */
export function wrappingOf(format: FormatName): WrappingRow {
  if (Object.hasOwn(wrappings, format)) return wrappings[format];
  throw new AlgorithmNotSupportedError(
    `The KMS provider does not know the format ${JSON.stringify(format)}.`,
  );
}

/** The bytes whose base64 is the header's value; undefined when `blob` is not base64 and the layering needs it to be. */
export function layerBlob(blob: string, layering: BlobLayering): Uint8Array | undefined {
  return layering === 'oss2' ? new TextEncoder().encode(blob) : decodeBase64(blob);
}

/** The text of a blob of the shared KMS, decoded once: the id of the key's version (a UUID), then base64. */
const sharedBlob = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}[A-Za-z0-9+/]+={0,2}$/;
const printable = /^[\x21-\x7e]+$/;

/**
 * C6: the blobs that a header's value may stand for, the likely one first. Nothing in the metadata tells the layerings
 * apart, but the bytes do: only base64 of base64 decodes to base64. Where the shape of the shared KMS's blobs shows,
 * there is no second.
 */
export function blobCandidates(format: FormatName, wrapped: Uint8Array): readonly string[] {
  const standard = encodeBase64(wrapped);
  if (!wrappingOf(format).hasLayerings) return [standard];
  const text = String.fromCharCode(...wrapped.subarray(0, 0x2000));
  if (wrapped.length > 0x2000 || !printable.test(text) || sharedBlob.test(text)) return [standard];
  const inner = decodeBase64(text);
  if (inner === undefined) return [standard, text];
  return sharedBlob.test(String.fromCharCode(...inner)) ? [text] : [text, standard];
}
