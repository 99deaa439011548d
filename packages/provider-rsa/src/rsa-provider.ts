import {
  AlgorithmNotSupportedError,
  dataKeyBytes,
  InvalidArgumentError,
  type KeyProvider,
  MasterKeyError,
  type MaterialDescription,
  OutOfRangeError,
  SecretBytes,
} from '@oss-envelope/core';
import { rsaPort as defaultPort } from '#rsa-port';
import { equalPublicComponents } from './keys/rsa-components.js';
import type { RsaKeyInput } from './keys/rsa-key-input.js';
import type { Awaitable, RsaPort, RsaPrivateKey, RsaPublicKey, RsaWrapAlgorithm } from './port/rsa-port.js';

/** What `rsaProvider` takes. At least one of the keys. */
export interface RsaProviderOptions {
  /** Wraps. Without it nothing can be written. */
  readonly publicKey?: RsaKeyInput | undefined;
  /** Unwraps. Without it nothing can be read. */
  readonly privateKey?: RsaKeyInput | undefined;
  /** Opens keys that are encrypted; ignored for those that are not. */
  readonly passphrase?: string | undefined;
  /**
   * How the current format (`'client-side-encryption'`) is written: `'pkcs1'`, the default, is what every official SDK
   * reads; `'oaep-sha1'` is the stronger padding, and only oss2's LocalRsaProvider reads it. Reading takes both. The
   * documented format (`'oss-crypto'`) is always OAEP with SHA-1.
   */
  readonly padding?: 'pkcs1' | 'oaep-sha1' | undefined;
  /** Written beside the wrapped key, so that readers find this pair among several. */
  readonly materialDescription?: MaterialDescription | undefined;
  /**
   * Reads objects of a pair under 2048 bits, which are refused otherwise: such keys can be broken, or will be. Nothing
   * is ever written with one.
   */
  readonly allowSmallKeysForReading?: boolean | undefined;
  /**
   * Reads PKCS#1 v1.5 where the runtime offers nothing for it (browsers, edge workers), by big integers in JavaScript.
   * These do not take constant time: whoever can make this program read objects and time it closely may learn enough
   * to unwrap a data key. No effect on Node, and none on writing or on OAEP.
   */
  readonly allowPkcs1DecryptionInJavaScript?: boolean | undefined;
  /**
   * The source of data keys, and of padding where the runtime's own library does not make it; by default the
   * runtime's cryptographic generator. It gives a fresh array of as many bytes as it is asked for.
   */
  readonly randomBytes?: ((lengthBytes: number) => Uint8Array) | undefined;
}

/** NIST SP 800-131A: shorter moduli are not acceptable for key transport. */
const smallestModulusBits = 2048;

/** RFC 8017 §7.1.1: two hashes of 20 bytes and two more bytes. PKCS#1 v1.5 takes less. */
const oaepSha1OverheadBytes = 42;

/**
 * Wraps data keys with an RSA pair. Keys are parsed once and kept.
 *
 * @example
 * const provider = rsaProvider({ publicKey, privateKey });
 *
 * @throws InvalidArgumentError for options that are wrong in kind
 * @throws MasterKeyError for a key that cannot be used, or two that do not belong together. What a runtime finds out
 * only asynchronously (outside Node: a wrong passphrase, the inside of a `CryptoKey`) rejects at the first use instead,
 * and so does a size that does not suffice for what is asked.
 */
export function rsaProvider(options: RsaProviderOptions): KeyProvider {
  return rsaProviderOn(defaultPort, options);
}

