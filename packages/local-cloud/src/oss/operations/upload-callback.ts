import { z } from 'zod';
import { percentEncode } from '../../common/percent-encoding.js';
import { invalidArgument, OssError } from '../http/oss-error.js';
import type { OssRequest } from '../http/oss-request.js';
import type { OssResponse } from '../http/oss-response.js';
import { type PostAnswer, post } from '../http/outgoing-post.js';
import type { StoredObject } from '../storage/stored-object.js';
import type { OperationContext } from './operation.js';

// The rules of the page "Callback".
const callbackHeader = 'x-oss-callback';
const callbackVar = 'x-oss-callback-var';
const maxParameterBytes = 5 * 1024;
const maxUrls = 5;
const maxAnswerBytes = 3 * 1024 * 1024;
const timeoutMs = 5000;
const form = 'application/x-www-form-urlencoded';
const jsonType = 'application/json';

/** The headers that ask for a callback. */
export const callbackHeaders: readonly string[] = [callbackHeader, callbackVar];
/** The query parameters that ask for a callback. */
export const callbackParameters: readonly string[] = ['callback', 'callback-var'];

/** A callback that a request asks for. */
interface UploadCallback {
  /** Tried one after the other until one succeeds. */
  readonly urls: readonly URL[];
  readonly host: string | undefined;
  readonly body: string;
  readonly bodyType: typeof form | typeof jsonType;
  /** Custom variables by name, `x:` included. */
  readonly variables: Readonly<Record<string, string>>;
}

const callbackSchema = z.object({
  callbackUrl: z.string().min(1),
  callbackHost: z.string().optional(),
  callbackBody: z.string().min(1),
  callbackBodyType: z.enum([form, jsonType]).default(form),
  callbackSNI: z.boolean().optional(),
});

const variablesSchema = z.record(z.string().regex(/^x:[a-z0-9_.-]+$/), z.string());

const systemVariables: ReadonlySet<string> = new Set([
  'bucket',
  'object',
  'etag',
  'size',
  'mimeType',
  'imageInfo.height',
  'imageInfo.width',
  'imageInfo.format',
  'crc64',
  'contentMd5',
]);

const variable = /\$\{([^}]*)\}/g;

function requestedParameter(request: OssRequest, header: string, parameter: string): string | undefined {
  const inHeader = request.headers[header];
  const inQuery = request.target.query.get(parameter);
  if (inHeader !== undefined && inQuery !== undefined) {
    throw invalidArgument(header, inHeader, 'A callback may stand in a header or in the query, not in both.');
  }
  return inHeader ?? inQuery;
}

function decodeParameter<Schema extends z.ZodType>(
  name: string,
  value: string,
  schema: Schema,
): z.output<Schema> {
  const malformed = invalidArgument(name, value, `${name} must be base64 of the documented JSON.`);
  const bytes = Buffer.from(value, 'base64');
  const stripped = value.replace(/=+$/, '');
  if (bytes.toString('base64').replace(/=+$/, '') !== stripped || value.length > maxParameterBytes)
    throw malformed;
  let decoded: unknown;
  try {
    decoded = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw malformed;
  }
  const parsed = schema.safeParse(decoded);
  if (!parsed.success) throw malformed;
  return parsed.data;
}

