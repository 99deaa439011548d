import type { AddressInfo, Server } from 'node:net';

/** Lets a server listen; gives the port. @throws What `net.Server.listen` reports, such as EADDRINUSE. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}
