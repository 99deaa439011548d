import type {
  Crc64Operations,
  DownloadResponse,
  Headers,
  ObjectResponse,
  ObjectTransport,
  PresignedUrl,
  RetryPolicy,
  StoredPart,
  UploadBody,
} from '../contract/object-transport.js';
import { percentEncode, percentEncodePath } from '../encoding/percent-encoding.js';
import { InvalidArgumentError, isOssEnvelopeError, ServiceError, TransportError } from '../errors/errors.js';
import type { DocumentAnswer, PartPage } from './answer-documents.js';
import { ChunkSource } from './chunk-source.js';
import { assertObjectKey } from './object-key.js';
import { text as assertText, wholeNumber } from './option-checks.js';
import { isFromOss, type OssMark } from './oss-answer.js';
import { maxKeysPerPage, maxParts, maxPartsPerPage } from './oss-limits.js';
import type { RequestToPresign } from './presigning-checks.js';
import type { Refusal, RefusedAnswer } from './refusal.js';
import { checkedHeaders } from './request-headers.js';
import { isPassingAnswer, repeatabilityOf, type TransportOperation, withRetries } from './retry.js';

type Documents = typeof import('./answer-documents.js');

/** For uploads in parts, copies, lists, ACLs and tags only, and there before a request is sent. */
const documents = (): Promise<Documents> => import('./answer-documents.js');

/** Most requests are not refused: a page loads the reasons and the advice with the first that is. */
const refusals = (): Promise<typeof import('./refusal.js')> => import('./refusal.js');

/** The methods that the operations use. */
export type Method = 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';

/** Query parameters, decoded. An empty value stands for the name alone, as in `?uploads`. */
export type Query = Readonly<Record<string, string>>;

/** A request of OSS's API as a sender gets it: checked, but without a URL and not signed. */
export interface OssRequest {
  readonly method: Method;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: Query;
  /** Only with `takesUrls`: signed elsewhere, and to be sent as it is, whatever key and query are. */
  readonly url?: string | undefined;
  /** Names in lower case, values of printable ASCII. The sender adds those of its protocol. */
  readonly headers: Headers;
  readonly body?: UploadBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose head has arrived, whatever its status. */
export interface OssAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Headers;
  /** Whether nobody else has the memory of what `read` gives. */
  readonly chunksAreOwned?: boolean | undefined;
  /** Whether the runtime has undone a Content-Encoding, as `fetch` does. */
  readonly isDecoded?: boolean | undefined;
  /**
   * The next bytes of the body; undefined at its end, when the connection is released too. Not called again before it
   * has settled.
   *
   * @throws TransportError when the body breaks off, and the signal's reason after an abort. After a failure it
   *   throws the same error again
   */
  read(): Promise<Uint8Array | undefined>;
  /** Releases the connection: later reads reject with this error. After the end of the body it does nothing. */
  cancel(error: Error): void;
  /**
   * Learns from a refusal, so that the same request may be accepted when it is signed again.
   *
   * @returns a name of what was put right, if anything
   */
  remedy?(refusal: Refusal): string | undefined;
}

/**
 * Sends a request once, and gives whatever is answered. Used concurrently.
 *
 * @throws TransportError; after an abort and when the body's source fails, anything: the caller is told the signal's
 *   reason or the source's own error. Then nothing of the request goes on
 */
export type SendRequest = (request: OssRequest) => Promise<OssAnswer>;

/** What the operations need besides a sender. */
export interface OperationOptions {
  /** The bucket's name, which copying needs, and errors tell. */
  readonly bucket: () => string | undefined;
  readonly retry: RetryPolicy;
  /** How long the whole body of an answer that is no object may take, in milliseconds. */
  readonly documentTimeoutMs: number;
  readonly crc64?: Crc64Operations | undefined;
  /** Whether the sender sends requests that were signed elsewhere: those with a `url`. Then there is `getByUrl`. */
  readonly takesUrls?: boolean | undefined;
  /** Signs a checked request, for someone else to send. Then there is `presign`. */
  readonly presign?: ((request: RequestToPresign) => Promise<PresignedUrl>) | undefined;
}

