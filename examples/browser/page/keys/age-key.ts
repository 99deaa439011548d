import { isOssEnvelopeError } from '@oss-envelope/core';
import {
  ageProvider,
  ageRecipientsOf,
  createAgePasskey,
  generateAgeIdentity,
} from '@oss-envelope/provider-age';
import { fingerprintOf } from './fingerprint.js';
import { KeyProblem } from './key-problem.js';
import type { KeyFile, PageKey } from './page-key.js';

/** A passkey, and who else opens what it encrypts. Nothing of it is secret. */
export interface KeptPasskey {
  /** What `createAgePasskey` gave; undefined to have the user choose. */
  readonly passkey?: string | undefined;
  readonly recoveryRecipient?: string | undefined;
}

/** The file of an identity, as `age-keygen` writes it. */
function fileOf(identity: string, recipient: string, isRecovery: boolean): KeyFile {
  const about = isRecovery ? '# Opens what a passkey has encrypted, without the passkey.\n' : '';
  return {
    name: isRecovery ? 'recovery-key.txt' : 'age-key.txt',
    text: `${about}# public key: ${recipient}\n${identity}\n`,
    isRecovery,
  };
}

export async function makeAgeKey(): Promise<PageKey> {
  const { identity, recipient } = await generateAgeIdentity();
  return { ...(await openAgeKey(identity)), file: fileOf(identity, recipient, false) };
}

/**
 * Takes identities, or recipients alone, from the text of their files.
 *
 * @throws KeyProblem
 */
export async function openAgeKey(text: string): Promise<PageKey> {
  const canRead = text.includes('AGE-SECRET-KEY-');
  try {
    const recipients = canRead ? (await ageRecipientsOf(text)).join('\n') : text;
    return {
      provider: ageProvider({ recipients, ...(canRead && { identities: text }) }),
      title: canRead ? 'key.ready.age' : 'key.ready.age.public',
      canRead,
      formats: ['sealed'],
      fingerprint: { hex: await fingerprintOf(withoutComments(recipients)) },
    };
  } catch (cause) {
    throw isOssEnvelopeError(cause) ? new KeyProblem('badKey', { cause }) : cause;
  }
}

const withoutComments = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');

/** Has the user make a passkey, and makes a recovery key beside it. */
export async function makePasskey(name: string): Promise<{ key: PageKey; kept: KeptPasskey }> {
  const passkey = await createAgePasskey({ name });
  const { identity, recipient } = await generateAgeIdentity();
  const kept = { passkey, recoveryRecipient: recipient };
  return { key: { ...(await openPasskey(kept)), file: fileOf(identity, recipient, true) }, kept };
}

/** @throws InvalidArgumentError for what is no passkey */
export async function openPasskey({ passkey, recoveryRecipient }: KeptPasskey): Promise<PageKey> {
  return {
    provider: ageProvider({
      passkey: passkey ?? {},
      ...(recoveryRecipient !== undefined && { recipients: recoveryRecipient }),
    }),
    title: 'key.ready.passkey',
    canRead: true,
    formats: ['sealed'],
    fingerprint:
      passkey === undefined ? { unknown: 'key.fingerprint.asked' } : { hex: await fingerprintOf(passkey) },
  };
}
