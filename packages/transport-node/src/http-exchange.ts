import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { type Headers, TransportError, type UploadBody } from '@oss-envelope/core';
import { headerTexts } from './header-texts.js';
import { IdleTimer } from './idle-timer.js';
import { closedEarly, networkFailure } from './network-failure.js';
import type { SignedRequest } from './request-signer.js';
import type { UploadMeter } from './upload-meter.js';

/** What ends an exchange early. */
export interface ExchangeLimits {
  readonly signal?: AbortSignal | undefined;
  /** How long the network may make no progress, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/** A body to send, with what counts and sums it. */
export interface MeteredBody {
  readonly body: UploadBody;
  readonly meter: UploadMeter;
}

/**
 * Bytes handed to the socket at a time: large enough to cost nothing, small enough that a slow line shows progress
 * within the idle time-out.
 */
const writeBytes = 256 * 1024;

/** Ends the sending of a body when the server has answered without waiting for it. */
const refused = Symbol('refused');

/**
 * One request and its answer over node:http. The first failure counts: an abort, the source's error, a time-out or a
 * broken connection. It destroys the socket, and every wait of the exchange rejects with it.
 */
export class HttpExchange {
  readonly #request: ClientRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #idle: IdleTimer;
  readonly #onAbort: () => void;
  readonly #waits = new Set<(error: unknown) => void>();
  #failure: { readonly error: unknown } | undefined;
  #answer: IncomingMessage | undefined;
  #headers: Headers | undefined;
  #answerChunks: AsyncIterator<Uint8Array> | undefined;
  #answered: (answer: IncomingMessage) => void = () => {};
  #endSending: ((error: unknown) => void) | undefined;
  #refused = false;
  #sent = false;

