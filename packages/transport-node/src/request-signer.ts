import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { AliOssHttp, AliOssRequest, InnerAliOssClient } from './ali-oss-client.js';
import { headerTexts } from './header-texts.js';

/** A request as it goes over the wire, but for its body. */
export interface SignedRequest {
  readonly url: URL;
  readonly method: string;
  /** With the signature, so for the wire only. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's agent for the URL's scheme; node:http's global one when undefined. */
  readonly agent: HttpAgent | HttpsAgent | undefined;
}

/** Finds the URL of a request and signs it. The signature holds for some minutes, so it is made just before sending. */
export type RequestSigner = (request: AliOssRequest) => Promise<SignedRequest>;

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
 * Signs with an ali-oss client: its credentials and their refresh, signature version, endpoint and agents are used,
 * its HTTP is not. ali-oss 6.23 with urllib 2 has one time-out for a whole request, no cancellation, loses errors of a
 * source stream and the XML of errors to HEAD and getStream, and keeps body and credentials in its errors' `params`.
 * Its HTTP client is made to be replaced: the option `urllib` does it for all requests.
 *
 * @throws what the client's own `refreshSTSToken` throws, as it is
 */
export function createRequestSigner(client: InnerAliOssClient): RequestSigner {
  // A proxy and not a derived object: what ali-oss sets on `this` (the time of the last token refresh) must reach the client.
  const view = new Proxy(client, {
    get: (target, property) => (property === 'urllib' ? capturing : Reflect.get(target, property)),
  });
  return async (request) => {
    // ali-oss writes into the headers it is given.
    const captured = (await view.request({ ...request, headers: { ...request.headers } })) as Captured;
    const url = new URL(captured.url);
    const { method, headers, agent, httpsAgent } = captured.params;
    return {
      url,
      method,
      headers: headerTexts(headers),
      agent: url.protocol === 'https:' ? httpsAgent : agent,
    };
  };
}
