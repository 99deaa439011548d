import {
  AlgorithmNotSupportedError,
  dataKeyBytes,
  type EncryptionContext,
  type FormatName,
  isOssEnvelopeError,
  type KeyProvider,
  KeyUnwrapError,
  MasterKeyError,
  type MaterialDescription,
  SecretBytes,
  sealedContext,
  type UnwrapKeyRequest,
  type UnwrappedKey,
  type WrapKeyRequest,
  type WrappedKey,
} from '@oss-envelope/core';
import { decodeBase64, encodeBase64, onAbort } from '@oss-envelope/core/adapter';
import type { KmsAction, KmsAnswer } from '../operations/kms-operations.js';
import type { ResilientCall } from '../operations/resilient-call.js';
import { answerMemberError, callsBlobForeign, refusesBlob } from '../operations/service-refusal.js';
import { type BoundContext, mergeContexts } from '../options/encryption-context.js';
import { isSameKey } from '../options/key-ids.js';
import { type BlobLayering, blobCandidates, layerBlob, wrappingOf } from './blob-layering.js';
import type { DataKeyCache } from './data-key-cache.js';

/** What a provider is made of, all of it checked. */
export interface KmsKeyProviderParts {
  readonly call: ResilientCall;
  /** Undefined: the provider only reads. */
  readonly keyId: string | undefined;
  /** The keys whose objects are read; undefined for any. */
  readonly readKeyIds: readonly string[] | undefined;
  readonly context: BoundContext;
  readonly layering: BlobLayering;
  readonly materialDescription: MaterialDescription;
  readonly cache: DataKeyCache | undefined;
}

/**
 * A provider on any implementation of the KMS operations. One call makes or opens a key, another one its start value
 * where there is one; both of a pair are under way at the same time, and the first failure stops the other.
 */