  /** @throws the signal's reason when it is aborted already */
  private constructor(signed: SignedRequest, limits: ExchangeLimits) {
    limits.signal?.throwIfAborted();
    const { url, method, headers, agent } = signed;
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    this.#request = send({ ...urlToHttpOptions(url), method, headers, agent });
    this.#signal = limits.signal;
    this.#onAbort = () => this.#fail(this.#signal?.reason);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#idle = new IdleTimer(limits.idleTimeoutMs, () => this.#fail(idleFailure(limits.idleTimeoutMs)));
    this.#idle.wait();
    this.#request.on('socket', (socket) => {
      // The agent's own limit would also end an exchange whose source or consumer is slow.
      socket.setTimeout(0);
      this.#idle.connect();
    });
    this.#request.on('response', (answer) => {
      this.#answer = answer;
      // Its errors are those that the reads below reject with; without a listener one that comes later ends the process.
      answer.on('error', () => {});
      this.#answered(answer);
    });
    this.#request.on('error', (error) => this.#breakOff(networkFailure(error)));
    this.#request.on('close', () => {
      if (!this.#answer || !this.#sent) this.#breakOff(closedEarly());
    });
  }

  /**
   * Sends a request and waits for the head of the answer. When that is a refusal, the source of the body is asked no
   * further.
   *
   * @throws the signal's reason, or the error of the body's source
   * @throws TransportError, and IntegrityError when the body is not of its announced length
   */
  static async open(
    signed: SignedRequest,
    body: MeteredBody | undefined,
    limits: ExchangeLimits,
  ): Promise<HttpExchange> {
    const exchange = new HttpExchange(signed, limits);
    const answer = exchange.#wait<IncomingMessage>((resolve) => {
      exchange.#answered = resolve;
    });
    // Never rejects: what fails there fails the exchange.
    const sending = exchange.#send(body);
    try {
      if (isRefusal(await answer)) exchange.#refuse();
      await sending;
      exchange.#check();
      exchange.#idle.pause();
    } catch (error) {
      await sending;
      exchange.close();
      throw error;
    }
    return exchange;
  }

  /** The HTTP status of the answer. */
  get status(): number {
    return this.#answer?.statusCode ?? 0;
  }

  /** The headers of the answer, names in lower case. */
  get headers(): Headers {
    this.#headers ??= headerTexts(this.#answer?.headers ?? {});
    return this.#headers;
  }

  /**
   * The next bytes of the answer's body as they came over the wire; undefined when it has arrived whole, as far as HTTP
   * can tell.
   *
   * @throws the signal's reason; TransportError
   */
  async read(): Promise<Uint8Array | undefined> {
    this.#check();
    const answer = this.#answer as IncomingMessage;
    this.#answerChunks ??= answer[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    this.#idle.wait();
    const next = await this.#waitFor(this.#answerChunks.next()).catch((error: unknown) => {
      this.#fail(networkFailure(error));
      throw this.#failure?.error;
    });
    this.#idle.pause();
    if (!next.done) return next.value;
    if (!answer.complete) this.#fail(closedEarly());
    this.#check();
    return undefined;
  }

  /**
   * The answer's body as text, and the end of the exchange.
   *
   * @throws TransportError also when it is longer than `maxBytes`
   */
  async text(maxBytes: number): Promise<string> {
    try {
      const chunks: Uint8Array[] = [];
      let sizeBytes = 0;
      for (let chunk = await this.read(); chunk; chunk = await this.read()) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBytes) {
          throw new TransportError(
            'OSS answered with more than this call can have for an answer. Check the endpoint.',
            { retryable: false },
          );
        }
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    } finally {
      this.close();
    }
  }

  /** Makes every read that follows reject with `error`, and releases the connection. */
  cancel(error: Error): void {
    this.#fail(error);
    this.close();
  }

  /** Ends the exchange: the connection goes back to the agent if it is at its end, and is destroyed otherwise. */
  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#idle.stop();
    if (this.#sent && this.#answer?.readableEnded) return;
    this.#answer?.destroy();
    this.#request.destroy();
  }

  /** Sends the body, a piece at a time. */
  async #send(metered: MeteredBody | undefined): Promise<void> {
    if (!metered) {
      this.#end();
      return;
    }
    const { body, meter } = metered;
    const source = body.kind === 'bytes' ? inOneChunk(body.bytes) : body.chunks;
    let iterator: AsyncIterator<Uint8Array> | undefined;
    let asking = false;
    try {
      iterator = source[Symbol.asyncIterator]();
      for (;;) {
        this.#idle.pause();
        asking = true;
        const next = await this.#waitFor(iterator.next(), 'sending');
        asking = false;
        if (next.done) {
          iterator = undefined;
          meter.finish();
          break;
        }
        const chunk = meter.admit(next.value);
        for (let at = 0; at < chunk.length; at += writeBytes) {
          const piece = chunk.subarray(at, at + writeBytes);
          this.#idle.wait();
          const written = this.#write(piece);
          meter.sum(piece);
          await written;
        }
      }
      this.#end();
    } catch (error) {
      if (error !== refused) this.#fail(error);
    } finally {
      if (!this.#sent) this.#idle.pause();
      await this.#leave(iterator, asking);
    }
  }

  /** Resolves when the socket has taken the bytes: until then they must stay as they are. */
  #write(piece: Uint8Array): Promise<void> {
    return this.#wait<void>((resolve) => {
      this.#request.write(piece, (error) => {
        if (error) this.#breakOff(networkFailure(error));
        else resolve();
      });
    }, 'sending');
  }

  #end(): void {
    this.#sent = true;
    this.#idle.wait();
    this.#request.end();
  }

  /** Tells a source that is not at its end that no more is wanted of it. */
  async #leave(iterator: AsyncIterator<Uint8Array> | undefined, asking: boolean): Promise<void> {
    if (!iterator?.return) return;
    const left = new Promise((resolve) => resolve(iterator.return?.())).catch(() => {});
    // A source that is being asked answers first, which may be never; and an abort does not wait.
    if (!asking && !this.#signal?.aborted) await left;
  }

  #refuse(): void {
    this.#refused = true;
    this.#endSending?.(refused);
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** A server that refuses may close the connection under a body that is still on its way: then its answer counts. */
  #breakOff(error: TransportError): void {
    if (!isRefusal(this.#answer)) this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    for (const reject of this.#waits) reject(error);
    this.#waits.clear();
    this.#answer?.destroy();
    this.#request.destroy();
  }

  #waitFor<T>(promise: Promise<T>, phase?: 'sending'): Promise<T> {
    return this.#wait((resolve, reject) => void promise.then(resolve, reject), phase);
  }

  /**
   * A promise that also rejects when the exchange fails; while `sending`, also when the server refuses. No race against
   * one long-lived promise: that would keep every value for as long as the exchange lasts.
   */
  #wait<T>(
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
    phase?: 'sending',
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure || (phase === 'sending' && this.#refused)) {
        reject(this.#failure ? this.#failure.error : refused);
        return;
      }
      const settle = (): void => {
        this.#waits.delete(fail);
        if (phase === 'sending') this.#endSending = undefined;
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error);
      };
      this.#waits.add(fail);
      if (phase === 'sending') this.#endSending = fail;
      start((value) => {
        settle();
        resolve(value);
      }, fail);
    });
  }
}

function isRefusal(answer: IncomingMessage | undefined): boolean {
  return (answer?.statusCode ?? 0) >= 300;
}

function idleFailure(idleTimeoutMs: number): TransportError {
  return new TransportError(
    `The network made no progress for ${idleTimeoutMs} ms. Try again, or raise idleTimeoutMs.`,
    { retryable: true },
  );
}

async function* inOneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
