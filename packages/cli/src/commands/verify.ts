import type { VerifiedObject } from '@oss-envelope/core';
import { forEachObject, objectsOf } from '../objects.js';
import { Outcome } from '../outcome.js';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import { formatSize, printable } from '../output/printable.js';
import { countBar } from '../output/progress.js';
import type { Session } from '../session.js';
import { parseOssUrl } from '../settings/oss-url.js';

/** Opens and reads all objects of a prefix, and makes every check that their formats allow. */
export async function verify(
  session: Session,
  target: string,
  { concurrency }: { readonly concurrency: number },
): Promise<ExitCode> {
  const { printer, signal } = session;
  const place = parseOssUrl(target);
  const bucket = await session.bucket(place.bucket);
  const outcome = new Outcome(printer);
  const bar = await countBar(printer, 'verified');
  try {
    await forEachObject(
      objectsOf(bucket, place, signal),
      place.bucket,
      { concurrency, signal, outcome },
      async (entry, url) => {
        const object = await bucket.verify(entry.key, { signal });
        bar.add();
        printer.line(
          printer.text(object.authenticated ? 'verifiedSealed' : 'verifiedCounter', {
            place: printable(url),
            size: formatSize(object.sizeBytes),
          }),
        );
        printer.record({ place: url, status: 'ok', ...recordOf(object) });
      },
    );
  } finally {
    bar.stop();
  }
  if (outcome.total === 0) {
    printer.note(printer.text('nothingFound', { bucket: place.bucket, prefix: JSON.stringify(place.key) }));
    return exitCode.notFound;
  }
  return outcome.finish();
}

function recordOf(object: VerifiedObject): object {
  const { encryption } = object;
  return {
    format: encryption.kind === 'enveloped' ? encryption.envelope.format : 'plain',
    sizeBytes: object.sizeBytes,
    authenticated: object.authenticated,
    /** What a format cannot show. */
    cannotShow: object.authenticated ? [] : ['changed bytes', 'another object in its place'],
  };
}
