import { KeyUnwrapError } from '../../packages/core/src/errors/errors.js';

/** RSAES-OAEP of Web Crypto under SHA-256 with any label, as the ports call it with that of sealed objects. */
export async function openLabelled(
  privateKey: string,
  label: Uint8Array,
  wrapped: Uint8Array,
): Promise<Uint8Array> {
  const der = Uint8Array.from(atob(privateKey.replace(/-----[^-]+-----|\s/g, '')), (c) => c.charCodeAt(0));
  const key = await crypto.subtle.importKey('pkcs8', der, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, [
    'decrypt',
  ]);
  const algorithm = { name: 'RSA-OAEP', ...(label.length > 0 && { label: Uint8Array.from(label) }) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, Uint8Array.from(wrapped)));
  } catch {
    throw new KeyUnwrapError();
  }
}
