import type { MaterialDescription, WrapAlgorithm } from '../contract/key-provider.js';
import type { Headers } from '../contract/object-transport.js';
import { type CounterEnvelope, formatCounterEnvelope } from './counter-envelope.js';
import { counterReading } from './format-reading.js';
import { formats } from './formats.js';
import { formatSealedEnvelope, type SealedEnvelope } from './sealed-envelope.js';

/**
 * What the metadata of an object say about its encryption. Nothing in it is secret. Do not trust it: anyone who can write
 * to the bucket may have changed it.
 */
export type Envelope = CounterEnvelope | SealedEnvelope;

/** Whether an object is encrypted, and how. */
export type EnvelopeState =
  | { readonly kind: 'plain' }
  | { readonly kind: 'enveloped'; readonly envelope: Envelope };

/** What a format says of itself. */
export type FormatRow = (typeof formats)[keyof typeof formats];

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
          ...counterReading[row.name].otherDescriptionHeaders,
        ].includes(name);
  return Object.fromEntries([
    ...Object.entries(headers).filter(([name]) => !isOfKeys(name)),
    ...Object.entries(formatEnvelope(envelope)).filter(([name]) => isOfKeys(name)),
  ]);
}
