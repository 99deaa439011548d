import { percentEncode } from '../encoding/percent-encoding.js';
import type { Query } from './oss-request.js';

/** Orders rows by name, by code unit: where the names are ASCII, this is byte order. */
export function compareNames(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/**
 * A query as OSS signs it, which is also how it can be sent: encoded, and sorted by encoded name. A name with an empty
 * value stands alone.
 */
export function formatQuery(query: Query): string {
  return Object.entries(query)
    .map(([name, value]): [string, string] => [percentEncode(name), percentEncode(value)])
    .sort(compareNames)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
}
