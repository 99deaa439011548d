import { connect, createServer, type Socket } from 'node:net';

/** What stands before a server and keeps every byte that passes. */
export interface RecordingProxy {
  readonly port: number;
  /** All that was sent to the server since the last {@link RecordingProxy.clear}. */
  sent(): Buffer;
  /** All that came from the server. */
  received(): Buffer;
  clear(): void;
  close(): Promise<void>;
}

/** Starts a proxy on loopback before the server at a port, which does not know of it. */
export async function startRecordingProxy(targetPort: number): Promise<RecordingProxy> {
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const [from, to, record] of [
      [client, target, sent],
      [target, client, received],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk: Buffer) => record.push(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return {
    port: address.port,
    sent: () => Buffer.concat(sent),
    received: () => Buffer.concat(received),
    clear() {
      sent.length = 0;
      received.length = 0;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
