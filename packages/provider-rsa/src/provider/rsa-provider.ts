import {
  AlgorithmNotSupportedError,
  type FormatName,
  InvalidArgumentError,
  type KeyProvider,
  MasterKeyError,
  SecretBytes,
} from '@oss-envelope/core';
import { assertOptions, deriveSecret, isPromise, trueOrFalse } from '@oss-envelope/core/adapter';
import { rsaPort as defaultPort } from '#rsa-port';
import { equalPublicComponents } from '../keys/rsa-components.js';
import { assertMayRead, assertSoundKey } from '../keys/rsa-key-check.js';
import type { RsaKeyInput } from '../keys/rsa-key-input.js';
import type { Awaitable, RsaPort, RsaPrivateKey, RsaPublicKey, RsaWrapAlgorithm } from '../port/rsa-port.js';
import {
  assertNoContext,
  checkedWrapping,
  type RsaWrappingOptions,
  rsaWrapping,
  wrappingOptionNames,
} from './rsa-wrapping.js';

/** What `rsaProvider` takes. At least one of the keys. */
export interface RsaProviderOptions extends RsaWrappingOptions {
  /** Wraps. Without it nothing can be written. */
  readonly publicKey?: RsaKeyInput | undefined;
  /** Unwraps. Without it nothing can be read. */
  readonly privateKey?: RsaKeyInput | undefined;
  /**
   * Reads objects of a pair under 2048 bits, which are refused otherwise: such keys can be broken, or will be. Nothing
   * is ever written with one.
   */
  readonly allowSmallKeysForReading?: boolean | undefined;
  /**
   * False refuses objects that are wrapped with PKCS#1 v1.5, for buckets where only OAEP is written: nobody can then
   * send such an object to learn something from the answer. True unless given.
   */
  readonly allowPkcs1ForReading?: boolean | undefined;
  /**
   * Reads PKCS#1 v1.5 where the runtime offers nothing for it (browsers, edge workers), by big integers in JavaScript.
   * These do not take constant time: anyone who can make this program read objects and time it closely may learn enough
   * to unwrap a data key. No effect on Node, and none on writing or on OAEP.
   */
  readonly allowPkcs1DecryptionInJavaScript?: boolean | undefined;
}

/**
 * Wraps data keys with an RSA pair. Keys are parsed once and kept.
 *
 * @example
 * const provider = rsaProvider({ publicKey, privateKey });
 * provider.wraps.sealed; // => 'rsa-oaep-sha256'
 *
 * @throws InvalidArgumentError for options that are wrong in kind
 * @throws AlgorithmNotSupportedError where the runtime has no Web Crypto
 * @throws MasterKeyError for a key that cannot be used, or two that do not belong together. Outside Node that rejects at
 * the first use instead: Web Crypto is asynchronous, and a page loads what explains a broken key when it has one. So does,
 * everywhere, a size that does not suffice for what is asked.
 */
export function rsaProvider(options: RsaProviderOptions): KeyProvider {
  return rsaProviderOn(defaultPort, options);
}

const optionNames = [
  'publicKey',
  'privateKey',
  ...wrappingOptionNames,
  'allowSmallKeysForReading',
  'allowPkcs1ForReading',
  'allowPkcs1DecryptionInJavaScript',
];

