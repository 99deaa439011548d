import { maxKeysPerPage } from '../adapter/oss-limits.js';
import { type ContentScheme, plaintextSize } from '../cipher/content-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import type { ListedObject, ObjectPage, ObjectTransport } from '../contract/object-transport.js';
import { compareUtf8 } from '../encoding/utf8-order.js';
import { formats } from '../envelope/formats.js';
import {
  CapabilityMissingError,
  InvalidArgumentError,
  isOssEnvelopeError,
  TransportError,
} from '../errors/errors.js';
import type { ObjectInfo } from '../reading/object-info.js';
import type { OnPlainObject, ReadingContext } from '../reading/reading-context.js';
import { onAbort } from '../stream/abort-listener.js';
import { mapAhead } from '../stream/map-ahead.js';
import { callHeaders } from './call-headers.js';
import { callChecks } from './call-option-checks.js';
import type { ListedEntry, ListedObjectEntry } from './listed-entry.js';
import {
  concurrency,
  flag,
  integer,
  type OptionChecks,
  optional,
  parseArgument,
  text,
} from './option-parsing.js';
import type { HeadOptions, ListOptions } from './option-types.js';

const usualConcurrency = 8;
/** A server may look through many deleted keys without finding one that is there; for ever it may not. */
const maxEmptyPages = 100;

/** What a list needs of a bucket. */
export interface Listing {
  readonly transport: Pick<ObjectTransport, 'list'>;
  readonly reading: Pick<ReadingContext, 'keys'>;
  readonly onPlainObject: OnPlainObject;
  readonly head: (key: string, options: HeadOptions) => Promise<ObjectInfo>;
}

const listOptionsSchema: OptionChecks<ListOptions> = {
  ...callChecks,
  prefix: optional(text),
  delimiter: optional((argument, value) => {
    if (text(argument, value) !== '') return value as string;
    throw new InvalidArgumentError(argument, 'must not be empty: leave it out');
  }),
  startAfter: optional(text),
  pageSize: optional(integer(1, maxKeysPerPage, `must be from 1 to ${maxKeysPerPage}`)),
  withInfo: optional(flag),
  concurrency: optional(concurrency),
};

/** The entries of a list, page by page. @throws as `EncryptedBucket.list` */
export async function* listObjects(listing: Listing, options: ListOptions): AsyncGenerator<ListedEntry> {
  const checked = parseArgument('options', options, listOptionsSchema);
  const { signal, withInfo, concurrency: atOnce = usualConcurrency } = checked;
  const entries = listedEntries(listing, checked);
  if (!withInfo) {
    yield* entries;
    return;
  }
  const controller = new AbortController();
  const stop = signal && onAbort(signal, () => controller.abort(signal.reason));
  const headOptions = { signal: controller.signal, headers: checked.headers };
  try {
    yield* mapAhead(entries, atOnce, (entry) => withItsInfo(listing, entry, headOptions));
  } finally {
    stop?.();
    // Nobody waits any more for what is still under way.
    controller.abort();
  }
}

async function* listedEntries(listing: Listing, options: ListOptions): AsyncGenerator<ListedEntry> {
  const { transport } = listing;
  const { prefix, delimiter, startAfter, pageSize = maxKeysPerPage, signal } = options;
  if (transport.list === undefined) {
    throw new CapabilityMissingError('list', 'This transport has no lists. Use one that has.');
  }
  const scheme = onlyScheme(listing);
  const order = new ListOrder(options);
  let token: string | undefined;
  let emptyPages = 0;
  do {
    signal?.throwIfAborted();
    const page: ObjectPage = await transport.list({
      prefix,
      delimiter,
      // A token stands for the whole place.
      startAfter: token === undefined ? startAfter : undefined,
      continuationToken: token,
      maxKeys: pageSize,
      headers: callHeaders(options.headers),
      signal,
    });
    const names = order.ordered(page);
    for (const { name, object } of names) {
      yield object === undefined ? { kind: 'prefix', prefix: name } : entryOf(object, scheme);
    }
    const next = page.nextContinuationToken;
    if (next !== undefined && next === token) throw brokenList('a page leads to itself');
    emptyPages = names.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > maxEmptyPages)
      throw brokenList(`more than ${maxEmptyPages} pages in a row hold nothing`);
    token = next;
  } while (token !== undefined);
}

interface ListedName {
  readonly name: string;
  /** Undefined for a common prefix. */
  readonly object?: ListedObject;
}

