import {
  assertObjectKey,
  type CopyObjectRequest,
  type DeleteObjectRequest,
  type DownloadResponse,
  type FinishPartsRequest,
  type GetObjectRequest,
  type HeadObjectRequest,
  IntegrityError,
  type ObjectResponse,
  type ObjectTransport,
  type PutObjectRequest,
  type PutPartRequest,
  ServiceError,
  type StoredPart,
  TransportError,
  type UploadBody,
  type UploadRequest,
} from '@oss-envelope/core';
import { combineCrc64, createCrc64, formatCrc64 } from '@oss-envelope/crc64';
import { announcedCrc64, type MemoryAnswer, type MemoryOss, type MemoryRequest } from './memory-oss.js';

/** What a transport may get wrong; a good one has none of these. */
export interface TransportFlaws {
  readonly ignoresCrc64?: boolean;
  readonly resendsChunks?: boolean;
  readonly neverRetries?: boolean;
  readonly retriesOnceMore?: boolean;
  readonly retriesForbidden?: boolean;
  readonly followsRedirects?: boolean;
  readonly keepsConnections?: boolean;
  readonly waitsForever?: boolean;
  readonly keepsChunks?: boolean;
  readonly hidesSourceErrors?: boolean;
  readonly ignoresAnnouncedSize?: boolean;
  readonly ignoresAborts?: boolean;
  readonly listsOnePage?: boolean;
  readonly checksRangesByCrc64?: boolean;
  readonly ignoresClock?: boolean;
  readonly tellsSecrets?: boolean;
  readonly believesShortBodies?: boolean;
}

type Plan = Omit<MemoryRequest, 'body' | 'clockOffsetMs' | 'query'> & {
  readonly query?: Record<string, string>;
  readonly body?: UploadBody;
  readonly signal?: AbortSignal | undefined;
};

interface Exchanged {
  readonly answer: MemoryAnswer;
  readonly abort: AbortController;
  readonly sent: { readonly crc64: bigint; readonly sizeBytes: number };
}

const retries = 2;
const idleTimeoutMs = 60;
export const memorySecret = 'sesame';

/** A transport to a `MemoryOss` that does all that it should, its flaws excepted. */
export class MemoryTransport implements ObjectTransport {
  readonly #oss: MemoryOss;
  readonly #flaws: TransportFlaws;
  #clockOffsetMs = 0;

  constructor(oss: MemoryOss, flaws: TransportFlaws = {}) {
    this.#oss = oss;
    this.#flaws = flaws;
  }

  async put({ key, headers, body, signal }: PutObjectRequest): Promise<ObjectResponse> {
    return this.#upload({ method: 'PUT', key, headers, body, signal });
  }

  async get({ key, headers, signal }: GetObjectRequest): Promise<DownloadResponse> {
    const { answer, abort } = await this.#exchange({ method: 'GET', key, headers, signal });
    const isWhole = answer.status === 200 || this.#flaws.checksRangesByCrc64;
    const release = (): void => {
      if (this.#flaws.keepsConnections) return;
      abort.abort(new Error('released'));
      answer.release();
    };
    return {
      status: answer.status as 200 | 206,
      headers: answer.headers,
      chunks: this.#checked(
        answer,
        abort,
        isWhole ? announcedCrc64(answer.headers) : undefined,
        signal,
        release,
      ),
      cancel: async () => release(),
    };
  }

  async head({ key, headers, signal }: HeadObjectRequest): Promise<ObjectResponse> {
    return this.#upload({ method: 'HEAD', key, headers, signal });
  }

  async delete({ key, headers, signal }: DeleteObjectRequest): Promise<ObjectResponse> {
    return this.#upload({ method: 'DELETE', key, headers, signal });
  }

