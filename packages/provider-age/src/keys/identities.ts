import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { Decrypter, identityToRecipient } from 'age-encryption';
import { keyLineError, keyLinesOf, named, otherKeys } from './key-lines.js';

/** The part of Web Crypto's `CryptoKey` that is used, so that no ambient types are needed. */
export interface CryptoKeyLike {
  readonly type: string;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** The text of an identity or of a file of them, or a private `CryptoKey` of X25519, which need not be extractable. */
export type AgeIdentityInput = string | CryptoKeyLike;

/** What the library opens with. @internal */
export type CheckedIdentity = string | CryptoKey;

const refusals: readonly (readonly [RegExp, string])[] = [
  [/^age1/i, 'is a recipient, which cannot open anything: pass it as recipients, and its identity here'],
  [/^AGE-PLUGIN-FIDO2PRF-1/i, 'is a passkey: pass it as passkey'],
  [/^AGE-PLUGIN-/i, 'is an identity of an age plugin, which cannot be used here'],
  ...otherKeys,
];

/**
 * The identities in texts, each of which may be that of a whole file, and the keys of Web Crypto among them.
 *
 * @internal
 * @throws InvalidArgumentError that names the one that is none, and shows nothing of it
 */
export function parseIdentities(
  argument: string,
  input: AgeIdentityInput | readonly AgeIdentityInput[],
): readonly CheckedIdentity[] {
  const found = new Set<CheckedIdentity>();
  for (const [name, value] of named<unknown>(argument, input)) {
    if (isX25519Key(value)) {
      found.add(value);
      continue;
    }
    if (typeof value !== 'string') {
      throw new InvalidArgumentError(
        name,
        "must be the text of age identities, 'AGE-SECRET-KEY-…', or a private CryptoKey of X25519 with the usage deriveBits",
      );
    }
    for (const line of keyLinesOf(name, value, 'age identities')) {
      // To check one takes half a millisecond.
      if (found.has(line.text)) continue;
      const refusal = refusals.find(([pattern]) => pattern.test(line.text));
      if (refusal !== undefined) throw keyLineError(line, refusal[1]);
      if (!isIdentity(line.text)) {
        throw keyLineError(
          line,
          "is not an age identity: 'AGE-SECRET-KEY-PQ-1…' or 'AGE-SECRET-KEY-1…', whole and in capitals",
        );
      }
      found.add(line.text);
    }
  }
  return [...found];
}

/**
 * Checks what a runtime finds out only when it uses a key: Bun and older browsers have no X25519 in Web Crypto.
 *
 * @internal
 * @throws MasterKeyError
 */
export async function assertUsable(identities: readonly CheckedIdentity[]): Promise<void> {
  for (const identity of identities) {
    if (typeof identity === 'string') continue;
    try {
      await identityToRecipient(identity);
    } catch {
      throw new MasterKeyError(
        'This runtime cannot use a CryptoKey of X25519. Pass the identity as text, AGE-SECRET-KEY-….',
      );
    }
  }
}

function isX25519Key(value: unknown): value is CryptoKey {
  if (typeof CryptoKey === 'undefined' || !(value instanceof CryptoKey)) return false;
  return value.type === 'private' && value.algorithm.name === 'X25519' && value.usages.includes('deriveBits');
}

/** By the library, which checks the letters, the checksum and the length. */
function isIdentity(text: string): boolean {
  try {
    new Decrypter().addIdentity(text);
    return true;
  } catch {
    return false;
  }
}
