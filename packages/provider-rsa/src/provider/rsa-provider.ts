import {
  AlgorithmNotSupportedError,
  dataKeyBytes,
  type EncryptionContext,
  type FormatName,
  InvalidArgumentError,
  type KeyProvider,
  MasterKeyError,
  type MaterialDescription,
  OutOfRangeError,
  SecretBytes,
} from '@oss-envelope/core';
import {
  assertOptions,
  deriveSecret,
  functionOption,
  isBytes,
  isPromise,
  oneOf,
  textRecord,
  trueOrFalse,
} from '@oss-envelope/core/adapter';
import { rsaPort as defaultPort } from '#rsa-port';
import { equalPublicComponents } from '../keys/rsa-components.js';
import { assertMayRead, assertMayWrite, assertSoundKey } from '../keys/rsa-key-check.js';
import type { RsaKeyInput } from '../keys/rsa-key-input.js';
import type { Awaitable, RsaPort, RsaPrivateKey, RsaPublicKey, RsaWrapAlgorithm } from '../port/rsa-port.js';

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
  /**
   * The source of data keys, and of padding where the runtime's own library does not make it; by default the
   * runtime's cryptographic generator. It gives a fresh array of as many bytes as it is asked for.
   */
  readonly randomBytes?: ((lengthBytes: number) => Uint8Array) | undefined;
}

/** RFC 8017 §7.1.1: two hashes of 20 bytes and two more bytes. PKCS#1 v1.5 takes less. */
const oaepSha1OverheadBytes = 42;

/**
 * Wraps data keys with an RSA pair. Keys are parsed once and kept.
 *
 * @example
 * const provider = rsaProvider({ publicKey, privateKey });
 * provider.wraps.sealed; // => 'rsa-oaep-sha256'
 *
 * @throws InvalidArgumentError for options that are wrong in kind
 * @throws MasterKeyError for a key that cannot be used, or two that do not belong together. What a runtime finds out
 * only asynchronously (outside Node: a wrong passphrase, the inside of a `CryptoKey`) rejects at the first use instead,
 * and so does a size that does not suffice for what is asked.
 */
export function rsaProvider(options: RsaProviderOptions): KeyProvider {
  return rsaProviderOn(defaultPort, options);
}

const optionNames = [
  'publicKey',
  'privateKey',
  'passphrase',
  'padding',
  'materialDescription',
  'allowSmallKeysForReading',
  'allowPkcs1ForReading',
  'allowPkcs1DecryptionInJavaScript',
  'randomBytes',
];

/** `rsaProvider` on a given runtime's RSA. */
export function rsaProviderOn(port: RsaPort, options: RsaProviderOptions): KeyProvider {
  assertOptions('options', options, optionNames);
  const { publicKey, privateKey, passphrase } = options;
  if (publicKey === undefined && privateKey === undefined) {
    throw new InvalidArgumentError(
      'publicKey',
      'or privateKey must be given: the first to write, the second to read',
    );
  }
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw new InvalidArgumentError('passphrase', 'must be a string');
  }
  const padding = oneOf('padding', options.padding, ['pkcs1', 'oaep-sha1'], 'pkcs1');
  const allowSmallKeys = trueOrFalse('allowSmallKeysForReading', options.allowSmallKeysForReading, false);
  const allowPkcs1 = trueOrFalse('allowPkcs1ForReading', options.allowPkcs1ForReading, true);
  const randomBytes = checkedRandomBytes(
    functionOption('randomBytes', options.randomBytes, cryptographicRandomBytes),
  );
  const portOptions = {
    passphrase,
    randomBytes,
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

  const wrapByFormat: ReadonlyMap<FormatName, RsaWrapAlgorithm> = new Map([
    // A5.
    ['oss-crypto', 'rsa-oaep-sha1'],
    // C5.
    ['client-side-encryption', padding === 'pkcs1' ? 'rsa-pkcs1' : 'rsa-oaep-sha1'],
    ['sealed', 'rsa-oaep-sha256'],
  ]);
  const unwraps: readonly RsaWrapAlgorithm[] = [
    'rsa-oaep-sha256',
    'rsa-oaep-sha1',
    ...(allowPkcs1 ? (['rsa-pkcs1'] as const) : []),
  ];

  return {
    materialDescription: textRecord('materialDescription', options.materialDescription),
    wraps: publicKey === undefined ? {} : Object.fromEntries(wrapByFormat),
    unwraps: privateKey === undefined ? [] : unwraps,

    async wrapKey({ format, context, key: given, start, signal }) {
      signal?.throwIfAborted();
      const master = (await pair).publicKey;
      if (master === undefined) {
        throw new MasterKeyError(
          'This provider holds a private key only, which reads. Pass publicKey as well to write.',
        );
      }
      assertMayWrite(master);
      const algorithm = wrapByFormat.get(format);
      if (algorithm === undefined) {
        throw new AlgorithmNotSupportedError(
          `The RSA provider does not know the format ${JSON.stringify(format)}.`,
        );
      }
      assertNoContext(format, context);
      const longestStartBytes = Math.ceil(master.modulusBits / 8) - oaepSha1OverheadBytes;
      if (start !== undefined && start.length > longestStartBytes) {
        throw new OutOfRangeError('start', `must not be longer than ${longestStartBytes} bytes`);
      }
      const key = given ?? new SecretBytes(randomBytes(dataKeyBytes));
      if (key.bytes.length !== dataKeyBytes) {
        throw new OutOfRangeError('key', `must have ${dataKeyBytes} bytes`);
      }
      const wrappedKey = await master.wrap(algorithm, key.bytes);
      const wrappedStart = start && (await master.wrap(algorithm, start));
      signal?.throwIfAborted();
      return { key, wrappedKey, wrappedStart };
    },

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

/** Neither padding of these formats has a place for a context, and one that is not bound would protect nothing. */
function assertNoContext(format: FormatName, context: EncryptionContext | undefined): void {
  if (context === undefined || Object.keys(context).length === 0) return;
  throw new InvalidArgumentError(
    'context',
    `must be left out: an RSA key cannot bind one in the format ${JSON.stringify(format)}`,
  );
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

function cryptographicRandomBytes(lengthBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(lengthBytes));
}

/** So many zeros do not happen by chance. */
const leastBytesNotZero = 16;

function checkedRandomBytes(
  source: (lengthBytes: number) => Uint8Array,
): (lengthBytes: number) => Uint8Array {
  return (lengthBytes) => {
    const bytes = source(lengthBytes);
    if (!isBytes(bytes) || bytes.length !== lengthBytes) {
      throw new OutOfRangeError('randomBytes', `must give as many bytes as it is asked for (${lengthBytes})`);
    }
    if (lengthBytes >= leastBytesNotZero && bytes.every((byte) => byte === 0)) {
      throw new OutOfRangeError('randomBytes', 'must give random bytes: it gave zeros only');
    }
    return bytes;
  };
}
