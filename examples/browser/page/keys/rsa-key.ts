import { decodeBase64, isOssEnvelopeError, type KeyProvider } from '@oss-envelope/core';
import { generateRsaKeyPair, type RsaKeyInput, rsaProvider } from '@oss-envelope/provider-rsa';
import { fingerprintOf } from './fingerprint.js';
import { KeyProblem } from './key-problem.js';
import type { PageKey } from './page-key.js';

const publicBlock = /-----BEGIN PUBLIC KEY-----([^-]+)-----END PUBLIC KEY-----/;
const privateBlock = /-----BEGIN ((?:RSA |ENCRYPTED )?PRIVATE KEY)-----([^-]+)-----END \1-----/;

/** Makes a pair. A passphrase locks its file. */
export async function makeRsaKey(passphrase: string | undefined): Promise<PageKey> {
  const { publicKey, privateKey } = await generateRsaKeyPair({ passphrase });
  const text = `${publicKey}${privateKey}`;
  return { ...(await openRsaKey(text, passphrase)), file: { name: 'rsa-key.pem', text, isRecovery: false } };
}

/**
 * Takes a pair, or one half, from the text of its files.
 *
 * @throws KeyProblem
 */
export async function openRsaKey(text: string, passphrase?: string): Promise<PageKey> {
  const privateKey = privateBlock.exec(text)?.[0];
  const spki = publicBlock.exec(text)?.[1];
  const publicKey = spki === undefined ? await publicHalfOf(text) : bytesOf(spki);
  if (publicKey === undefined && privateKey === undefined) throw new KeyProblem('notAKey');
  try {
    const provider = rsaProvider({
      ...(publicKey !== undefined && { publicKey }),
      ...(privateKey !== undefined && { privateKey, passphrase }),
      // Without it a browser does not open what official SDKs write. Who could time this page has the key anyway.
      allowPkcs1DecryptionInJavaScript: true,
    });
    await tryOut(provider);
    return {
      provider,
      title: titleOf(publicKey, privateKey),
      canWrite: publicKey !== undefined,
      canRead: privateKey !== undefined,
      formats: ['sealed', 'oss-crypto', 'client-side-encryption'],
      fingerprint:
        publicKey === undefined
          ? { unknown: 'key.fingerprint.unknown' }
          : { hex: await fingerprintOf(publicKey) },
    };
  } catch (cause) {
    if (cause instanceof KeyProblem || !isOssEnvelopeError(cause)) throw cause;
    throw new KeyProblem(passphrase === undefined ? 'badKey' : 'passphrase', { cause });
  }
}

const titleOf = (publicKey: unknown, privateKey: unknown) => {
  if (privateKey === undefined) return 'key.ready.rsa.public';
  return publicKey === undefined ? 'key.ready.rsa.private' : 'key.ready.rsa';
};

/** Has the provider parse what it has, and sees whether the halves belong together. */
async function tryOut(provider: KeyProvider): Promise<void> {
  const canWrite = Object.keys(provider.wraps).length > 0;
  const wrapped = canWrite
    ? await provider.wrapKey({ format: 'sealed' })
    : { wrappedKey: new Uint8Array(256) };
  const wrapAlgorithm = 'rsa-oaep-sha256';
  if (!provider.unwraps.includes(wrapAlgorithm)) return;
  try {
    await provider.unwrapKey({ format: 'sealed', wrapAlgorithm, wrappedKey: wrapped.wrappedKey });
  } catch (error) {
    // A private half alone cannot open zeros, and that it tried is enough.
    if (isOssEnvelopeError(error, 'ERR_KEY_UNWRAP_FAILED') && !canWrite) return;
    throw isOssEnvelopeError(error, 'ERR_KEY_UNWRAP_FAILED') ? new KeyProblem('halves') : error;
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64(base64.replace(/\s+/g, ''));
  if (bytes === undefined) throw new KeyProblem('badKey');
  return Uint8Array.from(bytes);
}

/** The public half (SPKI) of a private key that is in PKCS #8 and not locked; undefined for others. */
async function publicHalfOf(text: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const [, label, base64] = privateBlock.exec(text) ?? [];
  if (label !== 'PRIVATE KEY' || base64 === undefined) return undefined;
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
  try {
    const privateKey = await crypto.subtle.importKey('pkcs8', bytesOf(base64), algorithm, true, ['decrypt']);
    const { n = '', e = '' } = await crypto.subtle.exportKey('jwk', privateKey);
    const jwk = { kty: 'RSA', n, e } satisfies RsaKeyInput;
    const publicKey = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['encrypt']);
    return new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  } catch (cause) {
    throw cause instanceof KeyProblem ? cause : new KeyProblem('badKey');
  }
}
