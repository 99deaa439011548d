import type { ByteRange, EncryptedObject } from '@oss-envelope/core';
import { errorRecord, failureRecord } from '../output/error-record.js';
import { type ExitCode, exitCode, exitCodeOf } from '../output/exit-code.js';
import { outputRoom } from '../output/standard-output.js';
import { UsageError } from '../output/usage-error.js';
import type { Session } from '../session.js';
import { formatOssUrl, parseObjectUrl } from '../settings/oss-url.js';

/** Writes the plaintext of an object, or a range of it, to standard output. */
export async function cat(session: Session, target: string, range: string | undefined): Promise<ExitCode> {
  session.printer.leaveOutputToContent();
  const place = parseObjectUrl(target);
  const wanted = range === undefined ? undefined : parseRange(range);
  const bucket = await session.bucket(place.bucket);
  const object = await bucket.get(place.key, { range: wanted, signal: session.signal });
  return printObject(session, object, formatOssUrl(place));
}

/**
 * Reads a range as HTTP writes it: `0-99`, `100-`, or `-100` for the last hundred bytes.
 *
 * @throws UsageError
 */
export function parseRange(text: string): ByteRange {
  const found = /^(?:bytes=)?(\d*)-(\d*)$/.exec(text);
  const [first, last] = [found?.[1] ?? '', found?.[2] ?? ''];
  const ends = [first, last].filter((digits) => digits !== '').map(Number);
  if (found === null || ends.length === 0 || !ends.every(Number.isSafeInteger)) {
    throw new UsageError(`--range is written 0-99, 100- or -100, not ${JSON.stringify(text)}.`);
  }
  if (first === '') return { lastBytes: Number(last) };
  if (last === '') return { offsetBytes: Number(first) };
  if (Number(last) < Number(first)) {
    throw new UsageError(`--range ${JSON.stringify(text)} ends before it begins.`);
  }
  return { offsetBytes: Number(first), lengthBytes: Number(last) - Number(first) + 1 };
}

/**
 * Prints content as it is verified. What is not authenticated is said to be so before, and so is a check that failed. Lines
 * for programs go to standard error. A reader that goes away has all that it wanted.
 */
export async function printObject(
  session: Session,
  object: EncryptedObject<true> | EncryptedObject<false>,
  place: string,
): Promise<ExitCode> {
  const { printer, outputClosed } = session;
  printer.leaveOutputToContent();
  if (!object.authenticated) printer.warning(printer.text('notAuthenticated', { place }));
  let printedBytes = 0;
  try {
    for await (const chunk of object.chunks()) {
      printedBytes += chunk.length;
      process.stdout.write(chunk);
      await outputRoom(session);
      if (outputClosed.aborted) return exitCode.done;
    }
  } catch (error) {
    if (exitCodeOf(error) === exitCode.integrity && !object.authenticated && printedBytes > 0) {
      printer.failure(error, place);
      printer.warning(printer.text('notToBeTrusted', { place }));
      printer.record({ place, ...failureRecord(errorRecord(error)) });
      return exitCode.integrity;
    }
    throw error;
  }
  printer.record({ place, status: 'ok', sizeBytes: printedBytes, authenticated: object.authenticated });
  return exitCode.done;
}
