import type { ContentAlgorithm } from '../cipher/content-scheme.js';
import type { CounterFormatName, MaterialDescription, WrapAlgorithm } from '../contract/key-provider.js';
import { encodeBase64 } from '../encoding/base64.js';
import { AlgorithmNotSupportedError } from '../errors/errors.js';
import { type CounterFormatRow, formats } from './formats.js';
import {
  type HeaderParser,
  md5Text,
  parseHeader,
  requiredHeader,
  sizeText,
  wrappedBytes,
} from './header-value.js';
import { formatMaterialDescription, parseMaterialDescription } from './material-description.js';

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

/** Reads the envelope of a format in counter mode. */
export function readCounterEnvelope(
  row: CounterFormatRow,
  headers: ReadonlyMap<string, string>,
  options: { readonly lenient?: boolean | undefined },
): CounterEnvelope {
  const required = (name: string): string => requiredHeader(name, headers.get(name));
  const optional = <T>(name: string, parse: HeaderParser<T>): T | undefined => {
    const value = headers.get(name);
    if (value === undefined) return undefined;
    try {
      return parseHeader(name, value, parse);
    } catch (error) {
      if (options.lenient) return undefined;
      throw error;
    }
  };

  // A2, C2.
  const wrappedKey = parseHeader(row.headers.key, required(row.headers.key), wrappedBytes);
  const wrappedStart = parseHeader(row.headers.start, required(row.headers.start), wrappedBytes);

  const contentLiteral =
    row.contentAlgorithm.absentMeansDefault || options.lenient
      ? headers.get(row.headers.contentAlgorithm)
      : required(row.headers.contentAlgorithm);
  if (contentLiteral !== undefined && !row.contentAlgorithm.reads.includes(contentLiteral)) {
    throw unsupported('content', row.headers.contentAlgorithm, row.contentAlgorithm.reads);
  }

  const descriptionHeaders = [row.headers.materialDescription, ...row.otherDescriptionHeaders];
  const description = descriptionHeaders.map((name) => headers.get(name)).find((text) => text !== undefined);
  const dataSizeBytes = row.headers.parts && optional(row.headers.parts.dataSize, sizeText);
  const partSizeBytes = row.headers.parts && optional(row.headers.parts.partSize, sizeText);

  return {
    format: row.name,
    wrapAlgorithm: readWrapAlgorithm(row, headers, required),
    contentAlgorithm: row.scheme.algorithm,
    wrappedKey,
    wrappedStart,
    materialDescription: description === undefined ? {} : parseMaterialDescription(fromBytes(description)),
    contentSizeBytes: optional(row.headers.contentLength, sizeText),
    contentMd5: optional(row.headers.contentMd5, md5Text),
    parts:
      dataSizeBytes !== undefined && partSizeBytes !== undefined
        ? { dataSizeBytes, partSizeBytes }
        : undefined,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * C9: the text of a header's value whose characters are bytes, as HTTP clients hand them over: the Go SDKs write a
 * description that is not ASCII as UTF-8. Other text stays as it is.
 */
function fromBytes(value: string): string {
  if (!/[\x80-\xff]/.test(value) || /[^\0-\xff]/.test(value)) return value;
  try {
    return utf8.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
  } catch {
    return value;
  }
}

function readWrapAlgorithm(
  row: CounterFormatRow,
  headers: ReadonlyMap<string, string>,
  required: (name: string) => string,
): WrapAlgorithm {
  const name = row.headers.wrapAlgorithm;
  if (row.absentWrapAlgorithm !== undefined && !headers.has(name)) return row.absentWrapAlgorithm;
  const literal = required(name);
  const fold = (text: string): string => (row.ignoresWrapAlgorithmCase ? text.toLowerCase() : text);
  const found = row.wrapAlgorithms.find((candidate) => fold(candidate.literal) === fold(literal));
  if (found !== undefined) return found.algorithm;
  throw unsupported(
    'wrap',
    name,
    row.wrapAlgorithms.map((candidate) => candidate.literal),
  );
}

function unsupported(kind: string, header: string, known: readonly string[]): AlgorithmNotSupportedError {
  return new AlgorithmNotSupportedError(
    `The metadata header ${header} names a ${kind} algorithm that is not supported; supported are ${known.join(', ')}. ` +
      'Read the object with the tool that wrote it.',
  );
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
  const headers: Record<string, string> = {
    [row.headers.key]: encodeBase64(envelope.wrappedKey),
    [row.headers.start]: encodeBase64(envelope.wrappedStart),
    [row.headers.contentAlgorithm]: row.contentAlgorithm.writes,
    [row.headers.wrapAlgorithm]: wrap.literal,
  };
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
