import { copyBytes } from '@oss-envelope/core/adapter';
import { publicComponentsOfJwk, type RsaPublicComponents } from '../../keys/rsa-components.js';
import type { RsaJwk } from '../../keys/rsa-key-input.js';
import type { OpenPublicKey } from '../rsa-port.js';
import { jwkOfObject, jwkOfPem, otherForms, type PlainForm } from './plain-key.js';
import { usePublicKey } from './wrapping-key.js';

const form: PlainForm = {
  role: 'publicKey',
  pem: /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/,
  format: 'spki',
  use: 'encrypt',
};

/**
 * Opens a public key for Web Crypto, for pages. The two usual forms, PEM and a JSON Web Key, take nothing else. What
 * reads the others, and says what is wrong with a key, is loaded when one is given.
 */
export const openPublicKey: OpenPublicKey = async (input, options) => {
  // The caller may change bytes as soon as this has returned.
  const own = copyBytes(input) ?? input;
  const components = componentsOf(typeof own === 'string' ? await jwkOfPem(own, form) : jwkOfObject(own));
  if (components !== undefined) return usePublicKey(components, options);
  const others = await otherForms(form, import('./public-key.js'));
  return others.openPublicKey(own, options);
};

function componentsOf(jwk: RsaJwk | undefined): RsaPublicComponents | undefined {
  return jwk?.d === undefined ? jwk && publicComponentsOfJwk(jwk) : undefined;
}
