import type { IncomingMessage } from 'node:http';
import { type ParameterPair, parameterMap, parseParameters } from './request-parameters.js';
import { ServiceError } from './service-error.js';

const maxBodyBytes = 1024 * 1024;

/** A request as far as its authentication needs it. */
export interface SignedRequest {
  /** The HTTP method, upper-case. */
  readonly method: string;
  /** The path of the URL, without the query string. */
  readonly path: string;
  /** The query string, decoded. */
  readonly query: readonly ParameterPair[];
  /** Query string and form body, decoded. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The headers by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** A request, read to its end. What cannot be read is in `failure`. */
export interface ReceivedRequest extends SignedRequest {
  /** The request target as sent, with its query string. */
  readonly rawUrl: string;
  /** Why the parameters are empty although some were sent: they cannot be read, or the body is too large. */
  readonly failure: ServiceError | undefined;
}

/**
 * Reads a request to its end and decodes its parameters.
 *
 * @throws Error when the connection breaks before the end
 */
export async function receiveRequest(request: IncomingMessage): Promise<ReceivedRequest> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const rawUrl = request.url ?? '/';
  const questionMark = rawUrl.indexOf('?');
  const path = questionMark < 0 ? rawUrl : rawUrl.slice(0, questionMark);
  const method = request.method ?? 'POST';
  let body: Uint8Array = new Uint8Array();
  let query: ParameterPair[] = [];
  let parameters: ReadonlyMap<string, string> = new Map();
  let failure: ServiceError | undefined;
  try {
    body = await readBody(request);
    query = questionMark < 0 ? [] : parseParameters(rawUrl.slice(questionMark + 1));
    const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true;
    const form = isForm ? parseParameters(Buffer.from(body).toString('utf8')) : [];
    parameters = parameterMap([...query, ...form]);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    failure = error;
  }
  return { method, rawUrl, path, headers, body, query, parameters, failure };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let lengthBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    lengthBytes += chunk.length;
    if (lengthBytes <= maxBodyBytes) chunks.push(chunk);
  }
  if (lengthBytes > maxBodyBytes) throw new ServiceError('RequestEntityTooLarge');
  return Buffer.concat(chunks);
}
