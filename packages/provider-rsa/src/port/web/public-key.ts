import { MasterKeyError } from '@oss-envelope/core';
import { publicHalf } from '../../keys/key-half.js';
import { classifyPublicKey, type PublicKeyMaterial } from '../../keys/key-material.js';
import { publicComponentsOfJwk, type RsaPublicComponents } from '../../keys/rsa-components.js';
import { publicComponentsOfPkcs1, publicComponentsOfSpki } from '../../keys/rsa-key-der.js';
import type { Awaitable, OpenPublicKey } from '../rsa-port.js';
import { openSealedPublicKey } from './sealed-key.js';
import { known, whenKnown } from './web-key.js';
import { usePublicKey } from './wrapping-key.js';

/** Opens a public key in any form for Web Crypto. What is known at once is checked at once. */
export const openPublicKey: OpenPublicKey = (input, options) => {
  const material = classifyPublicKey(input);
  if (material.kind === 'crypto-key' && !material.key.extractable) return openSealedPublicKey(material.key);
  return whenKnown(readPublicKey(material), (components) => usePublicKey(components, options));
};

function readPublicKey(material: PublicKeyMaterial): Awaitable<RsaPublicComponents> {
  switch (material.kind) {
    case 'components':
      return material.components;
    case 'der':
      return material.structure === 'spki'
        ? publicComponentsOfSpki(material.der)
        : publicComponentsOfPkcs1(material.der);
    case 'key-object':
      return known(publicHalf, publicComponentsOfJwk(material.key.export({ format: 'jwk' })));
    case 'crypto-key':
      return crypto.subtle
        .exportKey('jwk', material.key as CryptoKey)
        .then((jwk) => known(publicHalf, publicComponentsOfJwk(jwk)));
    case 'encrypted-pem':
      throw new MasterKeyError(
        'publicKey is encrypted, which only Node opens here, and which a public key needs not be. Take it out of the private key with openssl rsa -pubout -in FILE.',
      );
  }
}
