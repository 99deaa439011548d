import { fstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { EncryptedBucket } from '@oss-envelope/core';
import { getToFile, putFile } from '@oss-envelope/core/node';
import { type TransferCheckpoint, transferCheckpoint } from '../checkpoints.js';
import { FetchedPaths, pathBelow } from '../fetched-paths.js';
import { inputChunks } from '../input.js';
import { assertReplaceable, filesIn } from '../local-files.js';
import { forEachOfPlace } from '../objects.js';
import { Outcome } from '../outcome.js';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import { formatSize } from '../output/printable.js';
import { countBar, type ProgressBar, transferBar } from '../output/progress.js';
import { outputRoom } from '../output/standard-output.js';
import { UsageError } from '../output/usage-error.js';
import type { Session } from '../session.js';
import { formatOssUrl, isOssUrl, type OssPlace, parseObjectUrl, parseOssUrl } from '../settings/oss-url.js';
import { workTogether } from '../together.js';
import { printObject } from './cat.js';

/** How `cp` works. */
export interface CpFlags {
  readonly recursive?: boolean | undefined;
  readonly concurrency: number;
  readonly contentType?: string | undefined;
  readonly forbidOverwrite?: boolean | undefined;
}

/** From this size on, in bytes, a transfer keeps a checkpoint, so that it can go on after an interruption. */
const resumableBytes = 32 * 1024 * 1024;

/** Stores files as encrypted objects, or fetches objects into files. One side is in OSS, the other a path or `-`. */
export async function cp(
  session: Session,
  source: string,
  target: string,
  flags: CpFlags,
): Promise<ExitCode> {
  if (target === '-') session.printer.leaveOutputToContent();
  if (isOssUrl(source) === isOssUrl(target)) {
    throw new UsageError('One of SRC and DST is oss://BUCKET/KEY, and the other one a path or -.');
  }
  if (isOssUrl(source)) {
    if (flags.recursive) return downloadAll(session, parseOssUrl(source), target, flags);
    return downloadOne(session, parseObjectUrl(source), target);
  }
  const place = parseOssUrl(target);
  if (flags.recursive) {
    if (source === '-') throw new UsageError('-r reads a folder, and not standard input.');
    return uploadAll(session, source, place, flags);
  }
  return uploadOne(session, source, place, flags);
}

async function downloadOne(session: Session, place: OssPlace, target: string): Promise<ExitCode> {
  const bucket = await session.bucket(place.bucket);
  const { signal } = session;
  if (target === '-')
    return printObject(session, await bucket.get(place.key, { signal }), formatOssUrl(place));
  const path = await fileFor(target, place.key);
  const { storedSizeBytes, sizeBytes } = await bucket.head(place.key, { signal });
  const bar = await transferBar(session.printer, basename(path), sizeBytes ?? storedSizeBytes ?? 0);
  await download(session, bucket, place, path, storedSizeBytes, bar);
  return exitCode.done;
}

/** The file that an object goes to: the path itself, or in a folder the last part of the key. */
async function fileFor(target: string, key: string): Promise<string> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory() || target.endsWith('/')) return pathBelow(target, basename(key));
  await assertReplaceable(target);
  return target;
}

async function download(
  session: Session,
  bucket: EncryptedBucket,
  place: OssPlace,
  path: string,
  storedSizeBytes: number | undefined,
  bar: ProgressBar,
): Promise<void> {
  const { printer, signal } = session;
  const url = formatOssUrl(place);
  const isLarge = (storedSizeBytes ?? 0) >= resumableBytes;
  let checkpoint: TransferCheckpoint | undefined;
  try {
    checkpoint = isLarge ? await checkpointOf(session, url, resolve(path)) : undefined;
    const { sizeBytes, encryption } = await getToFile(bucket, place.key, path, {
      signal,
      onProgress: bar.onProgress,
      ...(checkpoint !== undefined && { checkpoint: checkpoint.store, concurrency: 3 }),
    });
    const format = encryption.kind === 'enveloped' ? encryption.envelope.format : 'plain';
    printer.line(
      printer.text('downloaded', {
        place: url,
        path,
        size: formatSize(sizeBytes),
      }),
    );
    printer.record({ place: url, path, status: 'ok', format, sizeBytes });
  } catch (error) {
    await keep(session, checkpoint);
    throw error;
  } finally {
    bar.stop();
  }
}

async function downloadAll(
  session: Session,
  place: OssPlace,
  target: string,
  flags: CpFlags,
): Promise<ExitCode> {
  if (target === '-') throw new UsageError('-r writes to a folder, not to -.');
  const bucket = await session.bucket(place.bucket);
  const paths = await FetchedPaths.open(target);
  const many = { label: 'barFetched', concurrency: flags.concurrency, showsSize: true } as const;
  return forEachOfPlace(session, bucket, place, many, async (entry, url, bar) => {
    // As cp does: what stands behind the last slash of the prefix is kept, and so are the folders below it.
    const relative = entry.key.slice(place.key.lastIndexOf('/') + 1);
    // Consoles store an empty object under such a key, for a folder to be shown.
    if ((relative === '' || relative.endsWith('/')) && entry.storedSizeBytes === 0) {
      const path = paths.folder(relative);
      await paths.makeFolder(path);
      session.printer.record({ place: url, path, status: 'ok', format: 'folder', sizeBytes: 0 });
      return;
    }
    const path = paths.file(relative);
    await paths.makeFolder(dirname(path));
    const from = { bucket: place.bucket, key: entry.key };
    await download(session, bucket, from, path, entry.storedSizeBytes, bar.transfer());
  });
}

