import {
  answeredEnvelope,
  type Envelope,
  type EnvelopeState,
  equalMaterialDescriptions,
  isOssEnvelopeError,
  type ObjectResponse,
  parseEnvelope,
  type Writer,
  writersOf,
} from '@oss-envelope/core';

/** Something about an object that its owner should know. The names are stable. */
export type InspectionWarning =
  | 'counter-mode'
  | 'recorded-md5'
  | 'small-rsa-key'
  | 'half-envelope'
  | 'unsupported'
  | 'unbound'
  | 'pkcs1-padding';

/** One of the master keys that open an object. */
export interface InspectedKey {
  readonly wrapAlgorithm: string;
  readonly description: Readonly<Record<string, string>>;
  /** Of RSA: the size of the modulus. */
  readonly keyBits: number | undefined;
}

/** What an object's headers say of its encryption. Nothing of it is authenticated. */
export interface Inspection {
  readonly encrypted: boolean;
  readonly format: string | undefined;
  readonly contentAlgorithm: string | undefined;
  readonly authenticated: boolean;
  readonly writers: readonly Writer[];
  readonly keys: readonly InspectedKey[];
  readonly context: Readonly<Record<string, string>> | undefined;
  readonly bound: 'key' | 'none' | undefined;
  /** The size of the plaintext, where the envelope records it. */
  readonly recordedSizeBytes: number | undefined;
  readonly warnings: readonly InspectionWarning[];
  /** Why the envelope cannot be read, where it is broken. */
  readonly fault: string | undefined;
}

const plain: Inspection = {
  encrypted: false,
  format: undefined,
  contentAlgorithm: undefined,
  authenticated: false,
  writers: [],
  keys: [],
  context: undefined,
  bound: undefined,
  recordedSizeBytes: undefined,
  warnings: [],
  fault: undefined,
};

/** Reads the envelope of an object from its headers, wherever they come from. No key is needed. */
export function inspectHeaders(headers: Readonly<Record<string, string>>): Inspection {
  return inspection(headers, () => parseEnvelope(headers));
}

/**
 * Reads the envelope of an object from what OSS has answered. No key is needed.
 *
 * @throws TransportError for an answer that hides whether the object is encrypted, or is of something else than OSS
 */
export function inspectAnswer(answer: ObjectResponse): Inspection {
  return inspection(answer.headers, () => answeredEnvelope(answer));
}

function inspection(headers: Readonly<Record<string, string>>, read: () => EnvelopeState): Inspection {
  let envelope: Envelope;
  try {
    const state = read();
    if (state.kind === 'plain') return plain;
    envelope = state.envelope;
  } catch (error) {
    if (!isOssEnvelopeError(error) || isOssEnvelopeError(error, 'ERR_TRANSPORT')) throw error;
    const isUnsupported = isOssEnvelopeError(error, 'ERR_ALGORITHM_NOT_SUPPORTED');
    return {
      ...plain,
      encrypted: true,
      warnings: [isUnsupported ? 'unsupported' : 'half-envelope'],
      fault: error.message,
    };
  }
  const keys = keysOf(envelope);
  const isSealed = envelope.format === 'sealed';
  const warnings: InspectionWarning[] = [];
  if (!isSealed) warnings.push('counter-mode');
  if (envelope.format !== 'sealed' && envelope.contentMd5 !== undefined) warnings.push('recorded-md5');
  if (keys.some(({ keyBits }) => keyBits !== undefined && keyBits < 2048)) warnings.push('small-rsa-key');
  if (keys.some(({ wrapAlgorithm }) => wrapAlgorithm === 'rsa-pkcs1')) warnings.push('pkcs1-padding');
  if (envelope.format === 'sealed' && envelope.bound === 'none') warnings.push('unbound');
  return {
    encrypted: true,
    format: envelope.format,
    contentAlgorithm: isSealed ? 'AES-256-GCM, chunks of 16 KiB' : 'AES-256-CTR',
    authenticated: isSealed,
    writers: writersOf(envelope, headers),
    keys,
    context:
      envelope.format === 'sealed' && !equalMaterialDescriptions(envelope.context, {})
        ? envelope.context
        : undefined,
    bound: envelope.format === 'sealed' ? envelope.bound : undefined,
    recordedSizeBytes:
      envelope.format === 'sealed' ? undefined : (envelope.contentSizeBytes ?? envelope.parts?.dataSizeBytes),
    warnings,
    fault: undefined,
  };
}

function keysOf(envelope: Envelope): readonly InspectedKey[] {
  const wrapped = envelope.format === 'sealed' ? envelope.recipients : [envelope];
  return wrapped.map(({ wrapAlgorithm, wrappedKey, materialDescription }) => ({
    wrapAlgorithm,
    description: materialDescription,
    keyBits: wrapAlgorithm.startsWith('rsa-') ? wrappedKey.length * 8 : undefined,
  }));
}
