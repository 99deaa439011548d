import { InvalidArgumentError } from '../errors/errors.js';
import { iterateStream } from '../stream/stream-iteration.js';
import { untilAborted } from '../stream/until-aborted.js';
import {
  bytesOf,
  hasMethod,
  isNodeReadable,
  isObject,
  isWebStream,
  tagOf,
  wrongSize,
} from './content-kinds.js';
import {
  assertUnchanged,
  type BytesSource,
  type ReadContent,
  type Source,
  type TakenContent,
} from './source.js';

const utf8 = new TextEncoder();
/** What the end of an iteration gives. Who leaves one looks only whether it is an object (ECMA-262, AsyncIteratorClose). */
const over: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** The plaintext of a source, from its first byte on. */
export function plaintextOf(source: Source, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  return source.kind === 'bytes' ? inOneChunk(source) : source.open(signal, readContent);
}

async function* inOneChunk(source: BytesSource): AsyncGenerator<Uint8Array> {
  assertUnchanged(source);
  yield source.bytes;
  assertUnchanged(source);
}

const readContent: ReadContent = (content, { sizeBytes, signal, ends }) => {
  const chunks = chunksOf(content);
  return counted(untilAborted(ends === undefined ? chunks : endable(chunks, ends), signal), sizeBytes);
};

function chunksOf(content: TakenContent): AsyncIterable<unknown> {
  if (isWebStream(content)) return iterateStream(content);
  if (!isNodeReadable(content)) return lawful(content);
  // Leaving the iteration early must not destroy it: whether that is right is for releaseContent to decide.
  return content.iterator?.({ destroyOnReturn: false }) ?? content;
}

/** An iterable whose iterations can be ended by someone who does not iterate. */
function endable<T>(iterable: AsyncIterable<T>, ends: Set<() => unknown>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = iterable[Symbol.asyncIterator]();
      const end = (): ReturnType<NonNullable<typeof iterator.return>> | undefined =>
        ends.delete(end) ? iterator.return?.() : undefined;
      ends.add(end);
      return {
        next: () => iterator.next(),
        return: async () => (await end()) ?? over,
      };
    },
  };
}

/** Held to the protocol (ECMA-262, "The AsyncIterator Interface"), which generators keep by themselves. */
function lawful(content: AsyncIterable<unknown>): AsyncIterable<unknown> {
  if (tagOf(content) === '[object AsyncGenerator]') return content;
  return {
    [Symbol.asyncIterator]() {
      const iterator: unknown = content[Symbol.asyncIterator]();
      return {
        async next() {
          const result = hasMethod(iterator, 'next') ? await iterator.next() : undefined;
          if (isObject(result)) return result as IteratorResult<unknown>;
          throw new InvalidArgumentError('content', 'must give { done, value } by next() of its iterator');
        },
        return: async () =>
          ((hasMethod(iterator, 'return') ? await iterator.return() : undefined) ??
            over) as IteratorResult<unknown>,
      };
    },
  };
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
