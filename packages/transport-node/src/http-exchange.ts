import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { type Headers, InvalidArgumentError, type TransportError, type UploadBody } from '@oss-envelope/core';
import {
  closedEarlyError,
  decodeHeaderValue,
  networkError,
  onAbort,
  silenceError,
} from '@oss-envelope/core/adapter';
import type { SignedRequest } from './ali-oss-signer.js';
import { AnswerBody } from './answer-body.js';
import { IdleTimer } from './idle-timer.js';

/** What ends an exchange early. */
export interface ExchangeLimits {
  readonly signal?: AbortSignal | undefined;
  /** How long the network may make no progress, in milliseconds. */
  readonly idleTimeoutMs: number;
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
  readonly #endAbort: (() => void) | undefined;
  readonly #waits = new Set<(error: unknown) => void>();
  #failure: { readonly error: unknown } | undefined;
  #answer: IncomingMessage | undefined;
  #headers: Headers | undefined;
  #body: AnswerBody | undefined;
  #answered: (answer: IncomingMessage) => void = () => {};
  #endSending: ((error: unknown) => void) | undefined;
  #refused = false;
  #isOver = false;
  #sent = false;

  /**
   * @throws the signal's reason when it is aborted already
   * @throws InvalidArgumentError when the client has set what node:http does not send
   */
  private constructor(signed: SignedRequest, limits: ExchangeLimits) {
    limits.signal?.throwIfAborted();
    const send = signed.url.protocol === 'https:' ? httpsRequest : httpRequest;
    try {
      this.#request = send(requestOptions(signed));
    } catch (error) {
      throw unsendable(error);
    }
    this.#signal = limits.signal;
    const { signal } = limits;
    this.#endAbort = signal && onAbort(signal, () => this.#fail(signal.reason));
    this.#idle = new IdleTimer(limits.idleTimeoutMs, () => this.#fail(silenceError(limits.idleTimeoutMs)));
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
      if (!this.#answer || !this.#request.writableFinished) this.#breakOff(closedEarlyError());
    });
  }

  /**
   * Sends a request and waits for the head of the answer. When that is a refusal, the source of the body is asked no
   * further.
   *
   * @throws the signal's reason, or the error of the body's source
   * @throws TransportError
   */
  static async open(
    signed: SignedRequest,
    body: UploadBody | undefined,
    limits: ExchangeLimits,
  ): Promise<HttpExchange> {
    const exchange = new HttpExchange(signed, limits);
    const answer = exchange.#wait<IncomingMessage>((resolve) => {
      exchange.#answered = resolve;
    });
    // Never rejects: what fails there fails the exchange.
    const sending = isSmall(body) ? exchange.#sendAtOnce(body) : exchange.#send(body);
    try {
      if (isRefusal(await answer)) exchange.#refuse();
      else if (sending === undefined && body !== undefined) await exchange.#finished();
      await sending;
      exchange.#check();
      exchange.#idle.pause();
    } catch (error) {
      // What failed has closed it.
      await sending;
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
    this.#headers ??= headerTexts(this.#answer as IncomingMessage);
    return this.#headers;
  }

  /**
   * The next bytes of the answer's body as they came over the wire; undefined when it has arrived whole, as far as HTTP
   * can tell, which ends the exchange.
   *
   * @throws the signal's reason; TransportError
   */
  async read(): Promise<Uint8Array | undefined> {
    this.#check();
    const answer = this.#answer as IncomingMessage;
    this.#body ??= new AnswerBody(answer);
    const body = this.#body;
    let bytes = body.take();
    if (bytes === undefined) {
      this.#idle.wait();
      await this.#wait<void>((resolve) => body.whenMore(resolve));
      this.#idle.pause();
      bytes = body.take();
    }
    if (bytes !== undefined) return bytes;
    const { ending } = body;
    if (typeof ending === 'object') this.#fail(networkFailure(ending.error));
    if (ending !== 'whole' || !answer.complete) this.#fail(closedEarlyError());
    this.#check();
    this.close();
    return undefined;
  }

  /** Makes every read that follows reject with `error`, and releases the connection; nothing when it is at its end. */
  cancel(error: Error): void {
    if (!this.#isOver) this.#fail(error);
  }

  /** Ends the exchange: the connection goes back to the agent if it is at its end, and is destroyed otherwise. */
  close(): void {
    this.#endAbort?.();
    this.#idle.stop();
    this.#isOver = this.#answer?.readableEnded === true;
    // A connection whose request is not written to its end cannot have another one.
    if (this.#isOver && this.#request.writableFinished) return;
    this.#answer?.destroy();
    this.#request.destroy();
  }

  /** Nothing is left to be done for it then, and so there is nothing to wait for. */
  #sendAtOnce(body: SmallBody | undefined): undefined {
    try {
      this.#end(body?.bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when the socket has taken all of a request, as it mostly has when it is answered. */
  async #finished(): Promise<void> {
    if (this.#request.writableFinished) return;
    await this.#wait<void>((resolve) => void this.#request.once('finish', resolve));
  }

  /** Sends the body, a piece at a time. */
  async #send(body: UploadBody): Promise<void> {
    let iterator: AsyncIterator<Uint8Array> | undefined;
    let asking = false;
    try {
      if (body.kind === 'bytes') {
        await this.#writePieces(body.bytes, body.onSent);
        this.#end();
        return;
      }
      // A source that nobody has asked can still go with another request, when there is no connection for this one.
      await this.#connected();
      iterator = body.chunks[Symbol.asyncIterator]();
      for (;;) {
        this.#idle.pause();
        asking = true;
        const next = await this.#waitFor(iterator.next(), 'sending');
        asking = false;
        if (next.done) {
          iterator = undefined;
          break;
        }
        await this.#writePieces(next.value);
      }
      this.#end();
    } catch (error) {
      if (error !== refused) this.#fail(error);
    } finally {
      if (!this.#sent) this.#idle.pause();
      await this.#leave(iterator, asking);
    }
  }

  /** Resolves when the socket has taken all of the bytes: until then they must stay as they are. */
  async #writePieces(bytes: Uint8Array, onSent?: (sentBytes: number) => void): Promise<void> {
    for (let at = 0; at < bytes.length; at += writeBytes) {
      this.#idle.wait();
      await this.#wait<void>((resolve) => {
        this.#request.write(bytes.subarray(at, at + writeBytes), (error) => {
          if (error) this.#breakOff(networkFailure(error));
          else resolve();
        });
      }, 'sending');
      onSent?.(Math.min(at + writeBytes, bytes.length));
    }
  }

  #connected(): Promise<void> {
    return this.#wait<void>((resolve) => {
      const connect = (socket: Socket): void => {
        if (socket.connecting) socket.once('connect', () => resolve());
        else resolve();
      };
      const { socket } = this.#request;
      if (socket) connect(socket);
      else this.#request.once('socket', connect);
    });
  }

  #end(bytes?: Uint8Array): void {
    this.#sent = true;
    this.#idle.wait();
    this.#request.end(bytes);
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
    // Whoever meets the failure as that of a read asks for nothing more, and need not cancel.
    this.#endAbort?.();
    this.#idle.stop();
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
        // It would keep what was sent.
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

