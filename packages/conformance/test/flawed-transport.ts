import {
  type BucketView,
  type CopyObjectRequest,
  type Crc64Operations,
  type DeleteObjectRequest,
  type DeleteObjectsRequest,
  type DownloadResponse,
  type GetByUrlRequest,
  type GetObjectRequest,
  type HeadObjectRequest,
  InvalidArgumentError,
  type ListObjectsRequest,
  type ListPageRequest,
  type ObjectAcl,
  type ObjectAclRequest,
  type ObjectPage,
  type ObjectResponse,
  type ObjectTags,
  type ObjectTagsRequest,
  type ObjectTransport,
  OutOfRangeError,
  type PartOperations,
  type PresignedUrl,
  type PresignRequest,
  type PutObjectRequest,
  type RefusedDeletion,
  ServiceError,
  type StoredPart,
  TransportError,
  type UploadBody,
} from '@oss-envelope/core';
import {
  assertObjectKey,
  checkedHeaders,
  decodeHeaderValue,
  isPassingAnswer,
  onAbort,
  parseRetryAfter,
  planPause,
} from '@oss-envelope/core/adapter';
import { decimalCrc64 } from '@oss-envelope/crc64';
import {
  type MemoryAnswer,
  type MemoryEntries,
  type MemoryOss,
  type MemoryRequest,
  openSignedUrl,
  signUrl,
} from './memory-oss.js';

/** What a transport may get wrong; a good one has none of these. */
export interface TransportFlaws {
  readonly resendsChunks?: boolean;
  readonly neverRetries?: boolean;
  readonly retriesOnceMore?: boolean;
  readonly retriesForbidden?: boolean;
  readonly retriesEveryFault?: boolean;
  readonly retriesExclusive?: boolean;
  readonly believesConflicts?: boolean;
  readonly tellsUrlAsName?: boolean;
  readonly countsOnAndOn?: boolean;
  readonly countsBackwards?: boolean;
  readonly keepsDocuments?: boolean;
  readonly tellsAnyDocument?: boolean;
  readonly startsOnce?: boolean;
  readonly ignoresRetryAfter?: boolean;
  readonly followsRedirects?: boolean;
  readonly keepsConnections?: boolean;
  readonly waitsForever?: boolean;
  readonly keepsChunks?: boolean;
  readonly hidesSourceErrors?: boolean;
  readonly endsFailedSources?: boolean;
  readonly ignoresAborts?: boolean;
  readonly listensForEachCall?: boolean;
  readonly listsOnePage?: boolean;
  readonly keepsChecksums?: boolean;
  readonly ignoresClock?: boolean;
  readonly tellsSecrets?: boolean;
  readonly believesShortBodies?: boolean;
  readonly believesErrorDocuments?: boolean;
  readonly renewsForEachCall?: boolean;
  readonly renewsForEver?: boolean;
  readonly sendsAnyHeader?: boolean;
  readonly readsBytesAsText?: boolean;
}

type Plan = Omit<MemoryRequest, 'body' | 'clockOffsetMs' | 'query'> & {
  readonly query?: Record<string, string>;
  readonly body?: UploadBody;
  readonly sourceKey?: string;
  readonly signal?: AbortSignal | undefined;
};

interface Exchanged {
  readonly answer: MemoryAnswer;
  readonly abort: AbortController;
}

const retries = 2;
/** More than the cases wait before they abort, on a busy machine too. */
const idleTimeoutMs = 400;
export const memorySecret = 'sesame';

/** A transport to a `MemoryOss` that does all that it should, its flaws excepted. */
export class FlawedTransport implements ObjectTransport {
  readonly crc64: Crc64Operations = decimalCrc64;
  readonly #oss: MemoryOss;
  readonly #flaws: TransportFlaws;
  #clockOffsetMs = 0;
  #sentBytes = 0;
  #token = 1;

  constructor(oss: MemoryOss, flaws: TransportFlaws = {}) {
    this.#oss = oss;
    this.#flaws = flaws;
  }

  get bucketName(): string {
    return this.#flaws.tellsUrlAsName ? 'https://photos.oss-cn-hangzhou.aliyuncs.com' : 'photos';
  }

