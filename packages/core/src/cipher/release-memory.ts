/** Detaches a buffer's memory, which is freed at once. */
type Detach = (buffer: ArrayBuffer) => void;

let detach: Detach | undefined;

/** What is smaller is cheaper to leave to the collector. */
const leastBytes = 16 * 1024;

/**
 * Frees the memory of bytes now, and not when the garbage collector comes to it: until then the pieces of a large
 * transfer would pile up to tens of MiB, all of them pages that the system has to clear first. The bytes are empty
 * afterwards. For bytes that nobody else holds. A part of a larger buffer, and little, is left to the collector, and so
 * is everything where the runtime offers no way.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (bytes.length < leastBytes || buffer.byteLength !== bytes.byteLength) return;
  if (Object.prototype.toString.call(buffer) !== '[object ArrayBuffer]') return;
  detach ??= chooseDetach();
  detach(buffer as ArrayBuffer);
}

function chooseDetach(): Detach {
  // ES2024: Node 22, Deno, Bun, workerd, browsers since 2024.
  const { transfer } = ArrayBuffer.prototype as {
    readonly transfer?: (this: ArrayBuffer, size: number) => ArrayBuffer;
  };
  if (transfer !== undefined) return (buffer) => void transfer.call(buffer, 0);
  if (typeof MessageChannel !== 'function') return () => {};
  // A closed port takes what is transferred to it, and drops it (HTML, "postMessage steps" without a target port).
  const { port1 } = new MessageChannel();
  port1.close();
  return (buffer) => port1.postMessage(undefined, [buffer]);
}
