import {
  dataKeyBytes,
  decodeBase64,
  encodeBase64,
  type KeyProvider,
  KeyUnwrapError,
  MasterKeyError,
  type MaterialDescription,
  SecretBytes,
  type UnwrapKeyRequest,
  type UnwrappedKey,
  type WrapKeyRequest,
  type WrappedKey,
} from '@oss-envelope/core';
import type { KmsAction, KmsAnswer } from '../operations/kms-operations.js';
import type { ResilientOperations } from '../operations/resilient-operations.js';
import { answerMemberError, callsBlobForeign, refusesBlob } from '../operations/service-refusal.js';
import { type BlobLayering, blobCandidates, layerBlob, wrappings } from './blob-layering.js';
import type { DataKeyCache } from './data-key-cache.js';

/** What a provider is made of, all of it checked. */
export interface KmsKeyProviderParts {
  readonly operations: ResilientOperations;
  /** Undefined: the provider only reads. */
  readonly keyId: string | undefined;
  /** JSON text; undefined for none. */
  readonly encryptionContext: string | undefined;
  readonly layering: BlobLayering;
  readonly materialDescription: MaterialDescription;
  readonly cache: DataKeyCache | undefined;
}

/**
 * A provider on any implementation of the KMS operations. Two calls make a data key, two open one; both of a pair are
 * under way at the same time, and the first failure stops the other.
 */
export function kmsKeyProvider(parts: KmsKeyProviderParts): KeyProvider {
  const { operations, encryptionContext, cache } = parts;

  async function wrapKey({ format, start, signal }: WrapKeyRequest): Promise<WrappedKey> {
    const { keyId } = parts;
    if (keyId === undefined) {
      throw new MasterKeyError('This provider has no keyId, so it only reads. Pass keyId to write.');
    }
    const startText = wrappings[format].formatStart(start);
    const [key, wrappedStart] = await pair(
      signal,
      // Never by Encrypt, as some SDKs do: its plaintext travels in the URL. Readers cannot tell.
      (linked) =>
        operations.generateDataKey(
          { keyId, keySpec: 'AES_256', numberOfBytes: dataKeyBytes, encryptionContext },
          linked,
        ),
      (linked) => operations.encrypt({ keyId, plaintext: startText, encryptionContext }, linked),
    );
    return {
      dataKey: generatedKey(key),
      wrappedKey: wrappedBlob(parts, format, 'GenerateDataKey', key),
      wrappedStart: wrappedBlob(parts, format, 'Encrypt', wrappedStart),
    };
  }

  async function unwrapKey(request: UnwrapKeyRequest): Promise<UnwrappedKey> {
    if (cache === undefined) return unwrap(request, request.signal);
    // The cache is this provider's own; all else that decides what comes out is in the id.
    const id = JSON.stringify([
      parts.keyId,
      encryptionContext,
      request.format,
      request.wrapAlgorithm,
      encodeBase64(request.wrappedKey),
      encodeBase64(request.wrappedStart),
    ]);
    return cache.get(id, request.signal, (signal) => unwrap(request, signal));
  }

  async function unwrap(
    { format, wrappedKey, wrappedStart }: UnwrapKeyRequest,
    signal: AbortSignal | undefined,
  ): Promise<UnwrappedKey> {
    const keyBlobs = blobCandidates(format, wrappedKey);
    const startBlobs = blobCandidates(format, wrappedStart);
    const [keyText, startText] = await pair(
      signal,
      (linked) => open(keyBlobs, linked),
      (linked) => open(startBlobs, linked),
    );
    const dataKey = decodeBase64(keyText);
    const start = wrappings[format].parseStart(startText);
    if (dataKey === undefined || start === undefined) throw new KeyUnwrapError();
    return { dataKey: new SecretBytes(dataKey), start };
  }

  /** The plaintext of the first of the blobs that KMS takes for its own. */
  async function open(blobs: readonly string[], signal: AbortSignal): Promise<string> {
    let refusal: unknown;
    for (const ciphertextBlob of blobs) {
      try {
        const answer = await operations.decrypt({ ciphertextBlob, encryptionContext }, signal);
        return textMember('Decrypt', 'Plaintext', answer.plaintext, answer);
      } catch (error) {
        if (!callsBlobForeign(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusesBlob(refusal) ? new KeyUnwrapError() : refusal;
  }

  return {
    materialDescription: parts.materialDescription,
    wraps: parts.keyId === undefined ? {} : { 'oss-crypto': 'kms', 'client-side-encryption': 'kms' },
    unwraps: ['kms'],
    wrapKey,
    unwrapKey,
  };
}

function generatedKey(answer: KmsAnswer): SecretBytes {
  const bytes = decodeBase64(textMember('GenerateDataKey', 'Plaintext', answer.plaintext, answer));
  if (bytes?.length !== dataKeyBytes) {
    const complaint = bytes === undefined ? 'is not base64' : `has not ${dataKeyBytes} bytes`;
    throw answerMemberError('GenerateDataKey', 'Plaintext', complaint, answer.requestId);
  }
  return new SecretBytes(bytes);
}

function wrappedBlob(
  { layering }: KmsKeyProviderParts,
  format: WrapKeyRequest['format'],
  action: KmsAction,
  answer: KmsAnswer,
): Uint8Array {
  const blob = textMember(action, 'CiphertextBlob', answer.ciphertextBlob, answer);
  const wrapped = layerBlob(blob, wrappings[format].hasLayerings ? layering : 'standard');
  if (wrapped === undefined) {
    throw answerMemberError(action, 'CiphertextBlob', 'is not base64', answer.requestId);
  }
  return wrapped;
}

function textMember(action: KmsAction, member: string, value: unknown, answer: KmsAnswer): string {
  if (typeof value === 'string' && value !== '') return value;
  const complaint = value === undefined || value === null ? 'is missing' : 'is not a text';
  throw answerMemberError(action, member, complaint, answer.requestId);
}

/** Runs two tasks at the same time under one signal, which the first failure aborts. */
async function pair<A, B>(
  signal: AbortSignal | undefined,
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.all([first(controller.signal), second(controller.signal)]);
  } catch (error) {
    controller.abort();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
