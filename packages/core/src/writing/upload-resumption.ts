import { headersForRequest } from '../adapter/request-headers.js';
import type { CheckpointJournal } from '../contract/checkpoint-store.js';
import type { Headers, ObjectResponse, StoredPart } from '../contract/object-transport.js';
import type { Envelope } from '../envelope/envelope.js';
import { isEnvelopeHeader } from '../envelope/envelope-header-names.js';
import { parseEnvelope } from '../envelope/envelope-reading.js';
import { openOwnKey } from '../envelope/key-opening.js';
import { CheckpointError, isOssEnvelopeError } from '../errors/errors.js';
import { countParts, type PartPlan, storedBytesOfPart } from './part-plan.js';
import { storedDespite } from './sent-object.js';
import { dropUpload, isVanishedUpload, partsOf } from './started-upload.js';
import { checkpointPurpose, parseUpload, UploadCheckpoint, type UploadState } from './upload-checkpoint.js';
import type { StartedUpload, Writing } from './writing-context.js';

export { checkpointPurpose, UploadCheckpoint };

/**
 * The upload that the journal knows of, if it can go on. It cannot where the source, the headers, the sizes, or the
 * format or master key of the bucket are others now, or where the server has forgotten the upload. Nor can it where the
 * server has a part that the journal does not know: then another attempt, or an older state of the journal, has written
 * under this key. In all these cases the upload is dropped, the journal is emptied, and undefined is returned. One
 * exception: an upload that the server has forgotten because it was finished, and whose object is there, goes on to its
 * end. Nothing of it is sent again.
 *
 * @throws CheckpointError for a checkpoint that is damaged, was changed, or is of another object
 */
export async function resumeUpload(
  writing: Writing,
  plan: PartPlan,
  journal: CheckpointJournal,
): Promise<StartedUpload | undefined> {
  const saved = parseUpload(journal);
  if (saved === undefined) return undefined;
  const { state, digests } = saved;
  if (state.key !== writing.key) {
    throw new CheckpointError(
      'The checkpoint is of another object. Use one store for each, or delete it to start anew.',
    );
  }
  const envelope = envelopeOf(state);
  if (await goesOn(writing, plan, state, envelope)) {
    const contentKey = await openKey(writing, envelope);
    if (contentKey !== undefined) {
      const ownSecret = await writing.context.checkpoints?.keys.secretFor(checkpointPurpose);
      const checkpoint = await UploadCheckpoint.resume(journal, saved, { contentKey, ownSecret });
      const stored = await listParts(writing, state.uploadId);
      if (stored?.every(({ partNumber }) => digests.has(partNumber))) {
        return { uploadId: state.uploadId, envelope, contentKey, plan, checkpoint, stored };
      }
      const all = partsOfPlan(writing, plan);
      if (stored === undefined && all.every(({ partNumber }) => digests.has(partNumber))) {
        const finished = await findFinished(writing, envelope, all);
        if (finished !== undefined) {
          return {
            uploadId: state.uploadId,
            envelope,
            contentKey,
            plan,
            checkpoint,
            stored: all,
            finished,
          };
        }
      }
    }
  }
  await dropUpload(writing, state.uploadId);
  await journal.clear();
  return undefined;
}

/** All parts that the content has, as they are stored. */
function partsOfPlan({ context: { scheme } }: Writing, plan: PartPlan): readonly StoredPart[] {
  const { sizeBytes = 0, partSizeBytes } = plan;
  return Array.from({ length: countParts(sizeBytes, partSizeBytes) }, (_, index) => ({
    partNumber: index + 1,
    etag: '',
    sizeBytes: storedBytesOfPart(scheme, plan, index + 1),
  }));
}

/** The object of an upload that the server has forgotten since it was finished; its checksum is still to be compared. */
async function findFinished(
  writing: Writing,
  envelope: Envelope,
  parts: readonly StoredPart[],
): Promise<ObjectResponse | undefined> {
  if (writing.context.transport.crc64 === undefined) return undefined;
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const sent = { envelope, sizeBytes, crc64: undefined };
  try {
    const { response } = await storedDespite(undefined, writing, [sent]);
    return response.headers['x-oss-hash-crc64ecma'] === undefined ? undefined : response;
  } catch {
    writing.signal?.throwIfAborted();
    return undefined;
  }
}

function envelopeOf(state: UploadState): Envelope {
  const encryption = parseEnvelope(state.headers);
  if (encryption.kind === 'enveloped') return encryption.envelope;
  throw new CheckpointError(
    'The checkpoint holds no envelope, so it was changed. Delete it to start the upload anew.',
  );
}

/** Whether the bucket would write the same today. */
async function goesOn(
  writing: Writing,
  plan: PartPlan,
  state: UploadState,
  envelope: Envelope,
): Promise<boolean> {
  return (
    (await writing.context.checkpoints?.keys.wouldWrite(envelope)) === true &&
    (envelope.format === 'sealed' || envelope.contentMd5 === writing.contentMd5) &&
    state.sizeBytes === plan.sizeBytes &&
    state.partSizeBytes === plan.partSizeBytes &&
    state.source === writing.sourceState &&
    sameHeaders(withoutEnvelope(state.headers), writing.headers)
  );
}

/** The key of the upload by the provider that the bucket writes with, and no other; undefined when it is not its own. */
async function openKey(
  { context, key, signal }: Writing,
  envelope: Envelope,
): Promise<StartedUpload['contentKey'] | undefined> {
  try {
    const keys = context.checkpoints?.keys;
    return keys && (await openOwnKey(keys, envelope, { objectKey: key, signal }));
  } catch (error) {
    if (
      isOssEnvelopeError(error, 'ERR_KEY_UNWRAP_FAILED') ||
      isOssEnvelopeError(error, 'ERR_NO_MATCHING_KEY')
    ) {
      return undefined;
    }
    throw error;
  }
}

/** The parts that the server has; undefined when it does not know the upload. */
async function listParts(
  { context, key, headers: all, signal }: Writing,
  uploadId: string,
): Promise<readonly StoredPart[] | undefined> {
  const headers = headersForRequest('list-parts', all);
  try {
    return await partsOf(context.transport).list({ key, uploadId, headers, signal });
  } catch (error) {
    if (isVanishedUpload(error)) return undefined;
    throw error;
  }
}

function withoutEnvelope(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isEnvelopeHeader(name)));
}

function sameHeaders(a: Headers, b: Headers): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
  );
}
