import { createHash, createHmac, randomUUID } from 'node:crypto';
import { defaultKmsAccount, type KmsAccount } from '../src/kms/signatures/kms-account.js';

/** A request as the 2.x and 3.x clients send it, and the ways in which a test may spoil it. */
export interface Acs3Call {
  readonly action: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly account?: KmsAccount;
  readonly timeMs?: number;
  readonly nonce?: string;
  readonly method?: string;
  /** Headers that are sent and signed in place of the right ones; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Names that are sent but not signed. */
  readonly unsigned?: readonly string[];
}

export interface SignedCall {
  readonly url: string;
  readonly init: RequestInit & { headers: Record<string, string> };
}

const strict = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('!', '%21')
    .replaceAll("'", '%27')
    .replaceAll('(', '%28')
    .replaceAll(')', '%29')
    .replaceAll('*', '%2A');

/** Signs a request by the documented recipe, written here once more so that it does not share the server's mistakes. */
export function signAcs3(baseUrl: string, call: Acs3Call): SignedCall {
  const account = call.account ?? defaultKmsAccount;
  const encode = (fields: Readonly<Record<string, string>> = {}): string =>
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${strict(name)}=${strict(value)}`)
      .join('&');
  const query = encode(call.query);
  const body = encode(call.form);
  const bodyHash = createHash('sha256').update(body).digest('hex');
  const headers = new Map<string, string>([
    ['host', new URL(baseUrl).host],
    ['x-acs-action', call.action],
    ['x-acs-version', '2016-01-20'],
    ['x-acs-date', new Date(call.timeMs ?? Date.now()).toISOString().replace(/\.\d+Z$/, 'Z')],
    ['x-acs-signature-nonce', call.nonce ?? randomUUID()],
    ['x-acs-content-sha256', bodyHash],
  ]);
  if (call.form !== undefined) headers.set('content-type', 'application/x-www-form-urlencoded');
  if (account.securityToken !== undefined) {
    headers.set('x-acs-security-token', account.securityToken);
    headers.set('x-acs-accesskey-id', account.accessKeyId);
  }
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
  }
  const signed = [...headers.keys()].filter((name) => call.unsigned?.includes(name) !== true).sort();
  const method = call.method ?? 'POST';
  const canonicalRequest = [
    method,
    '/',
    query,
    ...signed.map((name) => `${name}:${headers.get(name)}`),
    '',
    signed.join(';'),
    headers.get('x-acs-content-sha256') ?? bodyHash,
  ].join('\n');
  const stringToSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonicalRequest).digest('hex')}`;
  const signature = createHmac('sha256', account.accessKeySecret).update(stringToSign).digest('hex');
  headers.delete('host');
  return {
    url: `${baseUrl}/?${query}`,
    init: {
      method,
      ...(method === 'GET' ? {} : { body }),
      headers: {
        ...Object.fromEntries(headers),
        authorization: `ACS3-HMAC-SHA256 Credential=${account.accessKeyId},SignedHeaders=${signed.join(';')},Signature=${signature}`,
      },
    },
  };
}

export interface KmsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

/** Sends a request and reads the JSON of its answer. */
export async function send({ url, init }: SignedCall): Promise<KmsAnswer> {
  const response = await fetch(url, init);
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Record<string, unknown>,
  };
}

/** Signs and sends. */
export function call(baseUrl: string, request: Acs3Call): Promise<KmsAnswer> {
  return send(signAcs3(baseUrl, request));
}