export function kmsKeyProvider(parts: KmsKeyProviderParts): KeyProvider {
  const { call, cache } = parts;
  const contextText = (format: FormatName, asked: EncryptionContext | undefined): string | undefined =>
    mergeContexts(parts.context, asked, format === 'sealed' ? sealedContext : {}).text;

  async function wrapKey({
    format,
    context,
    key: given,
    start,
    signal,
  }: WrapKeyRequest): Promise<WrappedKey> {
    signal?.throwIfAborted();
    const { keyId } = parts;
    if (keyId === undefined) {
      throw new MasterKeyError('This provider has no keyId, so it only reads. Pass keyId to write.');
    }
    // Clause S14.
    if (given !== undefined && format === 'sealed') {
      throw new MasterKeyError(
        "In 'sealed' KMS wraps only keys that it made. Leave the key out, and use the one that it makes.",
      );
    }
    const row = wrappingOf(format);
    const layering = row.hasLayerings ? parts.layering : 'standard';
    const encryptionContext = contextText(format, context);
    const encrypt =
      (plaintext: string, isSecret: boolean): Task<KmsAnswer> =>
      (linked) =>
        call('Encrypt', { keyId, plaintext, isSecret, encryptionContext }, linked);
    // A fresh key never comes by Encrypt, as with some SDKs: it would be sent to KMS. Readers cannot tell.
    const generate: Task<KmsAnswer> = (linked) =>
      call(
        'GenerateDataKey',
        { keyId, keySpec: 'AES_256', numberOfBytes: dataKeyBytes, encryptionContext },
        linked,
      );
    const [answer, wrappedStart] = await pair(
      signal,
      given === undefined ? generate : encrypt(encodeBase64(given.bytes), true),
      start && encrypt(row.formatStart(start), false),
    );
    return {
      key: given ?? generatedKey(answer),
      wrappedKey: wrappedBlob(layering, given === undefined ? 'GenerateDataKey' : 'Encrypt', answer),
      wrappedStart: wrappedStart && wrappedBlob(layering, 'Encrypt', wrappedStart),
    };
  }

  async function unwrapKey(request: UnwrapKeyRequest): Promise<UnwrappedKey> {
    const { format, wrapAlgorithm, wrappedKey, wrappedStart, signal } = request;
    signal?.throwIfAborted();
    if (wrapAlgorithm !== 'kms') {
      throw new AlgorithmNotSupportedError(
        `The KMS provider does not unwrap ${JSON.stringify(wrapAlgorithm)}. Give the bucket a provider of that kind.`,
      );
    }
    const contexts =
      format === 'sealed' ? sealedContexts(request.context) : [contextText(format, request.context)];
    if (cache === undefined) return unwrapFirst(request, contexts, signal);
    // The cache is this provider's own; all else that decides what comes out is in the id.
    const id = JSON.stringify([
      contexts,
      format,
      encodeBase64(wrappedKey),
      wrappedStart && encodeBase64(wrappedStart),
    ]);
    return cache.get(id, signal, (linked) => unwrapFirst(request, contexts, linked));
  }

  /**
   * S14: the encryption contexts that may open a wrapping key, the likely one first. Objects that were written before
   * their context became a part of it, and by other writers, have the provider's own pairs alone.
   */
  function sealedContexts(ofObject: EncryptionContext | undefined): readonly (string | undefined)[] {
    const own = contextText('sealed', undefined);
    try {
      return [...new Set([contextText('sealed', ofObject), own])];
    } catch (error) {
      // The bucket says it, and KMS takes no such context, so none can have been used.
      if (
        isOssEnvelopeError(error, 'ERR_INVALID_ARGUMENT') ||
        isOssEnvelopeError(error, 'ERR_OUT_OF_RANGE')
      ) {
        return [own];
      }
      throw error;
    }
  }

  async function unwrapFirst(
    request: UnwrapKeyRequest,
    [encryptionContext, ...others]: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<UnwrappedKey> {
    try {
      return await unwrap(request, encryptionContext, signal);
    } catch (error) {
      if (others.length === 0 || !isOssEnvelopeError(error, 'ERR_KEY_UNWRAP_FAILED')) throw error;
    }
    return unwrapFirst(request, others, signal);
  }

  async function unwrap(
    { format, wrappedKey, wrappedStart }: UnwrapKeyRequest,
    encryptionContext: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<UnwrappedKey> {
    const row = wrappingOf(format);
    const open = (wrapped: Uint8Array) => (linked: AbortSignal) =>
      openFirst(blobCandidates(format, wrapped), encryptionContext, linked);
    const [keyText, startText] = await pair(signal, open(wrappedKey), wrappedStart && open(wrappedStart));
    const key = decodeBase64(keyText);
    const start = startText === undefined ? undefined : row.parseStart(startText);
    if (key === undefined || (wrappedStart !== undefined && start === undefined)) throw new KeyUnwrapError();
    return { key: new SecretBytes(key), start };
  }

  /** The plaintext of the first of the blobs that KMS takes for its own. */
  async function openFirst(
    blobs: readonly string[],
    encryptionContext: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    let refusal: unknown;
    for (const ciphertextBlob of blobs) {
      try {
        const answer = await call('Decrypt', { ciphertextBlob, encryptionContext }, signal);
        assertReadKey(answer);
        return textMember('Decrypt', 'Plaintext', answer.plaintext, answer);
      } catch (error) {
        if (!callsBlobForeign(error)) throw error;
        refusal ??= error;
      }
    }
    throw refusesBlob(refusal) ? new KeyUnwrapError() : refusal;
  }

  /** The blob names its key, and whoever can write to the bucket may have wrapped it under another one. */
  function assertReadKey(answer: KmsAnswer): void {
    if (parts.readKeyIds === undefined) return;
    const answered = textMember('Decrypt', 'KeyId', answer.keyId, answer);
    if (!parts.readKeyIds.some((keyId) => isSameKey(keyId, answered))) throw new KeyUnwrapError();
  }

  return {
    materialDescription: parts.materialDescription,
    wraps:
      parts.keyId === undefined
        ? {}
        : { 'oss-crypto': 'kms', 'client-side-encryption': 'kms', sealed: 'kms' },
    unwraps: ['kms'],
    bindsContext: true,
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

function wrappedBlob(layering: BlobLayering, action: KmsAction, answer: KmsAnswer): Uint8Array {
  const blob = textMember(action, 'CiphertextBlob', answer.ciphertextBlob, answer);
  const wrapped = layerBlob(blob, layering);
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

type Task<T> = (signal: AbortSignal) => Promise<T>;

/** Runs one or two tasks at the same time under one signal, which the first failure aborts. */
async function pair<A, B>(
  signal: AbortSignal | undefined,
  first: Task<A>,
  second: Task<B> | undefined,
): Promise<[A, B | undefined]> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  const endAbort = signal && onAbort(signal, abort);
  try {
    return await Promise.all([first(controller.signal), second?.(controller.signal)]);
  } catch (error) {
    controller.abort();
    throw error;
  } finally {
    endAbort?.();
  }
}
