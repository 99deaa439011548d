import type { VerifiedObject } from '@oss-envelope/core';
import { forEachOfPlace } from '../objects.js';
import type { ExitCode } from '../output/exit-code.js';
import { formatSize } from '../output/printable.js';
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
  return forEachOfPlace(session, bucket, place, { label: 'barVerified', concurrency }, async (entry, url) => {
    const object = await bucket.verify(entry.key, { signal });
    printer.line(
      printer.text(object.authenticated ? 'verifiedSealed' : 'verifiedCounter', {
        place: url,
        size: formatSize(object.sizeBytes),
      }),
    );
    printer.record({ place: url, status: 'ok', ...recordOf(object) });
  });
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
