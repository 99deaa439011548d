import type { ContentKey, ContentScheme } from '../cipher/content-scheme.js';
import type { CheckpointJournal, CheckpointStore } from '../contract/checkpoint-store.js';
import type { FormatName } from '../contract/key-provider.js';
import type { Headers, ObjectResponse, ObjectTransport, StoredPart } from '../contract/object-transport.js';
import type { CreatedKey } from '../envelope/created-key.js';
import type { Envelope } from '../envelope/envelope.js';
import type { ObjectKeys } from '../envelope/object-keys.js';
import type { OnProgress } from '../stream/progress.js';
import type { PartPlan } from './part-plan.js';
import type { UploadCheckpoint } from './upload-checkpoint.js';

/** How a bucket begins checkpoints, and goes on from them. */
export interface CheckpointContext {
  /** Open what was written here. */
  readonly keys: ObjectKeys;
  /** Loads what else it takes, `upload-resumption.ts`: with it comes the check of documents, which nothing else needs. */
  load(): Promise<CheckpointModule>;
}

/** What begins checkpoints, and goes on from them. */
export interface CheckpointModule {
  readonly checkpointPurpose: string;
  readonly UploadCheckpoint: typeof UploadCheckpoint;
  resumeUpload(
    writing: Writing,
    plan: PartPlan,
    journal: CheckpointJournal,
  ): Promise<StartedUpload | undefined>;
}

/** A multipart upload that the server knows. */
export interface StartedUpload {
  readonly uploadId: string;
  readonly envelope: Envelope;
  readonly contentKey: ContentKey;
  readonly plan: PartPlan;
  /** With one, a failure leaves the upload on the server, to go on later. */
  readonly checkpoint: UploadCheckpoint | undefined;
  /** The parts that the server had when this attempt began. */
  readonly stored: readonly StoredPart[];
  /** The object, where an earlier attempt has finished the upload and did not live to see it. */
  readonly finished?: ObjectResponse | undefined;
}

/** What a bucket writes with. */
export interface WritingContext {
  readonly transport: ObjectTransport;
  readonly format: FormatName;
  /** How the format stores content. */
  readonly scheme: ContentScheme;
  readonly keys: Pick<ObjectKeys, 'create'>;
  /** What uploads need that have a checkpoint. Without it there are none, and a bundle holds nothing of them. */
  readonly checkpoints?: CheckpointContext | undefined;
}

/** One object to be written. All options are checked. */
export interface Writing {
  readonly context: WritingContext;
  readonly key: string;
  /** The object's own headers, without an envelope: names in lower case. */
  readonly headers: Headers;
  readonly contentMd5: string | undefined;
  readonly multipartThresholdBytes: number;
  readonly partSizeBytes: number | undefined;
  readonly concurrency: number;
  readonly checkpoint: CheckpointStore | undefined;
  /** What the caller knows of the source's identity, such as its time of modification. */
  readonly sourceState: string;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress | undefined;
  /**
   * Of what replaces an object that must not be lost: called when all is ready, just before it is. If it rejects,
   * nothing is replaced. What was sent is then compared with what arrived before that, too.
   */
  readonly beforeReplacing?: (() => Promise<void>) | undefined;
}

/** Makes the key of one attempt to write. */
export function createKey({ context, key, contentMd5, signal }: Writing): Promise<CreatedKey> {
  return context.keys.create({ objectKey: key, signal }, { contentMd5 });
}
