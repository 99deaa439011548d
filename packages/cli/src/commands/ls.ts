import type { ListedObjectEntry } from '@oss-envelope/core';
import { errorRecord } from '../output/error-record.js';
import { type ExitCode, exitCode, exitCodeOf, worse } from '../output/exit-code.js';
import { formatDescription, printable } from '../output/printable.js';
import { outputRoom } from '../output/standard-output.js';
import { padEnd } from '../output/table.js';
import type { Session } from '../session.js';
import { formatOssUrl, parseOssUrl } from '../settings/oss-url.js';

/** How `ls` lists. */
export interface LsFlags {
  readonly concurrency: number;
  /** Lists one level, as a folder. */
  readonly directory?: boolean | undefined;
}

const columns = { format: 22, size: 14, time: 20, keys: 24 } as const;

/** Lists the objects of a prefix with how each is encrypted. No key is needed. */
export async function ls(session: Session, target: string, flags: LsFlags): Promise<ExitCode> {
  const { printer, signal, outputClosed } = session;
  const place = parseOssUrl(target);
  const bucket = await session.keylessBucket(place.bucket);
  const entries = bucket.list({
    prefix: place.key,
    withInfo: true,
    concurrency: flags.concurrency,
    ...(flags.directory && { delimiter: '/' }),
    signal,
  });
  let count = 0;
  let worst: ExitCode = exitCode.done;
  for await (const entry of entries) {
    count++;
    await outputRoom(session);
    // `| head` has all that it wanted.
    if (outputClosed.aborted) return worst;
    if (entry.kind === 'prefix') {
      printer.record({ kind: 'prefix', prefix: entry.prefix });
      printer.line(`${row('prefix', '', '', '')}${printable(entry.prefix)}`);
      continue;
    }
    printer.record(recordOf(entry));
    printer.line(lineOf(entry));
    if (entry.failure !== undefined) {
      worst = worse(worst, exitCodeOf(entry.failure));
      printer.failure(entry.failure, formatOssUrl({ bucket: place.bucket, key: entry.key }));
    }
  }
  if (count === 0)
    printer.note(printer.text('nothingFound', { bucket: place.bucket, prefix: JSON.stringify(place.key) }));
  return worst;
}

function envelopeOf(entry: ListedObjectEntry) {
  const encryption = entry.info?.encryption;
  return encryption?.kind === 'enveloped' ? encryption.envelope : undefined;
}

function keysOf(entry: ListedObjectEntry) {
  const envelope = envelopeOf(entry);
  if (envelope === undefined) return [];
  const wrapped = envelope.format === 'sealed' ? envelope.recipients : [envelope];
  return wrapped.map(({ wrapAlgorithm, materialDescription }) => ({
    wrapAlgorithm,
    description: materialDescription,
  }));
}

function formatOf(entry: ListedObjectEntry): string {
  if (entry.failure !== undefined) return entry.failure.code;
  return envelopeOf(entry)?.format ?? 'plain';
}

function recordOf(entry: ListedObjectEntry): object {
  return {
    kind: 'object',
    key: entry.key,
    format: entry.failure === undefined ? (envelopeOf(entry)?.format ?? 'plain') : null,
    sizeBytes: entry.sizeBytes ?? null,
    storedSizeBytes: entry.storedSizeBytes,
    lastModified: entry.lastModified?.toISOString() ?? null,
    keys: keysOf(entry),
    ...(entry.failure !== undefined && { error: errorRecord(entry.failure) }),
  };
}

function lineOf(entry: ListedObjectEntry): string {
  const time = entry.lastModified?.toISOString().slice(0, 19).replace('T', ' ') ?? '';
  const keys = keysOf(entry).map(({ wrapAlgorithm, description }) =>
    Object.keys(description).length === 0 ? wrapAlgorithm : formatDescription(description),
  );
  return `${row(formatOf(entry), String(entry.sizeBytes ?? '?'), time, keys.join('; '))}${printable(entry.key)}`;
}

/** Columns of fixed widths, so that a list of any length is written as it comes. The key is last, and may be long. */
function row(format: string, size: string, time: string, keys: string): string {
  return `${format.padEnd(columns.format)}  ${size.padStart(columns.size)}  ${time.padEnd(columns.time)}  ${padEnd(keys, columns.keys)}  `;
}