  /** How often credentials were fetched. */
  get renewals(): number {
    return this.#token;
  }

  async put({ key, headers, body, signal }: PutObjectRequest): Promise<ObjectResponse> {
    return this.#call({ method: 'PUT', key, headers, body, signal }).catch((error) => {
      if (error?.status === 409 && this.#flaws.believesConflicts)
        return this.head({ key, headers: {}, signal });
      throw error;
    });
  }

  async get({ key, headers, signal }: GetObjectRequest): Promise<DownloadResponse> {
    const { answer, abort } = await this.#exchange({ method: 'GET', key, headers, signal });
    const release = (): void => {
      if (this.#flaws.keepsConnections) return;
      abort.abort(new Error('released'));
      answer.release();
    };
    return {
      status: answer.status as 200 | 206,
      headers: answer.headers,
      chunks: this.#bodyOf(answer, abort, signal, release),
      cancel: async () => release(),
    };
  }

  async head({ key, headers, signal }: HeadObjectRequest): Promise<ObjectResponse> {
    return this.#call({ method: 'HEAD', key, headers, signal });
  }

  async delete({ key, headers, signal }: DeleteObjectRequest): Promise<ObjectResponse> {
    return this.#call({ method: 'DELETE', key, headers, signal });
  }

  async copy({ key, sourceKey, headers, signal }: CopyObjectRequest): Promise<ObjectResponse> {
    return this.#call({ method: 'PUT', key, headers, sourceKey, signal });
  }

  async acl({ key, headers, signal }: ObjectAclRequest): Promise<ObjectAcl> {
    const { acl } = await this.#call({ method: 'GET', key, query: { acl: '' }, headers, signal });
    return acl as ObjectAcl;
  }

  async tags({ key, headers, signal }: ObjectTagsRequest): Promise<ObjectTags> {
    const { tags } = await this.#call({ method: 'GET', key, query: { tagging: '' }, headers, signal });
    return tags as ObjectTags;
  }

  async list(request: ListObjectsRequest): Promise<ObjectPage> {
    const { prefix, delimiter, startAfter, continuationToken, maxKeys, headers, signal } = request;
    const query = {
      ...(prefix !== undefined && { prefix }),
      ...(delimiter !== undefined && { delimiter }),
      ...(maxKeys !== undefined && { maxKeys: String(maxKeys) }),
      after: continuationToken ?? startAfter ?? '',
    };
    const { page } = await this.#call({ method: 'GET', key: '', query, headers, signal });
    return page as ObjectPage;
  }

  async deleteMany({ keys, headers, signal }: DeleteObjectsRequest): Promise<readonly RefusedDeletion[]> {
    signal?.throwIfAborted();
    if (keys.length < 1 || keys.length > 1000)
      throw new OutOfRangeError('keys.length', 'must be from 1 to 1000');
    for (const [index, key] of keys.entries()) {
      const isBad = key === '' || key.startsWith('/') || /[\ud800-\udfff]/u.test(key) || key.includes('\0');
      if (isBad) throw new InvalidArgumentError(`keys.${index}`, 'must be a name');
    }
    const bytes = new TextEncoder().encode(JSON.stringify(keys));
    await this.#call({ method: 'POST', key: '', headers, query: {}, body: { kind: 'bytes', bytes }, signal });
    return [];
  }

  async presign({ method, key, headers, expiresSeconds, signal }: PresignRequest): Promise<PresignedUrl> {
    signal?.throwIfAborted();
    assertObjectKey(key);
    if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > 604_800) {
      throw new OutOfRangeError('expiresSeconds', 'must be from 1 to 604,800');
    }
    const expiresAt = new Date(Date.now() + expiresSeconds * 1000);
    return { url: signUrl(method, key, headers), method, headers, expiresAt };
  }

  async getByUrl({ url, headers, signal }: GetByUrlRequest): Promise<DownloadResponse> {
    signal?.throwIfAborted();
    if (!/^https?:\/\/[^@]*$/.test(url)) throw new InvalidArgumentError('url', 'must be a URL');
    const request = openSignedUrl(url, 'GET', headers);
    if (request !== undefined) return this.get({ key: request.key, headers, signal });
    throw new ServiceError('Refused.', { service: 'OSS', status: 403, serviceCode: 'SignatureDoesNotMatch' });
  }

  readonly bucketView: BucketView = {
    versioning: async ({ headers, signal }) => {
      await this.#call({ method: 'GET', key: '', query: { versioning: '' }, headers, signal });
      return undefined;
    },
    retention: ({ headers, signal }) =>
      this.#call({ method: 'GET', key: '', query: { worm: '' }, headers, signal }).then(
        () => undefined,
        (error) => {
          if (error?.serviceCode === 'NoSuchWORMConfiguration') return undefined;
          throw error;
        },
      ),
    overwriteRules: async () => [],
    replicationRules: async () => [],
    statistics: async () => ({ objectCount: 0, sizeBytes: 0, countedAt: undefined }),
    listVersions: async (request) => {
      const { versions, next } = await this.#entries('versions', request);
      return { versions, next };
    },
    listUploads: async (request) => {
      const { uploads, next } = await this.#entries('uploads', request);
      return { uploads, next };
    },
  };

  async #entries(
    operation: string,
    { prefix = '', after, maxEntries, headers, signal }: ListPageRequest,
  ): Promise<MemoryEntries> {
    if (maxEntries !== undefined && !(Number.isInteger(maxEntries) && maxEntries >= 1 && maxEntries <= 1000))
      throw new OutOfRangeError('maxEntries', 'must be from 1 to 1000');
    const query = {
      [operation]: '',
      prefix,
      ...(after && { 'key-marker': after.key }),
      ...(after?.id !== undefined && { 'id-marker': after.id }),
      ...(maxEntries !== undefined && { most: String(maxEntries) }),
    };
    const { entries } = await this.#call({ method: 'GET', key: '', query, headers, signal });
    return entries as MemoryEntries;
  }

  readonly parts: PartOperations = {
    start: async ({ key, headers, signal }) => {
      const answer = await this.#call({ method: 'POST', key, headers, signal });
      return { uploadId: answer.headers['upload-id'] as string };
    },
    put: ({ key, headers, uploadId, partNumber, body, signal }) => {
      const query = { uploadId, partNumber: String(partNumber) };
      return this.#call({ method: 'PUT', key, headers, query, body, signal });
    },
    list: async ({ key, headers, uploadId, signal }) => {
      const parts: StoredPart[] = [];
      for (let marker: string | undefined = '0'; marker; ) {
        const query = { uploadId, marker };
        const answer = await this.#call({ method: 'GET', key, headers, query, signal });
        parts.push(...(answer.parts ?? []));
        marker = this.#flaws.listsOnePage ? undefined : answer.headers['next-marker'];
      }
      return parts;
    },
    finish: ({ key, headers, uploadId, parts, signal }) => {
      const numbers = JSON.stringify(parts.map((part) => part.partNumber));
      const body = { kind: 'bytes', bytes: new TextEncoder().encode(numbers) } as const;
      return this.#call({ method: 'POST', key, headers, query: { uploadId }, body, signal });
    },
    drop: async ({ key, headers, uploadId, signal }) => {
      await this.#call({ method: 'DELETE', key, headers, query: { uploadId }, signal }).catch((error) => {
        if (error?.serviceCode !== 'NoSuchUpload') throw error;
      });
    },
  };

  async #call(
    plan: Plan,
  ): Promise<ObjectResponse & Pick<MemoryAnswer, 'acl' | 'entries' | 'page' | 'parts' | 'tags'>> {
    const { answer } = await this.#exchange(plan);
    answer.release();
    const { 'x-oss-hash-crc64ecma': _crc64, ...others } = answer.headers;
    const headers = this.#flaws.keepsChecksums ? others : answer.headers;
    const { document = this.#flaws.tellsAnyDocument ? 'none' : undefined } = answer;
    return {
      status: answer.status,
      headers,
      parts: answer.parts,
      page: answer.page,
      acl: answer.acl,
      tags: answer.tags,
      entries: answer.entries,
      ...(document !== undefined && !this.#flaws.keepsDocuments && { document }),
    } as never;
  }

  async #exchange(plan: Plan): Promise<Exchanged> {
    const flaws = this.#flaws;
    const { signal } = flaws.ignoresAborts ? {} : plan;
    signal?.throwIfAborted();
    if (plan.key !== '') assertObjectKey(plan.key);
    const headers: Record<string, string> = {
      ...(flaws.sendsAnyHeader ? plan.headers : checkedHeaders(plan.headers)),
      ...(plan.sourceKey !== undefined && { 'x-oss-copy-source': plan.sourceKey }),
    };
    const isOnce =
      flaws.neverRetries || (flaws.startsOnce && plan.method === 'POST' && plan.query === undefined);
    const most = isOnce ? 0 : flaws.retriesOnceMore ? retries + 1 : retries;
    // What was put can be told by its envelope, a copy by nothing.
    const isExclusive =
      plan.sourceKey !== undefined && headers['x-oss-forbid-overwrite'] === 'true' && !flaws.retriesExclusive;
    let isRenewed = false;
    for (let attempt = 0; ; attempt++) {
      const token = this.#token;
      try {
        return await this.#once({ ...plan, headers }, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (plan.body?.kind === 'chunks' && !flaws.resendsChunks) throw error;
        if (error instanceof ServiceError && error.serviceCode === 'SecurityTokenExpired') {
          if (isRenewed && !(flaws.renewsForEver && attempt < 5)) throw error;
          isRenewed = true;
          if (token === this.#token || flaws.renewsForEachCall) this.#token++;
          continue;
        }
        const isUnserved = error instanceof ServiceError && [429, 503].includes(error.status ?? 0);
        const mayHelp =
          error instanceof ServiceError || error instanceof TransportError ? error.retryable : false;
        const retryAfterMs = error instanceof ServiceError ? error.retryAfterMs : undefined;
        const isTooLong = planPause(attempt, retryAfterMs, 0) === undefined && !flaws.ignoresRetryAfter;
        if (!mayHelp || attempt >= most || isTooLong || (isExclusive && !isUnserved)) throw error;
      }
    }
  }

  async #once(plan: Plan, signal: AbortSignal | undefined): Promise<Exchanged> {
    const abort = new AbortController();
    let sourceError: { readonly error: unknown } | undefined;
    const source = this.#sourceOf(plan.body, signal);
    const endsFailedSources = this.#flaws.endsFailedSources;
    const body = (async function* () {
      try {
        yield* source;
      } catch (error) {
        sourceError = { error };
        if (!endsFailedSources) throw error;
      }
    })();
    const stop = this.#listen(signal, () => abort.abort(signal?.reason));
    const { method, key, headers, query = {} } = plan;
    const request = { method, key, headers, query, body, clockOffsetMs: this.#clockOffsetMs };
    let answer: MemoryAnswer;
    try {
      answer = await this.#withinTime(this.#oss.exchange(request, abort.signal), abort);
    } catch (error) {
      if (sourceError !== undefined && !this.#flaws.hidesSourceErrors) throw sourceError.error;
      if (signal?.aborted) throw signal.reason;
      if (error instanceof TransportError) throw error;
      throw new TransportError('The connection broke.', { retryable: true });
    } finally {
      stop();
      await body.return(undefined);
    }
    if (sourceError !== undefined) throw sourceError.error;
    if (!this.#flaws.readsBytesAsText) {
      const decoded = Object.entries(answer.headers).map(([name, value]) => [name, decodeHeaderValue(value)]);
      answer = { ...answer, headers: Object.fromEntries(decoded) };
    }
    const isError = 'error-code' in answer.headers && !this.#flaws.believesErrorDocuments;
    if (answer.status >= 300 || isError) {
      answer.release();
      this.#refuse(plan, answer);
      return this.#once(plan, signal);
    }
    return { answer, abort };
  }

  #listen(signal: AbortSignal | undefined, callback: () => void): () => void {
    if (signal === undefined) return () => {};
    if (!this.#flaws.listensForEachCall) return onAbort(signal, callback);
    signal.addEventListener('abort', callback);
    return () => signal.removeEventListener('abort', callback);
  }

  async #withinTime<T>(promise: Promise<T>, abort: AbortController): Promise<T> {
    if (this.#flaws.waitsForever) return promise;
    const late = new TransportError('The connection was silent for too long.', { retryable: true });
    const timer = setTimeout(() => abort.abort(late), idleTimeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws what the answer refuses with; returns where a redirect is to be followed or a clock was put right. */
  #refuse(plan: Plan, answer: MemoryAnswer): void {
    const { status, headers } = answer;
    if (status === 307) {
      if (this.#flaws.followsRedirects) return;
      throw new TransportError('The server points elsewhere.', { retryable: false });
    }
    const serviceCode = headers['error-code'];
    if (serviceCode === 'RequestTimeTooSkewed' && !this.#flaws.ignoresClock) {
      const offsetMs = Date.parse(headers.date as string) - Date.now();
      const isNews = Math.abs(offsetMs - this.#clockOffsetMs) > 60_000;
      this.#clockOffsetMs = offsetMs;
      if (isNews && plan.body?.kind !== 'chunks') return;
    }
    const retryable =
      isPassingAnswer(status, serviceCode) ||
      (status === 403 && this.#flaws.retriesForbidden === true) ||
      (status >= 500 && this.#flaws.retriesEveryFault === true);
    const message = this.#flaws.tellsSecrets ? `Refused: ${memorySecret}` : 'Refused.';
    throw new ServiceError(message, {
      service: 'OSS',
      status,
      serviceCode,
      requestId: headers['x-oss-request-id'],
      retryable,
      retryAfterMs: parseRetryAfter(headers),
    });
  }

  async *#sourceOf(
    body: UploadBody | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    if (body === undefined) return;
    if (body.kind === 'bytes') {
      const { bytes, onSent } = body;
      if (!this.#flaws.countsOnAndOn) this.#sentBytes = 0;
      for (let offset = 0; offset < bytes.length; offset += 250_000) {
        const piece = bytes.subarray(offset, offset + 250_000);
        yield piece;
        this.#sentBytes += piece.length;
        onSent?.(this.#flaws.countsBackwards ? bytes.length - this.#sentBytes : this.#sentBytes);
      }
      return;
    }
    if (this.#flaws.keepsChunks) {
      const all: Uint8Array[] = [];
      for await (const chunk of body.chunks) all.push(chunk);
      yield* all;
      return;
    }
    const iterator = body.chunks[Symbol.asyncIterator]();
    let isDone = false;
    try {
      for (;;) {
        const next = await this.#untilAborted(iterator.next(), signal);
        if (next.done) break;
        yield next.value;
      }
      isDone = true;
    } finally {
      if (!isDone) void iterator.return?.();
    }
  }

  async *#bodyOf(
    answer: MemoryAnswer,
    abort: AbortController,
    signal: AbortSignal | undefined,
    release: () => void,
  ): AsyncGenerator<Uint8Array> {
    let sizeBytes = 0;
    const iterator = answer.body[Symbol.asyncIterator]();
    try {
      for (;;) {
        if (!this.#flaws.ignoresAborts) signal?.throwIfAborted();
        const next = await this.#untilAborted(
          this.#withinTime(iterator.next(), abort),
          this.#flaws.ignoresAborts ? undefined : signal,
        );
        if (next.done) break;
        sizeBytes += next.value.length;
        yield next.value;
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof TransportError) throw error;
      if (this.#flaws.believesShortBodies) return;
      throw new TransportError('The connection broke.', { retryable: true });
    } finally {
      release();
    }
    if (sizeBytes !== Number(answer.headers['content-length']) && !this.#flaws.believesShortBodies) {
      throw new TransportError('The body broke off.', { retryable: true });
    }
  }

  async #untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    let stop = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = this.#listen(signal, () => reject(signal?.reason));
      if (signal?.aborted) reject(signal.reason);
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      stop();
    }
  }
}