/** `rsaProvider` on a given runtime's RSA. */
export function rsaProviderOn(port: RsaPort, options: RsaProviderOptions): KeyProvider {
  const { publicKey, privateKey, padding = 'pkcs1', allowSmallKeysForReading = false } = options;
  if (publicKey === undefined && privateKey === undefined) {
    throw new InvalidArgumentError(
      'publicKey',
      'or privateKey must be given: the first to write, the second to read',
    );
  }
  if (padding !== 'pkcs1' && padding !== 'oaep-sha1') {
    throw new InvalidArgumentError('padding', "must be 'pkcs1' or 'oaep-sha1'");
  }
  if (options.passphrase !== undefined && typeof options.passphrase !== 'string') {
    throw new InvalidArgumentError('passphrase', 'must be a string');
  }
  const materialDescription = copyDescription(options.materialDescription ?? {});
  const randomBytes = checkedRandomBytes(options.randomBytes ?? cryptographicRandomBytes);
  const portOptions = {
    passphrase: options.passphrase,
    randomBytes,
    allowPkcs1DecryptionInJavaScript: options.allowPkcs1DecryptionInJavaScript === true,
  };
  const pair = checkedPair({
    publicKey: publicKey === undefined ? undefined : port.openPublicKey(publicKey, portOptions),
    privateKey: privateKey === undefined ? undefined : port.openPrivateKey(privateKey, portOptions),
  });
  // Whoever uses the provider awaits it again and gets the reason then.
  if (pair instanceof Promise) pair.catch(() => {});

  const wraps = {
    'oss-crypto': 'rsa-oaep-sha1',
    'client-side-encryption': padding === 'pkcs1' ? 'rsa-pkcs1' : 'rsa-oaep-sha1',
  } as const;

  return {
    materialDescription,
    wraps: publicKey === undefined ? {} : wraps,
    unwraps: privateKey === undefined ? [] : ['rsa-oaep-sha1', 'rsa-pkcs1'],

    async wrapKey({ format, start, signal }) {
      signal?.throwIfAborted();
      const key = (await pair).publicKey;
      if (key === undefined) {
        throw new MasterKeyError(
          'This provider holds a private key only, which reads. Pass publicKey as well to write.',
        );
      }
      if (key.modulusBits < smallestModulusBits) {
        throw new MasterKeyError(
          `publicKey has ${key.modulusBits} bits; ${smallestModulusBits} are the least for writing. Make a larger pair, and keep this one for reading only.`,
        );
      }
      const algorithm = wraps[format];
      if (algorithm === undefined) {
        throw new AlgorithmNotSupportedError(
          `The RSA provider does not know the format ${JSON.stringify(format)}.`,
        );
      }
      const longestStartBytes = Math.ceil(key.modulusBits / 8) - oaepSha1OverheadBytes;
      if (start.length > longestStartBytes) {
        throw new OutOfRangeError('start', `must not be longer than ${longestStartBytes} bytes`);
      }
      const dataKey = randomBytes(dataKeyBytes);
      const wrappedKey = await key.wrap(algorithm, dataKey);
      const wrappedStart = await key.wrap(algorithm, start);
      signal?.throwIfAborted();
      return { dataKey: new SecretBytes(dataKey), wrappedKey, wrappedStart };
    },

    async unwrapKey({ wrapAlgorithm, wrappedKey, wrappedStart, signal }) {
      signal?.throwIfAborted();
      const key = (await pair).privateKey;
      if (key === undefined) {
        throw new MasterKeyError(
          'This provider holds a public key only, which writes. Pass privateKey as well to read.',
        );
      }
      if (key.modulusBits < smallestModulusBits && !allowSmallKeysForReading) {
        throw new MasterKeyError(
          `privateKey has ${key.modulusBits} bits, fewer than ${smallestModulusBits}. To read old objects with it nevertheless, pass allowSmallKeysForReading: true; then encrypt them anew with a larger pair.`,
        );
      }
      if (!isRsaWrapAlgorithm(wrapAlgorithm)) {
        throw new AlgorithmNotSupportedError(
          `The RSA provider does not unwrap ${JSON.stringify(wrapAlgorithm)}. Give the bucket a provider of that kind.`,
        );
      }
      const [dataKey, start] = await Promise.all([
        key.unwrap(wrapAlgorithm, wrappedKey),
        key.unwrap(wrapAlgorithm, wrappedStart),
      ]);
      signal?.throwIfAborted();
      return { dataKey: new SecretBytes(dataKey), start };
    },
  };
}

interface Pair {
  readonly publicKey: RsaPublicKey | undefined;
  readonly privateKey: RsaPrivateKey | undefined;
}

function checkedPair(opening: {
  readonly publicKey: Awaitable<RsaPublicKey> | undefined;
  readonly privateKey: Awaitable<RsaPrivateKey> | undefined;
}): Awaitable<Pair> {
  const { publicKey, privateKey } = opening;
  if (publicKey instanceof Promise || privateKey instanceof Promise) {
    return Promise.all([publicKey, privateKey]).then(([opened, other]) =>
      assertBelongTogether({ publicKey: opened, privateKey: other }),
    );
  }
  return assertBelongTogether({ publicKey, privateKey });
}

function assertBelongTogether(pair: Pair): Pair {
  const ours = pair.publicKey?.publicComponents;
  const theirs = pair.privateKey?.publicComponents;
  if (ours !== undefined && theirs !== undefined && !equalPublicComponents(ours, theirs)) {
    throw new MasterKeyError(
      'publicKey and privateKey are not of one pair, so what is written could not be read. To read the objects of an older pair, pass that one as another provider.',
    );
  }
  return pair;
}

function isRsaWrapAlgorithm(algorithm: string): algorithm is RsaWrapAlgorithm {
  return algorithm === 'rsa-oaep-sha1' || algorithm === 'rsa-pkcs1';
}

function copyDescription(description: MaterialDescription): MaterialDescription {
  const isText = (value: unknown): boolean => typeof value === 'string';
  if (typeof description !== 'object' || description === null || !Object.values(description).every(isText)) {
    throw new InvalidArgumentError('materialDescription', 'must be an object whose values are strings');
  }
  return Object.freeze({ ...description });
}

function cryptographicRandomBytes(lengthBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(lengthBytes));
}

function checkedRandomBytes(
  source: (lengthBytes: number) => Uint8Array,
): (lengthBytes: number) => Uint8Array {
  if (typeof source !== 'function') throw new InvalidArgumentError('randomBytes', 'must be a function');
  return (lengthBytes) => {
    const bytes = source(lengthBytes);
    if (!(bytes instanceof Uint8Array) || bytes.length !== lengthBytes) {
      throw new OutOfRangeError('randomBytes', `must give as many bytes as it is asked for (${lengthBytes})`);
    }
    return bytes;
  };
}
