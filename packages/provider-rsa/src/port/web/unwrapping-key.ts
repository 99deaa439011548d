import { AlgorithmNotSupportedError, KeyUnwrapError } from '@oss-envelope/core';
import { loaded } from '@oss-envelope/core/adapter';
import { privateHalf } from '../../keys/key-half.js';
import {
  bitLength,
  padWithLeadingZeros,
  privateJwk,
  type RsaPrivateComponents,
} from '../../keys/rsa-components.js';
import type { HmacSha256 } from '../pkcs1-unpadding.js';
import type { RsaPortOptions, RsaPrivateKey } from '../rsa-port.js';
import { decryptOaep } from './oaep.js';
import { importKey, kept, keptForEach } from './web-key.js';

/**
 * A private key by Web Crypto. PKCS#1 v1.5, which it lacks, is done with big integers, on request only; a page loads that
 * when it is needed.
 */
export function usePrivateKey(
  components: RsaPrivateComponents,
  { randomBytes, allowPkcs1DecryptionInJavaScript }: RsaPortOptions,
): RsaPrivateKey {
  const { n, e, d } = components;
  const oaepKey = keptForEach((algorithm) =>
    importKey(privateHalf, privateJwk(components), algorithm, 'decrypt'),
  );
  const hashedExponent = kept(
    async () => new Uint8Array(await crypto.subtle.digest('SHA-256', padWithLeadingZeros(d, n.length))),
  );
  return {
    modulusBits: bitLength(n),
    publicExponent: e,
    publicComponents: { n, e },
    hashedExponent,
    async unwrap(algorithm, wrapped) {
      if (algorithm === 'rsa-pkcs1' && !allowPkcs1DecryptionInJavaScript) {
        throw new AlgorithmNotSupportedError(
          'This runtime offers no PKCS#1 v1.5 decryption. Read the object on Node, or pass allowPkcs1DecryptionInJavaScript: true after reading what that means for timing.',
        );
      }
      if (wrapped.length !== n.length) throw new KeyUnwrapError();
      if (algorithm !== 'rsa-pkcs1') return await decryptOaep(algorithm, await oaepKey(algorithm), wrapped);
      const ciphertext = Uint8Array.from(wrapped);
      const { decryptRaw, unpadPkcs1 } = await loaded(import('./pkcs1-decryption.js'));
      const encodedMessage = decryptRaw(components, ciphertext, randomBytes);
      return await unpadPkcs1(encodedMessage, ciphertext, await hashedExponent(), hmacSha256);
    },
  };
}

const hmacSha256: HmacSha256 = async (key, messages) => {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, hmac, false, ['sign']);
  return await Promise.all(
    messages.map(async (message) => new Uint8Array(await crypto.subtle.sign(hmac, imported, message))),
  );
};
