import type { ContentScheme } from '../cipher/content-scheme.js';
import type { CheckpointStore } from '../contract/checkpoint-store.js';
import type { FormatName, KeyProvider } from '../contract/key-provider.js';
import type { Headers, ObjectTransport } from '../contract/object-transport.js';
import { createContentKey } from '../envelope/content-key.js';
import type { RandomBytes } from '../envelope/start-value.js';
import type { OnProgress } from '../stream/progress.js';

/** What a bucket writes with. */
export interface WritingContext {
  readonly transport: ObjectTransport;
  readonly provider: KeyProvider;
  readonly format: FormatName;
  /** How the format stores content. */
  readonly scheme: ContentScheme;
  readonly randomBytes: RandomBytes | undefined;
  /** For uploads that go on: those that may have wrapped the key. */
  readonly providers: readonly KeyProvider[];
  readonly onUnknownDescription: 'error' | 'use-provider';
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
}

/** A fresh data key and the envelope that holds it, as far as that is known before the content is. */
export type CreatedKey = Awaited<ReturnType<typeof createContentKey>>;

/** Makes the data key of one attempt to write. */
export function createKey({ context, contentMd5, signal }: Writing): Promise<CreatedKey> {
  const { provider, format, randomBytes } = context;
  return createContentKey(provider, format, { randomBytes, contentMd5, signal });
}
