const tagOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

/**
 * Whether a value is a Uint8Array (a Buffer too), of this realm or another: an iframe, a vm context, Jest's jsdom.
 * `instanceof` knows this realm only. The tag is read by the built-in getter, which a foreign object cannot forge.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && tagOfTypedArray?.call(value) === 'Uint8Array';
}

/**
 * A copy of the bytes of an ArrayBuffer, a SharedArrayBuffer or any view of one, of this realm or another; undefined
 * for other values. The copy is in memory that is not shared.
 */
export function copyBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return isBuffer(value) ? new Uint8Array(new Uint8Array(value)) : undefined;
}

/** What a runtime's cryptography gave, in memory of its own: it may be cut out of memory that others have a part of. */
export function aloneBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return buffer.byteLength === byteLength ? new Uint8Array(buffer as ArrayBuffer) : Uint8Array.from(bytes);
}

/** The getters of `byteLength` throw for anything but a buffer of their kind, of whatever realm. */
function isBuffer(value: unknown): value is ArrayBuffer {
  // Pages that are not isolated have no SharedArrayBuffer.
  const kinds = typeof SharedArrayBuffer === 'undefined' ? [ArrayBuffer] : [ArrayBuffer, SharedArrayBuffer];
  return kinds.some(({ prototype }) => {
    try {
      return Reflect.get(prototype, 'byteLength', value) !== undefined;
    } catch {
      return false;
    }
  });
}

/**
 * Whether two byte sequences are equal. The time depends on their lengths only, as far as a JavaScript engine can
 * promise that.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
