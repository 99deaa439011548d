import {
  type FormatName,
  type KeyProvider,
  KeyUnwrapError,
  type MaterialDescription,
  SecretBytes,
  type WrapAlgorithm,
} from '../src/index.js';

/** A provider that wraps by XOR with one byte: enough to see what the client does with a provider. */
export function toyProvider(
  mask: number,
  options: {
    materialDescription?: MaterialDescription;
    unwraps?: readonly WrapAlgorithm[];
    wraps?: Partial<Record<FormatName, WrapAlgorithm>>;
    key?: Uint8Array;
    /** What it derives for every purpose. */
    secret?: SecretBytes | undefined;
  } = {},
): KeyProvider & { unwrapped: number } {
  const xor = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ mask);
  return {
    unwrapped: 0,
    ...('secret' in options && { deriveSecret: async () => options.secret }),
    materialDescription: options.materialDescription ?? {},
    wraps: options.wraps ?? { 'oss-crypto': 'rsa-oaep-sha1', 'client-side-encryption': 'rsa-pkcs1' },
    unwraps: options.unwraps ?? ['rsa-oaep-sha1', 'rsa-pkcs1'],
    async wrapKey({ start }) {
      const key = options.key ?? crypto.getRandomValues(new Uint8Array(32));
      return { key: new SecretBytes(key), wrappedKey: xor(key), wrappedStart: start && xor(start) };
    },
    async unwrapKey({ wrappedKey, wrappedStart }) {
      this.unwrapped++;
      if (wrappedKey.length < 8) throw new KeyUnwrapError();
      return { key: new SecretBytes(xor(wrappedKey)), start: wrappedStart && xor(wrappedStart) };
    },
  };
}
