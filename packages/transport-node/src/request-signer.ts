import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { type Headers, InvalidArgumentError } from '@oss-envelope/core';
import {
  credentialsSource,
  isSubResource,
  type OssRequest,
  type Refusal,
  ServerClock,
  signingRemedy,
} from '@oss-envelope/core/adapter';
import type { AliOssHttp, InnerAliOssClient } from './ali-oss-client.js';

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

/** Finds the URL of a request and signs it. The signature holds for some minutes, so it is made just before sending. */
export type RequestSigner = (request: OssRequest, bucket: string) => Promise<SignedRequest>;

interface HttpParams {
  readonly method: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly agent?: HttpAgent;
  readonly httpsAgent?: HttpsAgent;
}

interface Captured {
  readonly url: string;
  readonly params: HttpParams;
}

/** Takes the place of ali-oss's HTTP client: hands the request back instead of sending it. */
const capturing: AliOssHttp = {
  request: async (url, params) => ({ status: 200, headers: {}, url, params }),
};

/**
 * Signs with an ali-oss client: its credentials, signature version, endpoint and agents are used, its HTTP is not.
 * ali-oss 6.23 with urllib 2 has one time-out for a whole request, no cancellation, loses errors of a source stream and
 * the XML of errors to HEAD and getStream, and keeps body and credentials in its errors' `params`. Its HTTP client is
 * made to be replaced: the option `urllib` does it for all requests.
 */
export function createRequestSigner(client: InnerAliOssClient): RequestSigner {
  const amendMs = (): number => Number(client.options.amendTimeSkewed ?? 0);
  const clock = new ServerClock(() => Date.now() + amendMs());
  const tokens = new TokenRenewal(client);
  // Proxies, so that what ali-oss sets on the client and its options reaches both.
  const options = new Proxy(client.options, {
    get(target, name) {
      if (name === 'amendTimeSkewed') return amendMs() + (clock.offsetMs ?? 0);
      // By itself ali-oss signs with the old token while it waits for the new one.
      return name === 'refreshSTSToken' ? undefined : Reflect.get(target, name);
    },
  });
  const view = new Proxy(client, {
    get(target, name) {
      if (name === 'options') return options;
      return name === 'urllib' ? capturing : Reflect.get(target, name);
    },
  });

  return async ({ method, key, query, headers, body }, bucket) => {
    await tokens.renewWhenDue();
    const { stsToken } = client.options;
    const parameters = Object.entries(query);
    const length = body?.kind === 'bytes' ? body.bytes.length : body?.sizeBytes;
    const captured = (await view.request({
      method,
      bucket,
      object: key,
      // ali-oss writes into them, and guesses a type from the key for what has none.
      headers: {
        'accept-encoding': 'identity',
        ...((method === 'PUT' || method === 'POST') && { 'content-type': 'application/octet-stream' }),
        ...headers,
      },
      // ali-oss 6.23 with V1 signs all of `subres` and nothing of `query`.
      subres: Object.fromEntries(parameters.filter(([name]) => isSubResource(name))),
      query: Object.fromEntries(parameters.filter(([name]) => !isSubResource(name))),
    })) as Captured;
    const url = new URL(captured.url);
    const { params } = captured;
    const signed = Object.entries(params.headers).map(([name, value]) => [name, String(value)]);
    // A body of unknown length goes out chunked. An exact length, 0 included, is not among what is signed.
    if (length !== undefined) signed.push(['content-length', String(length)]);
    return {
      url,
      method: params.method,
      headers: Object.fromEntries(signed),
      agent: url.protocol === 'https:' ? params.httpsAgent : params.agent,
      remedy: signingRemedy(clock, () => tokens.reject(stsToken)),
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

  /** The server refused this token. Returns whether a new one can be had. */
  reject(token: string | undefined): boolean {
    const { stsToken, refreshSTSToken } = this.#client.options;
    if (!stsToken || typeof refreshSTSToken !== 'function') return false;
    // Another request that was refused may have renewed it already.
    if (token === stsToken) this.#isDue = true;
    return true;
  }

  /**
   * As ali-oss has it, a token is renewed `refreshSTSTokenInterval` after its first use; and when the server refused it.
   *
   * @throws TransportError when `refreshSTSToken` fails; InvalidArgumentError when it gives no credentials
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
    await this.#pending;
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
