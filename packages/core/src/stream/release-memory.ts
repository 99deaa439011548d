/** Detaches the memory of buffers, which is freed at once. */
type Detach = (buffers: ArrayBuffer[]) => void;

let detach: Detach | undefined;

/** What is smaller is cheaper to leave to the collector. */
const leastBytes = 16 * 1024;

/**
 * Frees the memory of bytes now, and does not wait for the garbage collector. Until the collector runs, the pieces of
 * a large transfer would take tens of MiB, which the system has to clear first. The bytes are empty afterwards, so
 * nobody else may hold them. Small pieces, and parts of a larger buffer, are left to the collector. So is everything
 * where the runtime offers no way.
 */
export function releaseMemory(bytes: Uint8Array): void {
  if (isReleasable(bytes)) release([bytes.buffer]);
}

/** As `releaseMemory`, for several: where memory is freed by a message, one message is cheaper than many. */
export function releaseMemories(pieces: readonly Uint8Array[]): void {
  const buffers = pieces.filter(isReleasable).map(({ buffer }) => buffer);
  if (buffers.length > 0) release(buffers);
}

function isReleasable(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  const { buffer, length } = bytes;
  if (length < leastBytes || buffer.byteLength !== length) return false;
  return Object.prototype.toString.call(buffer) === '[object ArrayBuffer]';
}

function release(buffers: ArrayBuffer[]): void {
  detach ??= chooseDetach();
  detach(buffers);
}

function chooseDetach(): Detach {
  // ES2024: Node 22, Deno, Bun, workerd, browsers since 2024.
  const { transfer } = ArrayBuffer.prototype as {
    readonly transfer?: (this: ArrayBuffer, size: number) => ArrayBuffer;
  };
  if (transfer !== undefined) {
    return (buffers) => {
      for (const buffer of buffers) transfer.call(buffer, 0);
    };
  }
  try {
    // A closed port takes what is transferred to it, and drops it (HTML, "postMessage steps" without a target port).
    const { port1 } = new MessageChannel();
    port1.close();
    return (buffers) => port1.postMessage(undefined, buffers);
  } catch {
    // There is none; or, in the edge runtime of Next, one that refuses to be made.
    return () => {};
  }
}
