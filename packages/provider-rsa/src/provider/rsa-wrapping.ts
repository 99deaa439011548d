import {
  AlgorithmNotSupportedError,
  dataKeyBytes,
  type EncryptionContext,
  type FormatName,
  InvalidArgumentError,
  type KeyProvider,
  type MaterialDescription,
  OutOfRangeError,
  SecretBytes,
} from '@oss-envelope/core';
import { assertWebCrypto, oneOf, textRecord } from '@oss-envelope/core/adapter';
import { assertMayWrite } from '../keys/rsa-key-check.js';
import type { Awaitable, RsaPublicKey, RsaWrapAlgorithm } from '../port/rsa-port.js';
import { type RandomSource, randomSource } from './random-source.js';

/** What both providers take to write. */
export interface RsaWrappingOptions {
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
   * The source of data keys, and of padding where the runtime's own library does not make it; by default the
   * runtime's cryptographic generator. It gives a fresh array of as many bytes as it is asked for.
   */
  readonly randomBytes?: ((lengthBytes: number) => Uint8Array) | undefined;
}

/** Their names. */
export const wrappingOptionNames: readonly (keyof RsaWrappingOptions)[] = [
  'passphrase',
  'padding',
  'materialDescription',
  'randomBytes',
];

/** Those options, checked. */
export interface CheckedWrapping {
  readonly passphrase: string | undefined;
  readonly padding: 'pkcs1' | 'oaep-sha1';
  readonly materialDescription: MaterialDescription;
  readonly randomBytes: RandomSource;
}

/** @throws InvalidArgumentError */
export function checkedWrapping(options: RsaWrappingOptions): CheckedWrapping {
  assertWebCrypto();
  const { passphrase } = options;
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    throw new InvalidArgumentError('passphrase', 'must be a string');
  }
  return {
    passphrase,
    padding: oneOf('padding', options.padding, ['pkcs1', 'oaep-sha1'], 'pkcs1'),
    materialDescription: textRecord('materialDescription', options.materialDescription),
    randomBytes: randomSource(options.randomBytes),
  };
}

/** RFC 8017 §7.1.1: two hashes of 20 bytes and two more bytes. PKCS#1 v1.5 takes less. */
const oaepSha1OverheadBytes = 42;

/** The half of a provider that writes. `publicKey` gives a key that was found sound, or throws. */
export function rsaWrapping(
  { padding, randomBytes }: CheckedWrapping,
  publicKey: () => Awaitable<RsaPublicKey>,
): Pick<KeyProvider, 'wraps' | 'wrapKey'> {
  const wrapByFormat: ReadonlyMap<FormatName, RsaWrapAlgorithm> = new Map([
    // A5.
    ['oss-crypto', 'rsa-oaep-sha1'],
    // C5.
    ['client-side-encryption', padding === 'pkcs1' ? 'rsa-pkcs1' : 'rsa-oaep-sha1'],
    ['sealed', 'rsa-oaep-sha256'],
  ]);
  return {
    wraps: Object.fromEntries(wrapByFormat),

    async wrapKey({ format, context, key: given, start, signal }) {
      signal?.throwIfAborted();
      const master = await publicKey();
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
  };
}

/** Neither padding of these formats has a place for a context, and one that is not bound would protect nothing. */
export function assertNoContext(format: FormatName, context: EncryptionContext | undefined): void {
  if (context === undefined || Object.keys(context).length === 0) return;
  throw new InvalidArgumentError(
    'context',
    `must be left out: an RSA key cannot bind one in the format ${JSON.stringify(format)}`,
  );
}
