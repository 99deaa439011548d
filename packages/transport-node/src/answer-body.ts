import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { releaseMemory } from '@oss-envelope/core/adapter';

/** How much may arrive before it is asked for. What comes then waits in the system's buffers. */
const readAheadBytes = 256 * 1024;
/** What is smaller comes in a few packets, which the collector may have. */
const leastReleasedBytes = 64 * 1024;

/** How a body ended: as HTTP has it, by the end of its connection, or by an error of that. */
export type BodyEnding = 'whole' | 'closed' | { readonly error: unknown };

/**
 * The body of an answer, read by its events: an iterator of Node's costs several turns for each chunk. Reads ahead a
 * little, so that the network need not wait for the consumer.
 */
export class AnswerBody {
  readonly #answer: IncomingMessage;
  readonly #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #ending: BodyEnding | undefined;
  #waiting: (() => void) | undefined;

  constructor(answer: IncomingMessage) {
    this.#answer = answer;
    const stopReleasing = releasePackets(answer);
    const end = (ending: BodyEnding): void => {
      this.#ending ??= ending;
      stopReleasing();
      this.#wake();
    };
    answer.on('end', () => end('whole'));
    answer.on('error', (error) => end({ error }));
    answer.on('close', () => end('closed'));
    if (answer.destroyed) end('closed');
    answer.on('data', (bytes: Uint8Array) => {
      this.#arrived.push(bytes);
      this.#arrivedBytes += bytes.length;
      if (this.#arrivedBytes >= readAheadBytes) answer.pause();
      this.#wake();
    });
  }

  /** How it ended; undefined while more may arrive. */
  get ending(): BodyEnding | undefined {
    return this.#ending;
  }

  /** The next bytes that have arrived; undefined when there are none, now or at all. */
  take(): Uint8Array | undefined {
    const bytes = this.#arrived.shift();
    if (bytes === undefined) return undefined;
    this.#arrivedBytes -= bytes.length;
    if (this.#arrivedBytes < readAheadBytes / 2 && this.#answer.isPaused()) this.#answer.resume();
    return bytes;
  }

  /** Calls back when something has arrived, or nothing will any more. For one who waits at a time. */
  whenMore(call: () => void): void {
    if (this.#arrived.length > 0 || this.#ending !== undefined) call();
    else this.#waiting = call;
  }

  #wake(): void {
    const call = this.#waiting;
    this.#waiting = undefined;
    call?.();
  }
}

/**
 * Frees what arrives at the socket of an answer as soon as the parser of HTTP has copied the body out of it. Left to the
 * collector, all of it would pile up once more beside the body. Only where nobody else can have it: a socket of Node's
 * own to which nobody else listens, and a packet whose part of the body was just seen, in other memory.
 *
 * @returns what ends it
 */
function releasePackets(answer: IncomingMessage): () => void {
  const { socket } = answer;
  const kind: unknown = Object.getPrototypeOf(socket);
  const isSmall = Number(answer.headers['content-length']) < leastReleasedBytes;
  if (isSmall || (kind !== Socket.prototype && kind !== TLSSocket.prototype)) return () => {};
  let body: Uint8Array | undefined;
  const see = (bytes: Uint8Array): void => {
    body = bytes;
  };
  const begin = (): void => {
    body = undefined;
  };
  // node:http listens between the two, and gives the packet to the parser.
  const release = (packet: Uint8Array): void => {
    const isCopied = body !== undefined && body.buffer !== packet.buffer;
    if (isCopied && socket.listenerCount('data') === 3) releaseMemory(packet);
  };
  answer.on('data', see);
  socket.prependListener('data', begin);
  socket.on('data', release);
  return () => {
    answer.off('data', see);
    socket.off('data', begin);
    socket.off('data', release);
  };
}
