import type { MaterialDescription, WrapAlgorithm } from '../contract/key-provider.js';
import type { Headers } from '../contract/object-transport.js';
import { MalformedEnvelopeError } from '../errors/errors.js';
import { type CounterEnvelope, formatCounterEnvelope, readCounterEnvelope } from './counter-envelope.js';
import { formats } from './formats.js';
import { printableEnvelope } from './printable-envelope.js';
import { formatSealedEnvelope, readSealedEnvelope, type SealedEnvelope } from './sealed-envelope.js';

/**
 * What the metadata of an object say about its encryption. Nothing in it is secret. Do not trust it: anyone who can write
 * to the bucket may have changed it.
 */
export type Envelope = CounterEnvelope | SealedEnvelope;

/** Whether an object is encrypted, and how. */
export type EnvelopeState =
  | { readonly kind: 'plain' }
  | { readonly kind: 'enveloped'; readonly envelope: Envelope };

/** How strictly an envelope is read. */
export interface ParseEnvelopeOptions {
  /**
   * Reads some envelopes that break the rules: an absent content algorithm in `'client-side-encryption'` (which oss2
   * reads too), and recorded lengths and digests that do not parse (they are left out).
   */
  readonly lenient?: boolean | undefined;
}

/**
 * Reads the envelope from an object's headers (names in any case; others are ignored). Accepts every spelling that a
 * version of an official SDK wrote.
 *
 * @throws MalformedEnvelopeError for half an envelope, a header twice, headers of two formats, or values that do not parse
 * @throws AlgorithmNotSupportedError for an unknown version, content or wrap algorithm
 *
 * @example
 * const { headers } = await transport.head({ key: 'motto.txt', headers: {} });
 * const state = parseEnvelope(headers);
 * state.kind === 'enveloped' && state.envelope.format; // => 'sealed'
 */
export function parseEnvelope(headers: Headers, options: ParseEnvelopeOptions = {}): EnvelopeState {
  const byName = headersByName(headers);
  let row: FormatRow | undefined;
  for (const name of byName.keys()) {
    const signed = signedRow(name);
    if (signed === undefined) continue;
    row ??= signed;
    if (signed === row) continue;
    // S16, of any two formats.
    throw new MalformedEnvelopeError(
      'The object has envelope headers of two formats, so nobody can tell which one is true. ' +
        'Find out which tool added the second set, and restore the metadata.',
    );
  }
  if (row === undefined) return { kind: 'plain' };
  const envelope =
    row.kind === 'sealed' ? readSealedEnvelope(row, byName) : readCounterEnvelope(row, byName, options);
  return { kind: 'enveloped', envelope: printableEnvelope(envelope) };
}

type FormatRow = (typeof formats)[keyof typeof formats];

const rows: readonly FormatRow[] = Object.values(formats);

/** The format that a header, its name in lower case, is a sign of. No header is one of two formats. */
function signedRow(name: string): FormatRow | undefined {
  for (const row of rows) if (row.signs(name)) return row;
  return undefined;
}

/** Headers by their names in lower case. S16: none of an envelope is there twice. */
function headersByName(headers: Headers): ReadonlyMap<string, string> {
  const byName = new Map<string, string>();
  for (const spelled of Object.keys(headers)) {
    const name = spelled.toLowerCase();
    if (byName.has(name) && isEnvelopeHeader(name)) {
      throw new MalformedEnvelopeError(
        `The object has the metadata header ${name} twice, so nobody can tell which one is true. Restore the metadata.`,
      );
    }
    byName.set(name, headers[spelled] as string);
  }
  return byName;
}

/**
 * The metadata headers of an envelope: exactly those that its format documents, names in lower case.
 *
 * @throws AlgorithmNotSupportedError when the format has no such wrap algorithm
 *
 * @example
 * const { envelope } = await createContentKey(provider, 'oss-crypto');
 * formatEnvelope(envelope)['x-oss-meta-oss-wrap-alg']; // => 'rsa'
 */
export function formatEnvelope(envelope: Envelope): Record<string, string> {
  return envelope.format === 'sealed' ? formatSealedEnvelope(envelope) : formatCounterEnvelope(envelope);
}

/** Whether a header, its name in lower case, belongs to an envelope of any format and so cannot be user metadata. */
export function isEnvelopeHeader(name: string): boolean {
  for (const row of rows) {
    if (row.signs(name)) return true;
    if (row.kind === 'counter' && (name === row.headers.contentLength || name === row.headers.contentMd5)) {
      return true;
    }
  }
  return false;
}

/** The size of the plaintext that an envelope records, in bytes; that of an upload in parts stands elsewhere. */
export function recordedSize(state: EnvelopeState): number | undefined {
  if (state.kind === 'plain' || state.envelope.format === 'sealed') return undefined;
  const { contentSizeBytes, parts } = state.envelope;
  return contentSizeBytes ?? parts?.dataSizeBytes;
}

/** A13, C10: base64 of the MD5 of the plaintext that an envelope records. */
export function recordedMd5(state: EnvelopeState): string | undefined {
  return state.kind === 'plain' || state.envelope.format === 'sealed' ? undefined : state.envelope.contentMd5;
}

/** The envelope with the size of its plaintext, where its format records one beside the content. */
export function withContentSize(envelope: Envelope, contentSizeBytes: number | undefined): Envelope {
  return envelope.format === 'sealed' ? envelope : { ...envelope, contentSizeBytes };
}

/** What an envelope says of one of the master keys that open it. */
export interface EnvelopeKey {
  readonly wrapAlgorithm: WrapAlgorithm;
  readonly materialDescription: MaterialDescription;
}

/** The master keys that an envelope is for, as far as it says. */
export function keysOf(envelope: Envelope): readonly EnvelopeKey[] {
  const wrapped = envelope.format === 'sealed' ? envelope.recipients : [envelope];
  return wrapped.map(({ wrapAlgorithm, materialDescription }) => ({ wrapAlgorithm, materialDescription }));
}

/**
 * An object's headers with the wrapped keys of another envelope of the same content. What else its envelope says stays
 * to the letter, as the tool that wrote it has spelt it.
 */
export function withWrappedKeys(headers: Headers, envelope: Envelope): Record<string, string> {
  const row = formats[envelope.format];
  const isOfKeys = (name: string): boolean =>
    row.kind === 'sealed'
      ? name.startsWith(row.headers.key)
      : [
          row.headers.key,
          row.headers.start,
          row.headers.wrapAlgorithm,
          row.headers.materialDescription,
          ...row.otherDescriptionHeaders,
        ].includes(name);
  return Object.fromEntries([
    ...Object.entries(headers).filter(([name]) => !isOfKeys(name)),
    ...Object.entries(formatEnvelope(envelope)).filter(([name]) => isOfKeys(name)),
  ]);
}
