import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isBase64 } from '../../common/base64.js';
import { resetConnection } from '../../common/connection-reset.js';
import {
  type HttpAnswer,
  refusalAnswer,
  sendAnswer,
  sendPreflight,
  successAnswer,
} from '../http/http-answer.js';
import { type ReceivedRequest, receiveRequest } from '../http/received-request.js';
import { ServiceError } from '../http/service-error.js';
import { type ActionAnswer, actions, type RecordedAnswer } from '../operations/actions.js';
import { authenticate, NonceRegister, signatureGeneration } from '../signatures/authentication.js';
import { type KmsAccount, type KmsAccounts, permission } from '../signatures/kms-account.js';
import type { KeyStore } from '../storage/key-store.js';
import { faultAnswer, spoiltFields } from './fault-effect.js';
import { FaultPlan, type KmsFault } from './fault-plan.js';
import type { KmsRequestLog, OpenKmsRequest } from './request-log.js';

const apiVersion = '2016-01-20';

/** What a service is made of. */
interface KmsServiceParts {
  readonly now: () => number;
  readonly randomBytes: (lengthBytes: number) => Uint8Array;
  readonly accounts: KmsAccounts;
  readonly keys: KeyStore;
  readonly requests: KmsRequestLog;
  readonly requireBase64Plaintext: boolean;
  /** The numeric id of the keys' owner. */
  readonly ownerId: string;
}

/** The KMS behind the server: takes HTTP requests, authenticates, performs and answers them. */
export class KmsService {
  readonly accounts: KmsAccounts;
  readonly keys: KeyStore;
  readonly requests: KmsRequestLog;
  readonly answers: Map<string, RecordedAnswer> = new Map();
  readonly faults: FaultPlan = new FaultPlan();
  readonly #parts: KmsServiceParts;
  readonly #nonces = new NonceRegister();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(parts: KmsServiceParts) {
    this.#parts = parts;
    this.accounts = parts.accounts;
    this.keys = parts.keys;
    this.requests = parts.requests;
  }

  /** Drops every answer that is being delayed. */
  stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /**
   * Answers one HTTP request, unless a fault says otherwise.
   *
   * @throws Error when the connection breaks before the request's end
   */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'OPTIONS') {
      sendPreflight(request, response);
      return;
    }
    const received = await receiveRequest(request);
    const entry = openEntry(received);
    this.requests.push(entry);
    const hostId = received.headers.get('host') ?? '';
    let fault: KmsFault | undefined;
    let answer: HttpAnswer;
    try {
      const account = this.#admit(received);
      const action = entry.action ?? '';
      fault = this.faults.take(action);
      entry.fault = fault?.kind;
      if (fault?.kind === 'stall') return;
      if (fault?.kind === 'reset') {
        resetConnection(request.socket);
        return;
      }
      answer =
        faultAnswer(fault, entry.requestId, hostId) ??
        successAnswer(
          spoiltFields(this.#perform(account, received, action), fault, this.#parts.randomBytes),
          entry.requestId,
        );
    } catch (error) {
      answer = refusalAnswer(error, entry.requestId, hostId);
    }
    if (fault?.kind === 'delay') await this.#wait(fault.delayMs);
    entry.status = answer.status;
    entry.code = answer.code;
    sendAnswer(response, answer, entry.requestId, this.#parts.now(), fault?.kind === 'truncate');
  }

  #admit(received: ReceivedRequest): KmsAccount {
    if (received.failure !== undefined) throw received.failure;
    if (received.method !== 'POST' && received.method !== 'GET') {
      throw new ServiceError('UnsupportedHTTPMethod');
    }
    return authenticate(received, {
      accounts: this.accounts,
      nonces: this.#nonces,
      nowMs: this.#parts.now(),
    });
  }

  #perform(account: KmsAccount, received: ReceivedRequest, name: string): ActionAnswer {
    const action = actions.get(name);
    if (action === undefined || received.path !== '/') throw new ServiceError('InvalidAction.NotFound');
    if (signedValue(received, 'x-acs-version', 'Version') !== apiVersion) {
      throw new ServiceError('InvalidVersion');
    }
    const allowed = permission(account, name);
    if (allowed.kind === 'denied') {
      throw new ServiceError('Forbidden.NoPermission', {
        accessDeniedDetail: {
          AuthAction: `kms:${name}`,
          AuthPrincipalType: account.securityToken === undefined ? 'SubUser' : 'AssumedRoleUser',
          AuthPrincipalOwnerId: this.#parts.ownerId,
          NoPermissionType: allowed.noPermissionType,
          PolicyType: 'AccountLevelIdentityBasedPolicy',
        },
      });
    }
    return action(received.parameters, {
      keys: this.keys,
      answers: this.answers,
      randomBytes: this.#parts.randomBytes,
      requireBase64Plaintext: this.#parts.requireBase64Plaintext,
    });
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, delayMs);
      this.#timers.add(timer);
    });
  }
}

/** The one of header and parameter that the request's signature covers: RPC signs no header. */
function signedValue(received: ReceivedRequest, header: string, parameter: string): string | undefined {
  return signatureGeneration(received.headers, received.parameters) === 'acs3'
    ? received.headers.get(header)
    : received.parameters.get(parameter);
}

function openEntry(received: ReceivedRequest): OpenKmsRequest {
  const { headers, parameters } = received;
  const action = signedValue(received, 'x-acs-action', 'Action');
  const plaintext = action === 'Encrypt' ? parameters.get('Plaintext') : undefined;
  return {
    method: received.method,
    rawUrl: received.rawUrl,
    headers: Object.fromEntries(headers),
    body: received.body,
    action,
    parameters: Object.fromEntries(parameters),
    generation: signatureGeneration(headers, parameters),
    plaintextIsBase64: plaintext === undefined ? undefined : isBase64(plaintext),
    status: undefined,
    code: undefined,
    requestId: randomUUID().toUpperCase(),
    fault: undefined,
  };
}
