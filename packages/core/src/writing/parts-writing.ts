import type { CheckpointJournal } from '../contract/checkpoint-store.js';
import type { PartPlan } from './part-plan.js';
import { SourceChangedError, uploadInParts } from './part-upload.js';
import type { PutResult } from './put-result.js';
import type { Source } from './source.js';
import { type StartedUpload, startUpload } from './started-upload.js';
import type { Writing } from './writing-context.js';

/**
 * Stores content by a multipart upload, or goes on with one.
 *
 * @throws as `EncryptedBucket.put`
 */
export async function putInParts(writing: Writing, source: Source, plan: PartPlan): Promise<PutResult> {
  const journal = await writing.checkpoint?.open();
  try {
    const resumed = journal && (await resume(writing, plan, journal));
    const upload = resumed ?? (await startUpload(writing, plan, journal));
    try {
      return await uploadInParts(writing, upload, source);
    } catch (error) {
      // What differs from what was sent before is another content. It starts anew, if it can be read again.
      if (!(error instanceof SourceChangedError) || (source.kind === 'chunks' && !source.comesAgain))
        throw error;
      return await uploadInParts(writing, await startUpload(writing, plan, journal), source);
    }
  } finally {
    await journal?.close();
  }
}

async function resume(
  writing: Writing,
  plan: PartPlan,
  journal: CheckpointJournal,
): Promise<StartedUpload | undefined> {
  // With it comes the check of documents, which nothing else needs.
  const { resumeUpload } = await import('./upload-resumption.js');
  return resumeUpload(writing, plan, journal);
}
