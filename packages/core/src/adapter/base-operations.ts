import type {
  Crc64Operations,
  Headers,
  ObjectResponse,
  PartOperations,
  RetryPolicy,
} from '../contract/object-transport.js';
import { ServiceError, TransportError } from '../errors/errors.js';
import { lazyModule } from './lazy-module.js';
import { assertObjectKey } from './object-key.js';
import type { OperationTools } from './operation-tools.js';
import { assertFromOss, type OssMark } from './oss-answer.js';
import {
  type CompleteObjectTransport,
  type OssAnswer,
  type OssRequest,
  type SendRequest,
  typed,
  versionQuery,
} from './oss-request.js';
import type { RareOperations } from './rare-operations.js';
import type { ReadingOperations } from './reading-operations.js';
import type { Refusal, RefusedAnswer } from './refusal.js';
import { checkedHeaders } from './request-headers.js';
import type { DocumentAnswer } from './result-document.js';
import { isPassingAnswer, repeatabilityOf, type TransportOperation, withRetries } from './retry.js';

/** Most requests are not refused: a page loads the reasons and the advice with the first that is. */
const refusals = lazyModule(() => import('./refusal.js'));

/** Most bodies are bytes: a page loads what is for chunks with the first of them. */
const chunks = lazyModule(() => import('./chunk-source.js'));
const rare = lazyModule(() => import('./rare-operations.js'));
const multipart = lazyModule(() => import('./multipart-operations.js'));

/** What the operations need besides a sender. */
export interface BaseOptions {
  /** The bucket's name, which copying needs, and errors tell. */
  readonly bucket: () => string | undefined;
  readonly retry: RetryPolicy;
  /** How long the whole body of an answer that is no object may take, in milliseconds. */
  readonly documentTimeoutMs: number;
  readonly crc64?: Crc64Operations | undefined;
}

/** Operations on the bucket itself, whose requests have no key. */
const bucketOperations: ReadonlySet<TransportOperation> = new Set(['bucket-view', 'delete-many', 'list']);

const maxDocumentBytes = 4 * 1024 * 1024;
const maxErrorDocumentBytes = 64 * 1024;

/** The whole body as text, within bounds of size and time. */
async function readText(answer: OssAnswer, maxBytes: number, timeoutMs: number): Promise<string> {
  const refuse = (what: string): TransportError => {
    const error = new TransportError(`${what}. Check the endpoint and the network.`, { retryable: false });
    answer.cancel(error);
    return error;
  };
  const timer = setTimeout(() => refuse(`The answer was not complete after ${timeoutMs} ms`), timeoutMs);
  try {
    let chunk = await answer.read();
    // As most answers to a PUT are.
    if (chunk === undefined) return '';
    const decoder = new TextDecoder();
    let text = '';
    let sizeBytes = 0;
    for (; chunk; chunk = await answer.read()) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw refuse('The answer is larger than any answer of OSS');
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } finally {
    clearTimeout(timer);
  }
}

/** The body of a refusal. Its status says the most, so one that breaks off does not matter. */
async function readErrorText(
  answer: OssAnswer,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await readText(answer, maxErrorDocumentBytes, timeoutMs);
  } catch {
    signal?.throwIfAborted();
    return '';
  }
}

/** What a refusal says. Without the module that explains it, its status must do. */
function explainedRefusal(answer: RefusedAnswer): Promise<Refusal> {
  const { status } = answer;
  return refusals().then(
    ({ refusalOf }) => refusalOf(answer),
    ({ message }: TransportError) => {
      const error = new ServiceError(
        `OSS refused the request (HTTP ${status}), and why cannot be said. ${message}`,
        { service: 'OSS', status, retryable: isPassingAnswer(status, undefined) },
      );
      return { error, serverTimeMs: undefined };
    },
  );
}

/**
 * What all transports are made of that send by one function.
 *
 * @internal
 */
export interface BaseOperations {
  readonly tools: OperationTools;
  readonly transport: Omit<CompleteObjectTransport, keyof ReadingOperations | 'bucketView'>;
}

/**
 * The operations but for those that read, and those that most uploads do without.
 *
 * @internal
 */
