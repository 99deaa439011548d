import type { ContentScheme } from '../cipher/content-scheme.js';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import type { FormatName } from '../contract/key-provider.js';
import type { Headers, ObjectTransport } from '../contract/object-transport.js';
import type { CreatedKey } from '../envelope/created-key.js';
import type { ObjectKeys } from '../envelope/object-keys.js';
import type { OnProgress } from '../stream/progress.js';

/** What a bucket writes with. */
export interface WritingContext {
  readonly transport: ObjectTransport;
  readonly format: FormatName;
  /** How the format stores content. */
  readonly scheme: ContentScheme;
  readonly keys: Pick<ObjectKeys, 'create'>;
  /** Open what was written here. Checkpoints need them. */
  readonly ownKeys?: ObjectKeys | undefined;
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
