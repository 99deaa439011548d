import { remember, remembered } from '../remembered.js';
import { type KeptPasskey, makeAgeKey, makePasskey, openAgeKey, openPasskey } from './age-key.js';
import { KeyProblem } from './key-problem.js';
import type { PageKey } from './page-key.js';
import { makeRsaKey, openRsaKey } from './rsa-key.js';

/** The kinds of key that the page makes. */
export type KeyKind = 'age' | 'passkey' | 'rsa';

/** @param passphrase locks the file of an RSA pair */
export async function makeKey(kind: KeyKind, passphrase: string | undefined): Promise<PageKey> {
  if (kind === 'rsa') return makeRsaKey(passphrase);
  if (kind === 'age') return makeAgeKey();
  const { key, kept } = await makePasskey(document.title);
  remember('passkey', JSON.stringify(kept));
  return key;
}

/** Whether a text is a private key under a passphrase. */
export const isLocked = (text: string): boolean => text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----');

/**
 * Takes the key that the text of key files holds.
 *
 * @throws KeyProblem
 */
export async function openKey(text: string, passphrase?: string): Promise<PageKey> {
  if (text.includes('-----BEGIN ')) return openRsaKey(text, passphrase);
  if (/^\s*(?:AGE-SECRET-KEY-|age1)/m.test(text)) return openAgeKey(text);
  throw new KeyProblem('notAKey');
}

/** Takes the passkey that this browser made, or has the user choose one when it is used. */
export async function openKnownPasskey(): Promise<PageKey> {
  // What the browser kept may be anything, so it is tried.
  try {
    const { passkey, recoveryRecipient } = JSON.parse(remembered('passkey') ?? '{}') as KeptPasskey;
    return await openPasskey({ passkey, recoveryRecipient });
  } catch {
    return openPasskey({});
  }
}