/** Holds a list to the order of its keys: whatever repeats or goes back could go on for ever. */
class ListOrder {
  readonly #options: ListOptions;
  #last: string | undefined;

  constructor(options: ListOptions) {
    this.#options = options;
  }

  /** The objects and the common prefixes of the next page, in their order. @throws TransportError */
  ordered({ objects, commonPrefixes }: ObjectPage): readonly ListedName[] {
    const { prefix = '', delimiter, startAfter = '' } = this.#options;
    const names: ListedName[] = [
      ...objects.map((object) => ({ name: object.key, object })),
      ...commonPrefixes.map((name) => ({ name })),
    ];
    // Each kind comes in order; only the two of them are to be put together.
    const isOrdered = names.every(({ name, object }, index) => {
      const before = names[index - 1];
      const isFirst = before === undefined || (before.object === undefined) !== (object === undefined);
      return isFirst || compareUtf8(before.name, name) < 0;
    });
    if (!isOrdered) throw brokenList('it repeats itself, or is not in order');
    names.sort((a, b) => compareUtf8(a.name, b.name));
    for (const { name, object } of names) {
      if (!name.startsWith(prefix)) throw brokenList('it names what does not begin with the prefix');
      const isGroup = object === undefined;
      if (isGroup && (delimiter === undefined || !name.endsWith(delimiter))) {
        throw brokenList('it has a common prefix that does not end with the delimiter');
      }
      // The keys of a group may lie on both sides of the place where the list starts.
      const isBehind = compareUtf8(name, startAfter) > 0 || (isGroup && startAfter.startsWith(name));
      if (!isBehind) throw brokenList('it names what stands before its start');
      if (this.#last !== undefined && compareUtf8(name, this.#last) <= 0) {
        throw brokenList('it repeats itself, or goes back');
      }
      this.#last = name;
    }
    return names;
  }
}

function brokenList(what: string): TransportError {
  return new TransportError(
    `The list cannot be trusted: ${what}. Check the endpoint, and what stands between here and there. To go on from a ` +
      'key, list with startAfter.',
    { retryable: false },
  );
}

/** How every object is stored that the bucket opens; undefined when there is more than one way. */
function onlyScheme({ reading, onPlainObject }: Listing): ContentScheme | undefined {
  const schemes = new Set(reading.keys.reads.map((format) => formats[format].scheme));
  // What is not encrypted is stored like counter mode, byte for byte.
  if (onPlainObject === 'pass') schemes.add(counterMode);
  const [scheme] = schemes;
  return schemes.size === 1 ? scheme : undefined;
}

function entryOf(object: ListedObject, scheme: ContentScheme | undefined): ListedObjectEntry {
  const { key, sizeBytes: storedSizeBytes, etag, lastModified, storageClass } = object;
  const sizeBytesIfOpened = scheme && plaintextSizeOf(scheme, storedSizeBytes);
  return {
    kind: 'object',
    key,
    storedSizeBytes,
    sizeBytes: undefined,
    sizeBytesIfOpened,
    etag,
    lastModified,
    storageClass,
  };
}

function plaintextSizeOf(scheme: ContentScheme, storedSizeBytes: number): number | undefined {
  try {
    return plaintextSize(scheme, storedSizeBytes);
  } catch {
    return undefined;
  }
}

async function withItsInfo(listing: Listing, entry: ListedEntry, options: HeadOptions): Promise<ListedEntry> {
  if (entry.kind === 'prefix') return entry;
  try {
    const info = await listing.head(entry.key, options);
    return { ...entry, info, sizeBytes: info.sizeBytes };
  } catch (error) {
    // One object that is broken, gone or forbidden does not end the list.
    if (!isOssEnvelopeError(error) || !isOfOneObject(error)) throw error;
    return { ...entry, failure: error };
  }
}

const codesOfOneObject: ReadonlySet<string> = new Set([
  'ERR_ALGORITHM_NOT_SUPPORTED',
  'ERR_ENVELOPE_MALFORMED',
  'ERR_INTEGRITY',
  'ERR_INVALID_ARGUMENT',
]);

function isOfOneObject(error: unknown): boolean {
  if (isOssEnvelopeError(error, 'ERR_SERVICE')) return error.status === 403 || error.status === 404;
  return isOssEnvelopeError(error) && codesOfOneObject.has(error.code);
}
