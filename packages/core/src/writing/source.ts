import { advice } from '#advice';
import { isBytes } from '../encoding/bytes.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { untilAborted } from '../stream/until-aborted.js';
import { cancelStream, iterateStream } from '../stream/web-stream.js';

/** Content that can be read again from its first byte on, such as a file. */
export interface RepeatableContent {
  /** The exact size in bytes. It is checked. */
  readonly sizeBytes: number;
  /** A new reading: another iterable for each call, or another web stream. A chunk need only be there until the next one is asked for. */
  open(): AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
}

/**
 * What can be stored: text (as UTF-8), bytes, a Blob or File, content that can be read again, a web stream, or any async
 * iterable of bytes or text, such as a Node Readable. Streams and iterables are read once.
 */
export type Content =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | RepeatableContent
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>;

/** Plaintext in memory. `sizeBytes` is what it had when it was given. */
export interface BytesSource {
  readonly kind: 'bytes';
  readonly sizeBytes: number;
  readonly bytes: Uint8Array;
}

/** Plaintext to be stored, of whatever kind the content was. */
export type Source =
  /** All of it in memory. */
  | BytesSource
  /** Chunks that come again, for each `open`, or once. They are counted: more or fewer than `sizeBytes` fail. */
  | {
      readonly kind: 'chunks';
      readonly sizeBytes: number | undefined;
      readonly comesAgain: boolean;
      open(signal: AbortSignal | undefined): AsyncIterable<Uint8Array>;
      /** Ends what was opened and will not be read to its end. Never throws, and does not wait. */
      giveUp?(): void;
    };

const utf8 = new TextEncoder();

/** The streams and iterables that were read, by this copy of the package. */
const taken = new WeakSet<object>();
/** Keeps each alive as long as its stream: a runtime may cancel the stream of a Response that nobody holds. */
const probes = new WeakMap<ReadableStream, Response>();

/**
 * Turns content into a source of plaintext.
 *
 * @param declaredSizeBytes - the content's size, if the caller knows it
 * @throws InvalidArgumentError for content of another kind, or that comes once and was read before
 * @throws OutOfRangeError when the declared size is no size, or differs from what is known of the content
 */
export function openSource(content: Content, declaredSizeBytes: number | undefined): Source {
  if (
    declaredSizeBytes !== undefined &&
    (!Number.isSafeInteger(declaredSizeBytes) || declaredSizeBytes < 0)
  ) {
    throw new OutOfRangeError('sizeBytes', 'must be a whole number of bytes from 0 on');
  }
  const bytes = bytesOf(content);
  if (bytes !== undefined) {
    assertSize(declaredSizeBytes, bytes.length);
    return { kind: 'bytes', sizeBytes: bytes.length, bytes };
  }
  if (isBlob(content)) {
    assertSize(declaredSizeBytes, content.size);
    return repeatable(content.size, () => iterateStream(content.stream()));
  }
  if (isRepeatable(content)) {
    assertSize(declaredSizeBytes, content.sizeBytes);
    return repeatable(content.sizeBytes, () => openedOf(content));
  }
  const chunks = takeOnce(content);
  // What is taken is given up as the content that it is, with a reason: by releaseContent.
  const { iterable, giveUp } = isTaken(content) ? { iterable: chunks } : endable(chunks);
  return {
    kind: 'chunks',
    sizeBytes: declaredSizeBytes,
    comesAgain: false,
    open: (signal) => counted(untilAborted(iterable, signal), declaredSizeBytes),
    ...(giveUp !== undefined && { giveUp }),
  };
}

/** Whether a content that comes once was given to an earlier call, which may still be reading it. */
export function isTaken(content: unknown): boolean {
  return isObject(content) && taken.has(content);
}

/** The plaintext of a source, from its first byte on. */
export function plaintextOf(source: Source, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  return source.kind === 'bytes' ? inOneChunk(source) : source.open(signal);
}

async function* inOneChunk(source: BytesSource): AsyncGenerator<Uint8Array> {
  assertUnchanged(source);
  yield source.bytes;
  assertUnchanged(source);
}

/**
 * Checks that bytes are as many as they were. The buffer may have been transferred (by postMessage, say) or resized
 * since: fewer bytes, or none, would be stored without a word.
 *
 * @throws InvalidArgumentError when they are not
 */
