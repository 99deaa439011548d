import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** An answer on its way, which the proxy may change. */
export interface PassingAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  /**
   * What becomes of the connection, which the answer says is kept: it is closed right after the answer, or reset when the
   * next request comes on it.
   */
  afterwards?: 'closes' | 'resets-next';
}

/** A proxy that answers what it likes. */
export interface LyingProxy {
  readonly origin: string;
  /** Changes an answer in place. The request is `METHOD` and path as they came. */
  lie: (request: IncomingMessage, answer: PassingAnswer) => void;
  /** The requests that passed. */
  readonly seen: IncomingMessage[];
  close(): Promise<void>;
}

/** Starts a proxy on loopback before the server at a port. Until told otherwise it tells the truth. */
export async function startLyingProxy(targetPort: number): Promise<LyingProxy> {
  const broken = new WeakSet<Socket>();
  const server = createServer(async (incoming, outgoing) => {
    if (broken.has(incoming.socket)) {
      incoming.socket.resetAndDestroy();
      return;
    }
    try {
      proxy.seen.push(incoming);
      const body = await bytesOf(incoming);
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const { method, url: path, headers } = incoming;
        const options = { host: '127.0.0.1', port: targetPort, method, path, headers };
        send(options, resolve).on('error', reject).end(body);
      });
      const passing: PassingAnswer = {
        status: answer.statusCode ?? 0,
        headers: { ...answer.headers },
        body: await bytesOf(answer),
      };
      delete passing.headers.connection;
      delete passing.headers['keep-alive'];
      proxy.lie(incoming, passing);
      const headers = Object.entries(passing.headers).filter(([, value]) => value !== undefined);
      outgoing.writeHead(passing.status, Object.fromEntries(headers) as Record<string, string | string[]>);
      if (passing.afterwards === 'closes') outgoing.once('finish', () => incoming.socket.end());
      if (passing.afterwards === 'resets-next') broken.add(incoming.socket);
      outgoing.end(passing.body);
    } catch {
      outgoing.destroy();
    }
  });
  const proxy: LyingProxy = {
    origin: '',
    lie: () => {},
    seen: [],
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