/** A transport with every optional capability that needs nothing but a sender. */
export type CompleteObjectTransport = ObjectTransport & {
  readonly [Capability in 'acl' | 'copy' | 'deleteMany' | 'list' | 'parts' | 'tags']: NonNullable<
    ObjectTransport[Capability]
  >;
};

/** Operations on the bucket itself, whose requests have no key. */
const bucketOperations: ReadonlySet<TransportOperation> = new Set(['delete-many', 'list']);

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
    const decoder = new TextDecoder();
    let text = '';
    let sizeBytes = 0;
    for (let chunk = await answer.read(); chunk; chunk = await answer.read()) {
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
async function explainedRefusal(answer: RefusedAnswer): Promise<Refusal> {
  const { status } = answer;
  try {
    const { refusalOf } = await refusals();
    return refusalOf(answer);
  } catch {
    const error = new ServiceError(
      `OSS refused the request (HTTP ${status}). The module of this package that says more could not be loaded.`,
      { service: 'OSS', status, retryable: isPassingAnswer(status, undefined) },
    );
    return { error, serverTimeMs: undefined };
  }
}

function assertFromOss(headers: Headers, ...names: OssMark[]): void {
  if (isFromOss(headers, names)) return;
  throw new TransportError(
    `The answer is not one of OSS: it has no ${names.join(' and no ')}. Check the endpoint, and whether a proxy or a login ` +
      "page answers for it; for a browser, the bucket's CORS rule must expose these headers.",
    { retryable: false },
  );
}

function toDownload(answer: OssAnswer, status: 200 | 206): DownloadResponse {
  let isTaken = false;
  const cancel = (): void =>
    answer.cancel(
      new TransportError('The download was cancelled. Get the object again.', { retryable: false }),
    );
  return {
    status,
    headers: answer.headers,
    chunksAreOwned: answer.chunksAreOwned,
    isDecoded: answer.isDecoded,
    chunks: {
      [Symbol.asyncIterator]() {
        if (isTaken) throw new InvalidArgumentError('chunks', 'can be iterated once: get the object again');
        isTaken = true;
        let last: Promise<unknown> = Promise.resolve();
        const step = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
          const value = await answer.read();
          return value === undefined ? { done: true, value } : { done: false, value };
        };
        return {
          // One read at a time, in order, also for who asks ahead.
          next: () => {
            const result = last.then(step);
            last = result;
            result.catch(() => {});
            return result;
          },
          return: async () => {
            cancel();
            return { done: true, value: undefined };
          },
        };
      },
    },
    cancel: async () => cancel(),
  };
}

/**
 * Makes a transport of a function that sends one request. The transport has the operations on the objects of a bucket
 * (OSS documentation, "Operations on objects"). It checks arguments, reads and writes documents, turns refusals into
 * errors, and retries.
 */
