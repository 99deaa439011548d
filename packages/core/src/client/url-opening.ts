import type { Headers, ObjectTransport } from '../contract/object-transport.js';
import { describedCall, type ObjectCall, withAdvice } from '../errors/described-error.js';
import { CapabilityMissingError, InvalidArgumentError, isOssEnvelopeError } from '../errors/errors.js';
import type { OnPlainObject, ReadingContext } from '../reading/reading-context.js';
import { callHeaders } from './call-headers.js';
import type { EncryptedObject } from './encrypted-object.js';
import { getObject } from './object-getting.js';
import { type OptionChecks, optional, parseArgument, text } from './option-parsing.js';
import type { OpenUrlOptions } from './option-types.js';
import { getOptionsSchema } from './read-option-checks.js';

/** A presigned URL: alone, or with the headers that were signed in, as `presignGet` gives it. */
export type UrlToOpen = string | URL | { readonly url: string; readonly headers?: Headers | undefined };

const { context, headers, onPlainObject, onProgress, range, readerTimeoutMs, signal } = getOptionsSchema;
const openUrlOptionsSchema: OptionChecks<OpenUrlOptions> = {
  context,
  headers,
  onPlainObject,
  onProgress,
  range,
  readerTimeoutMs,
  signal,
  key: optional(text),
};

/** The bucket that opens a URL. */
export interface UrlOpener {
  readonly transport: ObjectTransport;
  readonly reading: ReadingContext;
  readonly onPlainObject: OnPlainObject;
}

/** Fetches an object by a presigned URL, and opens its envelope. @throws as `EncryptedBucket.openUrl` */
export async function openUrl(
  { transport, reading, onPlainObject }: UrlOpener,
  target: UrlToOpen,
  options: OpenUrlOptions,
): Promise<EncryptedObject<true> | EncryptedObject<false>> {
  const { key: givenKey, ...checked } = parseArgument('options', options, openUrlOptionsSchema);
  const { url, signed } = parseTarget(target);
  const { bucketName } = transport;
  const key = givenKey ?? keyOf(url, bucketName);
  if (transport.getByUrl === undefined) {
    throw new CapabilityMissingError(
      'getByUrl',
      'This transport does not open URLs. Use urlTransport, which needs no credentials, or another one that does.',
    );
  }
  const get: ObjectTransport['get'] = async (request) => {
    // Version 4 refuses a header x-oss-* that was not signed in. Without this one OSS may answer with the whole object.
    const { 'x-oss-range-behavior': _, ...sent } = request.headers;
    try {
      return await transport.getByUrl!({
        url: url.href,
        headers: { ...sent, ...signed },
        signal: request.signal,
      });
    } catch (error) {
      throw isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 403
        ? withAdvice(error, refusedAdvice)
        : error;
    }
  };
  const byUrl = {
    bucketName,
    crc64: transport.crc64,
    retry: transport.retry,
    get,
    // The URL is signed for GET only.
    async head(request: Parameters<ObjectTransport['get']>[0]) {
      const response = await get(request);
      await response.cancel();
      return response;
    },
  };
  const place = { key, bucket: bucketName, signal: checked.signal } satisfies Partial<ObjectCall>;
  return describedCall({ operation: 'openUrl', ...place }, () =>
    getObject(
      { ...reading, transport: byUrl },
      { key, options: checked, onPlainObject, call: { operation: 'read', ...place } },
    ),
  );
}

const refusedAdvice =
  'Of a presigned URL it may also mean that it has expired, was changed, or was signed with headers that have to be sent: ask for a new one, and give its headers';

/** @throws InvalidArgumentError that does not repeat the URL, which is a secret */
function parseTarget(target: UrlToOpen): { readonly url: URL; readonly signed: Headers } {
  const isPair = typeof target === 'object' && target !== null && 'url' in target;
  const signed = callHeaders(isPair && target.headers !== undefined ? headersOf(target.headers) : {});
  let url: URL | undefined;
  try {
    url = new URL(String(isPair ? target.url : target));
  } catch {}
  if (url !== undefined && /^https?:$/.test(url.protocol)) return { url, signed };
  throw new InvalidArgumentError('url', 'must be a whole https: or http: URL, or what presignGet gave');
}

/** What the server that signed has said. The transport checks names and values. */
function headersOf(value: unknown): Headers {
  const isRecord =
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string');
  if (isRecord) return value as Headers;
  throw new InvalidArgumentError('url.headers', 'must be an object of header names and values');
}

/**
 * The key in the path of a URL: all of the path, or what follows the bucket's name where that stands there and not in the
 * host. A wrong guess fails closed: sealed content does not open under another key.
 */
function keyOf(url: URL, bucketName: string | undefined): string {
  let path: string | undefined;
  try {
    path = decodeURIComponent(url.pathname.slice(1));
  } catch {
    throw new InvalidArgumentError(
      'url',
      'must have a path that is percent-encoded UTF-8: give the option key',
    );
  }
  const isInPath = bucketName !== undefined && !url.hostname.startsWith(`${bucketName}.`);
  return isInPath && path.startsWith(`${bucketName}/`) ? path.slice(bucketName.length + 1) : path;
}
