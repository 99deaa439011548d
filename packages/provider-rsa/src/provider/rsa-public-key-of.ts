import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { assertOptions, assertWebCrypto } from '@oss-envelope/core/adapter';
import { rsaPort as defaultPort } from '#rsa-port';
import { formatPem } from '../keys/pem.js';
import { assertSoundKey } from '../keys/rsa-key-check.js';
import { spkiOfPublicComponents } from '../keys/rsa-key-der.js';
import type { RsaKeyInput } from '../keys/rsa-key-input.js';
import type { RsaPort } from '../port/rsa-port.js';
import { randomSource } from './random-source.js';

/** What `rsaPublicKeyOf` takes. */
export interface RsaPublicKeyOfOptions {
  /** In any of its usual forms. */
  readonly privateKey: RsaKeyInput;
  /** Opens a key that is encrypted; ignored for one that is not. */
  readonly passphrase?: string | undefined;
}

/**
 * The public half of a private key, in any runtime: PEM `PUBLIC KEY` (RFC 5280 §4.1). It is not secret.
 *
 * @example
 * const { publicKey, privateKey } = await generateRsaKeyPair();
 * (await rsaPublicKeyOf({ privateKey })) === publicKey; // => true
 *
 * @throws InvalidArgumentError for options that are wrong in kind
 * @throws AlgorithmNotSupportedError where the runtime has no Web Crypto
 * @throws MasterKeyError for a key that cannot be opened or used, and for a `CryptoKey` that is not extractable
 */
export async function rsaPublicKeyOf(options: RsaPublicKeyOfOptions): Promise<string> {
  return await rsaPublicKeyOfOn(defaultPort, options);
}

/** `rsaPublicKeyOf` on a given runtime's RSA. */
export async function rsaPublicKeyOfOn(port: RsaPort, options: RsaPublicKeyOfOptions): Promise<string> {
  assertOptions('options', options, ['privateKey', 'passphrase']);
  const { privateKey, passphrase } = options;
  if (privateKey === undefined) throw new InvalidArgumentError('privateKey', 'must be given');
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw new InvalidArgumentError('passphrase', 'must be a string');
  }
  assertWebCrypto();
  const opened = await port.openPrivateKey(privateKey, {
    passphrase,
    randomBytes: randomSource(undefined),
    allowPkcs1DecryptionInJavaScript: false,
  });
  assertSoundKey('privateKey', opened);
  if (opened.publicComponents === undefined) {
    throw new MasterKeyError(
      'privateKey is a CryptoKey that is not extractable, so the runtime does not give out its public half. Keep the public key that was made with it.',
    );
  }
  return formatPem('PUBLIC KEY', spkiOfPublicComponents(opened.publicComponents));
}
