import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { type Headers, InvalidArgumentError, type PresignedUrl } from '@oss-envelope/core';
import {
  type CheckedCredentials,
  type CredentialsInput,
  credentialsSource,
  isPromise,
  type OssRequest,
  type Refusal,
  type RequestToPresign,
  ServerClock,
  signingRemedy,
} from '@oss-envelope/core/adapter';
import type { InnerAliOssClient } from './ali-oss-client.js';
import { requestHeads } from './request-head.js';
import { signUrl } from './url-signer.js';

/** A request as it goes over the wire, but for its body. */
export interface SignedRequest {
  readonly url: URL;
  readonly method: string;
  /** With the signature, so for the wire only. */
  readonly headers: Headers;
  /** The client's agent for the URL's scheme; node:http's global one when undefined. */
  readonly agent: HttpAgent | HttpsAgent | undefined;
  /** Puts right what a refusal of this request tells of: the clock, or an STS token that has ended. */
  readonly remedy: (refusal: Refusal) => string | undefined;
}

/** Signs by an ali-oss client. */
export interface AliOssSigner {
  /** Finds the URL of a request and signs it. The signature holds for some minutes, so it is made just before sending. */
  sign(request: OssRequest, bucket: string): Promise<SignedRequest>;
  /** Signs a request for someone else to send. */
  presign(request: RequestToPresign): Promise<PresignedUrl>;
  /** A request that was signed elsewhere, as it is. */
  unsigned(request: OssRequest & { readonly url: string }): SignedRequest;
}

/**
 * Signs with an ali-oss client. Its credentials, signature version, endpoint and agents are used. Its HTTP is not,
 * for these reasons in ali-oss 6.23 with urllib 2: it has one time-out for a whole request, and no cancellation. It
 * loses errors of a source stream, and the XML of errors to HEAD and getStream. And its errors keep body and
 * credentials in `params`.
 *
 * @param credentials - what to sign with in place of the client's own
 * @throws InvalidArgumentError when they cannot be used, or the client renews its own
 */
