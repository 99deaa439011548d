import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { resetConnection } from '../../common/connection-reset.js';
import { crc64HeaderName } from './crc64-header.js';
import type { Delivery } from './delivery.js';
import type { BodySlice, OssResponse } from './oss-response.js';

// Answers up to this size go out in one write, headers and all.
const singleWriteBytes = 256 * 1024;
const resetDelayMs = 20;

/** Waits until the connection is gone; a stalled answer ends when the client gives up or the server closes. */
export function untilClosed(socket: Socket | null): Promise<void> {
  if (!socket || socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function encodeHeader(value: string): string {
  return /^[\0-\x7f]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1');
}

async function* wholeText(text: Buffer): AsyncGenerator<Uint8Array> {
  if (text.length > 0) yield text;
}

/** Stops and corrupts a body's chunks as the delivery says. */
async function* deliveredChunks(
  source: AsyncIterable<Uint8Array>,
  delivery: Delivery,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  if (delivery.stopAfterBytes === 0) return;
  for await (const whole of source) {
    let chunk = whole.subarray(0, Math.min(whole.length, delivery.stopAfterBytes - offset));
    const at = delivery.corruptAtByte - offset;
    if (at >= 0 && at < chunk.length) {
      chunk = new Uint8Array(chunk);
      chunk[at]! ^= 1;
    }
    offset += chunk.length;
    yield chunk;
    if (offset >= delivery.stopAfterBytes) return;
  }
}

/** Writes answers: headers, and the body with back-pressure, delivered soundly or not. */
export class ResponseWriter {
  readonly #response: ServerResponse;
  /** Bytes of the body that were handed to the connection. */
  sentBytes = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** Writes the answer and releases its body. Resolves when it is out, or when the connection is gone. */
  async write(method: string, answer: OssResponse, delivery: Delivery): Promise<void> {
    const slice = typeof answer.body === 'object' ? answer.body : undefined;
    try {
      if (delivery.lost) {
        resetConnection(this.#response.socket);
        return;
      }
      await this.#write(method, answer, slice, delivery);
    } finally {
      slice?.body.release();
    }
  }

  async #write(
    method: string,
    answer: OssResponse,
    slice: BodySlice | undefined,
    delivery: Delivery,
  ): Promise<void> {
    const response = this.#response;
    const text = Buffer.from(typeof answer.body === 'string' ? answer.body : '', 'utf8');
    const bodyBytes = slice ? slice.endBytes - slice.startBytes : text.length;
    const hasBody = answer.body !== undefined && method !== 'HEAD' && answer.status !== 304;

    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, encodeHeader(value));
    this.#applyCrc64(delivery.crc64);
    if (answer.status !== 204 && answer.status !== 304 && !(answer.chunked && hasBody)) {
      const declared = hasBody
        ? Math.min(bodyBytes, delivery.shorten ? delivery.stopAfterBytes : bodyBytes)
        : (answer.contentLengthBytes ?? bodyBytes);
      response.setHeader('content-length', declared);
    }

    if (!hasBody) {
      if (delivery.end === 'complete') await this.#end();
      // Without a body the headers are all of the answer: sent, they would end it.
      else if (delivery.end === 'stall') await untilClosed(response.socket);
      else await this.#break(delivery.end);
      return;
    }
    const source = slice ? slice.body.read(slice.startBytes, slice.endBytes) : wholeText(text);
    const chunks = deliveredChunks(source, delivery);
    if (delivery.end === 'complete' && bodyBytes <= singleWriteBytes && !answer.chunked) {
      await this.#sendAtOnce(chunks);
      return;
    }
    // The first chunk takes the headers along. Flushed without one, Node would encode them as UTF-8 once more.
    if (!(await this.#pump(chunks))) return;
    // An answer whose length was announced is over with its last byte: the client may use the connection again.
    const isOver = delivery.end === 'stall' && !answer.chunked && delivery.stopAfterBytes >= bodyBytes;
    if (delivery.end === 'complete' || isOver) await this.#end();
    else await this.#break(delivery.end);
  }

  #applyCrc64(crc64Delivery: Delivery['crc64']): void {
    const crc64 = this.#response.getHeader(crc64HeaderName);
    if (crc64 === undefined) return;
    if (crc64Delivery === 'missing') this.#response.removeHeader(crc64HeaderName);
    else if (crc64Delivery === 'wrong') {
      this.#response.setHeader(crc64HeaderName, (BigInt(String(crc64)) ^ 1n).toString());
    }
  }

  async #sendAtOnce(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const copies: Uint8Array[] = [];
    for await (const chunk of chunks) copies.push(new Uint8Array(chunk));
    const whole = copies.length === 1 ? copies[0]! : Buffer.concat(copies);
    this.sentBytes += whole.length;
    await this.#end(whole);
  }

  /** Sends chunks, never more than two at a time. False when the connection broke. */
  async #pump(chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
    const response = this.#response;
    const { socket } = response.req;
    if (socket.destroyed) return false;
    let close = (): void => {};
    const closed = new Promise<boolean>((resolve) => {
      close = () => resolve(false);
    });
    response.once('close', close);
    // An answer that waits for another one on the same connection never hears of its end.
    socket.once('close', close);
    try {
      let previous: Promise<boolean> = Promise.resolve(true);
      for await (const chunk of chunks) {
        if (!(await previous) || response.destroyed) return false;
        this.sentBytes += chunk.length;
        const sent = new Promise<boolean>((resolve) => {
          response.write(chunk, (error) => resolve(!error));
        });
        previous = Promise.race([sent, closed]);
      }
      return await previous;
    } finally {
      response.off('close', close);
      socket.off('close', close);
    }
  }

  #end(chunk?: Uint8Array): Promise<void> {
    const response = this.#response;
    const { socket } = response.req;
    if (response.destroyed || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('close', done);
        resolve();
      };
      response.once('close', done);
      // An answer that waits for another one on the same connection never hears of its end.
      socket.once('close', done);
      if (chunk) response.end(chunk, done);
      else response.end(done);
    });
  }

  async #break(how: 'close' | 'reset' | 'stall'): Promise<void> {
    const { socket } = this.#response;
    if (!this.#response.headersSent) this.#response.flushHeaders();
    if (how === 'stall') await untilClosed(socket);
    else if (how === 'reset') {
      // A client that finds a reset together with unread bytes takes it for an orderly end.
      await new Promise((resolve) => setTimeout(resolve, resetDelayMs));
      resetConnection(socket);
    } else socket?.destroySoon();
  }
}
