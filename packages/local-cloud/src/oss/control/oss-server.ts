import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { exposingHeaders, preflightHeaders } from '../http/cors.js';
import { OssError } from '../http/oss-error.js';
import { ClientGoneError, collectHeaders, RequestBody } from '../http/oss-request.js';
import type { OssResponse } from '../http/oss-response.js';
import { destroyWhenPeerGone } from '../http/peer-presence.js';
import { parseRequestTarget, type RequestTarget } from '../http/request-target.js';
import { ResponseWriter, resetSocket, untilClosed } from '../http/response-writer.js';
import { formatXml } from '../http/xml.js';
import type { Operation } from '../operations/operation.js';
import { route } from '../operations/routing.js';
import type { AccountBook } from '../signatures/account.js';
import { authenticate } from '../signatures/authentication.js';
import type { DigestChoice } from '../storage/content-digest.js';
import type { ObjectCatalog } from '../storage/object-catalog.js';
import type { SegmentStore } from '../storage/segment.js';
import type { FaultPlan, StruckFaults } from './fault.js';
import type { LoggedRequest, RequestLog } from './request-log.js';

/** What a server is made of. */
export interface OssServerParts {
  readonly catalog: ObjectCatalog;
  readonly store: SegmentStore;
  readonly accounts: AccountBook;
  readonly faults: FaultPlan;
  readonly requests: RequestLog;
  readonly digests: Pick<DigestChoice, 'md5' | 'crc64'>;
  /** Region without the `oss-` prefix. */
  readonly region: string;
  readonly now: () => Date;
  readonly maxClockSkewMs: number;
  readonly cors: boolean;
  readonly cnames: Readonly<Record<string, string>>;
}

