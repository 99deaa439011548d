/**
 * Bytes that Web Crypto takes: it refuses those in memory that is shared between threads, or that can be resized (Web IDL,
 * BufferSource). Such ones are copied.
 */
export function subtleBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isFixed =
    Object.prototype.toString.call(buffer) === '[object ArrayBuffer]' &&
    !('resizable' in buffer && buffer.resizable);
  return isFixed ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
}