export function createBaseOperations(send: SendRequest, options: BaseOptions): BaseOperations {
  const { retry: policy, documentTimeoutMs, crc64 } = options;

  /** Sends a request, again if need be, and takes its answer of 2xx in. */
  async function call<T>(
    operation: TransportOperation,
    request: OssRequest,
    take: (answer: OssAnswer) => Promise<T>,
    own: Headers = {},
  ): Promise<T> {
    const { body, signal } = request;
    signal?.throwIfAborted();
    if (!bucketOperations.has(operation) && request.url === undefined) assertObjectKey(request.key);
    const source = body?.kind === 'chunks' ? new (await chunks()).ChunkSource(body) : undefined;
    const headers = Object.assign(checkedHeaders(request.headers), own);
    const checked: OssRequest =
      body?.kind === 'chunks' && source
        ? { ...request, headers, body: { ...body, chunks: source } }
        : { ...request, headers };
    const repeatable = repeatabilityOf(operation, checked.headers);
    let cure: string | undefined;
    try {
      return await withRetries(
        async () => {
          cure = undefined;
          const answer = await send(checked).catch((error: unknown) => {
            // A sender may know of it only that its body broke.
            throw source?.failure ? source.failure.error : error;
          });
          if (answer.status >= 200 && answer.status < 300) return await take(answer);
          const { status, headers } = answer;
          const document = await readErrorText(answer, documentTimeoutMs, signal);
          const refusal = await explainedRefusal({ status, headers, document });
          cure = answer.remedy?.(refusal);
          throw refusal.error;
        },
        {
          repeatable: () => (source?.isStarted ? 'never' : repeatable),
          policy,
          signal,
          remedy: () => cure,
        },
      );
    } finally {
      void source?.release();
    }
  }

  async function takeDocument(answer: OssAnswer): Promise<DocumentAnswer> {
    const { status, headers } = answer;
    const document = await readText(answer, maxDocumentBytes, documentTimeoutMs);
    // 203 CallbackFailed, for one, says that the object is stored, and that something else failed.
    // Most documents of 2xx are no errors, and a page needs no more to see that.
    if (document.includes('<Error')) {
      const { isErrorDocument, refusalOf } = await refusals().catch(({ message }: TransportError) => {
        throw new TransportError(
          `OSS answered HTTP ${status} with a document, which cannot be read. ${message}`,
          { retryable: false },
        );
      });
      if (isErrorDocument(document)) throw refusalOf({ status, headers, document }).error;
    }
    return { status, headers, document };
  }

  const takeResponse =
    (...names: OssMark[]) =>
    async (answer: OssAnswer): Promise<ObjectResponse> => {
      const { status, headers, document } = await takeDocument(answer);
      if (names.length > 0) assertFromOss(headers, ...names);
      return { status, headers, ...(document !== '' && { document }) };
    };

  const tools: OperationTools = { bucket: options.bucket, call, takeDocument, takeResponse };

  /** What many pages never do. There before a request is sent. */
  async function rest(): Promise<RareOperations> {
    return (await rare()).rareOperations(tools);
  }

  /** The same of what most contents are too small for. */
  async function parts(): Promise<PartOperations> {
    return (await multipart()).multipartOperations(tools);
  }

  const transport: BaseOperations['transport'] = {
    get bucketName() {
      return options.bucket();
    },
    ...(crc64 && { crc64 }),
    takesChunksInTurn: true,
    retry: policy,

    async put({ key, headers, body, signal }) {
      const request: OssRequest = { method: 'PUT', key, query: {}, headers: typed(headers), body, signal };
      return call('put', request, takeResponse('etag', 'x-oss-request-id'));
    },

    async head({ key, headers, signal, versionId }) {
      const query = versionQuery(versionId);
      return call('head', { method: 'HEAD', key, query, headers, signal }, takeResponse());
    },

    deleteMany: async (request) => (await rest()).deleteMany(request),
    copy: async (request) => (await rest()).copy(request),
    list: async (request) => (await rest()).list(request),
    acl: async (request) => (await rest()).acl(request),
    tags: async (request) => (await rest()).tags(request),
    parts: {
      start: async (request) => (await parts()).start(request),
      put: async (request) => (await parts()).put(request),
      list: async (request) => (await parts()).list(request),
      finish: async (request) => (await parts()).finish(request),
      drop: async (request) => (await parts()).drop(request),
    },
  };
  return { tools, transport };
}
