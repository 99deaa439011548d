import { decodeBase64, isOssEnvelopeError, type KeyProvider } from '@oss-envelope/core';
import { generateRsaKeyPair, type RsaKeyInput, rsaProvider } from '@oss-envelope/provider-rsa';
import { fingerprintOf } from './fingerprint.js';
import { KeyProblem } from './key-problem.js';
import type { PageKey } from './page-key.js';

const publicBlock = /-----BEGIN PUBLIC KEY-----([^-]+)-----END PUBLIC KEY-----/;
const privateBlock = /-----BEGIN ((?:RSA |ENCRYPTED )?PRIVATE KEY)-----([^-]+)-----END \1-----/;

/** One half of a pair, or both. */
interface Halves {
  readonly publicKey?: Uint8Array<ArrayBuffer>;
  readonly privateKey?: string;
  readonly passphrase?: string | undefined;
}

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
  const halves: Halves = {
    ...(publicKey !== undefined && { publicKey }),
    ...(privateKey !== undefined && { privateKey, passphrase }),
  };
  return {
    provider: await checkedProvider(halves),
    title: titleOf(halves),
    canWrite: publicKey !== undefined,
    canRead: privateKey !== undefined,
    formats: ['sealed', 'oss-crypto', 'client-side-encryption'],
    fingerprint:
      publicKey === undefined
        ? { unknown: 'key.fingerprint.unknown' }
        : { hex: await fingerprintOf(publicKey) },
  };
}

function titleOf({ publicKey, privateKey }: Halves) {
  if (privateKey === undefined) return 'key.ready.rsa.public';
  return publicKey === undefined ? 'key.ready.rsa.private' : 'key.ready.rsa';
}

/** @throws KeyProblem that says whether it is a half, the passphrase, or that the halves do not belong together */
async function checkedProvider(halves: Halves): Promise<KeyProvider> {
  try {
    return await triedProvider(halves);
  } catch (cause) {
    if (!isOssEnvelopeError(cause)) throw cause;
    const { publicKey, privateKey, passphrase } = halves;
    const areFineAlone =
      publicKey !== undefined &&
      privateKey !== undefined &&
      (await isUsable({ publicKey })) &&
      (await isUsable({ privateKey, passphrase }));
    if (areFineAlone) throw new KeyProblem('halves', { cause });
    throw new KeyProblem(passphrase === undefined ? 'badKey' : 'passphrase', { cause });
  }
}

const isUsable = (halves: Halves): Promise<boolean> =>
  triedProvider(halves).then(
    () => true,
    () => false,
  );

/** A provider that has parsed what it has, and has opened what it wrapped if it holds both halves. */
async function triedProvider(halves: Halves): Promise<KeyProvider> {
  // Without this option a browser does not open what official SDKs write. Who could time this page has the key anyway.
  const provider = rsaProvider({ ...halves, allowPkcs1DecryptionInJavaScript: true });
  const wrapAlgorithm = 'rsa-oaep-sha256';
  const canWrite = halves.publicKey !== undefined;
  const { wrappedKey } = canWrite
    ? await provider.wrapKey({ format: 'sealed' })
    : { wrappedKey: new Uint8Array(256) };
  if (halves.privateKey === undefined) return provider;
  await provider.unwrapKey({ format: 'sealed', wrapAlgorithm, wrappedKey }).catch((error) => {
    // A private half alone cannot open zeros; that it tried is enough.
    if (canWrite || !isOssEnvelopeError(error, 'ERR_KEY_UNWRAP_FAILED')) throw error;
  });
  return provider;
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
