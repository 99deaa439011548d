import { randomBytes as nodeRandomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listen } from '../../common/listening.js';
import type { RecordedAnswer } from '../operations/actions.js';
import { defaultKmsAccount, type KmsAccount, KmsAccounts } from '../signatures/kms-account.js';
import { KeyStore } from '../storage/key-store.js';
import type { FaultPlan } from './fault-plan.js';
import { KmsService } from './kms-service.js';
import { KmsRequestLog } from './request-log.js';

const ownerId = '1234567890123456';
/** Room for an `Encrypt` of 6 KB and a context of 8192 characters in one percent-encoded query string. */
const maxHeaderBytes = 128 * 1024;

/** How a local KMS is started. */
export interface KmsOptions {
  /** The TCP port; a free one unless given. */
  readonly port?: number;
  /** The address to listen on; `127.0.0.1` unless given. */
  readonly host?: string;
  /** Serves HTTPS with this PEM key and certificate, as the endpoint of a dedicated KMS instance does. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The credentials that are known; {@link defaultKmsAccount} unless given. */
  readonly accounts?: readonly KmsAccount[];
  /** The server's clock, milliseconds since the epoch; `Date.now` unless given. */
  readonly now?: () => number;
  /** The source of keys, ids and initial values; the platform's unless given. */
  readonly randomBytes?: (lengthBytes: number) => Uint8Array;
  /** Part of each ARN; `cn-hangzhou` unless given. */
  readonly region?: string;
  /** Whether `Encrypt` refuses a `Plaintext` that is not base64, as its documentation asks; off unless given. */
  readonly requireBase64Plaintext?: boolean;
  /** How many requests {@link LocalKms.requests} keeps; 1000 unless given. */
  readonly requestLogCapacity?: number;
}

/** A running local KMS. */
export interface LocalKms {
  /** `host:port`, as the `endpoint` of `@alicloud/kms20160120` wants it. */
  readonly endpoint: string;
  /** The endpoint with its scheme, without a slash at the end. */
  readonly url: string;
  /** The part of each ARN. */
  readonly region: string;
  /** Whom requests may be signed by. */
  readonly accounts: KmsAccounts;
  /** The master keys. */
  readonly keys: KeyStore;
  /** `Decrypt` answers by `CiphertextBlob`, given in advance: opens what other key services encrypted. */
  readonly answers: Map<string, RecordedAnswer>;
  /** The latest requests. */
  readonly requests: KmsRequestLog;
  /** What is to go wrong. */
  readonly faults: FaultPlan;
  /**
   * Makes a master key without a request.
   *
   * @param options - its description, and an alias with the prefix `alias/`
   * @returns the key's id
   */
  createKey(options?: { readonly description?: string; readonly alias?: string }): Promise<string>;
  /** Stops listening and ends every connection. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a KMS on loopback, for development and tests: RPC over HTTP, API version 2016-01-20, with both signature
 * generations verified. Its keys live in memory and are gone when it ends.
 *
 * @throws Error when it cannot listen; TypeError for an account that is not valid
 * @example
 * const kms = await startKms();
 * const keyId = await kms.createKey({ description: 'photos' });
 * // use kms.endpoint, protocol 'http', and defaultKmsAccount's credentials
 * await kms.close();
 */
export async function startKms(options: KmsOptions = {}): Promise<LocalKms> {
  const now = options.now ?? Date.now;
  const randomBytes = options.randomBytes ?? nodeRandomBytes;
  const region = options.region ?? 'cn-hangzhou';
  const host = options.host ?? '127.0.0.1';
  const service = new KmsService({
    now,
    randomBytes,
    accounts: new KmsAccounts(options.accounts ?? [defaultKmsAccount]),
    keys: new KeyStore({ region, ownerId: ownerId, now, randomBytes }),
    requests: new KmsRequestLog(options.requestLogCapacity ?? 1000),
    requireBase64Plaintext: options.requireBase64Plaintext ?? false,
    ownerId: ownerId,
  });
  const listener: RequestListener = (request, response) => {
    service.handle(request, response).catch(() => response.destroy());
  };
  const server =
    options.tls === undefined
      ? createServer({ maxHeaderSize: maxHeaderBytes }, listener)
      : createTlsServer({ ...options.tls, maxHeaderSize: maxHeaderBytes }, listener);
  const port = await listen(server, options.port ?? 0, host);
  const endpoint = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  let closed: Promise<void> | undefined;
  return {
    endpoint,
    url: `${options.tls === undefined ? 'http' : 'https'}://${endpoint}`,
    region,
    accounts: service.accounts,
    keys: service.keys,
    answers: service.answers,
    requests: service.requests,
    faults: service.faults,
    createKey: async ({ description, alias } = {}) => {
      const { keyId } = service.keys.create(description);
      if (alias !== undefined) service.keys.createAlias(alias, keyId);
      return keyId;
    },
    close: () => {
      closed ??= new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
        service.stopTimers();
      });
      return closed;
    },
  };
}
