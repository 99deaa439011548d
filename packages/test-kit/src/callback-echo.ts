import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that answers each request with the body that it was sent, as callbacks of OSS are tried with. */
export async function startCallbackEcho(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => void request.pipe(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
