import { createDecipheriv, createHash } from 'node:crypto';
import type { PemBlock } from '../../keys/pem.js';

// The ciphers that OpenSSL and pycryptodome name in DEK-Info, with their key sizes in bytes.
const keyBytesByCipher: ReadonlyMap<string, number> = new Map([
  ['DES-EDE3-CBC', 24],
  ['AES-128-CBC', 16],
  ['AES-192-CBC', 24],
  ['AES-256-CBC', 32],
]);

/**
 * The DER in a PEM block that is encrypted with a `DEK-Info` header (RFC 1421 §4.6.1.3). The key is made from the
 * passphrase as OpenSSL does it (EVP_BytesToKey, MD5, one round). `undefined` when it does not open. Node opens such
 * private keys itself. Public keys it does not, and oss2 2.10.0 encrypts those too when it is given a passphrase.
 */
export function decryptLegacyPem(block: PemBlock, passphrase: string): Buffer | undefined {
  const [cipher = '', ivHex = ''] = (block.headers.get('dek-info') ?? '').split(',');
  const keyBytes = keyBytesByCipher.get(cipher);
  const iv = Buffer.from(ivHex, 'hex');
  if (keyBytes === undefined) return undefined;
  let key = Buffer.alloc(0);
  let digest = Buffer.alloc(0);
  while (key.length < keyBytes) {
    digest = createHash('md5').update(digest).update(passphrase, 'utf8').update(iv.subarray(0, 8)).digest();
    key = Buffer.concat([key, digest]);
  }
  try {
    const decipher = createDecipheriv(cipher.toLowerCase(), key.subarray(0, keyBytes), iv);
    return Buffer.concat([decipher.update(block.bytes), decipher.final()]);
  } catch {
    return undefined;
  }
}
