import { InvalidArgumentError } from '@oss-envelope/core';
import { Encrypter } from 'age-encryption';
import { keyLineError, keyLinesOf, named, otherKeys } from './key-lines.js';

/** What a recipient is: `hybrid` is post-quantum. */
type RecipientKind = 'hybrid' | 'x25519';

const kinds: readonly (readonly [prefix: string, kind: RecipientKind])[] = [
  ['age1pq1', 'hybrid'],
  ['age1', 'x25519'],
];

/** `age1tag1…`, `age1yubikey1…`: age itself has a `1` there too, which no data part of bech32 has. */
const ofPlugin = /^age1[a-z0-9]*1/;

const refusals: readonly (readonly [RegExp, string])[] = [
  [/^AGE-SECRET-KEY-/i, 'is an identity, which is a secret: pass it as identities, and its recipient here'],
  [/^AGE-PLUGIN-FIDO2PRF-1/i, 'is a passkey: pass it as passkey'],
  ...otherKeys,
];

/**
 * The recipients in texts, each of which may be that of a whole file; each recipient once.
 *
 * @throws InvalidArgumentError that names the one that is none, and for post-quantum ones beside others: one of the others
 *   would be enough for whoever breaks X25519, so that the first would protect nothing (age refuses it too)
 */
export function parseRecipients(argument: string, input: string | readonly string[]): readonly string[] {
  const found = new Map<string, RecipientKind>();
  for (const [name, text] of named<unknown>(argument, input)) {
    if (typeof text !== 'string') {
      throw new InvalidArgumentError(name, "must be the text of age recipients: 'age1pq1…' or 'age1…'");
    }
    for (const line of keyLinesOf(name, text, 'age recipients')) {
      if (found.has(line.text)) continue;
      const refusal = refusals.find(([pattern]) => pattern.test(line.text));
      if (refusal !== undefined) throw keyLineError(line, refusal[1]);
      const kind = kinds.find(([prefix]) => line.text.startsWith(prefix))?.[1];
      if (kind === 'x25519' && ofPlugin.test(line.text)) {
        throw keyLineError(line, 'is a recipient of an age plugin, which cannot be used here');
      }
      if (kind === undefined || !isRecipient(line.text)) {
        throw keyLineError(
          line,
          "is not an age recipient: 'age1pq1…' or 'age1…', whole and in small letters",
        );
      }
      found.set(line.text, kind);
    }
  }
  if (new Set(found.values()).size > 1) {
    throw new InvalidArgumentError(
      argument,
      'must be all post-quantum (age1pq1…) or none: whoever breaks X25519 opens an object by its other recipient. Give each reader a post-quantum one',
    );
  }
  return [...found.keys()];
}

/** By the library, which checks the letters, the checksum and the length. */
function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text);
    return true;
  } catch {
    return false;
  }
}
