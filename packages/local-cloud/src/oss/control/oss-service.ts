import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { resetConnection } from '../../common/connection-reset.js';
import { exposingHeaders, preflightHeaders } from '../../common/cors.js';
import { type ErrorFields, errorAnswer } from '../http/error-answer.js';
import { OssError } from '../http/oss-error.js';
import { ClientGoneError, collectHeaders, RequestBody } from '../http/oss-request.js';
import type { OssResponse } from '../http/oss-response.js';
import { destroyWhenPeerGone } from '../http/peer-presence.js';
import { parseRequestTarget, type RequestTarget } from '../http/request-target.js';
import { ResponseWriter, untilClosed } from '../http/response-writer.js';
import type { Operation } from '../operations/operation.js';
import { assertPublic } from '../operations/public-access.js';
import { assertCommonHeaders } from '../operations/request-vocabulary.js';
import { route } from '../operations/routing.js';
import type { AccountBook } from '../signatures/account.js';
import { authenticate } from '../signatures/authentication.js';
import type { DigestChoice } from '../storage/content-digest.js';
import type { ObjectCatalog } from '../storage/object-catalog.js';
import type { SegmentStore } from '../storage/segment.js';
import type { FaultPlan, StruckFaults } from './fault.js';
import { faultDelivery } from './fault-delivery.js';
import type { LoggedRequest, RequestLog } from './request-log.js';

/** What a service is made of. */
interface OssServiceParts {
  readonly catalog: ObjectCatalog;
  readonly store: SegmentStore;
  readonly accounts: AccountBook;
  readonly faults: FaultPlan;
  readonly requests: RequestLog;
  readonly digests: Pick<DigestChoice, 'md5' | 'crc64'>;
  /** Region without the `oss-` prefix. */
  readonly region: string;
  /** Origin of the server, for `Location` elements. */
  readonly origin: () => string;
  readonly now: () => Date;
  readonly maxClockSkewMs: number;
  /** How long an archived object takes to be restored. */
  readonly restoreDelayMs: number;
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

const noTarget: RequestTarget = { bucket: undefined, key: undefined, query: new Map() };
const methods = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];

/** Takes a request through target, operation, faults, signature and operation to its answer. */
export class OssService {
  readonly #parts: OssServiceParts;
  readonly #closing = new AbortController();

  constructor(parts: OssServiceParts) {
    this.#parts = parts;
  }

  /** Gives up what waits for others than the client, such as a callback. */
  close(): void {
    this.#closing.abort();
  }

  /**
   * Answers a request, or breaks its connection as a fault asks. Resolves when the request is over; never rejects.
   * @param invite Answers `Expect: 100-continue`.
   */
  async serve(incoming: IncomingMessage, response: ServerResponse, invite: () => void): Promise<void> {
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
    try {
      await this.#handle({ incoming, headers, entry, body, writer, now, faults: this.#parts.faults.none });
    } catch (error) {
      if (!(error instanceof ClientGoneError)) {
        entry.failure = error;
        incoming.socket.destroy();
      }
    } finally {
      entry.receivedBytes = body.receivedBytes;
      entry.sentBytes = writer.sentBytes;
      entry.finished = true;
    }
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { entry, headers } = exchange;
    if (entry.method === 'OPTIONS' && this.#parts.cors) {
      entry.operation = 'Options';
      await this.#answer(exchange, {
        status: 200,
        headers: preflightHeaders(headers.origin ?? '*', methods, headers['access-control-request-headers']),
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
        query: (target ?? noTarget).query,
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
    if (reset) resetConnection(incoming.socket);
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
      return this.#errorAnswer(exchange, {
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
    // OSS looks for the bucket before it looks who asks, except to make one or to set its ACL.
    if (target.bucket !== undefined && !operation.authenticatesFirst) catalog.bucket(target.bucket);
    const identity = authenticate(
      { method: entry.method, target, headers },
      { accounts, region, now, maxClockSkewMs },
    );
    if (identity.kind === 'anonymous') assertPublic(operation, target, catalog);
    assertCommonHeaders(target, headers);
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
      origin: this.#parts.origin(),
      payloadSha256: identity.kind === 'account' ? identity.payloadSha256 : undefined,
      restoreDelayMs: this.#parts.restoreDelayMs,
      closing: this.#closing.signal,
      ignoreRange: exchange.faults.find('ignore-range') !== undefined,
    });
  }

  #refusal(exchange: Exchange, error: unknown): OssResponse {
    if (error instanceof OssError) return this.#errorAnswer(exchange, error);
    exchange.entry.failure = error;
    const cause = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    return this.#errorAnswer(
      exchange,
      new OssError('InternalError', { message: `The local server failed${cause}.` }),
    );
  }

  #errorAnswer({ entry, headers }: Exchange, error: ErrorFields): OssResponse {
    if (error.status !== 304) entry.errorCode = error.code;
    return errorAnswer({ id: entry.id, method: entry.method, host: headers.host }, error);
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
    if (this.#parts.cors && headers.origin !== undefined && entry.operation !== 'Options') {
      const exposed = ['content-length', 'date', ...Object.keys(complete)];
      Object.assign(complete, exposingHeaders(headers.origin, exposed));
    }
    await writer.write(entry.method, { ...answer, headers: complete }, faultDelivery(faults));
  }
}
