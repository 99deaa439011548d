import { headersForRequest } from '../adapter/request-headers.js';
import type { CheckpointJournal } from '../contract/checkpoint-store.js';
import type { ObjectTransport, PartOperations } from '../contract/object-transport.js';
import { type Envelope, formatEnvelope, withContentSize } from '../envelope/envelope.js';
import { formats } from '../envelope/formats.js';
import { assertMetadataSize } from '../envelope/user-metadata.js';
import { CapabilityMissingError, isOssEnvelopeError } from '../errors/errors.js';
import type { PartPlan } from './part-plan.js';
import { createKey, type StartedUpload, type Writing } from './writing-context.js';

/** Starts a multipart upload under a fresh key, and its checkpoint in an empty journal if there is one. */
export async function startUpload(
  writing: Writing,
  plan: PartPlan,
  journal: CheckpointJournal | undefined,
): Promise<StartedUpload> {
  const { context, key, signal } = writing;
  const { sizeBytes, partSizeBytes } = plan;
  const parts = partsOf(context.transport);
  const { envelope: unsized, contentKey } = await createKey(writing);
  // C11, as the official SDKs do: a multipart upload announces its sizes where the format has headers for them.
  const envelope: Envelope =
    unsized.format !== 'sealed' && formats[context.format].announcesLength && sizeBytes !== undefined
      ? { ...unsized, parts: { dataSizeBytes: sizeBytes, partSizeBytes } }
      : withContentSize(unsized, sizeBytes);
  const headers = { ...headersForRequest('start-parts', writing.headers), ...formatEnvelope(envelope) };
  assertMetadataSize(headers);
  const { uploadId } = await parts.start({ key, headers, signal });
  const { checkpoints } = context;
  if (checkpoints === undefined || journal === undefined || sizeBytes === undefined) {
    return { uploadId, envelope, contentKey, plan, checkpoint: undefined, stored: [] };
  }
  const state = {
    key,
    uploadId,
    headers: { ...writing.headers, ...formatEnvelope(envelope) },
    sizeBytes,
    partSizeBytes,
    source: writing.sourceState,
  };
  try {
    const { checkpointPurpose, UploadCheckpoint } = await checkpoints.load();
    const ownSecret = await checkpoints.keys.secretFor(checkpointPurpose);
    const checkpoint = await UploadCheckpoint.begin(journal, state, { contentKey, ownSecret });
    return { uploadId, envelope, contentKey, plan, checkpoint, stored: [] };
  } catch (error) {
    await dropUpload(writing, uploadId);
    throw error;
  }
}

/**
 * The steps of a multipart upload.
 *
 * @throws CapabilityMissingError when the transport has none
 */
export function partsOf(transport: ObjectTransport): PartOperations {
  if (transport.parts !== undefined) return transport.parts;
  throw new CapabilityMissingError(
    'parts',
    'This content has to go in parts, and the transport has none (its member `parts`). Use another transport, or raise ' +
      'multipartThresholdBytes.',
  );
}

/** How long a failed call waits for the server to drop its upload; an aborted one must end within a second. */
const dropTimeoutMs = 10_000;
const dropTimeoutAfterAbortMs = 800;
/** The network that made the upload fail may make this fail as well, whatever the transport does about it. */
const dropAttempts = 3;

/** Drops an upload that will not go on. Best effort: the caller already has a better error. */
export async function dropUpload(
  { context, key, headers: all, signal: callerSignal }: Writing,
  uploadId: string,
): Promise<void> {
  const signal = AbortSignal.timeout(callerSignal?.aborted ? dropTimeoutAfterAbortMs : dropTimeoutMs);
  const headers = headersForRequest('drop-parts', all);
  for (let attempt = 0; attempt < dropAttempts; attempt++) {
    try {
      await partsOf(context.transport).drop({ key, uploadId, headers, signal });
      return;
    } catch (error) {
      if (!(isOssEnvelopeError(error, 'ERR_TRANSPORT') && error.retryable)) return;
    }
  }
}

/** Whether a failure says that the server knows no such upload: it was finished, dropped, or is another bucket's. */
export function isVanishedUpload(error: unknown): boolean {
  return isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 404;
}
