import {
  type EncryptedBucket,
  equalMaterialDescriptions,
  type KeyProvider,
  MissingEnvelopeError,
  type ObjectTransport,
} from '@oss-envelope/core';
import { type InspectedKey, inspectAnswer } from '../inspection/inspection.js';
import { forEachOfPlace } from '../objects.js';
import type { ExitCode } from '../output/exit-code.js';
import { formatDescription, printable } from '../output/printable.js';
import type { Session } from '../session.js';
import { parseOssUrl } from '../settings/oss-url.js';

/** How `rewrap` works. */
export interface RewrapFlags {
  readonly concurrency: number;
  readonly dryRun?: boolean | undefined;
}

/** Gives all objects of a prefix the master key and the recipients that are named. Their bodies stay. */
export async function rewrap(session: Session, target: string, flags: RewrapFlags): Promise<ExitCode> {
  const { printer, signal } = session;
  const place = parseOssUrl(target);
  const bucket = await session.bucket(place.bucket);
  const transport = await session.transport(place.bucket);
  const rehearsal = flags.dryRun ? await session.bucket(place.bucket, rehearsing(transport)) : undefined;
  const { provider, recipients } = await session.providers();
  const many = { label: 'barRewrapped', concurrency: flags.concurrency } as const;
  return forEachOfPlace(session, bucket, place, many, async (entry, url) => {
    const inspection = inspectAnswer(await transport.head({ key: entry.key, headers: {}, signal }));
    if (!inspection.encrypted) {
      throw new MissingEnvelopeError(
        'It is not encrypted, so it has no key to change. Encrypt it by cp, or by a program.',
      );
    }
    const before = inspection.keys;
    const after = keysFor(inspection.format, provider, recipients);
    const names = { place: url, before: namesOf(before), after: namesOf(after) };
    const record = { place: url, previousKeys: shown(before), keys: shown(after) };
    if (isDone(before, after)) {
      printer.line(printer.text('rewrapSame', names));
      printer.record({ ...record, status: 'unchanged' });
    } else if (rehearsal !== undefined) {
      await rehearse(rehearsal, entry.key, signal);
      printer.line(printer.text('rewrapWould', names));
      printer.record({ ...record, status: 'would-rewrap' });
    } else {
      await bucket.rewrap(entry.key, { signal });
      printer.line(printer.text('rewrapped', names));
      printer.record({ ...record, status: 'ok' });
    }
  });
}

/** That all went well up to the request that would have changed an object. */
class NotSent extends Error {}

/** A transport that reads, and sends nothing that would change an object. */
function rehearsing(transport: ObjectTransport): ObjectTransport {
  return {
    ...transport,
    put: notSent,
    delete: notSent,
    copy: notSent,
    deleteMany: undefined,
    parts: undefined,
  };
}

async function notSent(): Promise<never> {
  throw new NotSent();
}

/**
 * Does all of a change but the request for it: the old key opens the object, and the new ones wrap.
 *
 * @throws what the change would throw
 */
async function rehearse(bucket: EncryptedBucket, key: string, signal: AbortSignal): Promise<void> {
  try {
    await bucket.rewrap(key, { signal });
  } catch (error) {
    if (!(error instanceof NotSent)) throw error;
  }
}

type Named = Pick<InspectedKey, 'wrapAlgorithm' | 'description'>;

function keysFor(
  format: string | undefined,
  provider: KeyProvider,
  recipients: readonly KeyProvider[],
): readonly Named[] {
  const all = format === 'sealed' ? [provider, ...recipients] : [provider];
  return all.map(({ wraps, materialDescription }) => ({
    wrapAlgorithm: wraps[format as keyof typeof wraps] ?? '?',
    description: materialDescription,
  }));
}

/** An object is done when its keys have the wanted names. Keys without a description have none, so they never are. */
function isDone(before: readonly Named[], after: readonly Named[]): boolean {
  return (
    before.length === after.length &&
    before.every((key, index) => {
      const wanted = after[index] as Named;
      return (
        Object.keys(key.description).length > 0 &&
        key.wrapAlgorithm === wanted.wrapAlgorithm &&
        equalMaterialDescriptions(key.description, wanted.description)
      );
    })
  );
}

function shown(keys: readonly Named[]): object[] {
  return keys.map(({ wrapAlgorithm, description }) => ({ wrapAlgorithm, description }));
}

function namesOf(keys: readonly Named[]): string {
  return keys
    .map(
      ({ wrapAlgorithm, description }) => `${printable(wrapAlgorithm)} (${formatDescription(description)})`,
    )
    .join(' + ');
}
