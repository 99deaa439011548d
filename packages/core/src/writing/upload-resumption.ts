import { headersForRequest } from '../adapter/request-headers.js';
import type { Headers } from '../contract/object-transport.js';
import { openContentKey } from '../envelope/content-key.js';
import { isEnvelopeHeader, parseEnvelope } from '../envelope/envelope.js';
import { CheckpointError } from '../errors/errors.js';
import type { PartPlan } from './part-plan.js';
import { dropUpload, isVanishedUpload, partsOf, type StartedUpload } from './started-upload.js';
import { loadUpload, UploadCheckpoint } from './upload-checkpoint.js';
import type { Writing } from './writing-context.js';

/**
 * The upload that the checkpoint store knows of, if it can go on. One that cannot (another source, other headers or
 * sizes, or the server has forgotten it) is dropped, and undefined is returned.
 *
 * @throws CheckpointError for a checkpoint that is damaged, was changed, or is of another object
 * @throws KeyUnwrapError, NoMatchingKeyError for one under another master key
 */
export async function resumeUpload(writing: Writing, plan: PartPlan): Promise<StartedUpload | undefined> {
  const { context, key, checkpoint: store, signal } = writing;
  const saved = store === undefined ? undefined : await loadUpload(store);
  if (store === undefined || saved === undefined) return undefined;
  const { state } = saved;
  if (state.key !== key) {
    throw new CheckpointError(
      'The checkpoint is of another object. Use one store for each, or delete it to start anew.',
    );
  }
  const encryption = parseEnvelope(state.headers);
  if (encryption.kind === 'plain') {
    throw new CheckpointError(
      'The checkpoint holds no envelope, so it was changed. Delete it to start the upload anew.',
    );
  }
  const { envelope } = encryption;
  const { providers, onUnknownDescription } = context;
  const contentKey = await openContentKey(envelope, providers, { onUnknownDescription, signal });
  const checkpoint = await UploadCheckpoint.resume(store, saved, contentKey);
  const { uploadId } = state;
  const matches =
    envelope.format === context.format &&
    state.sizeBytes === plan.sizeBytes &&
    state.partSizeBytes === plan.partSizeBytes &&
    state.source === writing.sourceState &&
    sameHeaders(withoutEnvelope(state.headers), writing.headers);
  if (matches && (await isKnown(writing, uploadId))) {
    return { uploadId, envelope, contentKey, plan, checkpoint };
  }
  await dropUpload(writing, uploadId);
  await checkpoint.delete();
  return undefined;
}

async function isKnown({ context, key, headers: all, signal }: Writing, uploadId: string): Promise<boolean> {
  const headers = headersForRequest('list-parts', all);
  try {
    await partsOf(context.transport).list({ key, uploadId, headers, signal });
    return true;
  } catch (error) {
    if (isVanishedUpload(error)) return false;
    throw error;
  }
}

function withoutEnvelope(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isEnvelopeHeader(name)));
}

function sameHeaders(a: Headers, b: Headers): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
