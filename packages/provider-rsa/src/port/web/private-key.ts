import { MasterKeyError } from '@oss-envelope/core';
import { passphraseMissing } from '../../keys/key-errors.js';
import { privateHalf } from '../../keys/key-half.js';
import { classifyPrivateKey, type PrivateKeyMaterial } from '../../keys/key-material.js';
import { privateComponentsOfJwk, type RsaPrivateComponents } from '../../keys/rsa-components.js';
import { privateComponentsOfPkcs1, privateComponentsOfPkcs8 } from '../../keys/rsa-key-der.js';
import type { Awaitable, OpenPrivateKey } from '../rsa-port.js';
import { otherForms } from './plain-key.js';
import { openSealedPrivateKey } from './sealed-key.js';
import { usePrivateKey } from './unwrapping-key.js';
import { known, whenKnown } from './web-key.js';

/**
 * Opens a private key in any form for Web Crypto. What is known at once is checked at once. A page loads what opens
 * encrypted keys when it is needed.
 */
export const openPrivateKey: OpenPrivateKey = (input, options) => {
  const material = classifyPrivateKey(input);
  if (material.kind === 'crypto-key' && !material.key.extractable) return openSealedPrivateKey(material.key);
  return whenKnown(readPrivateKey(material, options.passphrase), (components) =>
    usePrivateKey(components, options),
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
  const { decryptPkcs8 } = await otherForms(privateHalf, import('../../keys/encrypted-pkcs8.js'));
  return privateComponentsOfPkcs8(await decryptPkcs8(der, passphrase));
}
