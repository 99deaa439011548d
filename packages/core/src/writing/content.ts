import type { UploadBody } from '../contract/object-transport.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';

/**
 * What can be stored: text (as UTF-8), bytes, a Blob or File, a web stream, or any async iterable of bytes or text, a
 * Node Readable among them.
 */
export type Content =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>;

const utf8 = new TextEncoder();

/**
 * Turns content into a body of plaintext, of the declared size if one is given.
 *
 * @throws InvalidArgumentError for content of another kind
 * @throws OutOfRangeError when the declared size is no size, or differs from what is known of the content. Chunks
 *   throw it as they are read, before they hand on a byte too many, or at an end that comes too early
 */
export function openContent(content: Content, declaredSizeBytes: number | undefined): UploadBody {
  if (
    declaredSizeBytes !== undefined &&
    (!Number.isSafeInteger(declaredSizeBytes) || declaredSizeBytes < 0)
  ) {
    throw new OutOfRangeError('sizeBytes', 'must be a whole number of bytes from 0 on');
  }
  const bytes = bytesOf(content);
  if (bytes !== undefined) {
    assertSize(declaredSizeBytes, bytes.length);
    return { kind: 'bytes', bytes };
  }
  if (content instanceof Blob) {
    assertSize(declaredSizeBytes, content.size);
    return {
      kind: 'chunks',
      sizeBytes: content.size,
      chunks: exactly(iterateStream(content.stream()), content.size),
    };
  }
  if (content instanceof ReadableStream && content.locked) {
    throw new InvalidArgumentError('content', 'must not be a locked stream: something else is reading it');
  }
  const chunks = chunksOf(
    content instanceof ReadableStream ? iterateStream(content) : asAsyncIterable(content),
  );
  return {
    kind: 'chunks',
    sizeBytes: declaredSizeBytes,
    chunks: declaredSizeBytes === undefined ? chunks : exactly(chunks, declaredSizeBytes),
  };
}

/**
 * Gives up content that will not be read (to its end): a stream's resources are released. Never throws, and does not
 * wait: a source that is being asked for a chunk may never answer.
 */
export function releaseContent(content: unknown, reason: unknown): void {
  if (content instanceof ReadableStream) {
    const reading = readings.get(content);
    if (reading !== undefined) {
      reading.givenUp = { reason };
      reading.reader.cancel(reason).catch(() => {});
    } else if (!content.locked) {
      content.cancel(reason).catch(() => {});
    }
  } else if (isObject(content) && 'destroy' in content && typeof content.destroy === 'function') {
    content.destroy();
  } else if (isAsyncIterable(content)) {
    Promise.resolve(content[Symbol.asyncIterator]().return?.()).catch(() => {});
  }
}

interface Reading {
  readonly reader: ReadableStreamDefaultReader;
  givenUp?: { readonly reason: unknown };
}

/** The streams that are being read: one that is silent can be cancelled only through its reader. */
const readings = new WeakMap<ReadableStream, Reading>();

/** A web stream's chunks. Leaving the iteration early cancels the stream; Safari's streams are not iterable as such. */
export async function* iterateStream<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  const reading: Reading = { reader };
  readings.set(stream, reading);
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // A stream that was cancelled ends like one that is whole.
      if (reading.givenUp) throw reading.givenUp.reason;
      if (done) break;
      yield value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
    readings.delete(stream);
    reader.releaseLock();
  }
}

/**
 * Hands chunks on until the signal, which ends the wait for a chunk too: a source may never give another. Then the
 * source is told to end, but not waited for.
 *
 * @throws the signal's reason
 */
export async function* untilAborted<T>(chunks: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]();
  let onAbort = (): void => {};
  let ended = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const aborted = new Promise<never>((_, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
      });
      const { done, value } = await Promise.race([iterator.next(), aborted]);
      signal.removeEventListener('abort', onAbort);
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!ended) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** All chunks in one new array. */
export async function joinChunks(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    sizeBytes += chunk.length;
  }
  const bytes = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A web stream of chunks, pulled as its reader reads: nothing is fetched ahead. Cancelling it leaves the iteration. */
export function streamOf(iterator: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller): Promise<void> {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(): Promise<void> {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function bytesOf(content: unknown): Uint8Array | undefined {
  if (typeof content === 'string') return utf8.encode(content);
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  return undefined;
}

async function* chunksOf(content: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    const bytes = bytesOf(chunk);
    if (bytes === undefined) {
      throw new InvalidArgumentError('content', 'must be a stream of bytes or text; it gave something else');
    }
    if (bytes.length > 0) yield bytes;
  }
}

async function* exactly(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of chunks) {
    seen += chunk.length;
    if (seen > sizeBytes) throw wrongSize(sizeBytes, 'more');
    yield chunk;
  }
  if (seen < sizeBytes) throw wrongSize(sizeBytes, `only ${seen}`);
}

function assertSize(declaredSizeBytes: number | undefined, sizeBytes: number): void {
  if (declaredSizeBytes !== undefined && declaredSizeBytes !== sizeBytes) {
    throw wrongSize(declaredSizeBytes, String(sizeBytes));
  }
}

function wrongSize(declaredSizeBytes: number, found: string): OutOfRangeError {
  return new OutOfRangeError(
    'sizeBytes',
    `must be the size of the content: ${declaredSizeBytes} bytes were declared, and it has ${found}. Leave it out if it is not known`,
  );
}

function asAsyncIterable(content: unknown): AsyncIterable<unknown> {
  if (isAsyncIterable(content)) return content;
  throw new InvalidArgumentError(
    'content',
    'must be a string, a Uint8Array, an ArrayBuffer, a Blob, a ReadableStream or an async iterable of bytes',
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    isObject(value) && typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
