import {
  AlgorithmNotSupportedError,
  type EncryptionContext,
  type FormatName,
  type KeyProvider,
  KeyUnwrapError,
  MasterKeyError,
  type MaterialDescription,
  SecretBytes,
  type UnwrappedKey,
  type WrapAlgorithm,
} from '@oss-envelope/core';

/** What a provider may get wrong; a good one has none of these. */
export interface ProviderFlaws {
  readonly sameKey?: boolean;
  readonly shortKey?: boolean;
  readonly inTheClear?: boolean;
  readonly changesStart?: boolean;
  readonly cachesUnwrapped?: boolean;
  readonly mixesCalls?: boolean;
  readonly noTag?: boolean;
  readonly saysWhy?: boolean;
  readonly otherError?: boolean;
  readonly ownErrorClass?: boolean;
  readonly ignoresAborts?: boolean;
  readonly abortsOtherwise?: boolean;
  readonly showsKey?: boolean;
  readonly fewerUnwraps?: boolean;
  readonly ignoresGivenKey?: boolean;
  readonly takesAnyAlgorithm?: boolean;
  /** Does not bind what it wraps to the format. */
  readonly anyFormat?: boolean;
  /** Derives one secret for all purposes. */
  readonly onePurpose?: boolean;
  /** Derives secrets without the means to unwrap. */
  readonly derivesFromPublicHalf?: boolean;
  /** Says that it binds contexts, and does not. */
  readonly ignoresContext?: boolean;
}

/** Half a pair, for what it may do. */
export interface ToyOptions {
  readonly canWrap?: boolean;
  readonly canUnwrap?: boolean;
  readonly wraps?: Partial<Record<FormatName, WrapAlgorithm>>;
  readonly materialDescription?: MaterialDescription;
  readonly bindsContext?: boolean;
  readonly derivesSecret?: boolean;
  /** Whether wrong bytes open as noise, instead of being refused. */
  readonly opensAsNoise?: boolean;
}

const iv = 12;
let shared: SecretBytes | undefined;
let latestStart: Uint8Array | undefined;

/** A provider that wraps with AES-256-GCM under a key made of one number: all that a provider should be, in few lines. */
export function flawedProvider(
  master: number,
  flaws: ProviderFlaws = {},
  options: ToyOptions = {},
): KeyProvider {
  const { canWrap = true, canUnwrap = true } = options;
  const wraps = options.wraps ?? {
    'oss-crypto': 'rsa-oaep-sha1',
    'client-side-encryption': 'rsa-pkcs1',
    sealed: 'toy',
  };
  const algorithms = [...new Set(Object.values(wraps))];
  const masterKey = crypto.subtle.importKey('raw', new Uint8Array(32).fill(master), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);

  /** What is wrapped for one format opens in no other. */
  const bound = (format: FormatName, context: EncryptionContext = {}): Uint8Array<ArrayBuffer> => {
    const pairs = options.bindsContext && !flaws.ignoresContext ? Object.entries(context).sort() : [];
    return new TextEncoder().encode(JSON.stringify([format, pairs]));
  };

  async function wrap(
    format: FormatName,
    context: EncryptionContext | undefined,
    bytes: Uint8Array,
  ): Promise<Uint8Array> {
    if (flaws.inTheClear) return Uint8Array.from(bytes);
    const nonce = crypto.getRandomValues(new Uint8Array(iv));
    const sealed = await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv: nonce, ...(!flaws.anyFormat && { additionalData: bound(format, context) }) },
      await masterKey,
      Uint8Array.from(bytes),
    );
    return Buffer.concat([nonce, new Uint8Array(sealed)]);
  }

  async function unwrap(
    format: FormatName,
    context: EncryptionContext | undefined,
    wrapped: Uint8Array,
  ): Promise<Uint8Array> {
    if (flaws.inTheClear) return Uint8Array.from(wrapped);
    try {
      const bytes = Uint8Array.from(wrapped);
      const algorithm = {
        name: 'AES-GCM',
        iv: bytes.subarray(0, iv),
        ...(!flaws.anyFormat && { additionalData: bound(format, context) }),
      };
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, await masterKey, bytes.subarray(iv)));
    } catch (error) {
      if ((options.opensAsNoise || flaws.noTag) && wrapped.length === iv + 32 + 16)
        return new Uint8Array(32).fill(9);
      if ((options.opensAsNoise || flaws.noTag) && wrapped.length === iv + 16 + 16)
        return new Uint8Array(16).fill(9);
      if (flaws.ownErrorClass) throw Object.assign(new Error('No.'), { code: 'ERR_KEY_UNWRAP_FAILED' });
      if (flaws.otherError) throw new MasterKeyError('This is no key of mine.');
      const failure = new KeyUnwrapError();
      if (flaws.saysWhy) {
        failure.cause = error;
        failure.message = `The ${wrapped.length} bytes do not open.`;
      }
      throw failure;
    }
  }

  const opened = new Map<string, UnwrappedKey>();
  return {
    materialDescription: options.materialDescription ?? {},
    wraps: canWrap ? wraps : {},
    unwraps: canUnwrap ? (flaws.fewerUnwraps ? [] : algorithms) : [],
    ...(options.bindsContext && { bindsContext: true }),
    ...(options.derivesSecret && {
      async deriveSecret(purpose) {
        if (!canUnwrap && !flaws.derivesFromPublicHalf) return undefined;
        const secret = Uint8Array.of(master, ...Buffer.from(flaws.onePurpose ? '' : purpose));
        return new SecretBytes(new Uint8Array(await crypto.subtle.digest('SHA-256', secret)));
      },
    }),
    async wrapKey({ format, context, key: given, start, signal }) {
      if (!flaws.ignoresAborts) signal?.throwIfAborted();
      if (!canWrap) throw new MasterKeyError('There is no key to wrap with.');
      const fresh = new SecretBytes(crypto.getRandomValues(new Uint8Array(flaws.shortKey ? 16 : 32)));
      if (flaws.sameKey) shared ??= fresh;
      const made = flaws.sameKey ? (shared as SecretBytes) : fresh;
      const key = flaws.ignoresGivenKey ? made : (given ?? made);
      if (flaws.showsKey) Object.defineProperty(key, 'toJSON', { value: () => [...fresh.bytes].join(',') });
      latestStart = start;
      const wrappedKey = await wrap(format, context, key.bytes);
      const wrappedStart =
        start && (await wrap(format, context, flaws.mixesCalls ? (latestStart ?? start) : start));
      if (flaws.changesStart) start?.fill(0);
      if (flaws.abortsOtherwise && signal?.aborted) throw new Error('aborted');
      signal?.throwIfAborted();
      return { key, wrappedKey, wrappedStart };
    },
    async unwrapKey({ format, context, wrapAlgorithm, wrappedKey, wrappedStart, signal }) {
      if (!flaws.ignoresAborts) signal?.throwIfAborted();
      if (!canUnwrap) throw new MasterKeyError('There is no key to unwrap with.');
      if (!flaws.takesAnyAlgorithm && !algorithms.includes(wrapAlgorithm)) {
        throw new AlgorithmNotSupportedError('This is no algorithm of mine.');
      }
      const id = Buffer.concat([wrappedKey, wrappedStart ?? new Uint8Array()]).toString('base64');
      const kept = flaws.cachesUnwrapped ? opened.get(id) : undefined;
      if (kept !== undefined) return kept;
      const key = new SecretBytes(await unwrap(format, context, wrappedKey));
      const result = { key, start: wrappedStart && (await unwrap(format, context, wrappedStart)) };
      opened.set(id, result);
      return result;
    },
  };
}
