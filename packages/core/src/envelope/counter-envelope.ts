import type { ContentAlgorithm } from '../cipher/content-scheme.js';
import type { CounterFormatName, MaterialDescription, WrapAlgorithm } from '../contract/key-provider.js';
import { encodeBase64 } from '../encoding/base64.js';
import { AlgorithmNotSupportedError } from '../errors/errors.js';
import { type CounterFormatRow, formats } from './formats.js';
import { formatMaterialDescription } from './material-description.js';

/** What the metadata of an object in counter mode say. Nothing in it is secret, and nothing in it is authenticated. */
export interface CounterEnvelope {
  readonly format: CounterFormatName;
  readonly wrapAlgorithm: WrapAlgorithm;
  readonly contentAlgorithm: ContentAlgorithm;
  readonly wrappedKey: Uint8Array;
  readonly wrappedStart: Uint8Array;
  readonly materialDescription: MaterialDescription;
  /** The plaintext's size, where the writer knew it before it sent. */
  readonly contentSizeBytes?: number | undefined;
  /** Base64 of the plaintext's MD5, where the writer was given one. It is a fingerprint of the plaintext. */
  readonly contentMd5?: string | undefined;
  /** Multipart uploads in `'client-side-encryption'`: the announced sizes. */
  readonly parts?: { readonly dataSizeBytes: number; readonly partSizeBytes: number } | undefined;
}

/**
 * The metadata headers of an envelope: exactly those that its format documents, names in lower case.
 *
 * @throws AlgorithmNotSupportedError when the format has no such wrap algorithm
 */
export function formatCounterEnvelope(envelope: CounterEnvelope): Record<string, string> {
  const row = formats[envelope.format];
  const wrap = findWrapAlgorithm(envelope.format, envelope.wrapAlgorithm);
  const description = formatMaterialDescription(envelope.materialDescription);
  // One after the other: V8 makes a literal with computed names slowly.
  const headers: Record<string, string> = {};
  headers[row.headers.key] = encodeBase64(envelope.wrappedKey);
  headers[row.headers.start] = encodeBase64(envelope.wrappedStart);
  headers[row.headers.contentAlgorithm] = row.contentAlgorithm;
  headers[row.headers.wrapAlgorithm] = wrap.literal;
  if (description !== undefined) headers[row.headers.materialDescription] = description;
  if (envelope.contentSizeBytes !== undefined)
    headers[row.headers.contentLength] = String(envelope.contentSizeBytes);
  if (envelope.contentMd5 !== undefined) headers[row.headers.contentMd5] = envelope.contentMd5;
  if (envelope.parts !== undefined && row.headers.parts !== undefined) {
    headers[row.headers.parts.dataSize] = String(envelope.parts.dataSizeBytes);
    headers[row.headers.parts.partSize] = String(envelope.parts.partSizeBytes);
  }
  return headers;
}

/**
 * The row of a wrap algorithm within a format.
 *
 * @throws AlgorithmNotSupportedError when the format has no such wrap algorithm
 */
export function findWrapAlgorithm(
  format: CounterFormatName,
  algorithm: WrapAlgorithm,
): CounterFormatRow['wrapAlgorithms'][number] {
  const found = formats[format].wrapAlgorithms.find((candidate) => candidate.algorithm === algorithm);
  if (found !== undefined) return found;
  throw new AlgorithmNotSupportedError(`The format '${format}' has no wrap algorithm '${algorithm}'.`);
}
