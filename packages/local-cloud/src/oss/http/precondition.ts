import { OssError } from './oss-error.js';

/** The conditions that a request puts on an object. */
interface Conditions {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
  ifUnmodifiedSince: string | undefined;
}

/** Takes conditions from headers; `prefix` is `''`, or `x-oss-copy-source-` for the source of a copy. */
export function readConditions(headers: Readonly<Record<string, string>>, prefix = ''): Conditions {
  return {
    ifMatch: headers[`${prefix}if-match`],
    ifNoneMatch: headers[`${prefix}if-none-match`],
    ifModifiedSince: headers[`${prefix}if-modified-since`],
    ifUnmodifiedSince: headers[`${prefix}if-unmodified-since`],
  };
}

function bare(etag: string): string {
  return etag.trim().replace(/^"|"$/g, '').toUpperCase();
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

function parseSeconds(value: string): number | undefined {
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}

/**
 * Checks conditions against an object.
 * @throws {OssError} `PreconditionFailed` (412) or `NotModified` (304), with the header's name as `Condition`.
 */
export function assertConditions(conditions: Conditions, etag: string, lastModified: Date): void {
  const failed = (condition: string): never => {
    throw new OssError('PreconditionFailed', { details: { Condition: condition } });
  };
  const unmodified = (): never => {
    throw new OssError('NotModified', {
      headers: { etag: `"${etag}"`, 'last-modified': lastModified.toUTCString() },
    });
  };

  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined && bare(ifMatch) !== bare(etag)) failed('If-Match');
  if (ifUnmodifiedSince !== undefined) {
    const limit = parseSeconds(ifUnmodifiedSince);
    if (limit !== undefined && seconds(lastModified) > limit) failed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined && bare(ifNoneMatch) === bare(etag)) unmodified();
  if (ifModifiedSince !== undefined) {
    const limit = parseSeconds(ifModifiedSince);
    if (limit !== undefined && seconds(lastModified) <= limit) unmodified();
  }
}
