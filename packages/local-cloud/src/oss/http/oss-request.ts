import type { IncomingMessage } from 'node:http';
import type { RequestTarget } from './request-target.js';

/** The connection broke, or its client gave up, before the request had been read. Nobody can be answered. */
export class ClientGoneError extends Error {
  constructor() {
    super('the client closed the connection before its request was complete');
    this.name = 'ClientGoneError';
  }
}

/** A request as the operations see it. */
export interface OssRequest {
  readonly method: string;
  readonly target: RequestTarget;
  /** Header names in lower case, values as UTF-8; repeated headers joined by ",". */
  readonly headers: Readonly<Record<string, string>>;
  /** The server's clock when the request arrived. */
  readonly receivedAt: Date;
  /** Whether the request carries a valid signature. */
  readonly authenticated: boolean;
  readonly body: RequestBody;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeHeaderValue(value: string): string {
  if (/^[\0-\x7f]*$/.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** Collects a request's headers in the form of {@link OssRequest.headers}. */
export function collectHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  const raw = incoming.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = decodeHeaderValue(raw[i + 1]!);
    headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  return headers;
}

/** A request's body. It is read at most once, and only when an operation wants it. */
export class RequestBody {
  readonly #incoming: IncomingMessage;
  readonly #invite: () => void;
  /** Bytes read so far. */
  receivedBytes = 0;

  /** @param invite Called once, before reading: answers `Expect: 100-continue`. */
  constructor(incoming: IncomingMessage, invite: () => void) {
    this.#incoming = incoming;
    this.#invite = invite;
  }

  /** Bytes that the request declares, or `undefined` when it is chunked or has no body. */
  get declaredBytes(): number | undefined {
    const value = this.#incoming.headers['content-length'];
    return value === undefined ? undefined : Number(value);
  }

  /** Whether the request says how its body ends: Content-Length or chunked. */
  get isFramed(): boolean {
    return this.declaredBytes !== undefined || this.#incoming.headers['transfer-encoding'] !== undefined;
  }

  /**
   * Yields the body as it arrives. Leaving the loop early keeps the connection.
   * @throws {ClientGoneError} When the body breaks off.
   */
  async *read(): AsyncGenerator<Buffer> {
    this.#invite();
    if (this.#incoming.destroyed && !this.#incoming.readableEnded) throw new ClientGoneError();
    try {
      for await (const chunk of this.#incoming.iterator({ destroyOnReturn: false })) {
        this.receivedBytes += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    } catch {
      throw new ClientGoneError();
    }
  }

  /** The whole body; `undefined` when it is longer than the limit. */
  async bytes(limitBytes: number): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.read()) {
      size += chunk.length;
      if (size > limitBytes) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}
