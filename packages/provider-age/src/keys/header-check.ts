import { AlgorithmNotSupportedError, KeyUnwrapError } from '@oss-envelope/core';
import type { Identity } from 'age-encryption';
import { passkeyStanza } from './passkey.js';

/** A passkey asks its owner once for each stanza of its kind, and whoever can write to the bucket chooses how many. */
const mostPasskeyStanzas = 3;

/** What C2SP age calls the stanza of a passphrase. */
const scryptStanza = 'scrypt';

/**
 * Looks at the header of a file before any key is tried, and opens nothing. What it says is decided by public bytes
 * alone.
 *
 * @param maxWorkFactorLog2 - how much work a passphrase may ask for, as the base-2 logarithm of scrypt's N; infinite where
 *   there is no passphrase to try
 */
export function headerCheck(maxWorkFactorLog2: number): Identity {
  return {
    unwrapFileKey(stanzas) {
      const named = (name: string) => stanzas.filter(({ args }) => args[0] === name);
      const [scrypt] = named(scryptStanza);
      // Clause S14: whoever has the passphrase must know that nobody else can have written the file.
      if (scrypt !== undefined && stanzas.length > 1) throw new KeyUnwrapError();
      if (named(passkeyStanza).length > mostPasskeyStanzas) throw new KeyUnwrapError();
      // What is no number is refused by the library.
      const workFactor = /^\d+$/.exec(scrypt?.args[2] ?? '');
      if (workFactor !== null && Number(workFactor[0]) > maxWorkFactorLog2) {
        throw new AlgorithmNotSupportedError(
          `The wrapped key of this object asks for more work than is allowed: its scrypt work factor is above 2^${maxWorkFactorLog2}. ` +
            'If you trust whoever wrote it, raise maxWorkFactorLog2; each step doubles time and memory.',
        );
      }
      return null;
    },
  };
}