export function assertUnchanged({ bytes, sizeBytes }: BytesSource): void {
  if (bytes.length === sizeBytes) return;
  throw new InvalidArgumentError(
    'content',
    `must not change while it is stored: it had ${sizeBytes} bytes, and has ${bytes.length} now. Do not transfer or resize its buffer before the call has settled`,
  );
}

/** An iterable whose iterations can be ended by someone who does not iterate. */
function endable<T>(iterable: AsyncIterable<T>): {
  readonly iterable: AsyncIterable<T>;
  readonly giveUp: () => void;
} {
  const ends = new Set<() => unknown>();
  return {
    iterable: {
      [Symbol.asyncIterator]() {
        const iterator = iterable[Symbol.asyncIterator]();
        const end = (): ReturnType<NonNullable<typeof iterator.return>> | undefined =>
          ends.delete(end) ? iterator.return?.() : undefined;
        ends.add(end);
        return {
          next: () => iterator.next(),
          return: async () => (await end()) ?? { done: true, value: undefined },
        };
      },
    },
    giveUp() {
      // What a source throws or rejects with at its end is nobody's.
      for (const end of ends) (async () => end())().catch(() => {});
    },
  };
}

/**
 * Gives up content that will not be read (to its end): a stream's resources are released. Never throws, and does not
 * wait: a source that is being asked for a chunk may never answer.
 */
export function releaseContent(content: unknown, reason: unknown): void {
  if (isWebStream(content)) cancelStream(content, reason);
  // The body of a request that came in: to destroy it would close the connection to the client who waits for an answer.
  else if (isIncomingMessage(content)) return;
  else if (isObject(content) && 'destroy' in content && typeof content.destroy === 'function') {
    content.destroy();
  } else if (isAsyncIterable(content) && taken.has(content)) {
    try {
      Promise.resolve(content[Symbol.asyncIterator]().return?.()).catch(() => {});
    } catch {
      // An iterable that can be iterated once was given up with its iterator.
    }
  }
}

function repeatable(sizeBytes: number, open: () => AsyncIterable<unknown>): Source {
  return {
    kind: 'chunks',
    sizeBytes,
    comesAgain: true,
    open: (signal) => counted(untilAborted(open(), signal), sizeBytes),
  };
}

/** One reading of a content that says that it can be read again: each has to be another one. */
function openedOf(content: RepeatableContent): AsyncIterable<unknown> {
  const opened: unknown = content.open();
  if (isWebStream(opened) || isAsyncIterable(opened)) return takeOnce(opened);
  throw new InvalidArgumentError(
    'content.open',
    'must give an async iterable of bytes or a ReadableStream, a new one for each call, and not a promise of one',
  );
}

/** A content that comes once, marked as taken. */
function takeOnce(content: unknown): AsyncIterable<unknown> {
  if (!isWebStream(content) && !isAsyncIterable(content)) {
    throw new InvalidArgumentError(
      'content',
      'must be a string, a Uint8Array, an ArrayBuffer, a Blob, a ReadableStream, an async iterable of bytes, or ' +
        `{ sizeBytes, open } for content that can be read again${advice.ofContent(content)}`,
    );
  }
  if (isWebStream(content) && content.locked) {
    throw new InvalidArgumentError('content', 'must not be a locked stream: something else is reading it');
  }
  if (isNodeReadable(content) && !taken.has(content)) {
    // A stream that fails before it is read must not end the process. Reading it gives the error.
    content.on('error', () => {});
    // This one has failed, and tells it to its listeners in a moment.
    if (content.errored) throw content.errored;
  }
  if (wasRead(content)) {
    throw new InvalidArgumentError(
      'content',
      'was read before, and comes once: make a new stream for each try',
    );
  }
  // An iterable that gives a new iterator each time may hold its chunks, and be given again.
  if (isWebStream(content) || isNodeReadable(content) || isOwnIterator(content)) taken.add(content);
  if (isWebStream(content)) return iterateStream(content);
  if (!isNodeReadable(content)) return lawful(content);
  // Leaving the iteration early must not destroy it: whether that is right is for releaseContent to decide.
  return content.iterator?.({ destroyOnReturn: false }) ?? content;
}

/** Held to the protocol (ECMA-262, "The AsyncIterator Interface"), which generators keep by themselves. */
function lawful(content: AsyncIterable<unknown>): AsyncIterable<unknown> {
  if (tagOf(content) === '[object AsyncGenerator]') return content;
  return {
    [Symbol.asyncIterator]() {
      const iterator: Partial<AsyncIterator<unknown>> | undefined = content[Symbol.asyncIterator]();
      return {
        async next() {
          const result = await iterator?.next?.();
          if (isObject(result)) return result;
          throw new InvalidArgumentError('content', 'must give { done, value } by next() of its iterator');
        },
        return: async () => (await iterator?.return?.()) ?? { done: true, value: undefined },
      };
    },
  };
}

