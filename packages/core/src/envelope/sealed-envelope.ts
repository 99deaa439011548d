import type { ContentAlgorithm } from '../cipher/content-scheme.js';
import { headBytes } from '../cipher/sealed-sizes.js';
import type { EncryptionContext, MaterialDescription, WrapAlgorithm } from '../contract/key-provider.js';
import { encodeBase64 } from '../encoding/base64.js';
import { isPlainObject } from '../encoding/plain-object.js';
import { AlgorithmNotSupportedError, MalformedEnvelopeError, ObjectMismatchError } from '../errors/errors.js';
import { formats, type SealedFormatRow } from './formats.js';
import { base64Bytes, type HeaderParser, parseHeader, requiredHeader } from './header-value.js';
import { formatMaterialDescription } from './material-description.js';
import { isWrapAlgorithm } from './wrap-algorithm-name.js';

/** S15: one of those who can open an object. */
export interface SealedRecipient {
  /** How `wrappedKey` is wrapped. Names that nobody here knows are passed over. */
  readonly wrapAlgorithm: WrapAlgorithm;
  /** S14: the wrapping key under the recipient's master key. */
  readonly wrappedKey: Uint8Array;
  /** S13: the data key under the wrapping key: 60 bytes. */
  readonly sealedDataKey: Uint8Array;
  readonly materialDescription: MaterialDescription;
}

/**
 * What the metadata of a sealed object say. Nothing in it is secret; what of it counts is authenticated by the content
 * (S21).
 */
export interface SealedEnvelope {
  readonly format: 'sealed';
  readonly contentAlgorithm: ContentAlgorithm;
  /** S10: the first 56 bytes of the body: salt and commitment. */
  readonly head: Uint8Array;
  /** S11: pairs that say what the object is. */
  readonly context: EncryptionContext;
  /** S11: the context as it is stored: the key of the content depends on its very bytes. Undefined for none. */
  readonly contextText: string | undefined;
  /** S12: whether the object opens only under the key that it was stored as. */
  readonly bound: 'key' | 'none';
  readonly recipients: readonly SealedRecipient[];
}

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
    if (taken.has(name) || !row.signs(name)) continue;
    throw new MalformedEnvelopeError(
      `The metadata header ${name} is not one of a sealed object, or follows a gap. Its metadata were changed, or ` +
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

/** The metadata headers of a sealed object. */
export function formatSealedEnvelope(envelope: SealedEnvelope): Record<string, string> {
  const { headers, version } = formats.sealed;
  const { head, contextText, bound, recipients } = envelope;
  const formatted: Record<string, string> = {
    [headers.format]: version,
    [headers.head]: encodeBase64(head),
  };
  if (contextText !== undefined) formatted[headers.context] = contextText;
  formatted[headers.bound] = bound;
  for (const [index, recipient] of recipients.entries()) {
    formatted[`${headers.key}${index + 1}`] = formatRecipient(recipient);
  }
  return formatted;
}

function formatRecipient(recipient: SealedRecipient): string {
  const { wrapAlgorithm, wrappedKey, sealedDataKey, materialDescription } = recipient;
  const members = [
    `"wrap":${JSON.stringify(wrapAlgorithm)}`,
    `"kek":"${encodeBase64(wrappedKey)}"`,
    `"dek":"${encodeBase64(sealedDataKey)}"`,
  ];
  const description = formatMaterialDescription(materialDescription);
  if (description !== undefined) members.push(`"desc":${description}`);
  return `{${members.join(',')}}`;
}

/** S11: the text of a context as it is stored; undefined for none. */
export function formatContext(context: EncryptionContext): string | undefined {
  return formatMaterialDescription(context);
}

/**
 * S11: each pair that the reader asks for must be there. The error names pairs, never values.
 *
 * @param found - the object's context; none where its format has no such thing
 * @throws ObjectMismatchError
 */
export function assertContext(found: EncryptionContext, asked: EncryptionContext): void {
  for (const [name, value] of Object.entries(asked)) {
    if (Object.hasOwn(found, name) && found[name] === value) continue;
    const what = Object.hasOwn(found, name) ? 'another value for' : 'no';
    throw new ObjectMismatchError(
      `The object is of another context: it has ${what} ${JSON.stringify(name).slice(0, 100)}. Check that it is the object ` +
        'that you mean, or ask for less by `context`.',
    );
  }
}
