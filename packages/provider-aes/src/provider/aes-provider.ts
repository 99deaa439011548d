import {
  isOssEnvelopeError,
  type KeyProvider,
  type MaterialDescription,
  TransportError,
} from '@oss-envelope/core';
import { assertOptions, createSealedProvider, textRecord, unlessAborted } from '@oss-envelope/core/adapter';
import { type AesSecretInput, parseAesSecret } from '../secret/aes-secret.js';
import { deriveBoxKey, openKey, sealKey, wrapAlgorithm } from '../secret/key-box.js';

/** What `aesProvider` takes. */
export interface AesProviderOptions {
  /**
   * 32 random bytes: as they are, or as text in base64, base64url or hex, with white space around it or none. A function
   * is asked once, when the first key is wrapped or unwrapped, and again only after it failed: it must always give the
   * same secret.
   */
  readonly secret: AesSecretInput;
  /** Written beside the wrapped key, so that readers find this secret among several. */
  readonly materialDescription?: MaterialDescription | undefined;
}

/**
 * Wraps the keys of the format `'sealed'` under a secret of 32 bytes, with AES-256-GCM. Whoever reads has the same secret
 * as whoever writes, so an object that opens was written by one who has it. No service is asked.
 *
 * @example
 * const provider = aesProvider({ secret: generateAesSecret() });
 * provider.wraps.sealed; // => 'aes-256-gcm'
 *
 * @throws InvalidArgumentError for options that are wrong, and for a secret that is none; for one that comes later the
 *   first use rejects with it, and with TransportError when the function or the promise fails
 */
export function aesProvider(options: AesProviderOptions): KeyProvider {
  assertOptions('options', options, ['secret', 'materialDescription']);
  const boxKey = boxKeySource(options.secret);
  return createSealedProvider({
    wrapAlgorithm,
    materialDescription: textRecord('materialDescription', options.materialDescription),
    encrypt: async (key, label, signal) => sealKey(await boxKey(signal), key, label),
    decrypt: async (box, label, signal) => openKey(await boxKey(signal), box, label),
  });
}

/** Gives the key that is derived from a secret. All who wait share one question; a failure is not kept. */
function boxKeySource(secret: AesSecretInput): (signal: AbortSignal | undefined) => Promise<CryptoKey> {
  let ask: () => Promise<CryptoKey>;
  if (typeof secret === 'function' || isThenable(secret)) {
    // Whoever uses the provider awaits it again and gets the reason then.
    if (isThenable(secret)) secret.then(undefined, () => {});
    ask = async () => deriveBoxKey(parseAesSecret(await answerOf(secret)));
  } else {
    const parsed = parseAesSecret(secret);
    ask = () => deriveBoxKey(parsed);
  }
  let kept: Promise<CryptoKey> | undefined;
  return (signal) => {
    if (kept === undefined) {
      kept = ask();
      kept.catch(() => {
        kept = undefined;
      });
    }
    return unlessAborted(kept, signal);
  };
}

async function answerOf(secret: Exclude<AesSecretInput, undefined>): Promise<unknown> {
  try {
    return await (typeof secret === 'function' ? secret() : secret);
  } catch (error) {
    if (isOssEnvelopeError(error)) throw error;
    // What a secret manager says may hold what it was asked with.
    throw new TransportError(
      'The secret was not given: the function or the promise that is `secret` failed. Call it by itself to see why.',
      { retryable: true },
    );
  }
}

function isThenable(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
