import type { EncryptedBucket, ListedObjectEntry } from '@oss-envelope/core';
import { Outcome } from './outcome.js';
import { type ExitCode, exitCode } from './output/exit-code.js';
import { countBar } from './output/progress.js';
import type { Session } from './session.js';
import { formatOssUrl, type OssPlace } from './settings/oss-url.js';

/** The objects that a place means: the one of that key, or all whose keys begin with it. */
async function* objectsOf(
  bucket: EncryptedBucket,
  place: OssPlace,
  signal: AbortSignal,
): AsyncGenerator<ListedObjectEntry> {
  for await (const entry of bucket.list({ prefix: place.key, signal })) {
    if (entry.kind === 'object') yield entry;
  }
}

/**
 * Does something with each of many objects, several at once. A failure is one object's, and is counted; an abort ends all.
 * No more of the list is read than is worked on.
 */
async function forEachObject(
  objects: AsyncIterable<ListedObjectEntry>,
  bucket: string,
  {
    concurrency,
    signal,
    outcome,
  }: { readonly concurrency: number; readonly signal: AbortSignal; readonly outcome: Outcome },
  work: (entry: ListedObjectEntry, place: string) => Promise<void>,
): Promise<void> {
  const iterator = objects[Symbol.asyncIterator]();
  let isAtEnd = false;
  // Calls of `next` wait for each other in the generator, so several workers may ask.
  const worker = async (): Promise<void> => {
    while (!isAtEnd) {
      signal.throwIfAborted();
      const { value: entry, done } = await iterator.next();
      if (done) {
        isAtEnd = true;
        return;
      }
      const place = formatOssUrl({ bucket, key: entry.key });
      try {
        await work(entry, place);
        outcome.succeed();
      } catch (error) {
        signal.throwIfAborted();
        outcome.fail(place, error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } finally {
    isAtEnd = true;
    await iterator.return?.(undefined);
  }
}

/**
 * Does something with each object that a place means, and with a `label` counts them on the terminal.
 *
 * @returns the worst of what came of them; that nothing was found, where there is no such object
 */
export async function forEachOfPlace(
  { printer, signal }: Session,
  bucket: EncryptedBucket,
  place: OssPlace,
  { label, concurrency }: { readonly label?: string; readonly concurrency: number },
  work: (entry: ListedObjectEntry, place: string) => Promise<void>,
): Promise<ExitCode> {
  const outcome = new Outcome(printer);
  const bar = label === undefined ? undefined : await countBar(printer, label);
  try {
    const objects = objectsOf(bucket, place, signal);
    await forEachObject(objects, place.bucket, { concurrency, signal, outcome }, async (entry, url) => {
      await work(entry, url);
      bar?.add();
    });
  } finally {
    bar?.stop();
  }
  if (outcome.total > 0) return outcome.finish();
  printer.note(printer.text('nothingFound', { bucket: place.bucket, prefix: JSON.stringify(place.key) }));
  return exitCode.notFound;
}
