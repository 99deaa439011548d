import type { DownloadResponse, ObjectTransport } from '../contract/object-transport.js';
import { InvalidArgumentError, TransportError } from '../errors/errors.js';
import { loaded } from './lazy-module.js';
import type { OperationTools } from './operation-tools.js';
import { type OssAnswer, type OssRequest, versionQuery } from './oss-request.js';

/** The body of an answer. It is a class because V8 makes each object with a computed name slowly. */
class AnswerChunks implements AsyncIterable<Uint8Array> {
  readonly #answer: OssAnswer;
  readonly #cancel: () => void;
  #isTaken = false;

  constructor(answer: OssAnswer, cancel: () => void) {
    this.#answer = answer;
    this.#cancel = cancel;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    if (this.#isTaken) throw new InvalidArgumentError('chunks', 'can be iterated once: get the object again');
    this.#isTaken = true;
    let last: Promise<unknown> | undefined;
    const step = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      const value = await this.#answer.read();
      return value === undefined ? { done: true, value } : { done: false, value };
    };
    return {
      // One read at a time, in order, also for who asks ahead.
      next: () => {
        const result = last === undefined ? step() : last.then(step);
        const settled = (): void => {
          if (last === result) last = undefined;
        };
        last = result;
        result.then(settled, settled);
        return result;
      },
      return: async () => {
        this.#cancel();
        return { done: true, value: undefined };
      },
    };
  }
}

function toDownload(answer: OssAnswer, status: 200 | 206): DownloadResponse {
  const cancel = (): void =>
    answer.cancel(
      new TransportError('The download was cancelled. Get the object again.', { retryable: false }),
    );
  return {
    status,
    headers: answer.headers,
    chunksAreOwned: answer.chunksAreOwned,
    isDecoded: answer.isDecoded,
    chunks: new AnswerChunks(answer, cancel),
    cancel: async () => cancel(),
  };
}

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

/** The operations that read, and those that uploads do without. */
export interface ReadingOperations extends Pick<ObjectTransport, 'delete' | 'get'> {
  readonly getByUrl: NonNullable<ObjectTransport['getByUrl']>;
}

/**
 * Makes them of what sends.
 *
 * @internal
 */
export function readingOperations({ call, takeResponse }: OperationTools): ReadingOperations {
  return {
    async get({ key, headers, signal, versionId }) {
      const query = versionQuery(versionId);
      return call('get', { method: 'GET', key, query, headers, signal }, takeDownload);
    },

    async delete({ key, headers, signal, versionId }) {
      const query = versionQuery(versionId);
      const request: OssRequest = { method: 'DELETE', key, query, headers, signal };
      return call('delete', request, takeResponse('x-oss-request-id'));
    },

    async getByUrl({ url, headers, signal }) {
      const { assertRequestUrl } = await loaded(import('./presigning-checks.js'));
      assertRequestUrl(url);
      return call('get', { method: 'GET', key: '', query: {}, url, headers, signal }, takeDownload);
    },
  };
}
