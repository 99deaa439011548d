import { type Headers as HeaderRecord, InvalidArgumentError } from '@oss-envelope/core';
import type { Method, Query } from '@oss-envelope/core/adapter';

/** A request that a page without credentials wants to have signed. It is plain JSON. */
export interface SignRequest {
  readonly method: Method;
  /** Empty for a list. */
  readonly key: string;
  /** Decoded; an empty value stands for the name alone. */
  readonly query: Query;
  /** Names in lower case. */
  readonly headers: HeaderRecord;
}

/**
 * What a page may be allowed to do. `parts` are all steps of a multipart upload but dropping it, which is `drop-parts`.
 * `list` shows the names of all objects: check `request.query.prefix` first.
 */
export type SignableOperation = 'copy' | 'delete' | 'drop-parts' | 'get' | 'head' | 'list' | 'parts' | 'put';

interface OperationRow {
  readonly operation: SignableOperation;
  readonly method: Method;
  /** The query parameters that make it this operation. */
  readonly needs: readonly string[];
  readonly mayHave?: readonly string[];
}

/** Every request that an `ObjectTransport` makes. What fits none is not signed: `?acl`, for one, would change rights. */
const rows: readonly OperationRow[] = [
  { operation: 'put', method: 'PUT', needs: [] },
  { operation: 'get', method: 'GET', needs: [], mayHave: ['versionId'] },
  { operation: 'head', method: 'HEAD', needs: [], mayHave: ['versionId'] },
  { operation: 'delete', method: 'DELETE', needs: [], mayHave: ['versionId'] },
  { operation: 'parts', method: 'POST', needs: ['uploads'] },
  { operation: 'parts', method: 'PUT', needs: ['partNumber', 'uploadId'] },
  { operation: 'parts', method: 'GET', needs: ['uploadId'], mayHave: ['max-parts', 'part-number-marker'] },
  { operation: 'parts', method: 'POST', needs: ['uploadId'] },
  { operation: 'drop-parts', method: 'DELETE', needs: ['uploadId'] },
  {
    operation: 'list',
    method: 'GET',
    needs: ['list-type'],
    mayHave: ['continuation-token', 'delimiter', 'encoding-type', 'max-keys', 'prefix', 'start-after'],
  },
];

/** Headers `x-oss-*` that a page may ask for. Others reach further than the object, such as an ACL or a callback. */
const harmlessHeaders: ReadonlySet<string> = new Set([
  'x-oss-forbid-overwrite',
  'x-oss-range-behavior',
  'x-oss-storage-class',
]);

const copyHeaders: ReadonlySet<string> = new Set([
  'x-oss-copy-source',
  'x-oss-copy-source-if-match',
  'x-oss-copy-source-if-unmodified-since',
  'x-oss-metadata-directive',
  'x-oss-tagging-directive',
]);

function isRecordOfTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}

function operationOf(method: unknown, query: Query, isCopy: boolean): SignableOperation | undefined {
  const names = Object.keys(query);
  const row = rows.find(
    ({ method: rowMethod, needs, mayHave = [] }) =>
      rowMethod === method &&
      needs.every((name) => names.includes(name)) &&
      names.every((name) => needs.includes(name) || mayHave.includes(name)),
  );
  if (!isCopy) return row?.operation;
  return row?.operation === 'put' ? 'copy' : undefined;
}

function isHarmless(name: string, isCopy: boolean): boolean {
  if (!name.startsWith('x-oss-') || name.startsWith('x-oss-meta-')) return true;
  return harmlessHeaders.has(name) || (isCopy && copyHeaders.has(name));
}

/**
 * Checks that untrusted data is a request to sign, and one of those allowed.
 *
 * @throws InvalidArgumentError that says what is wrong, without repeating it
 */
export function assertSignable(
  request: unknown,
  allow: readonly SignableOperation[],
): asserts request is SignRequest {
  const { method, key, query, headers } = (request ?? {}) as Record<string, unknown>;
  if (typeof key !== 'string' || !isRecordOfTexts(query) || !isRecordOfTexts(headers)) {
    throw new InvalidArgumentError('request', 'must be what a presignedTransport asks to be signed');
  }
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const isCopy = names.includes('x-oss-copy-source');
  const operation = operationOf(method, query, isCopy);
  if (operation === undefined || (operation === 'list') !== (key === '')) {
    throw new InvalidArgumentError('request', 'must be what a presignedTransport asks to be signed');
  }
  if (!allow.includes(operation)) {
    throw new InvalidArgumentError(
      'request',
      `must be one of the allowed operations (${allow.join(', ')}). It is '${operation}': if that is wanted, add it to allow`,
    );
  }
  if (!names.every((name) => isHarmless(name, isCopy))) {
    throw new InvalidArgumentError(
      'request.headers',
      'must not hold x-oss-* headers that an upload or download does not need',
    );
  }
}
