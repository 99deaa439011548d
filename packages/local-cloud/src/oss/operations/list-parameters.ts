import { percentEncode } from '../../common/percent-encoding.js';
import { OssError } from '../http/oss-error.js';
import { type Entrance, firstIndex, isPast } from '../storage/key-index.js';
import { compareKeys } from '../storage/key-order.js';

/**
 * A count from the query.
 * @throws {OssError} `InvalidArgument` unless it is a whole number from `minimum` to `maximum`.
 */
export function readCount(
  query: ReadonlyMap<string, string>,
  name: string,
  limits: { minimum: number; maximum: number; fallback: number },
): number {
  const text = query.get(name);
  if (text === undefined || text === '') return limits.fallback;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= limits.minimum && count <= limits.maximum)) {
    throw new OssError('InvalidArgument', {
      message: `${name} must be a whole number from ${limits.minimum} to ${limits.maximum}.`,
      details: { ArgumentName: name, ArgumentValue: text },
    });
  }
  return count;
}

const maxTextBytes = 1024;

/** A prefix, delimiter or marker of the query; `''` for none. @throws {OssError} `InvalidArgument` from 1,024 bytes on. */
export function readText(query: ReadonlyMap<string, string>, name: string): string {
  const text = query.get(name) ?? '';
  if (Buffer.byteLength(text) < maxTextBytes) return text;
  throw new OssError('InvalidArgument', {
    message: `${name} must be shorter than ${maxTextBytes} bytes.`,
    details: { ArgumentName: name },
  });
}

/** How keys are written in a listing: as they are, or percent-encoded with `encoding-type=url`. */
export interface KeyEncoding {
  /** Content of the `EncodingType` element. */
  readonly name: 'url' | undefined;
  format(key: string): string;
}

/** @throws {OssError} `InvalidArgument` for an encoding that is not `url`. */
export function readKeyEncoding(query: ReadonlyMap<string, string>): KeyEncoding {
  const text = query.get('encoding-type');
  if (text === undefined || text === '') return { name: undefined, format: (key) => key };
  if (text !== 'url') {
    throw new OssError('InvalidArgument', {
      message: 'encoding-type must be url.',
      details: { ArgumentName: 'encoding-type', ArgumentValue: text },
    });
  }
  return { name: 'url', format: percentEncode };
}

/** A page of keys: entries, and keys rolled up at the delimiter. */
interface KeyPage<T> {
  entries: T[];
  commonPrefixes: string[];
  /** The last key or prefix of the page; `''` for none. */
  lastName: string;
  /** {@link lastName} of a page that is not the last one. */
  nextMarker: string | undefined;
}

/** Entries in order of their keys, entered anywhere. One key may have several. */
export interface OrderedEntries<T> {
  from(place: string, entrance: Entrance): Iterable<T>;
}

/** Entries that are sorted already. */
export function orderedEntries<T extends { readonly key: string }>(sorted: readonly T[]): OrderedEntries<T> {
  return {
    *from(place, entrance) {
      const isInside = isPast(place, entrance);
      for (let i = firstIndex(sorted, ({ key }) => isInside(key)); i < sorted.length; i++) {
        yield sorted[i] as T;
      }
    },
  };
}

/**
 * One page of a listing.
 * @param options.marker Names up to this one belong to earlier pages; `''` for none.
 * @param options.isBehindMarker Whether an entry whose key is the marker belongs to this page. Default: none does.
 */
export function pageKeys<T extends { readonly key: string }>(
  entries: OrderedEntries<T>,
  options: {
    prefix: string;
    delimiter: string;
    limit: number;
    marker: string;
    isBehindMarker?: ((entry: T) => boolean) | undefined;
  },
): KeyPage<T> {
  const { prefix, delimiter, limit, marker, isBehindMarker } = options;
  const page: KeyPage<T> = { entries: [], commonPrefixes: [], lastName: '', nextMarker: undefined };
  let place = compareKeys(marker, prefix) > 0 ? marker : prefix;
  let entrance: Entrance = 'at';
  for (;;) {
    let rolledUp: string | undefined;
    for (const entry of entries.from(place, entrance)) {
      const { key } = entry;
      if (!key.startsWith(prefix)) return page;
      const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const name = at < 0 ? key : key.slice(0, at + delimiter.length);
      const order = marker === '' ? 1 : compareKeys(name, marker);
      const isInPage = order > 0 || (order === 0 && at < 0 && isBehindMarker?.(entry) === true);
      if (isInPage) {
        if (page.entries.length + page.commonPrefixes.length === limit) {
          page.nextMarker = page.lastName;
          return page;
        }
        if (at < 0) page.entries.push(entry);
        else page.commonPrefixes.push(name);
        page.lastName = name;
      }
      if (at >= 0) {
        rolledUp = name;
        break;
      }
    }
    if (rolledUp === undefined) return page;
    place = rolledUp;
    entrance = 'behind-prefix';
  }
}
