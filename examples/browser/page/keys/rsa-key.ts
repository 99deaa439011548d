import { decodeBase64, isOssEnvelopeError, type KeyProvider } from '@oss-envelope/core';
import { generateRsaKeyPair, rsaProvider, rsaPublicKeyOf } from '@oss-envelope/provider-rsa';
import { fingerprintOf } from './fingerprint.js';
import { KeyProblem } from './key-problem.js';
import type { PageKey } from './page-key.js';

const publicBlock = /-----BEGIN PUBLIC KEY-----([^-]+)-----END PUBLIC KEY-----/;
const privateBlock = /-----BEGIN ((?:RSA |ENCRYPTED )?PRIVATE KEY)-----([^-]+)-----END \1-----/;

/** A public half, and the private one if there is one. */
interface Halves {
  readonly publicKey: string;
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
 * Takes a pair, or one half, from the text of its files. A private half gives its public one.
 *
 * @throws KeyProblem
 */
export async function openRsaKey(text: string, passphrase?: string): Promise<PageKey> {
  const privateKey = privateBlock.exec(text)?.[0];
  const publicKey = publicBlock.exec(text)?.[0] ?? (await publicHalfOf(privateKey, passphrase));
  const halves: Halves = { publicKey, ...(privateKey !== undefined && { privateKey, passphrase }) };
  const provider = await checkedProvider(halves);
  return {
    provider,
    title: privateKey === undefined ? 'key.ready.rsa.public' : 'key.ready.rsa',
    canRead: privateKey !== undefined,
    formats: ['sealed', 'oss-crypto', 'client-side-encryption'],
    fingerprint: { hex: await fingerprintOf(spkiOf(publicKey)) },
  };
}

/** @throws KeyProblem for a key that cannot be used, or that the passphrase does not open */
async function publicHalfOf(privateKey: string | undefined, passphrase?: string): Promise<string> {
  if (privateKey === undefined) throw new KeyProblem('notAKey');
  return rsaPublicKeyOf({ privateKey, passphrase }).catch((cause) => {
    if (!isOssEnvelopeError(cause)) throw cause;
    throw new KeyProblem(passphrase === undefined ? 'badKey' : 'passphrase', { cause });
  });
}

/** @throws KeyProblem that says whether it is a half, the passphrase, or that the halves do not belong together */
async function checkedProvider(halves: Halves): Promise<KeyProvider> {
  try {
    return await triedProvider(halves);
  } catch (cause) {
    if (!isOssEnvelopeError(cause)) throw cause;
    const { publicKey, privateKey, passphrase } = halves;
    const areFineAlone =
      privateKey !== undefined &&
      (await isUsable({ publicKey })) &&
      (await publicHalfOf(privateKey, passphrase).then(
        (other) => isUsable({ publicKey: other, privateKey, passphrase }),
        () => false,
      ));
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
  const { wrappedKey } = await provider.wrapKey({ format: 'sealed' });
  if (halves.privateKey !== undefined)
    await provider.unwrapKey({ format: 'sealed', wrapAlgorithm: 'rsa-oaep-sha256', wrappedKey });
  return provider;
}

/** The bytes of a block of PEM. */
function spkiOf(pem: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64((publicBlock.exec(pem)?.[1] ?? '').replace(/\s+/g, ''));
  if (bytes === undefined) throw new KeyProblem('badKey');
  return Uint8Array.from(bytes);
}