function isOwnIterator(content: AsyncIterable<unknown>): boolean {
  return 'next' in content;
}

function wasRead(content: ReadableStream | AsyncIterable<unknown>): boolean {
  if (taken.has(content)) return true;
  if (isNodeReadable(content)) return content.readableEnded === true || content.destroyed === true;
  if (!isWebStream(content)) return false;
  try {
    // Fetch, "extract a body": a stream that was read from, by whomever, is refused. Nothing is read for this.
    probes.set(content, new Response(content));
    return false;
  } catch {
    return true;
  }
}

/** Bytes of the chunks: text becomes UTF-8, and what comes is counted where the size is known. */
async function* counted(
  chunks: AsyncIterable<unknown>,
  sizeBytes: number | undefined,
): AsyncGenerator<Uint8Array> {
  let seenBytes = 0;
  let halfCharacter = '';
  const count = (bytes: Uint8Array): Uint8Array => {
    seenBytes += bytes.length;
    if (sizeBytes !== undefined && seenBytes > sizeBytes) throw wrongSize(sizeBytes, 'more');
    return bytes;
  };
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') {
      // The first half of a surrogate pair waits for the second (Encoding, TextEncoderStream).
      const text = halfCharacter + chunk;
      halfCharacter = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
      const bytes = utf8.encode(text.slice(0, text.length - halfCharacter.length));
      if (bytes.length > 0) yield count(bytes);
      continue;
    }
    if (halfCharacter !== '') yield count(utf8.encode(halfCharacter));
    halfCharacter = '';
    const bytes = bytesOf(chunk);
    if (bytes === undefined) {
      throw new InvalidArgumentError('content', 'must be a stream of bytes or text; it gave something else');
    }
    if (bytes.length > 0) yield count(bytes);
  }
  if (halfCharacter !== '') yield count(utf8.encode(halfCharacter));
  if (sizeBytes !== undefined && seenBytes < sizeBytes) throw wrongSize(sizeBytes, `only ${seenBytes}`);
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

// What follows knows values of other realms too: an iframe, a vm context, Jest's jsdom.

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

function bytesOf(content: unknown): Uint8Array | undefined {
  if (typeof content === 'string') return utf8.encode(content);
  if (isBytes(content)) return attached(content);
  if (tagOf(content) !== '[object ArrayBuffer]') return undefined;
  try {
    return new Uint8Array(content as ArrayBuffer);
  } catch {
    throw detached();
  }
}

/** Bytes whose memory is theirs. That of a transferred buffer is gone, and they have no bytes any more. */
function attached(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) return bytes;
  try {
    // Throws when the view is not within its buffer (ECMA-262, ValidateTypedArray).
    Uint8Array.prototype.at.call(bytes, 0);
    return bytes;
  } catch {
    throw detached();
  }
}

function detached(): InvalidArgumentError {
  return new InvalidArgumentError(
    'content',
    'must hold its bytes: its buffer was transferred (by postMessage, say) or made smaller. Give a copy away instead',
  );
}

function isBlob(value: unknown): value is Blob {
  return /^\[object (?:Blob|File)\]$/.test(tagOf(value)) && 'stream' in (value as object);
}

function isRepeatable(value: unknown): value is RepeatableContent {
  return (
    isObject(value) &&
    'open' in value &&
    typeof value.open === 'function' &&
    'sizeBytes' in value &&
    Number.isSafeInteger(value.sizeBytes)
  );
}

function isWebStream(value: unknown): value is ReadableStream {
  return isObject(value) && 'getReader' in value && typeof value.getReader === 'function';
}

interface NodeReadable extends AsyncIterable<unknown> {
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
  /** What it failed with. */
  readonly errored?: Error | null;
  on(event: 'error', listener: () => void): unknown;
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterable<unknown>;
}

function isNodeReadable(value: unknown): value is NodeReadable {
  return isAsyncIterable(value) && 'pipe' in value && 'on' in value && typeof value.on === 'function';
}

function isIncomingMessage(value: unknown): boolean {
  // An answer that came in has no method, and nobody waits behind it.
  return (
    isNodeReadable(value) && 'httpVersion' in value && 'method' in value && typeof value.method === 'string'
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