/** `rsaProvider` on a given runtime's RSA. */
export function rsaProviderOn(port: RsaPort, options: RsaProviderOptions): KeyProvider {
  assertOptions('options', options, optionNames);
  const { publicKey, privateKey } = options;
  if (publicKey === undefined && privateKey === undefined) {
    throw new InvalidArgumentError(
      'publicKey',
      'or privateKey must be given: the first to write, the second to read',
    );
  }
  const checked = checkedWrapping(options);
  const allowSmallKeys = trueOrFalse('allowSmallKeysForReading', options.allowSmallKeysForReading, false);
  const allowPkcs1 = trueOrFalse('allowPkcs1ForReading', options.allowPkcs1ForReading, true);
  const portOptions = {
    ...checked,
    allowPkcs1DecryptionInJavaScript: trueOrFalse(
      'allowPkcs1DecryptionInJavaScript',
      options.allowPkcs1DecryptionInJavaScript,
      false,
    ),
  };
  const pair = checkedPair({
    publicKey: publicKey === undefined ? undefined : port.openPublicKey(publicKey, portOptions),
    privateKey: privateKey === undefined ? undefined : port.openPrivateKey(privateKey, portOptions),
  });
  // Each call of the provider awaits it too, and gets the reason then.
  if (isPromise(pair)) pair.catch(() => {});

  const wrapping = rsaWrapping(checked, () => (isPromise(pair) ? pair.then(publicKeyOf) : publicKeyOf(pair)));
  const unwraps: readonly RsaWrapAlgorithm[] = [
    'rsa-oaep-sha256',
    'rsa-oaep-sha1',
    ...(allowPkcs1 ? (['rsa-pkcs1'] as const) : []),
  ];

  return {
    materialDescription: checked.materialDescription,
    wraps: publicKey === undefined ? {} : wrapping.wraps,
    unwraps: privateKey === undefined ? [] : unwraps,

    wrapKey: wrapping.wrapKey,
    async unwrapKey({ format, context, wrapAlgorithm, wrappedKey, wrappedStart, signal }) {
      signal?.throwIfAborted();
      const master = (await pair).privateKey;
      if (master === undefined) {
        throw new MasterKeyError(
          'This provider holds a public key only, which writes. Pass privateKey as well to read.',
        );
      }
      // Clause S14: no sealed object was ever written with a small key.
      assertMayRead(master, allowSmallKeys && format !== 'sealed');
      const algorithm = unwraps.find((known) => known === wrapAlgorithm);
      if (algorithm === undefined) {
        throw new AlgorithmNotSupportedError(
          wrapAlgorithm === 'rsa-pkcs1'
            ? 'The object is wrapped with PKCS#1 v1.5, and allowPkcs1ForReading is false.'
            : `The RSA provider does not unwrap ${JSON.stringify(wrapAlgorithm)}. Give the bucket a provider of that kind.`,
        );
      }
      assertAlgorithmOfFormat(format, algorithm);
      assertNoContext(format, context);
      const [key, start] = await Promise.all([
        master.unwrap(algorithm, wrappedKey),
        wrappedStart && master.unwrap(algorithm, wrappedStart),
      ]);
      signal?.throwIfAborted();
      return { key: new SecretBytes(key), start };
    },

    async deriveSecret(purpose) {
      const exponent = await (await pair).privateKey?.hashedExponent?.();
      return exponent && deriveSecret(exponent, purpose);
    },
  };
}

/** A wrapped key of one format must not open in another. */
function assertAlgorithmOfFormat(format: FormatName, algorithm: RsaWrapAlgorithm): void {
  if ((format === 'sealed') === (algorithm === 'rsa-oaep-sha256')) return;
  throw new AlgorithmNotSupportedError(
    `The format ${JSON.stringify(format)} has no wrap algorithm ${JSON.stringify(algorithm)}. The metadata were changed, or written by a tool that does not follow the format.`,
  );
}

interface Pair {
  readonly publicKey: RsaPublicKey | undefined;
  readonly privateKey: RsaPrivateKey | undefined;
}

function publicKeyOf({ publicKey }: Pair): RsaPublicKey {
  if (publicKey !== undefined) return publicKey;
  throw new MasterKeyError(
    'This provider holds a private key only, which reads. Pass publicKey as well to write.',
  );
}

function checkedPair(opening: {
  readonly publicKey: Awaitable<RsaPublicKey> | undefined;
  readonly privateKey: Awaitable<RsaPrivateKey> | undefined;
}): Awaitable<Pair> {
  const { publicKey, privateKey } = opening;
  if (isPromise(publicKey) || isPromise(privateKey)) {
    return Promise.all([publicKey, privateKey]).then(([opened, other]) =>
      assertUsable({ publicKey: opened, privateKey: other }),
    );
  }
  return assertUsable({ publicKey, privateKey });
}

function assertUsable(pair: Pair): Pair {
  if (pair.publicKey !== undefined) assertSoundKey('publicKey', pair.publicKey);
  if (pair.privateKey !== undefined) assertSoundKey('privateKey', pair.privateKey);
  const ours = pair.publicKey?.publicComponents;
  const theirs = pair.privateKey?.publicComponents;
  if (ours !== undefined && theirs !== undefined && !equalPublicComponents(ours, theirs)) {
    throw new MasterKeyError(
      'publicKey and privateKey are not of one pair, so what is written could not be read. To read the objects of an older pair, pass that one as another provider.',
    );
  }
  return pair;
}
