import type { CounterKey } from '../cipher/content-scheme.js';
import { type CounterFormatName, dataKeyBytes, type KeyProvider } from '../contract/key-provider.js';
import type { SecretBytes } from '../contract/secret-bytes.js';
import { InvalidArgumentError, MasterKeyError } from '../errors/errors.js';
import { type CounterEnvelope, findWrapAlgorithm } from './counter-envelope.js';
import { formats } from './formats.js';
import { isWrappedKey, isWrappedValue } from './provided-key.js';
import { createStartValue, type RandomBytes } from './start-value.js';
import { wrapAlgorithmOf } from './wrapping-provider.js';

/** The key of one object's content, from its first byte on. */
export type ObjectContentKey = CounterKey & { readonly dataKey: SecretBytes };

/** What a new envelope records beside the key. */
export interface CreateContentKeyOptions
  extends Pick<CounterEnvelope, 'contentSizeBytes' | 'contentMd5' | 'parts'> {
  /** The source of the start value; by default the runtime's `crypto.getRandomValues`. */
  readonly randomBytes?: RandomBytes | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A fresh key for one object, and the envelope that carries it. Encrypt one content under it, and store the headers
 * that `formatEnvelope` makes of the envelope with the ciphertext.
 *
 * @throws InvalidArgumentError for a format that is not in counter mode
 * @throws MasterKeyError when the provider cannot write the format; ServiceError, TransportError from a key service
 *
 * @example
 * const { envelope, contentKey } = await createContentKey(provider, 'oss-crypto');
 * const bytes = await encryptBytes(new TextEncoder().encode('seize the day'), contentKey);
 * await transport.put({ key: 'shared.txt', headers: formatEnvelope(envelope), body: { kind: 'bytes', bytes } });
 */
export async function createContentKey(
  provider: KeyProvider,
  format: CounterFormatName,
  options: CreateContentKeyOptions = {},
): Promise<{ readonly envelope: CounterEnvelope; readonly contentKey: ObjectContentKey }> {
  const row = formats[format];
  if (row?.kind !== 'counter') {
    throw new InvalidArgumentError('format', "must be 'oss-crypto' or 'client-side-encryption'");
  }
  const wrapAlgorithm = wrapAlgorithmOf(provider, format);
  const randomBytes =
    options.randomBytes ?? ((sizeBytes) => crypto.getRandomValues(new Uint8Array(sizeBytes)));
  const start = createStartValue(row, findWrapAlgorithm(format, wrapAlgorithm), randomBytes);
  const created: unknown = await provider.wrapKey({
    format,
    start: start.plaintext,
    signal: options.signal,
  });
  if (!isWrappedKey(created) || !isWrappedValue(created.wrappedStart)) {
    throw incompleteWrapping();
  }
  const envelope: CounterEnvelope = {
    format,
    wrapAlgorithm,
    contentAlgorithm: row.scheme.algorithm,
    wrappedKey: created.wrappedKey,
    wrappedStart: created.wrappedStart,
    materialDescription: provider.materialDescription,
    contentSizeBytes: options.contentSizeBytes,
    contentMd5: options.contentMd5,
    parts: options.parts,
  };
  return { envelope, contentKey: { dataKey: created.key, counterBlock: start.counterBlock } };
}

/** The error for a provider that did not wrap both. */
export function incompleteWrapping(): MasterKeyError {
  return new MasterKeyError(
    `The provider did not give a data key of ${dataKeyBytes} bytes and its start value, both wrapped. Report it to its maker.`,
  );
}
