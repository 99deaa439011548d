import { MasterKeyError } from '@oss-envelope/core';
import { copyBytes, decodeBase64 } from '@oss-envelope/core/adapter';
import { publicComponentsOfJwk, type RsaPublicComponents } from '../../keys/rsa-components.js';
import type { RsaJwk, RsaKeyInput } from '../../keys/rsa-key-input.js';
import type { OpenPublicKey, RsaPublicKey } from '../rsa-port.js';
import { oaepKeys } from './oaep.js';
import { usePublicKey } from './wrapping-key.js';

type Options = Parameters<OpenPublicKey>[1];

/** PEM as `generateRsaKeyPair` and openssl write it (RFC 7468 §3). */
const plainPem = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/;

/**
 * Opens a public key for Web Crypto, for pages that only write. The two usual forms, PEM and a JSON Web Key, take nothing
 * else. What reads the others, and says what is wrong with a key, is loaded when one is given.
 */
export const openPublicKey: OpenPublicKey = (input, options) => {
  if (typeof input === 'string') return openText(input, options);
  const components = plainJwk(input);
  return components === undefined
    ? openOther(copyBytes(input) ?? input, options)
    : usePublicKey(components, options);
};

async function openText(text: string, options: Options): Promise<RsaPublicKey> {
  const der = decodeBase64(plainPem.exec(text)?.[1]?.replace(/\s+/g, '') ?? '');
  const components = der && (await componentsOfSpki(der));
  return components === undefined ? await openOther(text, options) : usePublicKey(components, options);
}

/** The numbers, as the runtime reads them; undefined for what it does not take. */
async function componentsOfSpki(der: Uint8Array<ArrayBuffer>): Promise<RsaPublicComponents | undefined> {
  try {
    const key = await crypto.subtle.importKey('spki', der, oaepKeys['rsa-oaep-sha1'], true, ['encrypt']);
    return publicComponentsOfJwk(await crypto.subtle.exportKey('jwk', key));
  } catch {
    return undefined;
  }
}

function plainJwk(input: RsaKeyInput): RsaPublicComponents | undefined {
  if (typeof input !== 'object' || input === null || !('kty' in input)) return undefined;
  const { kty, d }: RsaJwk = input;
  return kty === 'RSA' && d === undefined ? publicComponentsOfJwk(input) : undefined;
}

async function openOther(input: RsaKeyInput, options: Options): Promise<RsaPublicKey> {
  const module = await import('./public-key.js').catch(() => {
    throw new MasterKeyError(
      'publicKey is neither PEM that begins with BEGIN PUBLIC KEY nor a JSON Web Key, and the module of this package that reads other forms could not be loaded. Check that all files of the page are served, and make the provider again.',
    );
  });
  return await module.openPublicKey(input, options);
}
