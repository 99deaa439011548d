import type { ObjectTransport } from '@oss-envelope/core';
import { type Job, type LeftBehind, lookForOldNames } from '@oss-envelope/jobs';
import { printable } from '../../output/printable.js';
import type { Printer } from '../../output/printer.js';

/** Whether an old key is needed older versions and unfinished uploads decide too; without the right to see them nobody says. */
export async function lookBehind(
  printer: Printer,
  { task, source, targetKeys: wantedKeys }: Job,
  transport: ObjectTransport,
  signal: AbortSignal,
): Promise<LeftBehind | undefined> {
  const isAboutKeys = task === 'rewrap' || task === 'reencrypt' || task === 'report';
  if (!isAboutKeys || source.kind !== 'listing' || source.prefix !== '') return undefined;
  try {
    const { versionsUnderOtherKeys, ownUnderOtherKeys, unfinishedUploads } = await lookForOldNames({
      tools: { transport },
      wantedKeys,
      signal,
    });
    return { versionsUnderOtherKeys, ownUnderOtherKeys, unfinishedUploads };
  } catch (error) {
    signal.throwIfAborted();
    printer.warning(printable(error instanceof Error ? error.message : String(error)));
    return undefined;
  }
}
