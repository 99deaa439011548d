import { Buffer } from 'node:buffer';

/** Base64 by Node. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Short texts are decoded here first: memory that Node makes for each of them costs more than all the rest. */
const scratch = Buffer.alloc(512);

/** Node decodes whatever it is given. What is canonical is what comes back when it is encoded again. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const sizeBytes = Buffer.byteLength(text, 'base64');
  const isShort = sizeBytes <= scratch.length;
  // Not in Node's pool, of which each small Buffer shows all, a decoded key too.
  const view = isShort ? scratch : Buffer.allocUnsafeSlow(sizeBytes);
  view.write(text, 'base64');
  const isCanonical = view.toString('base64', 0, sizeBytes) === text;
  const bytes = isShort ? new Uint8Array(view.subarray(0, sizeBytes)) : new Uint8Array(view.buffer);
  if (isShort) scratch.fill(0, 0, sizeBytes);
  return isCanonical ? bytes : undefined;
}
