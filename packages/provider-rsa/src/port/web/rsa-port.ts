import { AlgorithmNotSupportedError, KeyUnwrapError, MasterKeyError } from '@oss-envelope/core';
import { isPromise } from '@oss-envelope/core/adapter';
import { type KeyRole, keyErrors } from '../../keys/key-errors.js';
import {
  classifyPrivateKey,
  classifyPublicKey,
  type PrivateKeyMaterial,
  type PublicKeyMaterial,
} from '../../keys/key-material.js';
import {
  bitLength,
  padWithLeadingZeros,
  privateComponentsOfJwk,
  privateJwk,
  publicComponentsOfJwk,
  publicJwk,
  type RsaPrivateComponents,
  type RsaPublicComponents,
} from '../../keys/rsa-components.js';
import {
  privateComponentsOfPkcs1,
  privateComponentsOfPkcs8,
  publicComponentsOfPkcs1,
  publicComponentsOfSpki,
} from '../../keys/rsa-key-der.js';
import type { HmacSha256 } from '../pkcs1-unpadding.js';
import type { Awaitable, RsaPort, RsaPortOptions, RsaPrivateKey, RsaPublicKey } from '../rsa-port.js';
import {
  decryptOaep,
  encryptOaep,
  type OaepAlgorithm,
  oaepKeys,
  openSealedPrivateKey,
  openSealedPublicKey,
} from './oaep-key.js';

/**
 * RSA by Web Crypto, for browsers, edge workers and other runtimes. PKCS#1 v1.5, which it lacks, is done with big
 * integers: encryption always, decryption on request only. A page loads that, and what opens encrypted keys, when it is
 * needed.
 */
export const rsaPort: RsaPort = {
  openPublicKey(input, options) {
    const material = classifyPublicKey(input);
    if (material.kind === 'crypto-key' && !material.key.extractable) return openSealedPublicKey(material.key);
    return whenKnown(readPublicKey(material), (components) => usePublicKey(components, options));
  },
  openPrivateKey(input, options) {
    const material = classifyPrivateKey(input);
    if (material.kind === 'crypto-key' && !material.key.extractable) {
      return openSealedPrivateKey(material.key);
    }
    return whenKnown(readPrivateKey(material, options.passphrase), (components) =>
      usePrivateKey(components, options),
    );
  },
};

// What is known at once is checked at once.
function whenKnown<T, U>(value: Awaitable<T>, use: (value: T) => U): Awaitable<U> {
  return isPromise(value) ? value.then(use) : use(value);
}

function usePublicKey(components: RsaPublicComponents, { randomBytes }: RsaPortOptions): RsaPublicKey {
  const oaepKey = keptForEach((algorithm) =>
    importKey('publicKey', publicJwk(components), algorithm, 'encrypt'),
  );
  return {
    modulusBits: bitLength(components.n),
    publicExponent: components.e,
    publicComponents: components,
    async wrap(algorithm, bytes) {
      if (algorithm === 'rsa-pkcs1') {
        const { encryptPkcs1 } = await import('./pkcs1.js');
        return encryptPkcs1(components, bytes, randomBytes);
      }
      return await encryptOaep(algorithm, await oaepKey(algorithm), bytes);
    },
  };
}

function usePrivateKey(
  components: RsaPrivateComponents,
  { randomBytes, allowPkcs1DecryptionInJavaScript }: RsaPortOptions,
): RsaPrivateKey {
  const { n, e, d } = components;
  const oaepKey = keptForEach((algorithm) =>
    importKey('privateKey', privateJwk(components), algorithm, 'decrypt'),
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

/** Makes a value at first use and keeps it. A failure is not kept. */
function kept<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    value ??= make().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}

/** `kept` for each hash: in Web Crypto it belongs to the key. */
function keptForEach(
  make: (algorithm: OaepAlgorithm) => Promise<CryptoKey>,
): (algorithm: OaepAlgorithm) => Promise<CryptoKey> {
  const keys = {
    'rsa-oaep-sha1': kept(() => make('rsa-oaep-sha1')),
    'rsa-oaep-sha256': kept(() => make('rsa-oaep-sha256')),
  };
  return (algorithm) => keys[algorithm]();
}

async function importKey(
  role: KeyRole,
  jwk: JsonWebKey,
  algorithm: OaepAlgorithm,
  use: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('jwk', jwk, oaepKeys[algorithm], false, [use]);
  } catch {
    throw keyErrors.doesNotParse(role);
  }
}

const hmacSha256: HmacSha256 = async (key, messages) => {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, hmac, false, ['sign']);
  return await Promise.all(
    messages.map(async (message) => new Uint8Array(await crypto.subtle.sign(hmac, imported, message))),
  );
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
      return known('publicKey', publicComponentsOfJwk(material.key.export({ format: 'jwk' })));
    case 'crypto-key':
      return crypto.subtle
        .exportKey('jwk', material.key as CryptoKey)
        .then((jwk) => known('publicKey', publicComponentsOfJwk(jwk)));
    case 'encrypted-pem':
      throw new MasterKeyError(
        'publicKey is encrypted, which only Node opens here, and which a public key needs not be. Take it out of the private key with openssl rsa -pubout -in FILE.',
      );
  }
}

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
      if (passphrase === undefined) throw keyErrors.passphraseMissing('privateKey');
      return decrypted(material.der, passphrase);
    case 'key-object':
      return known('privateKey', privateComponentsOfJwk(material.key.export({ format: 'jwk' })));
    case 'crypto-key':
      return crypto.subtle
        .exportKey('jwk', material.key as CryptoKey)
        .then((jwk) => known('privateKey', privateComponentsOfJwk(jwk)));
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

function known<T>(role: KeyRole, components: T | undefined): T {
  if (components === undefined) throw keyErrors.doesNotParse(role);
  return components;
}