async function uploadOne(
  session: Session,
  source: string,
  place: OssPlace,
  flags: CpFlags,
): Promise<ExitCode> {
  const key = place.key === '' || place.key.endsWith('/') ? place.key + nameOf(source, place) : place.key;
  const target = { bucket: place.bucket, key };
  const bucket = await session.writingBucket(place.bucket);
  if (source !== '-') {
    const bar = async (sizeBytes: number) => transferBar(session.printer, basename(source), sizeBytes);
    await upload(session, bucket, source, target, flags, bar);
    return exitCode.done;
  }
  // Of a folder Node would read nothing, and store an empty object.
  if (fstatSync(0).isDirectory())
    throw new UsageError('Standard input is a folder. Give it by -r and its path.');
  let sizeBytes = 0;
  await bucket.put(key, inputChunks(process.stdin, session.signal), {
    signal: session.signal,
    onProgress: ({ transferredBytes }) => {
      sizeBytes = transferredBytes;
    },
    ...putOptions(flags),
  });
  report(session, '-', target, sizeBytes);
  return exitCode.done;
}

function nameOf(source: string, place: OssPlace): string {
  if (source !== '-') return basename(source);
  throw new UsageError(`Standard input has no name: write oss://${place.bucket}/${place.key}NAME.`);
}

async function upload(
  session: Session,
  bucket: EncryptedBucket,
  path: string,
  place: OssPlace,
  flags: CpFlags,
  barOf: (sizeBytes: number) => ProgressBar | Promise<ProgressBar>,
): Promise<void> {
  const { size: sizeBytes } = await stat(path);
  const { provider } = await session.providers();
  // A provider that cannot unwrap what it wraps could not go on with its own upload.
  const isResumable = sizeBytes >= resumableBytes && provider.unwraps.length > 0;
  const checkpoint = isResumable
    ? await checkpointOf(session, resolve(path), formatOssUrl(place))
    : undefined;
  const bar = await barOf(sizeBytes);
  try {
    await putFile(bucket, place.key, path, {
      signal: session.signal,
      onProgress: bar.onProgress,
      ...putOptions(flags),
      ...(checkpoint !== undefined && { checkpoint: checkpoint.store }),
    });
    report(session, path, place, sizeBytes);
  } catch (error) {
    await keep(session, checkpoint);
    throw error;
  } finally {
    bar.stop();
  }
}

function putOptions({ contentType, forbidOverwrite }: CpFlags) {
  return { ...(contentType !== undefined && { contentType }), ...(forbidOverwrite && { forbidOverwrite }) };
}

function report({ printer }: Session, path: string, place: OssPlace, sizeBytes: number | undefined): void {
  const url = formatOssUrl(place);
  printer.line(printer.text('uploaded', { path, place: url, size: formatSize(sizeBytes) }));
  printer.record({ path, place: url, status: 'ok', sizeBytes });
}

async function uploadAll(
  session: Session,
  source: string,
  place: OssPlace,
  flags: CpFlags,
): Promise<ExitCode> {
  if (!(await stat(source)).isDirectory()) throw new UsageError(`-r takes a folder, and ${source} is none.`);
  const bucket = await session.writingBucket(place.bucket);
  const outcome = new Outcome(session.printer);
  const prefix = place.key === '' || place.key.endsWith('/') ? place.key : `${place.key}/`;
  const files = filesIn(source);
  const bar = await countBar(session.printer, 'barStored', { showsSize: true });
  const worker = async (): Promise<void> => {
    for (;;) {
      await outputRoom(session);
      const { value: file, done } = await files.next();
      if (done) return;
      if (file.kind === 'unreadable') {
        outcome.fail(file.path, file.error);
        continue;
      }
      if (file.kind === 'other') {
        session.printer.warning(session.printer.text('leftOut', { path: file.path }));
        session.printer.record({ path: file.path, status: 'skipped' });
        continue;
      }
      const key = prefix + file.relative;
      try {
        await upload(session, bucket, file.path, { bucket: place.bucket, key }, flags, () => bar.transfer());
        outcome.succeed();
        bar.add();
      } catch (error) {
        session.signal.throwIfAborted();
        outcome.fail(file.path, error);
      }
    }
  };
  try {
    await workTogether(flags.concurrency, worker);
  } finally {
    bar.stop();
  }
  return outcome.finish();
}

/** The checkpoint of a transfer from one place to another. */
async function checkpointOf(
  session: Session,
  source: string,
  target: string,
): Promise<TransferCheckpoint | undefined> {
  const { endpoint } = await session.connection();
  return transferCheckpoint([endpoint.replace(/\/+$/, ''), source, target]);
}

/** Keeps in mind that the same command goes on, to say so when it ends. */
async function keep(session: Session, checkpoint: TransferCheckpoint | undefined): Promise<void> {
  if (await checkpoint?.isKept()) session.isCheckpointKept = true;
}
