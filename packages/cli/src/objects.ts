import type { EncryptedBucket, ListedObjectEntry } from '@oss-envelope/core';
import { Outcome } from './outcome.js';
import { type ExitCode, exitCode } from './output/exit-code.js';
import type { TextName } from './output/printer.js';
import { type CountBar, countBar } from './output/progress.js';
import { outputRoom } from './output/standard-output.js';
import type { Session } from './session.js';
import { formatOssUrl, type OssPlace } from './settings/oss-url.js';
import { workTogether } from './together.js';

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
  place: OssPlace,
  concurrency: number,
  outcome: Outcome,
  session: Session,
  work: (entry: ListedObjectEntry, url: string) => Promise<void>,
): Promise<void> {
  const { signal } = session;
  const iterator = objects[Symbol.asyncIterator]();
  let isAtEnd = false;
  let broken: { readonly error: unknown } | undefined;
  const next = async (): Promise<ListedObjectEntry | undefined> => {
    try {
      return (await iterator.next()).value;
    } catch (error) {
      signal.throwIfAborted();
      broken = { error };
      return undefined;
    }
  };
  // Calls of `next` wait for each other in the generator, so several workers may ask.
  const worker = async (): Promise<void> => {
    while (!isAtEnd) {
      await outputRoom(session);
      const entry = await next();
      if (entry === undefined) {
        isAtEnd = true;
        return;
      }
      const url = formatOssUrl({ bucket: place.bucket, key: entry.key });
      try {
        await work(entry, url);
        outcome.succeed();
      } catch (error) {
        signal.throwIfAborted();
        outcome.fail(url, error);
      }
    }
  };
  try {
    await workTogether(concurrency, worker);
  } finally {
    isAtEnd = true;
    await iterator.return?.(undefined);
  }
  if (broken === undefined) return;
  // What was done before the list ended is told all the same.
  if (outcome.total === 0) throw broken.error;
  outcome.fail(formatOssUrl(place), broken.error);
}

/**
 * Does something with each object that a place means, and counts them on the terminal.
 *
 * @param label - what the count is of
 * @param showsSize - shows how much `work` has told to be transferred
 *
 * @returns the worst of what came of them; that nothing was found, where there is no such object
 */
export async function forEachOfPlace(
  session: Session,
  bucket: EncryptedBucket,
  place: OssPlace,
  {
    label,
    concurrency,
    showsSize,
  }: { readonly label: TextName; readonly concurrency: number; readonly showsSize?: boolean },
  work: (entry: ListedObjectEntry, url: string, bar: CountBar) => Promise<void>,
): Promise<ExitCode> {
  const { printer, signal } = session;
  const outcome = new Outcome(printer);
  const bar = await countBar(printer, label, { showsSize });
  try {
    const objects = objectsOf(bucket, place, signal);
    await forEachObject(objects, place, concurrency, outcome, session, async (entry, url) => {
      await work(entry, url, bar);
      bar.add();
    });
  } finally {
    bar.stop();
  }
  if (outcome.total > 0) return outcome.finish();
  printer.note(printer.text('nothingFound', { bucket: place.bucket, prefix: JSON.stringify(place.key) }));
  return exitCode.notFound;
}