  async copy({ key, sourceKey, headers, signal }: CopyObjectRequest): Promise<ObjectResponse> {
    return this.#upload({
      method: 'PUT',
      key,
      headers: { ...headers, 'x-oss-copy-source': sourceKey },
      signal,
    });
  }

  async startParts({ key, headers, signal }: Omit<PutObjectRequest, 'body'>): Promise<{ uploadId: string }> {
    const answer = await this.#upload({ method: 'POST', key, headers, signal });
    return { uploadId: answer.headers['upload-id'] as string };
  }

  async putPart({ key, headers, uploadId, partNumber, body, signal }: PutPartRequest): Promise<StoredPart> {
    const query = { uploadId, partNumber: String(partNumber) };
    const answer = await this.#upload({ method: 'PUT', key, headers, query, body, signal });
    const { etag = '' } = answer.headers;
    const { crc64, sizeBytes } = answer.sent;
    return { partNumber, etag, sizeBytes, crc64: formatCrc64(crc64) };
  }

  async listParts({ key, headers, uploadId, signal }: UploadRequest): Promise<readonly StoredPart[]> {
    const parts: StoredPart[] = [];
    for (let marker: string | undefined = '0'; marker; ) {
      const query = { uploadId, marker };
      const answer = await this.#upload({ method: 'GET', key, headers, query, signal });
      parts.push(...(answer.parts ?? []));
      marker = this.#flaws.listsOnePage ? undefined : answer.headers['next-marker'];
    }
    return parts;
  }

  async finishParts({ key, headers, uploadId, parts, signal }: FinishPartsRequest): Promise<ObjectResponse> {
    const numbers = JSON.stringify(parts.map((part) => part.partNumber));
    const body = { kind: 'bytes', bytes: new TextEncoder().encode(numbers) } as const;
    const answer = await this.#upload(
      { method: 'POST', key, headers, query: { uploadId }, body, signal },
      true,
    );
    const inOrder = [...parts].sort((a, b) => a.partNumber - b.partNumber);
    if (inOrder.every((part) => part.crc64 !== undefined)) {
      this.#compare(
        inOrder.reduce((sum, part) => combineCrc64(sum, BigInt(part.crc64 as string), part.sizeBytes), 0n),
        announcedCrc64(answer.headers),
      );
    }
    return answer;
  }

  async dropParts({ key, headers, uploadId, signal }: UploadRequest): Promise<void> {
    await this.#upload({ method: 'DELETE', key, headers, query: { uploadId }, signal });
  }

  async #upload(
    plan: Plan,
    isList = false,
  ): Promise<ObjectResponse & Pick<MemoryAnswer, 'parts'> & Pick<Exchanged, 'sent'>> {
    const { answer, sent } = await this.#exchange(plan);
    answer.release();
    if (plan.body !== undefined && !isList) this.#compare(sent.crc64, announcedCrc64(answer.headers));
    return { status: answer.status, headers: answer.headers, parts: answer.parts, sent } as never;
  }

  async #exchange(plan: Plan): Promise<Exchanged> {
    const { signal } = this.#flaws.ignoresAborts ? {} : plan;
    assertObjectKey(plan.key);
    const most = this.#flaws.neverRetries ? 0 : this.#flaws.retriesOnceMore ? retries + 1 : retries;
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await this.#once(plan, signal);
      } catch (error) {
        signal?.throwIfAborted();
        const canRepeat = plan.body?.kind !== 'chunks' || this.#flaws.resendsChunks;
        const mayHelp =
          error instanceof ServiceError || error instanceof TransportError ? error.retryable : false;
        if (!canRepeat || !mayHelp || attempt >= most) throw error;
      }
    }
  }

  async #once(plan: Plan, signal: AbortSignal | undefined): Promise<Exchanged> {
    const abort = new AbortController();
    const crc = createCrc64();
    const sent = { crc64: 0n, sizeBytes: 0 };
    let sourceError: { readonly error: unknown } | undefined;
    const source = this.#sourceOf(plan.body, signal);
    const body = (async function* () {
      try {
        for await (const chunk of source) {
          crc.update(chunk);
          sent.sizeBytes += chunk.length;
          yield chunk;
        }
      } catch (error) {
        sourceError = { error };
        throw error;
      }
    })();
    const onAbort = (): void => abort.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
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
      signal?.removeEventListener('abort', onAbort);
      await body.return(undefined);
    }
    sent.crc64 = crc.digest();
    if (answer.status >= 300) {
      answer.release();
      this.#refuse(plan, answer);
      return this.#once(plan, signal);
    }
    return { answer, abort, sent };
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
    const retryable = status >= 500 || (status === 403 && this.#flaws.retriesForbidden === true);
    const requestId = headers['x-oss-request-id'];
    const message = this.#flaws.tellsSecrets ? `Refused: ${memorySecret}` : 'Refused.';
    throw new ServiceError(message, { service: 'OSS', status, serviceCode, requestId, retryable });
  }

  async *#sourceOf(
    body: UploadBody | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    if (body === undefined) return;
    if (body.kind === 'bytes') {
      yield body.bytes;
      return;
    }
    if (this.#flaws.keepsChunks) {
      const all: Uint8Array[] = [];
      for await (const chunk of body.chunks) all.push(chunk);
      yield* all;
      return;
    }
    const iterator = body.chunks[Symbol.asyncIterator]();
    let sizeBytes = 0;
    let isDone = false;
    try {
      for (;;) {
        const next = await untilAborted(iterator.next(), signal);
        if (next.done) break;
        sizeBytes += next.value.length;
        if (sizeBytes > (body.sizeBytes ?? sizeBytes) && !this.#flaws.ignoresAnnouncedSize)
          throw wrongLength();
        yield next.value;
      }
      isDone = true;
    } finally {
      if (!isDone) void iterator.return?.();
    }
    if (sizeBytes < (body.sizeBytes ?? 0) && !this.#flaws.ignoresAnnouncedSize) throw wrongLength();
  }

  async *#checked(
    answer: MemoryAnswer,
    abort: AbortController,
    announced: bigint | undefined,
    signal: AbortSignal | undefined,
    release: () => void,
  ): AsyncGenerator<Uint8Array> {
    const crc = createCrc64();
    let sizeBytes = 0;
    const iterator = answer.body[Symbol.asyncIterator]();
    try {
      for (;;) {
        if (!this.#flaws.ignoresAborts) signal?.throwIfAborted();
        const next = await untilAborted(
          this.#withinTime(iterator.next(), abort),
          this.#flaws.ignoresAborts ? undefined : signal,
        );
        if (next.done) break;
        crc.update(next.value);
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
    const isShort = sizeBytes !== Number(answer.headers['content-length']);
    if (isShort && !this.#flaws.believesShortBodies) throw wrongLength();
    if (!this.#flaws.believesShortBodies || !isShort) this.#compare(crc.digest(), announced);
  }

  #compare(actual: bigint, announced: bigint | undefined): void {
    if (announced === undefined || announced === actual || this.#flaws.ignoresCrc64) return;
    throw new IntegrityError('The CRC-64 differs.');
  }
}

function wrongLength(): IntegrityError {
  return new IntegrityError('The body is not as long as announced.');
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
