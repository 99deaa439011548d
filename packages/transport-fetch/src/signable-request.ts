import type { Headers as HeaderRecord } from '@oss-envelope/core';

/** Query parameters, decoded. An empty value stands for the name alone, as in `?uploads`. */
export type Query = Readonly<Record<string, string>>;

/** The methods that object operations use. */
export type Method = 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';

/** A request as signing sees it: nothing of it is encoded, and the style of its URL does not matter. */
export interface SignableRequest {
  readonly method: Method;
  /** Absent for an operation on the service. */
  readonly bucket?: string | undefined;
  /** Absent for an operation on the bucket. */
  readonly key?: string | undefined;
  readonly query: Query;
  readonly headers: HeaderRecord;
}

/** The headers with lower-case names and with the blanks around their values gone, as HTTP has them (RFC 9110 §5.5). */
export function normalizeHeaders(headers: HeaderRecord): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      value.replace(/^[\t ]+|[\t ]+$/g, ''),
    ]),
  );
}

/** Orders `[name, …]` rows by name, by code unit: what is compared is ASCII, so this is byte order. */
export function compareNames(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
