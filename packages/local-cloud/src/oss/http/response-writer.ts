import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { StruckFaults } from '../control/fault.js';
import { CRC64_HEADER } from '../operations/object-operations.js';
import type { BodySlice, OssResponse } from './oss-response.js';

// Answers up to this size go out in one write, headers and all.
const SINGLE_WRITE_BYTES = 256 * 1024;
const RESET_DELAY_MS = 20;

/** Resets the connection (RST), as a broken network or a killed server does. */
export function resetSocket(socket: Socket | null): void {
  if (!socket || socket.destroyed) return;
  socket.resetAndDestroy();
}

/** Waits until the connection is gone; a stalled answer ends when the client gives up or the server closes. */
export function untilClosed(socket: Socket | null): Promise<void> {
  if (!socket || socket.closed) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

function encodeHeader(value: string): string {
  return /^[\0-\x7f]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1');
}

/** How the faults of a request change what is sent of a body. */
interface BodyPlan {
  /** Bytes after which something happens; Infinity for a sound answer. */
  stopAfterBytes: number;
  end: 'complete' | 'close' | 'reset' | 'stall';
  /** Offset of a byte to be corrupted, or -1. */
  corruptAt: number;
  /** Content-Length to send. */
  declaredBytes: number;
}

function planBody(bodyBytes: number, faults: StruckFaults): BodyPlan {
  const plan: BodyPlan = {
    stopAfterBytes: Number.POSITIVE_INFINITY,
    end: 'complete',
    corruptAt: -1,
    declaredBytes: bodyBytes,
  };
  const corrupt = faults.find('corrupt-response');
  if (corrupt) plan.corruptAt = corrupt.atByte ?? 0;
  const truncate = faults.find('truncate');
  const reset = faults.find('reset-response');
  const stall = faults.find('stall-response');
  if (truncate) {
    plan.stopAfterBytes = Math.min(truncate.afterBytes ?? 0, bodyBytes);
    plan.end = 'close';
    if (truncate.shorten) {
      plan.end = 'complete';
      plan.declaredBytes = plan.stopAfterBytes;
    }
  } else if (reset) {
    plan.stopAfterBytes = Math.min(reset.afterBytes ?? 0, bodyBytes);
    plan.end = 'reset';
  } else if (stall) {
    plan.stopAfterBytes = Math.min(stall.afterBytes ?? 0, bodyBytes);
    plan.end = 'stall';
  }
  return plan;
}

async function* wholeText(text: Buffer): AsyncGenerator<Uint8Array> {
  if (text.length > 0) yield text;
}

/** Applies the plan to a body's chunks. */
async function* plannedChunks(source: AsyncIterable<Uint8Array>, plan: BodyPlan): AsyncGenerator<Uint8Array> {
  let offset = 0;
  if (plan.stopAfterBytes === 0) return;
  for await (const whole of source) {
    let chunk = whole.subarray(0, Math.min(whole.length, plan.stopAfterBytes - offset));
    const at = plan.corruptAt - offset;
    if (at >= 0 && at < chunk.length) {
      chunk = new Uint8Array(chunk);
      chunk[at]! ^= 1;
    }
    offset += chunk.length;
    yield chunk;
    if (offset >= plan.stopAfterBytes) return;
  }
}

/** Writes answers: headers, body with back-pressure, and whatever the faults make of them. */
export class ResponseWriter {
  readonly #response: ServerResponse;
  /** Bytes of the body that were handed to the connection. */
  sentBytes = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** Writes the answer and releases its body. Resolves when it is out, or when the connection is gone. */
  async write(method: string, answer: OssResponse, faults: StruckFaults): Promise<void> {
    const slice = typeof answer.body === 'object' ? answer.body : undefined;
    try {
      if (faults.find('lost-response')) {
        resetSocket(this.#response.socket);
        return;
      }
      await this.#write(method, answer, slice, faults);
    } finally {
      slice?.body.release();
    }
  }

  async #write(
    method: string,
    answer: OssResponse,
    slice: BodySlice | undefined,
    faults: StruckFaults,
  ): Promise<void> {
    const response = this.#response;
    const text = Buffer.from(typeof answer.body === 'string' ? answer.body : '', 'utf8');
    const bodyBytes = slice ? slice.endBytes - slice.startBytes : text.length;
    const plan = planBody(bodyBytes, faults);
    const hasBody = answer.body !== undefined && method !== 'HEAD' && answer.status !== 304;

    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, encodeHeader(value));
    this.#applyCrcFaults(faults);
    if (answer.status !== 204 && answer.status !== 304) {
      const declared = hasBody ? plan.declaredBytes : (answer.contentLengthBytes ?? bodyBytes);
      response.setHeader('content-length', declared);
    }

    if (!hasBody) {
      if (plan.end === 'complete') await this.#end();
      // Without a body the headers are all of the answer: sent, they would end it.
      else if (plan.end === 'stall') await untilClosed(response.socket);
      else await this.#break(plan.end);
      return;
    }
    const source = slice ? slice.body.read(slice.startBytes, slice.endBytes) : wholeText(text);
    const chunks = plannedChunks(source, plan);
    if (plan.end === 'complete' && bodyBytes <= SINGLE_WRITE_BYTES) {
      await this.#sendAtOnce(chunks);
      return;
    }
    // The first chunk takes the headers along. Flushed without one, Node would encode them as UTF-8 once more.
    if (!(await this.#pump(chunks))) return;
    if (plan.end === 'complete') await this.#end();
    else await this.#break(plan.end);
  }

  #applyCrcFaults(faults: StruckFaults): void {
    const crc64 = this.#response.getHeader(CRC64_HEADER);
    if (crc64 === undefined) return;
    if (faults.find('no-crc')) this.#response.removeHeader(CRC64_HEADER);
    else if (faults.find('wrong-crc')) {
      this.#response.setHeader(CRC64_HEADER, (BigInt(String(crc64)) ^ 1n).toString());
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
    const closed = new Promise<boolean>((resolve) => response.once('close', () => resolve(false)));
    let previous: Promise<boolean> = Promise.resolve(true);
    for await (const chunk of chunks) {
      if (!(await previous) || response.destroyed) return false;
      this.sentBytes += chunk.length;
      const sent = new Promise<boolean>((resolve) => {
        response.write(chunk, (error) => resolve(!error));
      });
      previous = Promise.race([sent, closed]);
    }
    return previous;
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
      await new Promise((resolve) => setTimeout(resolve, RESET_DELAY_MS));
      resetSocket(socket);
    } else socket?.destroySoon();
  }
}
