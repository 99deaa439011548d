import { Buffer } from 'node:buffer';

/** Base64 by Node. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Node decodes whatever it is given. What is canonical is what comes back when it is encoded again. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  // Not in Node's pool, of which each small Buffer shows all, a decoded key too.
  const bytes = new Uint8Array(Buffer.byteLength(text, 'base64'));
  const view = Buffer.from(bytes.buffer);
  view.write(text, 'base64');
  return view.toString('base64') === text ? bytes : undefined;
}