export function createAliOssSigner(client: InnerAliOssClient, credentials?: CredentialsInput): AliOssSigner {
  const clock = new ServerClock(() => localTimeMs(client));
  const identity =
    credentials === undefined ? ofClient(client) : ofSource(client, credentials, () => clock.nowMs());

  const headOf = requestHeads();
  const sign: AliOssSigner['sign'] = async ({ method, key, query, headers, body, signal }, bucket) => {
    const issue = identity(signal);
    const { credentials: own, reject } = isPromise(issue) ? await issue : issue;
    const request = {
      method,
      bucket,
      key,
      query,
      headers: {
        'accept-encoding': 'identity',
        ...((method === 'PUT' || method === 'POST') && { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
    };
    const { url, headers: signed } = headOf(
      own === undefined ? client : signingWith(client, own),
      request,
      clock.nowMs(),
    );
    const length = body?.kind === 'bytes' ? body.bytes.length : body?.sizeBytes;
    // A body of unknown length goes out chunked. An exact length, 0 included, is not among what is signed.
    if (length !== undefined) signed['content-length'] = String(length);
    return { url, method, headers: signed, agent: agentFor(url), remedy: signingRemedy(clock, reject) };
  };
  const agentFor = ({ protocol }: URL): SignedRequest['agent'] =>
    protocol === 'https:' ? client.httpsAgent : client.agent;

  return {
    sign,
    async presign(request) {
      const { credentials: own, endsAt } = await identity(request.signal);
      // By itself ali-oss names the old access key and signs with the new one when it renews.
      return signUrl(signingWith(client, { ...own, refreshSTSToken: undefined }), request, endsAt);
    },
    unsigned({ method, url: text, headers }) {
      const url = new URL(text);
      return {
        url,
        method,
        headers: { 'accept-encoding': 'identity', ...headers },
        agent: agentFor(url),
        remedy: () => undefined,
      };
    },
  };
}

/**
 * The time as the client has it, in milliseconds.
 *
 * @throws InvalidArgumentError for a correction by which it is none that a request can have
 */
function localTimeMs({ options }: InnerAliOssClient): number {
  const timeMs = Date.now() + Number(options.amendTimeSkewed ?? 0);
  if (timeMs >= 0 && timeMs <= lastTimeMs) return timeMs;
  throw new InvalidArgumentError(
    'client',
    'must correct the clock by milliseconds: the option `amendTimeSkewed` is none, or is too large',
  );
}

/** The end of the last year with four digits. */
const lastTimeMs = Date.UTC(9999, 11, 31, 23, 59, 59);

/** What one request is signed with. */
interface Issue {
  /** What takes the place of the client's own credentials, under the names of its options. */
  readonly credentials?: Readonly<Record<string, string | undefined>> | undefined;
  /** When the credentials end, where that is known: ali-oss keeps no end of its tokens. */
  readonly endsAt?: Date | undefined;
  /** Says that the server refused them, and whether asking again can give others. */
  readonly reject: () => boolean;
}

/** The client as it is now, but with some other options. */
function signingWith(
  client: InnerAliOssClient,
  options: Readonly<Record<string, unknown>>,
): InnerAliOssClient {
  // Defined, not assigned: that would fail where the client's are frozen, and call their setters.
  const members = Object.entries(options).map(([name, value]) => [name, { value }]);
  const own = Object.create(client.options, Object.fromEntries(members));
  return Object.create(client, { options: { value: own } });
}

/** A promise only where there is something to wait for: most clients have an access key that stays. */
type Identity = (signal: AbortSignal | undefined) => Issue | Promise<Issue>;

function ofClient(client: InnerAliOssClient): Identity {
  const tokens = new TokenRenewal(client);
  const issue = (): Issue => {
    const { stsToken } = client.options;
    return { reject: () => tokens.reject(stsToken) };
  };
  return () => (tokens.areRenewed ? tokens.renewWhenDue().then(issue) : issue());
}

function ofSource(client: InnerAliOssClient, credentials: CredentialsInput, now: () => number): Identity {
  const source = credentialsSource(credentials, now);
  if (typeof client.options.refreshSTSToken === 'function') {
    throw new InvalidArgumentError(
      'options.credentials',
      'must be left out for a client with refreshSTSToken, which renews its own',
    );
  }
  return async (signal) => {
    const issue: CheckedCredentials = await source.get(signal);
    const { accessKeyId, accessKeySecret, securityToken: stsToken } = issue;
    return {
      credentials: { accessKeyId, accessKeySecret, stsToken },
      endsAt: issue.expiresAt,
      reject: () => source.reject(issue),
    };
  };
}

/** Renews the STS token of a client by its `refreshSTSToken`, once for all requests that wait for it. */
class TokenRenewal {
  readonly #client: InnerAliOssClient;
  #isDue = false;
  #pending: Promise<void> | undefined;

  constructor(client: InnerAliOssClient) {
    this.#client = client;
  }

  /** Whether the client has a token, and the means to renew it. */
  get areRenewed(): boolean {
    const { stsToken, refreshSTSToken } = this.#client.options;
    return Boolean(stsToken) && typeof refreshSTSToken === 'function';
  }

  /** The server refused this token. Returns whether a new one can be had. */
  reject(token: string | undefined): boolean {
    if (!this.areRenewed) return false;
    // Another request that was refused may have renewed it already.
    if (token === this.#client.options.stsToken) this.#isDue = true;
    return true;
  }

  /**
   * As ali-oss has it, a token is renewed `refreshSTSTokenInterval` after its first use; and when the server refused it.
   *
   * @throws TransportError when `refreshSTSToken` fails after a refusal; InvalidArgumentError when it gives no
   *   credentials then
   */
  async renewWhenDue(): Promise<void> {
    const client = this.#client;
    const { stsToken, refreshSTSToken, refreshSTSTokenInterval = 300_000 } = client.options;
    if (!stsToken || typeof refreshSTSToken !== 'function') return;
    client.stsTokenFreshTime ??= new Date();
    const ageMs = Date.now() - Number(client.stsTokenFreshTime);
    if (!this.#isDue && ageMs < refreshSTSTokenInterval) return;
    this.#pending ??= this.#renew(refreshSTSToken).finally(() => {
      this.#pending = undefined;
    });
    try {
      await this.#pending;
    } catch (error) {
      // The interval says nothing of the token's end, so a token that was not refused may still serve.
      if (this.#isDue) throw error;
    }
  }

  async #renew(refresh: () => unknown): Promise<void> {
    const client = this.#client;
    const startedAt = new Date();
    const { accessKeyId, accessKeySecret, securityToken } = await credentialsSource(async () => {
      const answer = withLowerCaseNames(await refresh.call(client.options));
      const { accessKeyId, accessKeySecret, stsToken } = answer;
      return { accessKeyId, accessKeySecret, securityToken: answer.securityToken || stsToken } as never;
    }).get();
    if (securityToken === undefined) {
      throw new InvalidArgumentError(
        'refreshSTSToken',
        'must give accessKeyId, accessKeySecret and stsToken',
      );
    }
    Object.assign(client.options, { accessKeyId, accessKeySecret, stsToken: securityToken });
    client.stsTokenFreshTime = startedAt;
    this.#isDue = false;
  }
}

/** ali-oss takes the names as STS writes them, too: `AccessKeyId` for `accessKeyId`. */
function withLowerCaseNames(answer: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(Object(answer)).map(([name, value]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      value,
    ]),
  );
}