type SmallBody = Extract<UploadBody, { readonly kind: 'bytes' }>;

/** Whether a body, or none, goes out together with the head. */
function isSmall(body: UploadBody | undefined): body is SmallBody | undefined {
  return body === undefined || (body.kind === 'bytes' && body.bytes.length <= writeBytes);
}

/** Without the ten more members that `urlToHttpOptions` of node:url reads out of a URL. */
function requestOptions({ url, method, headers, agent }: SignedRequest): RequestOptions {
  const { protocol, username, password, hostname, port, pathname, search } = url;
  if (username !== '' || password !== '' || hostname.startsWith('[')) {
    return { ...urlToHttpOptions(url), method, headers, agent };
  }
  const path = pathname + search;
  return { protocol, hostname, path, method, headers, agent, ...(port !== '' && { port }) };
}

function isRefusal(answer: IncomingMessage | undefined): boolean {
  return (answer?.statusCode ?? 0) >= 300;
}

/** How node:http calls it that a stream was destroyed under it. */
const destroyedCodes: ReadonlySet<string> = new Set(['ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE']);

/** Of an error of node:http only the code is kept: `rawPacket`, for one, holds bytes of the object. */
function networkFailure(error: unknown): TransportError {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNKNOWN';
  return destroyedCodes.has(code) ? closedEarlyError() : networkError(code);
}

/** What node:http says of a request that it does not make: all but what the client sets was checked before. */
function unsendable(error: unknown): unknown {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  if (code === 'ERR_INVALID_CHAR') {
    const name = /"[^"]*"/.exec(String(message))?.[0];
    return new InvalidArgumentError(
      'client',
      `must have no control or wide characters in its access key, token and user agent, which the header ${name} has`,
    );
  }
  if (code === 'ERR_INVALID_PROTOCOL' || code === 'ERR_INVALID_ARG_TYPE') {
    return new InvalidArgumentError(
      'client',
      'must have agents that fit: the option `agent` for http and `httpsAgent` for https',
    );
  }
  return error;
}

/**
 * Each value as text. Node gives it like that mostly, and then it is not copied: an object of so many names is one of
 * V8's slow ones.
 */
function headerTexts({ headers, rawHeaders }: IncomingMessage): Headers {
  const isText = rawHeaders.length > 0 && rawHeaders.every(isAscii) && headers['set-cookie'] === undefined;
  if (isText) return headers as Headers;
  const texts: Record<string, string> = {};
  for (const name of Object.keys(headers)) texts[name] = decodeHeaderValue(String(headers[name]));
  return texts;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
