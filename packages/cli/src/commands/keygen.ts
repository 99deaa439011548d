import { createHash, createPublicKey } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { passphraseSource } from '../keys/passphrase.js';
import { type ExitCode, exitCode } from '../output/exit-code.js';
import { UsageError } from '../output/usage-error.js';
import type { Session } from '../session.js';

/** What `keygen` makes. */
export type KeyKind = 'rsa' | 'aes' | 'age';

/** How `keygen` works. */
export interface KeygenFlags {
  readonly bits?: 2048 | 3072 | 4096 | undefined;
  readonly passphraseFile?: string | undefined;
}

interface MadeKey {
  readonly files: readonly string[];
  readonly fingerprint: string;
}

/** Makes a key in a file or folder, for its owner only, and prints its fingerprint. Never overwrites one. */
export async function keygen(
  session: Session,
  kind: KeyKind,
  path: string,
  flags: KeygenFlags,
): Promise<ExitCode> {
  const made = await makers[kind](path, flags);
  session.printer.record({ kind, ...made });
  session.printer.line(
    session.printer.text('keyMade', { files: made.files.join(', '), fingerprint: made.fingerprint }),
  );
  return exitCode.done;
}

const makers: Readonly<Record<KeyKind, (path: string, flags: KeygenFlags) => Promise<MadeKey>>> = {
  async rsa(folder, { bits, passphraseFile }) {
    const { rsaKeyPairInFolder } = await import('@oss-envelope/provider-rsa/node');
    const passphrase =
      passphraseFile === undefined ? undefined : await passphraseSource(passphraseFile, undefined)(folder);
    const files = [`${folder}/.private_key.pem`, `${folder}/.public_key.pem`];
    await assertAbsent(files);
    const pair = await rsaKeyPairInFolder({ folder, create: true, passphrase, modulusBits: bits });
    if (!pair.created) throw alreadyThere(files[0] as string);
    return { files, fingerprint: rsaFingerprint(pair.publicKey) };
  },
  async aes(path) {
    await assertAbsent([path]);
    const { aesSecretInFile } = await import('@oss-envelope/provider-aes/node');
    const secret = await aesSecretInFile(path, { create: true });
    const digest = createHash('sha256').update('oss-envelope secret\0').update(secret.bytes).digest('base64');
    return { files: [path], fingerprint: `SHA256:${digest.replace(/=+$/, '')}` };
  },
  async age(path) {
    await assertAbsent([path]);
    const { ageIdentityInFile } = await import('@oss-envelope/provider-age/node');
    const { recipients } = await ageIdentityInFile(path, { create: true });
    return { files: [path], fingerprint: recipients.join(' ') };
  },
};

/** As ssh writes it: SHA-256 of the public key (SPKI, DER) in base64 without padding. */
export function rsaFingerprint(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`;
}

async function assertAbsent(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const found = await lstat(file).catch(() => undefined);
    if (found !== undefined) throw alreadyThere(file);
  }
}

function alreadyThere(file: string): UsageError {
  return new UsageError(`${file} is there already, and no key is ever overwritten. Name another place.`);
}
