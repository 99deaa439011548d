import type { FileHandle } from 'node:fs/promises';

const readBytes = 1024 * 1024;

/**
 * A file's bytes from `offsetBytes` on, `lengthBytes` of them or all, through two buffers: one is filled while the
 * other is in use. A chunk is valid until the next one is asked for.
 */
export async function* readChunks(
  handle: FileHandle,
  offsetBytes: number = 0,
  lengthBytes: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  const buffers = [new Uint8Array(readBytes), new Uint8Array(readBytes)] as const;
  let position = offsetBytes;
  const read = async (turn: number): Promise<number> => {
    const wanted = Math.min(readBytes, offsetBytes + lengthBytes - position);
    if (wanted <= 0) return 0;
    const { bytesRead } = await handle.read(buffers[turn % 2] as Uint8Array, 0, wanted, position);
    position += bytesRead;
    return bytesRead;
  };
  let reading = read(0);
  try {
    for (let turn = 0; ; turn++) {
      const bytesRead = await reading;
      if (bytesRead === 0) return;
      reading = read(turn + 1);
      yield (buffers[turn % 2] as Uint8Array).subarray(0, bytesRead);
    }
  } finally {
    // The handle must not be closed under a read.
    await reading.catch(() => {});
  }
}

/** Writes all of the bytes from `offsetBytes` on; the system may take fewer than it is given. */
export async function writeAt(handle: FileHandle, offsetBytes: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const at = offsetBytes + written;
    written += (await handle.write(bytes, written, bytes.length - written, at)).bytesWritten;
  }
}
