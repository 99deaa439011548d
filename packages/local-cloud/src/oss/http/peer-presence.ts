import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

const pollMs = 100;
const tables = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Whether some process on this machine holds the other end of the connection; `undefined` when nobody can tell. */
async function isPeerHeld(localPort: number, remotePort: number): Promise<boolean | undefined> {
  const port = (value: number) => `:${value.toString(16).toUpperCase().padStart(4, '0')}`;
  let read = false;
  for (const path of tables) {
    let table: string;
    try {
      table = await readFile(path, 'utf8');
      read = true;
    } catch {
      continue;
    }
    for (const line of table.split('\n')) {
      const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
      // The other end's row: its local port is our remote one. Inode 0: its process has closed it.
      if (local?.endsWith(port(remotePort)) && remote?.endsWith(port(localPort)) && inode !== '0')
        return true;
    }
  }
  return read ? false : undefined;
}

/**
 * Destroys a socket that is not being read from once its client, on the same machine, has closed it. Without reading,
 * TCP would not tell: the end of the stream waits behind the unread bytes. Only Linux can be asked; elsewhere the
 * socket stays until the server closes.
 */
export function destroyWhenPeerGone(socket: Socket): void {
  const { localPort, remotePort } = socket;
  if (localPort === undefined || remotePort === undefined) return;
  const poll = async () => {
    if (socket.destroyed) return;
    const held = await isPeerHeld(localPort, remotePort);
    if (held === false) socket.destroy();
    else if (held) setTimeout(() => void poll(), pollMs).unref();
  };
  void poll();
}
