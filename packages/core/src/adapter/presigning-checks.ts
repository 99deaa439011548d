import type { Headers } from '../contract/object-transport.js';
import { InvalidArgumentError } from '../errors/errors.js';
import { assertObjectKey } from './object-key.js';
import { wholeNumber } from './option-checks.js';
import { maxPresignSeconds } from './oss-limits.js';
import { checkedHeaders } from './request-headers.js';

/** A request to be signed and not sent; checked. */
export interface RequestToPresign {
  readonly method: 'GET' | 'PUT';
  readonly key: string;
  /** Query parameters, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case, values of printable ASCII. */
  readonly headers: Headers;
  readonly expiresSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** A copy of a request with its members checked. @throws InvalidArgumentError, OutOfRangeError */
export function checkedPresigning(request: RequestToPresign): RequestToPresign {
  const { key, expiresSeconds, headers } = request;
  assertObjectKey(key);
  wholeNumber('expiresSeconds', expiresSeconds, { least: 1, most: maxPresignSeconds });
  return { ...request, headers: checkedHeaders(headers) };
}

/** @throws InvalidArgumentError that does not repeat the URL, which is a secret */
export function assertRequestUrl(url: string): void {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {}
  const isHttp = parsed !== undefined && /^https?:$/.test(parsed.protocol);
  if (isHttp && parsed?.username === '' && parsed.password === '') return;
  throw new InvalidArgumentError('url', 'must be a whole https: or http: URL, without a user and a password');
}
