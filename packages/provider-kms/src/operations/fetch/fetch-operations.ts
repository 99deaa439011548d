import type { Credentials } from '../../credentials.js';
import type { KmsEndpoint } from '../../options/kms-endpoint.js';
import type { CallControl, KmsAction, KmsAnswer, KmsOperations } from '../kms-operations.js';
import { garbledAnswerError, refusalError } from '../service-refusal.js';
import { authorization, canonicalQuery, emptyBodyHash } from './acs3-signature.js';

/** What is used of `fetch`. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

/** What is given to `fetch`. */
export interface FetchInit {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** What signed requests need. */
export interface FetchOperationsOptions {
  readonly endpoint: KmsEndpoint;
  /** Gives the credentials of one request. */
  readonly credentials: () => Promise<Credentials>;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch: the time of the signature. */
  readonly now: () => number;
}

const apiVersion = '2016-01-20';
/** Answers are a few hundred bytes; what is longer is not one. */
const maxAnswerBytes = 256 * 1024;

/**
 * The operations by requests that are signed here (ACS3-HMAC-SHA256) and sent by `fetch`. Parameters travel in the
 * query string, as the official clients have it.
 */
export function fetchOperations(options: FetchOperationsOptions): KmsOperations {
  const call = (
    action: KmsAction,
    parameters: Readonly<Record<string, string | undefined>>,
    control: CallControl,
  ): Promise<KmsAnswer> => exchange(options, action, defined(parameters), control);
  return {
    generateDataKey: (parameters, control) =>
      call(
        'GenerateDataKey',
        {
          KeyId: parameters.keyId,
          KeySpec: parameters.keySpec,
          NumberOfBytes: String(parameters.numberOfBytes),
          EncryptionContext: parameters.encryptionContext,
        },
        control,
      ),
    encrypt: (parameters, control) =>
      call(
        'Encrypt',
        {
          KeyId: parameters.keyId,
          Plaintext: parameters.plaintext,
          EncryptionContext: parameters.encryptionContext,
        },
        control,
      ),
    decrypt: (parameters, control) =>
      call(
        'Decrypt',
        { CiphertextBlob: parameters.ciphertextBlob, EncryptionContext: parameters.encryptionContext },
        control,
      ),
  };
}

async function exchange(
  options: FetchOperationsOptions,
  action: KmsAction,
  parameters: Readonly<Record<string, string>>,
  { signal }: CallControl,
): Promise<KmsAnswer> {
  const { endpoint, fetch } = options;
  const credentials = await options.credentials();
  const signed: Record<string, string> = {
    host: endpoint.host,
    'x-acs-action': action,
    'x-acs-content-sha256': emptyBodyHash,
    'x-acs-date': new Date(options.now()).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    'x-acs-signature-nonce': nonce(),
    'x-acs-version': apiVersion,
  };
  if (credentials.securityToken !== undefined) {
    signed['x-acs-accesskey-id'] = credentials.accessKeyId;
    signed['x-acs-security-token'] = credentials.securityToken;
  }
  const request = { parameters, headers: signed };
  const { host: _setByFetch, ...headers } = signed;
  signal.throwIfAborted();
  const response = await fetch(`${endpoint.protocol}://${endpoint.host}/?${canonicalQuery(parameters)}`, {
    method: 'POST',
    headers: {
      ...headers,
      accept: 'application/json',
      authorization: await authorization(request, credentials.accessKeyId, credentials.accessKeySecret),
    },
    // A redirect would carry the signed request elsewhere.
    redirect: 'manual',
    signal,
  });
  return readAnswer(action, response);
}

async function readAnswer(action: KmsAction, response: Response): Promise<KmsAnswer> {
  const body = parseObject(await readText(response));
  if (body === undefined) throw garbledAnswerError(action);
  if (response.status !== 200) {
    throw refusalError(action, {
      status: response.status,
      code: body.Code ?? body.code,
      requestId: body.RequestId ?? body.requestId,
    });
  }
  return { ciphertextBlob: body.CiphertextBlob, plaintext: body.Plaintext, requestId: body.RequestId };
}

/** The body's text; undefined when it is too long to be an answer of KMS. */
async function readText(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  for (let sizeBytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    sizeBytes += value.length;
    if (sizeBytes > maxAnswerBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function defined(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

function nonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
