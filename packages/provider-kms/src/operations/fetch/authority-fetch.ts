import { Agent, request } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch } from './fetch-call.js';

/**
 * A `fetch` that trusts the given authorities, and only those, on connections that are kept.
 *
 * @param ca PEM certificates
 */
export function authorityFetch(ca: string): Fetch {
  const agent = new Agent({ keepAlive: true, ca, rejectUnauthorized: true });
  return (url, { method, headers, body = '', signal }) =>
    new Promise((resolve, reject) => {
      const sized = { ...headers, 'content-length': body.length };
      const outgoing = request(url, { method, headers: sized, agent, signal });
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => {
        const body = Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
        resolve(new Response(body, { status: incoming.statusCode ?? 0 }));
      });
      outgoing.end(body);
    });
}
