import { percentEncode } from '../../common/percent-encoding.js';
import { OssError } from '../http/oss-error.js';

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

/**
 * One page of a listing.
 * @param sorted Entries in order.
 */
export function pageKeys<T extends { readonly key: string }>(
  sorted: readonly T[],
  options: {
    prefix: string;
    delimiter: string;
    limit: number;
    isAfterMarker: (name: string, entry?: T) => boolean;
  },
): KeyPage<T> {
  const page: KeyPage<T> = { entries: [], commonPrefixes: [], lastName: '', nextMarker: undefined };
  for (const entry of sorted) {
    if (!entry.key.startsWith(options.prefix)) continue;
    const at = options.delimiter === '' ? -1 : entry.key.indexOf(options.delimiter, options.prefix.length);
    const name = at < 0 ? entry.key : entry.key.slice(0, at + options.delimiter.length);
    if (at >= 0 && page.commonPrefixes.at(-1) === name) continue;
    if (!options.isAfterMarker(name, at < 0 ? entry : undefined)) continue;
    if (page.entries.length + page.commonPrefixes.length === options.limit) {
      page.nextMarker = page.lastName;
      break;
    }
    if (at < 0) page.entries.push(entry);
    else page.commonPrefixes.push(name);
    page.lastName = name;
  }
  return page;
}
