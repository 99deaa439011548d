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
  /** Of age: who encrypts for the key needs it. It is in the file, too. */
  readonly recipients?: readonly string[];
}

/** Makes a key in a file or folder, for its owner only, and prints its fingerprint. Never overwrites one. */
export async function keygen(
  session: Session,
  kind: KeyKind,
  path: string,
  flags: KeygenFlags,
): Promise<ExitCode> {
  // A key that is not as it was asked for would be taken for one that is: of a passphrase, say, one without any.
  const unfit =
    kind === 'rsa' ? undefined : Object.keys(ofRsa).find((name) => flags[name as keyof KeygenFlags]);
  if (unfit !== undefined) {
    throw new UsageError(
      `${ofRsa[unfit as keyof KeygenFlags]} is for rsa only: a key of ${kind} has neither a size to choose nor a passphrase. Nothing was made.`,
    );
  }
  const made = await makers[kind](path, flags);
  session.printer.record({ kind, ...made });
  session.printer.line(
    session.printer.text('keyMade', { files: made.files.join(', '), fingerprint: made.fingerprint }),
  );
  if (made.recipients !== undefined) session.printer.line(session.printer.text('recipientInFile'));
  return exitCode.done;
}

const ofRsa: Readonly<Record<keyof KeygenFlags, string>> = {
  bits: '--bits',
  passphraseFile: '--passphrase-file',
};

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
    return { files: [path], fingerprint: fingerprintOf('oss-envelope secret\0', secret.bytes) };
  },
  async age(path) {
    await assertAbsent([path]);
    const { ageIdentityInFile } = await import('@oss-envelope/provider-age/node');
    const { recipients } = await ageIdentityInFile(path, { create: true });
    return { files: [path], fingerprint: fingerprintOf(recipients.join('\n')), recipients };
  },
};

/** As ssh writes it: SHA-256 of the public key (SPKI, DER) in base64 without padding. */
export function rsaFingerprint(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' });
  return fingerprintOf(der);
}

function fingerprintOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `SHA256:${hash.digest('base64').replace(/=+$/, '')}`;
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
