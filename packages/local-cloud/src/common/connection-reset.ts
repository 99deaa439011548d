import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Ends a connection as a broken network does: by a TCP reset, or under TLS without its closing alert. */
export function resetConnection(socket: Socket | null): void {
  if (!socket || socket.destroyed) return;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
