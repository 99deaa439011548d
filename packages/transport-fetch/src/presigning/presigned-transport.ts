import { type Headers as HeaderRecord, InvalidArgumentError } from '@oss-envelope/core';
import {
  assertOptions,
  type CompleteObjectTransport,
  createUploadingTransport,
} from '@oss-envelope/core/adapter';
import {
  type Authorize,
  type SendingOptions,
  sendingOptionNames,
  sendingTransport,
} from '../sending/request-sender.js';
import type { SignRequest } from './page-request.js';

/** What the answer to a {@link SignRequest} must hold; a `PresignedRequest` does. */
export interface SignedRequest {
  readonly url: string;
  /** The headers to send. Default: those of the request. */
  readonly headers?: HeaderRecord | undefined;
}

/** Who signs, and how requests are sent. */
export interface PresignedTransportOptions extends SendingOptions {
  /** The bucket's name; only `copy` needs it. */
  readonly bucket?: string | undefined;
  /**
   * Asks your server to sign a request, as `presigner(...).sign` does there. Called once for each time that a request is
   * sent. What it throws is what the call rejects with.
   */
  readonly sign: (request: SignRequest, options: { readonly signal: AbortSignal }) => Promise<SignedRequest>;
}

function assertSigned(answer: unknown): asserts answer is SignedRequest {
  const { url, headers = {} } = (answer ?? {}) as Record<string, unknown>;
  if (
    typeof url !== 'string' ||
    !/^https?:\/\//.test(url) ||
    typeof headers !== 'object' ||
    headers === null
  ) {
    throw new InvalidArgumentError('sign', 'must give { url, headers } with the URL to send the request to');
  }
}

/** A signer that left a header out would have the object stored without, say, its envelope. */
function assertComplete(asked: HeaderRecord, given: HeaderRecord): void {
  const values = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const changed = Object.entries(asked).filter(([name, value]) => values.get(name) !== value);
  if (changed.length > 0) {
    const names = changed.map(([name]) => name).join(', ');
    throw new InvalidArgumentError('sign', `must give back the request's headers as they were: ${names}`);
  }
}

function askingFor(sign: PresignedTransportOptions['sign']): Authorize {
  if (typeof sign !== 'function') throw new InvalidArgumentError('sign', 'must be a function');
  return async (request, signal) => {
    const answer: unknown = await sign(request, { signal });
    assertSigned(answer);
    const headers = answer.headers ?? request.headers;
    assertComplete(request.headers, headers);
    return { url: answer.url, headers };
  };
}

/**
 * Moves objects to and from a bucket of OSS with no credentials: a server that has some signs each request. For pages
 * that encrypt before they upload and decrypt what they download; the server sees neither plaintext nor keys.
 *
 * It retries, checks and reports as `fetchTransport` does.
 *
 * @example
 * const transport = presignedTransport({
 *   sign: async (request, { signal }) => {
 *     const answer = await fetch('/sign', { method: 'POST', body: JSON.stringify(request), signal });
 *     if (!answer.ok) throw new Error(`no signature: ${answer.status}`);
 *     return answer.json();
 *   },
 * });
 * const bucket = new EncryptedBucket({ transport, provider: rsaProvider({ publicKey }), format: 'sealed' });
 * await bucket.put('motto.txt', 'seize the day');
 *
 * @throws InvalidArgumentError or OutOfRangeError that names the option to change
 */
export function presignedTransport(
  options: PresignedTransportOptions,
): Omit<CompleteObjectTransport, 'acl' | 'bucketView' | 'deleteMany' | 'tags'> {
  assertOptions('options', options, [...sendingOptionNames, 'bucket', 'sign']);
  const {
    acl: _acl,
    tags: _tags,
    deleteMany: _deleteMany,
    ...others
  } = sendingTransport(askingFor(options.sign), options, options.bucket, createUploadingTransport);
  // ACLs and tags are for the owner of the bucket, not for a page: a signer refuses to ask for them. And the keys to
  // delete would be in the body, which is not signed: whoever signs could not see them.
  return others;
}
