import type { PartPlan } from './part-plan.js';
import { SourceChangedError, uploadInParts } from './part-upload.js';
import type { PutResult } from './put-result.js';
import type { Source } from './source.js';
import { startUpload } from './started-upload.js';
import type { Writing } from './writing-context.js';

/**
 * Stores content by a multipart upload, or goes on with one.
 *
 * @throws as `EncryptedBucket.put`
 */
export async function putInParts(writing: Writing, source: Source, plan: PartPlan): Promise<PutResult> {
  const { checkpoints } = writing.context;
  const journal = checkpoints && (await writing.checkpoint?.open());
  try {
    const resumed = journal && (await (await checkpoints.load()).resumeUpload(writing, plan, journal));
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
