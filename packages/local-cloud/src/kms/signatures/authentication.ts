import { createHash } from 'node:crypto';
import { equalText } from '../../common/text-equality.js';
import type { SignedRequest } from '../http/received-request.js';
import { missingParameter, ServiceError } from '../http/service-error.js';
import type { KmsAccount, KmsAccounts } from './kms-account.js';
import {
  acs3Algorithm,
  acs3CanonicalRequest,
  acs3Signature,
  acs3StringToSign,
  parseAcs3Authorization,
} from './signature-acs3.js';
import { rpcCanonicalQuery, rpcSignature, rpcStringToSign } from './signature-rpc.js';

/** How far a request's time may be from the server's, either way: 15 minutes. */
const maxSkewMs: number = 15 * 60 * 1000;

/** The signature generation of a request: RPC version 1.0 in the parameters, or ACS3 in the headers. */
export type SignatureGeneration = 'rpc-v1' | 'acs3';

/** Which generation a request is signed in, judged by where the signature is; undefined when there is none. */
export function signatureGeneration(
  headers: ReadonlyMap<string, string>,
  parameters: ReadonlyMap<string, string>,
): SignatureGeneration | undefined {
  if (headers.get('authorization')?.startsWith(acs3Algorithm) === true) return 'acs3';
  return parameters.has('Signature') || parameters.has('AccessKeyId') ? 'rpc-v1' : undefined;
}

/** Remembers which nonces were used, for as long as a request with them could still be in time. */
export class NonceRegister {
  readonly #expiryByNonce = new Map<string, number>();

  /**
   * @param nonce - unique per access key
   * @param nowMs - the server's time, milliseconds since the epoch
   * @throws ServiceError `SignatureNonceUsed` when the nonce was used within the time that requests are accepted
   */
  use(nonce: string, nowMs: number): void {
    for (const [known, expiryMs] of this.#expiryByNonce) {
      if (expiryMs >= nowMs) break;
      this.#expiryByNonce.delete(known);
    }
    if (this.#expiryByNonce.has(nonce)) throw new ServiceError('SignatureNonceUsed');
    this.#expiryByNonce.set(nonce, nowMs + 2 * maxSkewMs);
  }
}

/** What a request is measured against. */
interface AuthenticationState {
  readonly accounts: KmsAccounts;
  readonly nonces: NonceRegister;
  /** The server's time, milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Verifies a request's signature, time, nonce and security token.
 *
 * @returns the account that signed
 * @throws ServiceError with the gateway's code for what is wrong. As at the real gateway, the message of
 * `SignatureDoesNotMatch` echoes the string to sign and with it every parameter of the request.
 */
export function authenticate(request: SignedRequest, state: AuthenticationState): KmsAccount {
  const generation = signatureGeneration(request.headers, request.parameters);
  const authorization = request.headers.get('authorization');
  if (generation === undefined) {
    throw new ServiceError(authorization === undefined ? 'MissingAccessKeyId' : 'IncompleteSignature');
  }
  return generation === 'acs3'
    ? authenticateAcs3(request, authorization ?? '', state)
    : authenticateRpc(request, state);
}

function authenticateRpc(request: SignedRequest, state: AuthenticationState): KmsAccount {
  const { parameters } = request;
  const accessKeyId = parameters.get('AccessKeyId');
  if (accessKeyId === undefined || accessKeyId === '') throw new ServiceError('MissingAccessKeyId');
  const claimed = parameters.get('Signature');
  if (
    claimed === undefined ||
    parameters.get('SignatureMethod') !== 'HMAC-SHA1' ||
    parameters.get('SignatureVersion') !== '1.0'
  ) {
    throw new ServiceError('IncompleteSignature');
  }
  const timestamp = required(parameters.get('Timestamp'), 'Timestamp');
  const nonce = required(parameters.get('SignatureNonce'), 'SignatureNonce');
  const account = accountFor(state, accessKeyId, parameters.get('SecurityToken'));
  assertInTime(timestamp, state.nowMs);
  const stringToSign = rpcStringToSign(request.method, rpcCanonicalQuery(parameters));
  if (!equalText(claimed, rpcSignature(account.accessKeySecret, stringToSign))) {
    throw new ServiceError('SignatureDoesNotMatch', {
      message: `Specified signature is not matched with our calculation. server string to sign is:${stringToSign}`,
    });
  }
  state.nonces.use(`${accessKeyId}/${nonce}`, state.nowMs);
  return account;
}

function authenticateAcs3(
  request: SignedRequest,
  authorization: string,
  state: AuthenticationState,
): KmsAccount {
  const { headers } = request;
  const { accessKeyId, signedHeaders, signature } = parseAcs3Authorization(authorization);
  const date = required(headers.get('x-acs-date'), 'x-acs-date');
  const nonce = required(headers.get('x-acs-signature-nonce'), 'x-acs-signature-nonce');
  const hashedPayload = required(headers.get('x-acs-content-sha256'), 'x-acs-content-sha256');
  const unsigned = [...headers.keys()].filter(
    (name) => (name === 'host' || name.startsWith('x-acs-')) && !signedHeaders.includes(name),
  );
  if (unsigned.length > 0 || new Set(signedHeaders).size !== signedHeaders.length) {
    throw new ServiceError('IncompleteSignature', {
      message: `The request signature does not conform to Alibaba Cloud standards. unsigned: ${unsigned.join(';')}`,
    });
  }
  if ((headers.get('x-acs-accesskey-id') ?? accessKeyId) !== accessKeyId) {
    throw new ServiceError('IncompleteSignature');
  }
  const token = headers.get('x-acs-security-token') ?? request.parameters.get('SecurityToken');
  const account = accountFor(state, accessKeyId, token);
  assertInTime(date, state.nowMs);
  const canonicalRequest = acs3CanonicalRequest({ ...request, signedHeaders, hashedPayload });
  const stringToSign = acs3StringToSign(canonicalRequest);
  if (
    hashedPayload !== createHash('sha256').update(request.body).digest('hex') ||
    !equalText(signature, acs3Signature(account.accessKeySecret, stringToSign))
  ) {
    throw new ServiceError('SignatureDoesNotMatch', {
      message: `Specified signature is not matched with our calculation. server string to sign is:${stringToSign} server canonicalized request is:${canonicalRequest}`,
    });
  }
  state.nonces.use(`${accessKeyId}/${nonce}`, state.nowMs);
  return account;
}

function accountFor(
  state: AuthenticationState,
  accessKeyId: string,
  securityToken: string | undefined,
): KmsAccount {
  const candidates = state.accounts.withId(accessKeyId);
  if (candidates.length === 0) throw new ServiceError('InvalidAccessKeyId.NotFound');
  const token = securityToken === '' ? undefined : securityToken;
  const account = candidates.find((candidate) => candidate.securityToken === token);
  if (account === undefined) {
    if (token === undefined) throw new ServiceError('MissingSecurityToken');
    throw new ServiceError('InvalidSecurityToken.MismatchWithAccessKey');
  }
  if (account.expiresAt !== undefined && account.expiresAt.getTime() <= state.nowMs) {
    throw new ServiceError('InvalidSecurityToken.Expired');
  }
  return account;
}

function assertInTime(text: string, nowMs: number): void {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text)) {
    throw new ServiceError('InvalidTimeStamp.Format');
  }
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs)) throw new ServiceError('InvalidTimeStamp.Format');
  if (Math.abs(timeMs - nowMs) > maxSkewMs) throw new ServiceError('InvalidTimeStamp.Expired');
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw missingParameter(name);
  return value;
}
