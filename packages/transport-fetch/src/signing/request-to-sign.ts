import type { Headers as HeaderRecord } from '@oss-envelope/core';
import type { Method, Query } from '@oss-envelope/core/adapter';

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