export function createObjectTransport(send: SendRequest, options: OperationOptions): CompleteObjectTransport {
  const { retry: policy, documentTimeoutMs, crc64, presign } = options;

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
    const source = body?.kind === 'chunks' ? new ChunkSource(body) : undefined;
    const checked: OssRequest = {
      ...request,
      headers: { ...checkedHeaders(request.headers), ...own },
      ...(body?.kind === 'chunks' && source && { body: { ...body, chunks: source } }),
    };
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
    if (document !== '') {
      const { isErrorDocument, refusalOf } = await refusals().catch(() => {
        throw new TransportError(
          `OSS answered HTTP ${status} with a document, and the module of this package that reads it could not be loaded. Check that all files of the page are served.`,
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

  const takeResult =
    ({ resultElement }: Documents, name: string) =>
    async (answer: OssAnswer): Promise<ObjectResponse> => {
      const result = await takeDocument(answer);
      resultElement(result, name);
      assertFromOss(result.headers, 'etag', 'x-oss-request-id');
      return result;
    };

  const versionQuery = (versionId: string | undefined): Query =>
    versionId === undefined ? {} : { versionId: assertText('versionId', versionId) };
  const uploadQuery = (uploadId: string): Query => ({
    uploadId: assertText('uploadId', uploadId, 'must be what parts.start gave'),
  });

  async function takeDownload(answer: OssAnswer): Promise<DownloadResponse> {
    const { status } = answer;
    if (status === 200 || status === 206) return toDownload(answer, status);
    const error = new TransportError(
      `A download was answered with HTTP ${status}, which is neither an object nor a range. Check the endpoint.`,
      { retryable: false },
    );
    answer.cancel(error);
    throw error;
  }

  return {
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

    async get({ key, headers, signal, versionId }) {
      const query = versionQuery(versionId);
      return call('get', { method: 'GET', key, query, headers, signal }, takeDownload);
    },

    async head({ key, headers, signal, versionId }) {
      const query = versionQuery(versionId);
      return call('head', { method: 'HEAD', key, query, headers, signal }, takeResponse());
    },

    async delete({ key, headers, signal, versionId }) {
      const query = versionQuery(versionId);
      const request: OssRequest = { method: 'DELETE', key, query, headers, signal };
      return call('delete', request, takeResponse('x-oss-request-id'));
    },

    async deleteMany({ keys, headers, signal }) {
      const { formatDeletion, parseDeletion } = await import('./deletion-documents.js');
      const { bytes, headers: own } = formatDeletion(keys);
      const request: OssRequest = {
        method: 'POST',
        key: '',
        query: { delete: '', 'encoding-type': 'url' },
        headers: { ...headers, ...own },
        body: { kind: 'bytes', bytes },
        signal,
      };
      return call('delete-many', request, async (answer) => parseDeletion(await takeDocument(answer), keys));
    },

    ...(options.takesUrls && {
      async getByUrl({ url, headers, signal }) {
        const { assertRequestUrl } = await import('./presigning-checks.js');
        assertRequestUrl(url);
        return call('get', { method: 'GET', key: '', query: {}, url, headers, signal }, takeDownload);
      },
    }),

    ...(presign && {
      async presign({ headers, versionId, ...request }) {
        const { checkedPresigning } = await import('./presigning-checks.js');
        request.signal?.throwIfAborted();
        return presign(
          checkedPresigning({
            ...request,
            query: versionQuery(versionId),
            headers: request.method === 'PUT' ? typed(headers) : headers,
          }),
        );
      },
    }),

    async copy({ key, headers, signal, sourceKey, sourceVersionId }) {
      assertObjectKey(sourceKey, 'sourceKey');
      const bucket = options.bucket();
      if (!bucket) {
        throw new InvalidArgumentError('bucket', 'must be given to the transport: copy names it');
      }
      const version = sourceVersionId === undefined ? '' : `?versionId=${percentEncode(sourceVersionId)}`;
      const request: OssRequest = { method: 'PUT', key, query: {}, headers: typed(headers), signal };
      return call('copy', request, takeResult(await documents(), 'CopyObjectResult'), {
        'x-oss-copy-source': `/${bucket}/${percentEncodePath(sourceKey)}${version}`,
      });
    },

    async list({ headers, signal, ...place }) {
      if (place.maxKeys !== undefined)
        wholeNumber('maxKeys', place.maxKeys, { least: 1, most: maxKeysPerPage });
      const { formatListQuery, parseObjectPage } = await documents();
      const request: OssRequest = { method: 'GET', key: '', query: formatListQuery(place), headers, signal };
      return call('list', request, async (answer) => parseObjectPage(await takeDocument(answer)));
    },

    async acl({ key, headers, signal, versionId }) {
      const query = { acl: '', ...versionQuery(versionId) };
      const { parseObjectAcl } = await documents();
      return call('acl', { method: 'GET', key, query, headers, signal }, async (answer) =>
        parseObjectAcl(await takeDocument(answer)),
      );
    },

    async tags({ key, headers, signal, versionId }) {
      const query = { tagging: '', ...versionQuery(versionId) };
      const { parseObjectTags } = await documents();
      return call('tags', { method: 'GET', key, query, headers, signal }, async (answer) =>
        parseObjectTags(await takeDocument(answer)),
      );
    },

    parts: {
      async start({ key, headers, signal }) {
        const request: OssRequest = {
          method: 'POST',
          key,
          query: { uploads: '' },
          headers: typed(headers),
          signal,
        };
        const { parseUploadId } = await documents();
        return call('start-parts', request, async (answer) => ({
          uploadId: parseUploadId(await takeDocument(answer)),
        }));
      },

      async put({ key, headers, signal, uploadId, partNumber, body }) {
        wholeNumber('partNumber', partNumber, { least: 1, most: maxParts });
        const query = { partNumber: String(partNumber), ...uploadQuery(uploadId) };
        const request: OssRequest = { method: 'PUT', key, query, headers, body, signal };
        // The ETag of each part is needed to finish the upload.
        return call('put-part', request, takeResponse('etag'));
      },

      async list({ key, headers, signal, uploadId }) {
        const { parsePartPage } = await documents();
        const pageAfter = (marker: number): Promise<PartPage> => {
          const query = {
            ...uploadQuery(uploadId),
            'max-parts': String(maxPartsPerPage),
            'part-number-marker': String(marker),
          };
          return call('list-parts', { method: 'GET', key, query, headers, signal }, async (answer) =>
            parsePartPage(await takeDocument(answer), marker),
          );
        };
        const parts: StoredPart[] = [];
        for (let marker: number | undefined = 0; marker !== undefined; ) {
          const page: PartPage = await pageAfter(marker);
          parts.push(...page.parts);
          if (parts.length > maxParts) {
            throw new TransportError(
              `The server lists more than the ${maxParts} parts that an upload can have. Check the endpoint.`,
              { retryable: false },
            );
          }
          marker = page.nextMarker;
        }
        return parts;
      },

      async finish({ key, headers, signal, uploadId, parts }) {
        const ordered = [...parts].sort((a, b) => a.partNumber - b.partNumber);
        for (const { partNumber } of ordered)
          wholeNumber('partNumber', partNumber, { least: 1, most: maxParts });
        const document = await documents();
        const request: OssRequest = {
          method: 'POST',
          key,
          query: uploadQuery(uploadId),
          headers: { ...headers, 'content-type': 'application/xml' },
          body: { kind: 'bytes', bytes: new TextEncoder().encode(document.formatPartList(ordered)) },
          signal,
        };
        // With a callback, what its server answered stands in the place of the result document.
        const hasCallback = Object.keys(headers).some((name) => name.toLowerCase() === 'x-oss-callback');
        return call(
          'finish-parts',
          request,
          hasCallback
            ? takeResponse('etag', 'x-oss-request-id')
            : takeResult(document, 'CompleteMultipartUploadResult'),
        );
      },

      async drop({ key, headers, signal, uploadId }) {
        const request: OssRequest = {
          method: 'DELETE',
          key,
          query: uploadQuery(uploadId),
          headers,
          signal,
        };
        try {
          await call('drop-parts', request, takeResponse('x-oss-request-id'));
        } catch (error) {
          if (!(isOssEnvelopeError(error, 'ERR_SERVICE') && error.serviceCode === 'NoSuchUpload'))
            throw error;
        }
      },
    },
  };
}

/** Without a type, OSS and ali-oss guess one from the key. That would say something about the content. */
function typed(headers: Headers): Headers {
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return hasType ? headers : { ...headers, 'content-type': 'application/octet-stream' };
}
