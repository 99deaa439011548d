import { copyBytes } from '@oss-envelope/core/adapter';
import { privateComponentsOfJwk } from '../../keys/rsa-components.js';
import type { OpenPrivateKey } from '../rsa-port.js';
import { jwkOfObject, jwkOfPem, otherForms, type PlainForm } from './plain-key.js';
import { usePrivateKey } from './unwrapping-key.js';

const form: PlainForm = {
  role: 'privateKey',
  pem: /^-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PRIVATE KEY-----\s*$/,
  format: 'pkcs8',
  use: 'decrypt',
};

/** Opens a private key for Web Crypto, as `openPublicKey` a public one. */
export const openPrivateKey: OpenPrivateKey = async (input, options) => {
  const own = copyBytes(input) ?? input;
  const jwk = typeof own === 'string' ? await jwkOfPem(own, form) : jwkOfObject(own);
  const components = jwk && privateComponentsOfJwk(jwk);
  if (components !== undefined) return usePrivateKey(components, options);
  const others = await otherForms(form, import('./private-key.js'));
  return others.openPrivateKey(own, options);
};