/** One request on its way through the server. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly headers: Readonly<Record<string, string>>;
  readonly entry: LoggedRequest;
  readonly body: RequestBody;
  readonly writer: ResponseWriter;
  faults: StruckFaults;
  now: Date;
}

const HIGH_WATER_MARK_BYTES = 256 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
const IDLE_TIMEOUT_MS = 120_000;
const NO_TARGET: RequestTarget = { bucket: undefined, key: undefined, query: new Map() };

/** The HTTP side: takes a request through target, operation, faults, signature and operation to its answer. */
export class OssServer {
  readonly #parts: OssServerParts;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #origin = '';
  #active = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: OssServerParts) {
    this.#parts = parts;
    this.#server = createServer({
      highWaterMark: HIGH_WATER_MARK_BYTES,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      requestTimeout: 0,
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('request', (incoming, response) => this.#serve(incoming, response, () => {}));
    this.#server.on('checkContinue', (incoming, response) =>
      this.#serve(incoming, response, () => response.writeContinue()),
    );
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable && !socket.destroyed) {
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      } else socket.destroy();
    });
  }

  /** Listens; gives the port. @throws What `net.Server.listen` reports, such as EADDRINUSE. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address() as AddressInfo;
    this.#origin = `http://localhost:${address.port}`;
    return address.port;
  }

  /** Connections that are open now, idle ones included. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Requests that are not finished. */
  get activeRequests(): number {
    return this.#active;
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Stops listening, breaks all connections and waits for the requests on them to be given up. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Sockets in the set have not emitted 'close' yet, whatever state they are in.
    const gone = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([closed, ...gone]);
    await this.idle();
  }

  #serve(incoming: IncomingMessage, response: ServerResponse, invite: () => void): void {
    this.#active += 1;
    let invited = false;
    const body = new RequestBody(incoming, () => {
      if (!invited) invite();
      invited = true;
    });
    const headers = collectHeaders(incoming);
    const url = incoming.url ?? '/';
    const now = this.#parts.now();
    const entry: LoggedRequest = {
      id: randomBytes(12).toString('hex').toUpperCase(),
      method: incoming.method ?? '',
      url,
      path: url.split('?', 1)[0]!,
      headers,
      startedAt: now,
      bucket: undefined,
      key: undefined,
      query: {},
      operation: 'Unknown',
      status: undefined,
      errorCode: undefined,
      failure: undefined,
      receivedBytes: 0,
      sentBytes: 0,
      faults: [],
      finished: false,
    };
    this.#parts.requests.add(entry);
    const writer = new ResponseWriter(response);
    // A client that goes away is no concern of the process.
    incoming.on('error', () => {});
    response.on('error', () => {});
    this.#handle({ incoming, headers, entry, body, writer, now, faults: this.#parts.faults.none })
      .catch((error: unknown) => {
        if (error instanceof ClientGoneError) return;
        entry.failure = error;
        incoming.socket.destroy();
      })
      .finally(() => {
        entry.receivedBytes = body.receivedBytes;
        entry.sentBytes = writer.sentBytes;
        entry.finished = true;
        this.#active -= 1;
        if (this.#active === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
      });
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { entry, headers } = exchange;
    if (entry.method === 'OPTIONS' && this.#parts.cors) {
      entry.operation = 'Options';
      await this.#answer(exchange, {
        status: 200,
        headers: preflightHeaders(headers),
        contentLengthBytes: 0,
      });
      return;
    }
    let answer: OssResponse;
    try {
      const found = this.#resolve(exchange);
      if (await this.#sufferBefore(exchange)) return;
      answer = this.#replacement(exchange, false) ?? (await this.#run(exchange, found));
      const replacement = this.#replacement(exchange, true);
      if (replacement) {
        if (typeof answer.body === 'object') answer.body.body.release();
        answer = replacement;
      }
    } catch (error) {
      if (error instanceof ClientGoneError) throw error;
      answer = this.#refusal(exchange, error);
    }
    await this.#answer(exchange, answer);
  }

  /** Target, operation and the faults that hit the request. A request that fails here can still be hit. */
  #resolve(exchange: Exchange): { target: RequestTarget; operation: Operation } {
    const { entry, headers } = exchange;
    let target: RequestTarget | undefined;
    try {
      target = parseRequestTarget(entry.url, headers.host, this.#parts.cnames);
      entry.bucket = target.bucket;
      entry.key = target.key;
      entry.query = Object.fromEntries(target.query);
      const operation = route(entry.method, target, headers);
      entry.operation = operation.name;
      return { target, operation };
    } finally {
      exchange.faults = this.#parts.faults.strike({
        method: entry.method,
        bucket: entry.bucket,
        key: entry.key,
        query: (target ?? NO_TARGET).query,
        headers,
        operation: entry.operation,
      });
      entry.faults = exchange.faults.kinds;
      const skew = exchange.faults.find('skew');
      if (skew) exchange.now = new Date(exchange.now.getTime() + skew.offsetMs);
    }
  }

  /** Faults that come before the operation. True when the request ends here. */
  async #sufferBefore(exchange: Exchange): Promise<boolean> {
    const { faults, incoming } = exchange;
    const delay = faults.find('delay');
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay.delayMs));
    const reset = faults.find('reset-request');
    const stall = faults.find('stall-request');
    if (!reset && !stall) return false;
    const limit = (reset ?? stall)?.afterBytes ?? 0;
    if (limit > 0) {
      for await (const _chunk of exchange.body.read()) {
        if (exchange.body.receivedBytes >= limit) break;
      }
    }
    if (reset) resetSocket(incoming.socket);
    else {
      incoming.pause();
      destroyWhenPeerGone(incoming.socket);
      await untilClosed(incoming.socket);
    }
    return true;
  }

  /** The answer that a fault gives in place of the operation's. */
  #replacement(exchange: Exchange, afterOperation: boolean): OssResponse | undefined {
    const { faults, entry } = exchange;
    const status = faults.find('status');
    if (status && (status.afterOperation ?? false) === afterOperation) {
      const code =
        status.code ??
        ({ 429: 'TooManyRequests', 503: 'ServiceUnavailable' }[status.status] as string | undefined) ??
        'InternalError';
      return this.#errorResponse(exchange, {
        status: status.status,
        code,
        message: status.message ?? 'This answer is a fault that was asked for.',
        ec: undefined,
        details: {},
        headers: status.headers ?? {},
      });
    }
    const redirect = faults.find('redirect');
    if (redirect && !afterOperation) {
      return {
        status: redirect.status ?? 307,
        headers: { location: `${redirect.origin.replace(/\/$/, '')}${entry.url}` },
        contentLengthBytes: 0,
      };
    }
    return undefined;
  }

  async #run(
    exchange: Exchange,
    found: { target: RequestTarget; operation: Operation },
  ): Promise<OssResponse> {
    const { entry, headers, now } = exchange;
    const { catalog, accounts, region, maxClockSkewMs, store, digests } = this.#parts;
    const { target, operation } = found;
    const identity = authenticate(
      { method: entry.method, target, headers },
      { accounts, region, now, maxClockSkewMs },
    );
    if (identity.kind === 'anonymous') this.#assertPublic(target, operation);
    return operation.run({
      request: {
        method: entry.method,
        target,
        headers,
        receivedAt: now,
        authenticated: identity.kind === 'account',
        body: exchange.body,
      },
      catalog,
      store,
      digests,
      region,
      origin: this.#origin,
      payloadSha256: identity.kind === 'account' ? identity.payloadSha256 : undefined,
      ignoreRange: exchange.faults.find('ignore-range') !== undefined,
    });
  }

  #assertPublic(target: RequestTarget, operation: Operation): void {
    const acl = target.bucket === undefined ? undefined : this.#parts.catalog.findBucket(target.bucket)?.acl;
    const allowed = operation.access === 'read' ? acl === 'public-read' : false;
    if (target.key !== undefined && (allowed || acl === 'public-read-write')) return;
    throw new OssError('AccessDenied', {
      message: 'You have no right to access this object because of bucket acl.',
    });
  }

  #refusal(exchange: Exchange, error: unknown): OssResponse {
    if (error instanceof OssError) return this.#errorResponse(exchange, error);
    exchange.entry.failure = error;
    const cause = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return this.#errorResponse(
      exchange,
      new OssError('InternalError', { message: `The local server failed${cause}.` }),
    );
  }

  #errorResponse(
    exchange: Exchange,
    error: Pick<OssError, 'status' | 'code' | 'message' | 'ec' | 'details' | 'headers'>,
  ): OssResponse {
    const { entry, headers } = exchange;
    if (error.status === 304) return { status: 304, headers: { ...error.headers } };
    entry.errorCode = error.code;
    const document = formatXml('Error', {
      Code: error.code,
      Message: error.message,
      RequestId: entry.id,
      HostId: headers.host ?? 'localhost',
      ...error.details,
      EC: error.ec,
    });
    const ec = error.ec === undefined ? {} : { 'x-oss-ec': error.ec };
    if (entry.method === 'HEAD') {
      // An answer to HEAD has no body; OSS sends the document as base64 in a header.
      const encoded = Buffer.from(document, 'utf8').toString('base64');
      return {
        status: error.status,
        headers: { 'x-oss-err': encoded, ...ec, ...error.headers },
        contentLengthBytes: 0,
      };
    }
    return {
      status: error.status,
      headers: { 'content-type': 'application/xml', ...ec, ...error.headers },
      body: document,
    };
  }

  async #answer(exchange: Exchange, answer: OssResponse): Promise<void> {
    const { entry, headers, writer, faults, now } = exchange;
    entry.status = answer.status;
    const complete: Record<string, string> = {
      server: 'AliyunOSS',
      date: now.toUTCString(),
      'x-oss-request-id': entry.id,
      'x-oss-server-time': '1',
      ...answer.headers,
    };
    if (this.#parts.cors && entry.operation !== 'Options') {
      Object.assign(complete, exposingHeaders(headers, complete));
    }
    await writer.write(entry.method, { ...answer, headers: complete }, faults);
  }
}
