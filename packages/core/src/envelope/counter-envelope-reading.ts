import type { WrapAlgorithm } from '../contract/key-provider.js';
import { AlgorithmNotSupportedError } from '../errors/errors.js';
import type { CounterEnvelope } from './counter-envelope.js';
import { counterReading } from './format-reading.js';
import type { CounterFormatRow } from './formats.js';
import {
  type HeaderParser,
  md5Text,
  parseHeader,
  requiredHeader,
  sizeText,
  wrappedBytes,
} from './header-value.js';
import { parseMaterialDescription } from './material-description-reading.js';

/** Reads the envelope of a format in counter mode. */
export function readCounterEnvelope(
  row: CounterFormatRow,
  headers: ReadonlyMap<string, string>,
  options: { readonly lenient?: boolean | undefined },
): CounterEnvelope {
  const reading = counterReading[row.name];
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
    reading.mayLackContentAlgorithm || options.lenient
      ? headers.get(row.headers.contentAlgorithm)
      : required(row.headers.contentAlgorithm);
  if (contentLiteral !== undefined && !reading.contentAlgorithms.includes(contentLiteral)) {
    throw unsupported('content', row.headers.contentAlgorithm, reading.contentAlgorithms);
  }

  const descriptionHeaders = [row.headers.materialDescription, ...reading.otherDescriptionHeaders];
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
  const { absentWrapAlgorithm, ignoresWrapAlgorithmCase } = counterReading[row.name];
  if (absentWrapAlgorithm !== undefined && !headers.has(name)) return absentWrapAlgorithm;
  const literal = required(name);
  const fold = (text: string): string => (ignoresWrapAlgorithmCase ? text.toLowerCase() : text);
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
