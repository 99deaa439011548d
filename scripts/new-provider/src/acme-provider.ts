import { InvalidArgumentError, type KeyProvider, type MaterialDescription } from '@oss-envelope/core';
import { assertOptions, createSealedProvider, textRecord } from '@oss-envelope/core/adapter';

/** The calls of the service that holds the master key. They may run at the same time. */
export interface AcmeService {
  /**
   * Encrypts a key of 32 bytes, and binds `label` to it.
   *
   * @throws TransportError when the service did not answer
   */
  encrypt(key: Uint8Array, label: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /**
   * Decrypts what `encrypt` gave, under the same label.
   *
   * @throws TransportError when the service did not answer; anything else means that the key does not open
   */
  decrypt(wrapped: Uint8Array, label: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>;
}

/** What `acmeProvider` takes. */
export interface AcmeProviderOptions {
  /** The service, with the account and the master key that it uses. */
  readonly service: AcmeService;
  /** Written beside the wrapped key, so that readers find this master key among several. */
  readonly materialDescription?: MaterialDescription | undefined;
}

/**
 * Wraps the keys of the format `'sealed'` by a service that holds the master key.
 *
 * @throws InvalidArgumentError for options that are wrong
 */
export function acmeProvider(options: AcmeProviderOptions): KeyProvider {
  assertOptions('options', options, ['service', 'materialDescription']);
  const { service } = options;
  if (typeof service?.encrypt !== 'function' || typeof service.decrypt !== 'function') {
    throw new InvalidArgumentError('options.service', 'must have the methods encrypt and decrypt');
  }
  return createSealedProvider({
    wrapAlgorithm: 'acme',
    materialDescription: textRecord('options.materialDescription', options.materialDescription),
    encrypt: (key, label, signal) => service.encrypt(key, label, signal),
    decrypt: (wrapped, label, signal) => service.decrypt(wrapped, label, signal),
  });
}
