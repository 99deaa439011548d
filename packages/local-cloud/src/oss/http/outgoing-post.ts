import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What came back of a POST. */
export interface PostAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * Sends a POST on a connection of its own and reads the answer. Redirects are not followed.
 * @param limitBytes A longer answer rejects.
 * @param signal Ends the exchange.
 */
export function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  limitBytes: number,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const content = Buffer.from(body, 'utf8');
  return new Promise((resolve, reject) => {
    const outgoing = send(
      url,
      { method: 'POST', agent: false, signal, headers: { ...headers, 'content-length': content.length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > limitBytes) incoming.destroy(new Error(`the answer is longer than ${limitBytes} bytes`));
          else chunks.push(chunk);
        });
        incoming.on('error', reject);
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks) }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}
