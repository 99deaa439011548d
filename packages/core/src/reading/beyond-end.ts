import type { ContentKey } from '../cipher/content-scheme.js';
import { IntegrityError } from '../errors/errors.js';
import {
  type FetchedObject,
  fetchObject,
  isBeyondEnd,
  type ObjectQuery,
  readFetched,
  releasedOnFailure,
} from './object-reading.js';
import type { ReadingContext } from './reading-context.js';

/**
 * S7: a read at or beyond the end of sealed content verifies the last chunk before it says so.
 *
 * @param failure - of the read: what the server says of the range
 * @throws the failure when it is true; IntegrityError when the object is longer than the server said
 */
export async function provenBeyondEnd(
  context: Pick<ReadingContext, 'transport' | 'lenient' | 'likelyScheme'>,
  query: ObjectQuery,
  open: (fetched: FetchedObject) => Promise<ContentKey | undefined>,
  failure: unknown,
): Promise<never> {
  const { range, ...whole } = query;
  if (range === undefined) throw failure;
  const fetched = await fetchObject(context, { ...whole, range: { lastBytes: 1 } }).catch(
    (error: unknown) => {
      // Empty content has no last byte.
      if (isBeyondEnd(error)) return fetchObject(context, whole);
      throw error;
    },
  );
  await releasedOnFailure(fetched.response, async () => {
    const key = await open(fetched);
    for await (const _ of readFetched(context.transport, fetched, key));
  });
  const { sizeBytes = 0 } = fetched.plan;
  if ('lastBytes' in range ? sizeBytes === 0 : range.offsetBytes >= sizeBytes) throw failure;
  throw new IntegrityError(
    'The server says that the range begins beyond the end of the object, and it does not. Do not trust this server.',
  );
}
