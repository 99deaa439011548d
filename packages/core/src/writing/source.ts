import { advice } from '#advice';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { cancelStream } from '../stream/web-stream.js';
import {
  bytesOf,
  hasMethod,
  isAsyncIterable,
  isBlob,
  isNodeReadable,
  isWebStream,
  wrongSize,
} from './content-kinds.js';

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

/** What gives chunks once: marked as taken, if it is read only once. */
export type TakenContent = ReadableStream<unknown> | AsyncIterable<unknown>;

/** How chunks are read. Nothing is asked for before the first is. */
export interface ContentReading {
  /** They are counted: more or fewer fail. Undefined when nobody knows. */
  readonly sizeBytes: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Gets a function for each iteration that has begun, which ends it. */
  readonly ends?: Set<() => unknown> | undefined;
}

/** Reads chunks of bytes and text as bytes. */
export type ReadContent = (content: TakenContent, reading: ContentReading) => AsyncIterable<Uint8Array>;

/** Plaintext to be stored, of whatever kind the content was. */
export type Source =
  /** All of it in memory. */
  | BytesSource
  /** Chunks that come again, for each `open`, or once. They are counted: more or fewer than `sizeBytes` fail. */
  | {
      readonly kind: 'chunks';
      readonly sizeBytes: number | undefined;
      readonly comesAgain: boolean;
      /**
       * A new reading: of all of it, by `read`, or of what others have begun to read. What reads is loaded with the first
       * content that is no bytes.
       */
      open(signal: AbortSignal | undefined, read: ReadContent): AsyncIterable<Uint8Array>;
      /** Ends what was opened and will not be read to its end. Never throws, and does not wait. */
      giveUp?(): void;
    };

/** The streams and iterables that were read, by this copy of the package. */
const taken = new WeakSet<TakenContent>();
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
    return repeatable(content.size, () => content.stream());
  }
  if (isRepeatable(content)) {
    assertSize(declaredSizeBytes, content.sizeBytes);
    return repeatable(content.sizeBytes, () => openedOf(content));
  }
  const chunks = takeOnce(content);
  // What is taken is given up as the content that it is, with a reason: by releaseContent.
  const ends = isTaken(content) ? undefined : new Set<() => unknown>();
  return {
    kind: 'chunks',
    sizeBytes: declaredSizeBytes,
    comesAgain: false,
    open: (signal, read) => read(chunks, { sizeBytes: declaredSizeBytes, signal, ends }),
    ...(ends && {
      giveUp() {
        // What a source throws or rejects with at its end is nobody's.
        for (const end of ends) (async () => end())().catch(() => {});
      },
    }),
  };
}

/** Whether a content that comes once was given to an earlier call, which may still be reading it. */
export function isTaken(content: unknown): content is TakenContent {
  return taken.has(content as TakenContent);
}

/** Lets another call have content that was opened, and not read. */
export function handBack(content: unknown): void {
  taken.delete(content as TakenContent);
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

/**
 * Gives up content that will not be read (to its end): a stream's resources are released. Never throws, and does not
 * wait: a source that is being asked for a chunk may never answer.
 */
export function releaseContent(content: unknown, reason: unknown): void {
  try {
    release(content, reason);
  } catch {
    // What a content throws when it is given up would hide why: it is nobody's.
  }
}

function release(content: unknown, reason: unknown): void {
  if (isWebStream(content)) cancelStream(content, reason);
  // The body of a request that came in: to destroy it would close the connection to the client who waits for an answer.
  else if (isIncomingMessage(content)) return;
  else if (hasMethod(content, 'destroy')) content.destroy();
  // An iterable that can be iterated once was given up with its iterator.
  else if (isTaken(content)) Promise.resolve(content[Symbol.asyncIterator]().return?.()).catch(() => {});
}

function repeatable(sizeBytes: number, open: () => TakenContent): Source {
  return {
    kind: 'chunks',
    sizeBytes,
    comesAgain: true,
    open: (signal, read) => read(open(), { sizeBytes, signal }),
  };
}

/** One reading of a content that says that it can be read again: each has to be another one. */
function openedOf(content: RepeatableContent): TakenContent {
  const opened: unknown = content.open();
  if (isWebStream(opened) || isAsyncIterable(opened)) return takeOnce(opened);
  throw new InvalidArgumentError(
    'content.open',
    'must give an async iterable of bytes or a ReadableStream, a new one for each call, and not a promise of one',
  );
}

/** A content that comes once, marked as taken. */
function takeOnce(content: unknown): TakenContent {
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
  return content;
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

function assertSize(declaredSizeBytes: number | undefined, sizeBytes: number): void {
  if (declaredSizeBytes !== undefined && declaredSizeBytes !== sizeBytes) {
    throw wrongSize(declaredSizeBytes, String(sizeBytes));
  }
}

function isRepeatable(value: unknown): value is RepeatableContent {
  return hasMethod(value, 'open') && Number.isSafeInteger((value as Partial<RepeatableContent>).sizeBytes);
}

function isIncomingMessage(value: unknown): boolean {
  // An answer that came in has no method, and nobody waits behind it.
  return (
    isNodeReadable(value) && 'httpVersion' in value && 'method' in value && typeof value.method === 'string'
  );
}
