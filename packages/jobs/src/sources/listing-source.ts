import { type ObjectTransport, TransportError } from '@oss-envelope/core';
import { compareUtf8, maxKeysPerPage } from '@oss-envelope/core/adapter';
import type { KeyRange } from '../contract/key-range.js';
import type { ObjectSource, SourceItem } from '../contract/object-source.js';
import { middleKey } from '../ranges/middle-key.js';

/** What a listing asks. */
export type ListingTransport = Pick<ObjectTransport, 'bucketName' | 'list'>;

/**
 * The objects whose keys begin with a prefix, as ListObjectsV2 gives them: one lane, cut wherever keys are.
 *
 * @param pageSize - how many keys one request asks for, 1 to 1000
 * @throws (its calls) TransportError for a list that goes back, repeats itself, or names what was not asked for
 */
export function listingSource(
  transport: ListingTransport,
  prefix: string,
  pageSize: number = maxKeysPerPage,
): ObjectSource {
  const list = async (
    after: string,
    maxKeys: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly SourceItem[]> => {
    if (transport.list === undefined) {
      throw new TransportError('This transport has no lists. Use one that has.', { retryable: false });
    }
    const items: SourceItem[] = [];
    let continuationToken: string | undefined;
    // A server may look through many deleted keys without finding one.
    for (let pages = 0; items.length === 0; pages++) {
      if (pages > mostEmptyPages) throw brokenList(`more than ${mostEmptyPages} pages in a row hold nothing`);
      const page = await transport.list({
        prefix,
        startAfter: continuationToken === undefined && after !== '' ? after : undefined,
        continuationToken,
        maxKeys,
        headers: {},
        signal,
      });
      let last = after;
      for (const { key, sizeBytes, lastModified, storageClass } of page.objects) {
        if (!key.startsWith(prefix)) throw brokenList('it names what does not begin with the prefix');
        if (compareUtf8(key, last) <= 0) throw brokenList('it repeats itself, or goes back');
        last = key;
        items.push({ key, position: key, sizeBytes, lastModified, storageClass });
      }
      const next = page.nextContinuationToken;
      if (next === undefined) break;
      if (next === continuationToken) throw brokenList('a page leads to itself');
      continuationToken = next;
    }
    return items;
  };
  return {
    lanes: 1,
    async page(range, cursor, signal) {
      const found = await list(cursor, pageSize, signal);
      const items = found.filter(({ position }) => isUpTo(range, position));
      // A page without keys is the end: `list` goes on through empty ones.
      return { items, broken: [], isLast: found.length === 0 || items.length < found.length };
    },
    middle: (range, cursor, signal) =>
      middleKey({ after: cursor, until: range.until, prefix }, async (place) => {
        const [first] = await list(place, 1, signal);
        return first?.key;
      }),
  };
}

const mostEmptyPages = 100;

function isUpTo({ until }: KeyRange, position: string): boolean {
  return until === undefined || compareUtf8(position, until) <= 0;
}

function brokenList(what: string): TransportError {
  return new TransportError(
    `The list cannot be trusted: ${what}. Check the endpoint, and what stands between here and there.`,
    { retryable: false },
  );
}
