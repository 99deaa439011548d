import { createReadStream } from 'node:fs';
import type { PresignedUrl } from '@oss-envelope/core';
import { TemporaryFile } from '@oss-envelope/core/adapter/node';
import { inputChunks } from '../input.js';
import { assertReplaceable, isSameFile } from '../local-files.js';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import type { Printer } from '../output/printer.js';
import { UsageError } from '../output/usage-error.js';
import type { Session } from '../session.js';
import { parseObjectUrl } from '../settings/oss-url.js';

/** How `presign` works. */
export interface PresignFlags {
  readonly expires: number;
  /** The file to upload: it is encrypted here, into `body`. */
  readonly put?: string | undefined;
  /** Where the encrypted file goes that is to be sent. */
  readonly body?: string | undefined;
}

/** Prints a URL, and the headers that go with it, for a download or an upload by somebody without credentials. */
export async function presign(session: Session, target: string, flags: PresignFlags): Promise<ExitCode> {
  const place = parseObjectUrl(target);
  if (flags.put === undefined) {
    if (flags.body !== undefined)
      throw new UsageError('--body OUT needs --put FILE too: the file that is encrypted.');
    const bucket = await session.keylessBucket(place.bucket);
    const signed = await bucket.presignGet(place.key, { expiresSeconds: flags.expires });
    show(session.printer, signed);
    session.printer.note(session.printer.text('presignGet', { until: signed.expiresAt.toISOString() }));
    return exitCode.done;
  }
  if (flags.body === undefined) {
    throw new UsageError('--put FILE needs --body OUT too: the encrypted file that is sent by the URL.');
  }
  if (await isSameFile(flags.put, flags.body)) {
    throw new UsageError('--body OUT must be another file than --put FILE: the plaintext would be replaced.');
  }
  await assertReplaceable(flags.body);
  const bucket = await session.writingBucket(place.bucket);
  const upload = await bucket.presignPut(place.key, {
    expiresSeconds: flags.expires,
    signal: session.signal,
  });
  const file = await TemporaryFile.open(flags.body);
  try {
    for await (const chunk of upload.encryptChunks(
      inputChunks(createReadStream(flags.put), session.signal),
    )) {
      session.signal.throwIfAborted();
      await file.handle.writeFile(chunk);
    }
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
  show(session.printer, upload);
  session.printer.note(
    session.printer.text('presignPut', { file: flags.body, until: upload.expiresAt.toISOString() }),
  );
  return exitCode.done;
}

function show(printer: Printer, { method, url, headers, expiresAt }: PresignedUrl): void {
  printer.record({ method, url, headers, expires: expiresAt.toISOString() });
  printer.line(`${method} ${url}`);
  for (const [name, value] of Object.entries(headers)) printer.line(`${name}: ${value}`);
}
