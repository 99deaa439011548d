import { headBytes } from '../cipher/sealed-sizes.js';
import type { EncryptionContext } from '../contract/key-provider.js';
import { isPlainObject } from '../encoding/plain-object.js';
import { AlgorithmNotSupportedError, MalformedEnvelopeError } from '../errors/errors.js';
import { signs } from './format-reading.js';
import type { SealedFormatRow } from './formats.js';
import { base64Bytes, type HeaderParser, parseHeader, requiredHeader, shownName } from './header-value.js';
import type { SealedEnvelope, SealedRecipient } from './sealed-envelope.js';
import { isWrapAlgorithm } from './wrap-algorithm-name.js';

const dataKeyBoxBytes = 60;

/** JSON in printable ASCII (S11): what is stored, signed and derived from is the same for everyone. */
const jsonText: HeaderParser<unknown> = (text, refuse) => {
  if (!/^[\x20-\x7e]*$/.test(text)) refuse('is not ASCII');
  try {
    return JSON.parse(text);
  } catch {
    return refuse('is not JSON');
  }
};

function pairsOf(value: unknown, refuse: Parameters<HeaderParser<unknown>>[1]): Record<string, string> {
  if (!isPlainObject(value)) return refuse('is not an object of text pairs');
  if (Object.values(value).some((item) => typeof item !== 'string')) refuse('holds a value that is not text');
  return value as Record<string, string>;
}

const contextPairs: HeaderParser<EncryptionContext> = (text, refuse) =>
  pairsOf(jsonText(text, refuse), refuse);

const someBytes = base64Bytes();
const boxBytes = base64Bytes(dataKeyBoxBytes);
const members: ReadonlySet<string> = new Set(['wrap', 'kek', 'dek', 'desc']);
const recipientText: HeaderParser<SealedRecipient> = (text, refuse) => {
  const value = jsonText(text, refuse);
  if (!isPlainObject(value) || !Object.keys(value).every((name) => members.has(name))) {
    return refuse('is not a recipient');
  }
  const { wrap, kek, dek, desc } = value;
  if (!isWrapAlgorithm(wrap)) return refuse('names no wrap algorithm');
  if (typeof kek !== 'string' || typeof dek !== 'string') return refuse('lacks a wrapped key');
  return {
    wrapAlgorithm: wrap,
    wrappedKey: someBytes(kek, refuse),
    sealedDataKey: boxBytes(dek, refuse),
    materialDescription: desc === undefined ? {} : pairsOf(desc, refuse),
  };
};

const boundText: HeaderParser<'key' | 'none'> = (text, refuse) =>
  text === 'key' || text === 'none' ? text : refuse('is neither "key" nor "none"');

/**
 * Reads the envelope of a sealed object (S10 to S16).
 *
 * @throws AlgorithmNotSupportedError for another version
 * @throws MalformedEnvelopeError for headers that are missing, unknown, or do not parse, and for gaps among recipients
 */
export function readSealedEnvelope(row: SealedFormatRow, all: ReadonlyMap<string, string>): SealedEnvelope {
  const { headers } = row;
  const taken = new Set<string>();
  const take = (name: string): string | undefined => {
    taken.add(name);
    return all.get(name);
  };
  const required = (name: string): string => requiredHeader(name, take(name));
  if (required(headers.format) !== row.version) {
    throw new AlgorithmNotSupportedError(
      `The metadata header ${headers.format} names another version than ${row.version}, which is the only one that is ` +
        'known here. Read the object with a later version of this package.',
    );
  }
  const head = parseHeader(headers.head, required(headers.head), base64Bytes(headBytes));
  const contextText = take(headers.context);
  const context = contextText === undefined ? {} : parseHeader(headers.context, contextText, contextPairs);
  const bound = parseHeader(headers.bound, required(headers.bound), boundText);
  const recipients: SealedRecipient[] = [];
  for (let number = 1; number <= row.maxRecipients; number++) {
    const name = `${headers.key}${number}`;
    const text = number === 1 ? required(name) : take(name);
    if (text === undefined) break;
    recipients.push(parseHeader(name, text, recipientText));
  }
  for (const name of all.keys()) {
    if (taken.has(name) || !signs[row.name](name)) continue;
    throw new MalformedEnvelopeError(
      `The metadata header ${shownName(name)} is not one of a sealed object, or follows a gap. Its metadata were changed, or ` +
        'written by a tool that does not follow the format.',
    );
  }
  return {
    format: 'sealed',
    contentAlgorithm: row.scheme.algorithm,
    head,
    context,
    contextText,
    bound,
    recipients,
  };
}
