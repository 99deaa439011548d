import {
  dataKeyBytes,
  type KeyProvider,
  type MaterialDescription,
  sealedLabel,
  type WrapAlgorithm,
} from '../contract/key-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import {
  AlgorithmNotSupportedError,
  InvalidArgumentError,
  isOssEnvelopeError,
  KeyUnwrapError,
} from '../errors/errors.js';
import { text, textRecord } from './option-checks.js';

/** What a service or a device does that keeps the master key to itself. */
export interface KeyService {
  /** A name of its own for this way to wrap a key. Readers that do not know it pass over such keys. */
  readonly wrapAlgorithm: WrapAlgorithm;
  readonly materialDescription?: MaterialDescription | undefined;
  /**
   * Encrypts a key of 32 bytes. Keeps no reference to it.
   *
   * @param label - must be the same to decrypt: additional data of AES, a label of RSA-OAEP or an encryption context
   */
  encrypt(key: Uint8Array, label: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /**
   * Decrypts what `encrypt` gave. Every byte of `wrapped` comes from the bucket. An error that is not one of this
   * project means that it does not open. So throw a ServiceError or a TransportError when the service did not answer.
   */
  decrypt(wrapped: Uint8Array, label: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array>;
}

/**
 * A key provider of the format `'sealed'` out of two functions. It makes the keys, binds them to the format, and gives
 * the errors that the contract of `KeyProvider` asks for.
 *
 * @throws InvalidArgumentError that names the member of the service which is missing or wrong
 */
export function createSealedProvider(service: KeyService): KeyProvider {
  const wrapAlgorithm = text('service.wrapAlgorithm', service.wrapAlgorithm);
  const materialDescription = textRecord('service.materialDescription', service.materialDescription);
  for (const name of ['encrypt', 'decrypt'] as const) {
    if (typeof service[name] !== 'function') {
      throw new InvalidArgumentError(`service.${name}`, 'must be a function');
    }
  }
  const label = new TextEncoder().encode(sealedLabel);

  function assertServed(format: string, algorithm: string, context: object | undefined): void {
    if (format !== 'sealed' || algorithm !== wrapAlgorithm) {
      throw new AlgorithmNotSupportedError(
        `This provider has '${wrapAlgorithm}' in the format 'sealed' only. Use another provider for ${JSON.stringify(algorithm)} in ${JSON.stringify(format)}.`,
      );
    }
    if (context === undefined || Object.keys(context).length === 0) return;
    throw new InvalidArgumentError('context', 'must be left out: this provider does not bind one');
  }

  return {
    materialDescription,
    wraps: { sealed: wrapAlgorithm },
    unwraps: [wrapAlgorithm],

    async wrapKey({ format, context, key: given, signal }) {
      signal?.throwIfAborted();
      assertServed(format, wrapAlgorithm, context);
      const key = given ?? new SecretBytes(crypto.getRandomValues(new Uint8Array(dataKeyBytes)));
      const wrappedKey = await service.encrypt(key.bytes, label, signal);
      signal?.throwIfAborted();
      return { key, wrappedKey };
    },

    async unwrapKey({ format, context, wrapAlgorithm: algorithm, wrappedKey, signal }) {
      signal?.throwIfAborted();
      assertServed(format, algorithm, context);
      try {
        return { key: new SecretBytes(await service.decrypt(wrappedKey, label, signal)) };
      } catch (error) {
        signal?.throwIfAborted();
        // One error, whatever the reason.
        throw isOssEnvelopeError(error) ? error : new KeyUnwrapError();
      }
    },
  };
}
