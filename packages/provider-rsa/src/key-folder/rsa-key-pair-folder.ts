import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { generateRsaKeyPair, type RsaKeyPair } from '../keys/rsa-key-pair.js';
import { rsaPort } from '../node/rsa-port.js';
import { rsaProviderOn } from '../rsa-provider.js';

/** What `rsaKeyPairInFolder` takes. */
export interface RsaKeyPairFolderOptions {
  /** `.oss-local-rsa` in the user's home by default. Created, for its owner only, if it is absent. */
  readonly folder?: string | undefined;
  /** What the files' names begin with; nothing by default. */
  readonly name?: string | undefined;
  /** Encrypts the private key when the pair is made, and opens it. */
  readonly passphrase?: string | undefined;
  /** The size of a pair that is made: 3072 by default. (oss2 made 2048.) Pairs of any size are read. */
  readonly modulusBits?: 2048 | 3072 | 4096 | undefined;
}

/** A pair from a folder, as `rsaProvider` takes it, beside the passphrase. */
export interface StoredRsaKeyPair extends RsaKeyPair {
  /** Whether this call made it. */
  readonly created: boolean;
}

// Another process links its second file right after its first.
const racePollMs = 20;
const racePolls = 25;

/**
 * The pair that is kept in a folder as the LocalRsaProvider of oss2 2.10.0 does it, in the files
 * `NAME.public_key.pem` and `NAME.private_key.pem`; made when both are absent, with mode 0600. Files are never
 * overwritten, and of several processes that make the pair at once, all get the same one. oss2 opens what this makes,
 * and this opens what oss2 made, with its passphrase if it has one. The folder must be on a file system with hard links.
 *
 * @example
 * const pair = await rsaKeyPairInFolder({ name: 'photos' });
 * const provider = rsaProvider({ ...pair });
 *
 * @throws MasterKeyError when only one of the files is there, when they are not of one pair or do not parse, and for a
 * passphrase that is wrong or missing
 * @throws InvalidArgumentError for a name that is a path
 */
export async function rsaKeyPairInFolder(options: RsaKeyPairFolderOptions = {}): Promise<StoredRsaKeyPair> {
  const { folder = join(homedir(), '.oss-local-rsa'), name = '', passphrase, modulusBits } = options;
  if (typeof folder !== 'string' || folder === '') {
    throw new InvalidArgumentError('folder', 'must be the path of a folder');
  }
  if (typeof name !== 'string' || /[/\\\0]/.test(name)) {
    throw new InvalidArgumentError('name', "must be the beginning of the files' names, without a path");
  }
  const files: PairFiles = {
    publicKey: join(folder, `${name}.public_key.pem`),
    privateKey: join(folder, `${name}.private_key.pem`),
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let pair = await readPair(files);
  let created = false;
  if (pair === undefined) {
    const made = await generateRsaKeyPair({ modulusBits, passphrase });
    created = await storePair(files, made);
    pair = created ? made : await readPair(files);
    if (pair === undefined)
      throw new MasterKeyError(`${files.privateKey} was removed while it was being read.`);
  }
  assertUsable(pair, passphrase, files);
  return { ...pair, created };
}

interface PairFiles {
  readonly publicKey: string;
  readonly privateKey: string;
}

async function readPair(files: PairFiles): Promise<RsaKeyPair | undefined> {
  for (let polls = 0; ; polls++) {
    const [publicKey, privateKey] = await Promise.all([
      readIfPresent(files.publicKey),
      readIfPresent(files.privateKey),
    ]);
    if (publicKey !== undefined && privateKey !== undefined) return { publicKey, privateKey };
    if (publicKey === undefined && privateKey === undefined) return undefined;
    if (polls === racePolls) {
      throw new MasterKeyError(
        publicKey === undefined
          ? `${files.privateKey} has no public half beside it. Restore ${files.publicKey}, or write it anew with openssl rsa -pubout -in the private file.`
          : `${files.publicKey} has no private half beside it. Restore ${files.privateKey}; if it is lost, so is what was encrypted with this pair, and another name makes a new one.`,
      );
    }
    await delay(racePollMs);
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Gives both files their names, or neither; false when another process was first. */
async function storePair(files: PairFiles, pair: RsaKeyPair): Promise<boolean> {
  const suffix = `.${randomUUID()}.tmp`;
  const temporary: PairFiles = {
    publicKey: files.publicKey + suffix,
    privateKey: files.privateKey + suffix,
  };
  try {
    await writeNew(temporary.privateKey, pair.privateKey);
    await writeNew(temporary.publicKey, pair.publicKey);
    // A link fails when its name exists, and shows the whole content at once. The private file decides the race.
    if (!(await linkIfAbsent(temporary.privateKey, files.privateKey))) return false;
    try {
      if (await linkIfAbsent(temporary.publicKey, files.publicKey)) return true;
    } catch (error) {
      await rm(files.privateKey);
      throw error;
    }
    await rm(files.privateKey);
    throw new MasterKeyError(
      `${files.publicKey} appeared while its pair was being made. Restore its private half beside it, or use another name.`,
    );
  } finally {
    await rm(temporary.privateKey, { force: true });
    await rm(temporary.publicKey, { force: true });
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function assertUsable(pair: RsaKeyPair, passphrase: string | undefined, files: PairFiles): void {
  try {
    rsaProviderOn(rsaPort, { publicKey: pair.publicKey, privateKey: pair.privateKey, passphrase });
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error;
    throw new MasterKeyError(`${error.message} (The pair is ${files.publicKey} and ${files.privateKey}.)`);
  }
}