/** A local server must not send a test's data elsewhere, nor be a way into a network. */
function isLoopback(hostname: string): boolean {
  return /^(?:localhost|(?:[^.]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function parseUrls(text: string): URL[] {
  const refuse = (message: string) => invalidArgument(callbackHeader, text, message);
  const parts = text.split(';').filter((part) => part !== '');
  if (parts.length === 0 || parts.length > maxUrls) throw refuse(`callbackUrl has 1 to ${maxUrls} URLs.`);
  return parts.map((part) => {
    let url: URL;
    try {
      url = new URL(/^https?:\/\//i.test(part) ? part : `http://${part}`);
    } catch {
      throw refuse('callbackUrl is not a URL.');
    }
    if (!isLoopback(url.hostname)) {
      throw refuse('The local server calls back loopback addresses only: localhost, 127.0.0.1 or [::1].');
    }
    return url;
  });
}

function assertVariables(body: string): void {
  for (const [whole, name = ''] of body.matchAll(variable)) {
    if (systemVariables.has(name) || name.startsWith('x:')) continue;
    throw invalidArgument(callbackHeader, whole, `callbackBody has no variable ${whole}.`);
  }
}

/** The callback that the request asks for, if any. @throws {OssError} `InvalidArgument`. */
export function readCallback(request: OssRequest): UploadCallback | undefined {
  const callback = requestedParameter(request, callbackHeader, 'callback');
  const variables = requestedParameter(request, callbackVar, 'callback-var');
  if (callback === undefined) {
    if (variables === undefined) return undefined;
    throw invalidArgument(callbackVar, variables, `${callbackVar} requires ${callbackHeader}.`);
  }
  const asked = decodeParameter(callbackHeader, callback, callbackSchema);
  assertVariables(asked.callbackBody);
  return {
    urls: parseUrls(asked.callbackUrl),
    host: asked.callbackHost,
    body: asked.callbackBody,
    bodyType: asked.callbackBodyType,
    variables: variables === undefined ? {} : decodeParameter(callbackVar, variables, variablesSchema),
  };
}

function variableValue(
  name: string,
  callback: UploadCallback,
  bucket: string,
  object: StoredObject,
): string | number {
  switch (name) {
    case 'bucket':
      return bucket;
    case 'object':
      return object.key;
    case 'etag':
      return object.etag;
    case 'size':
      return object.body.sizeBytes;
    case 'mimeType':
      return object.metadata.contentHeaders['content-type'] ?? '';
    case 'crc64':
      return object.crc64?.toString() ?? '';
    case 'contentMd5':
      return object.contentMd5 ?? '';
    default:
      // imageInfo of what is no image, and variables that were not given, are empty.
      return Object.hasOwn(callback.variables, name) ? callback.variables[name]! : '';
  }
}

function fillIn(callback: UploadCallback, bucket: string, object: StoredObject): string {
  return callback.body.replace(variable, (_whole, name: string) => {
    const value = variableValue(name, callback, bucket, object);
    return callback.bodyType === jsonType ? JSON.stringify(value) : percentEncode(String(value));
  });
}

function failure(message: string, ec?: string): OssError {
  return new OssError('CallbackFailed', { message, ...(ec === undefined ? {} : { ec }) });
}

/** @throws {OssError} `CallbackFailed` when the answer is not one of success. */
function assertSuccess(answer: PostAnswer): void {
  if (answer.status !== 200) throw failure(`Error status : ${answer.status}.`, '0007-00000203');
  try {
    JSON.parse(answer.body.toString('utf8'));
  } catch {
    throw failure('Response body is not valid json format.', '0007-00000205');
  }
}

/**
 * Calls back. The callback's answer becomes that of the upload; the object stays whatever happens.
 * @param answer The answer that the upload would have had.
 * @throws {OssError} `CallbackFailed`, with status 203.
 */
export async function performCallback(
  callback: UploadCallback,
  context: OperationContext,
  object: StoredObject,
  answer: OssResponse,
): Promise<OssResponse> {
  const { bucket = '' } = context.request.target;
  const body = fillIn(callback, bucket, object);
  let failed: OssError = failure('The callback failed.');
  for (const url of callback.urls) {
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), context.closing]);
    try {
      const received = await post(
        url,
        {
          host: callback.host ?? url.host,
          'content-type': callback.bodyType,
          'user-agent': 'local-cloud',
          'x-oss-bucket': bucket,
        },
        body,
        maxAnswerBytes,
        signal,
      );
      assertSuccess(received);
      return {
        status: 200,
        headers: { ...answer.headers, 'content-type': jsonType },
        body: received.body.toString('utf8'),
      };
    } catch (error) {
      if (error instanceof OssError) failed = error;
      else if (signal.aborted) failed = failure('Cost too long time.');
      else
        failed = failure(
          `The callback could not be sent (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
        );
    }
  }
  throw failed;
}
