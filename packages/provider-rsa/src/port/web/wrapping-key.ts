import { loaded } from '@oss-envelope/core/adapter';
import { bitLength, publicJwk, type RsaPublicComponents } from '../../keys/rsa-components.js';
import type { RsaPortOptions, RsaPublicKey } from '../rsa-port.js';
import { encryptOaep } from './oaep.js';
import { importKey, keptForEach } from './web-key.js';

/**
 * A public key by Web Crypto. PKCS#1 v1.5, which it lacks, is done with big integers; a page loads that when it is needed.
 */
export function usePublicKey(
  components: RsaPublicComponents,
  { randomBytes }: Pick<RsaPortOptions, 'randomBytes'>,
): RsaPublicKey {
  const oaepKey = keptForEach((algorithm) =>
    importKey({ role: 'publicKey' }, publicJwk(components), algorithm, 'encrypt'),
  );
  return {
    modulusBits: bitLength(components.n),
    publicExponent: components.e,
    publicComponents: components,
    async wrap(algorithm, bytes) {
      if (algorithm === 'rsa-pkcs1') {
        const { encryptPkcs1 } = await loaded(import('./pkcs1-encryption.js'));
        return encryptPkcs1(components, bytes, randomBytes);
      }
      return await encryptOaep(algorithm, await oaepKey(algorithm), bytes);
    },
  };
}
