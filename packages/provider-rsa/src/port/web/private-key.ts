import { AlgorithmNotSupportedError, KeyUnwrapError, MasterKeyError } from '@oss-envelope/core';
import { passphraseMissing } from '../../keys/key-errors.js';
import { privateHalf } from '../../keys/key-half.js';
import { classifyPrivateKey, type PrivateKeyMaterial } from '../../keys/key-material.js';
import {
  bitLength,
  padWithLeadingZeros,
  privateComponentsOfJwk,
  privateJwk,
  type RsaPrivateComponents,
} from '../../keys/rsa-components.js';
import { privateComponentsOfPkcs1, privateComponentsOfPkcs8 } from '../../keys/rsa-key-der.js';
import type { HmacSha256 } from '../pkcs1-unpadding.js';
import type { Awaitable, OpenPrivateKey, RsaPortOptions, RsaPrivateKey } from '../rsa-port.js';
import { decryptOaep } from './oaep.js';
import { openSealedPrivateKey } from './sealed-key.js';
import { importKey, kept, keptForEach, known, whenKnown } from './web-key.js';

/**
 * Opens a private key for Web Crypto. PKCS#1 v1.5, which it lacks, is done with big integers, on request only. A page
 * loads that, and what opens encrypted keys, when it is needed.
 */
export const openPrivateKey: OpenPrivateKey = (input, options) => {
  const material = classifyPrivateKey(input);
  if (material.kind === 'crypto-key' && !material.key.extractable) return openSealedPrivateKey(material.key);
  return whenKnown(readPrivateKey(material, options.passphrase), (components) =>
    usePrivateKey(components, options),
  );
};

function usePrivateKey(
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
      const [{ decryptRaw }, { unpadPkcs1 }] = await Promise.all([
        import('./pkcs1.js'),
        import('../pkcs1-unpadding.js'),
      ]);
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

function readPrivateKey(
  material: PrivateKeyMaterial,
  passphrase: string | undefined,
): Awaitable<RsaPrivateComponents> {
  switch (material.kind) {
    case 'components':
      return material.components;
    case 'der':
      if (material.structure === 'pkcs8') return privateComponentsOfPkcs8(material.der);
      if (material.structure === 'pkcs1') return privateComponentsOfPkcs1(material.der);
      if (passphrase === undefined) throw passphraseMissing(privateHalf);
      return decrypted(material.der, passphrase);
    case 'key-object':
      return known(privateHalf, privateComponentsOfJwk(material.key.export({ format: 'jwk' })));
    case 'crypto-key':
      return crypto.subtle
        .exportKey('jwk', material.key as CryptoKey)
        .then((jwk) => known(privateHalf, privateComponentsOfJwk(jwk)));
    case 'encrypted-pem':
      throw new MasterKeyError(
        'privateKey is encrypted in an old way that only Node opens here. Encrypt it again with openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE.',
      );
  }
}

async function decrypted(der: Uint8Array<ArrayBuffer>, passphrase: string): Promise<RsaPrivateComponents> {
  const { decryptPkcs8 } = await import('../../keys/encrypted-pkcs8.js');
  return privateComponentsOfPkcs8(await decryptPkcs8(der, passphrase));
}
