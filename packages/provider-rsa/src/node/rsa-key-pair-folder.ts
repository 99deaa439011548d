import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError, isOssEnvelopeError, MasterKeyError } from '@oss-envelope/core';
import { assertOptions, text, trueOrFalse } from '@oss-envelope/core/adapter';
import { checkKeyFolder, readKeyFile, TemporaryFile } from '@oss-envelope/core/adapter/node';
import { generateRsaKeyPair, type RsaKeyPair } from '../keys/rsa-key-pair.js';
import { rsaPort } from '../port/node/rsa-port.js';
import { type RsaProviderOptions, rsaProviderOn } from '../provider/rsa-provider.js';

/** What `rsaKeyPairInFolder` takes. */
export interface RsaKeyPairFolderOptions {
  /** `.oss-local-rsa` in the user's home by default. */
  readonly folder?: string | undefined;
  /** What the files' names begin with; nothing by default. */
  readonly name?: string | undefined;
  /**
   * True makes the pair, and the folder, when they are absent. False unless given: then a missing pair is an error, so
   * that a name that is spelled wrong does not become a second pair.
   */
  readonly create?: boolean | undefined;
  /** Encrypts the private key when the pair is made, and opens it. */
  readonly passphrase?: string | undefined;
  /** The size of a pair that is made: 3072 by default. (oss2 made 2048.) Pairs of any size are read. */
  readonly modulusBits?: 2048 | 3072 | 4096 | undefined;
}

/** A pair from a folder, with all that `rsaProvider` needs. JSON and Node's inspection do not show its secrets. */
export interface StoredRsaKeyPair extends RsaKeyPair {
  /** The given passphrase, where there was one. */
  readonly passphrase?: string;
  /** Whether this call made it. Not enumerable, so that the pair is exactly what `rsaProvider` takes. */
  readonly created: boolean;
}

// Another process links its second file right after its first.
const racePollMs = 20;
const racePolls = 25;

/**
 * The pair that is kept in a folder as the LocalRsaProvider of oss2 2.10.0 does it, in the files
 * `NAME.public_key.pem` and `NAME.private_key.pem`. With `create: true` it is made when both are absent, with mode
 * 0600. Files are never overwritten. When several processes make the pair at once, all get the same one. oss2 opens
 * what this makes, and this opens what oss2 made, with its passphrase if it has one. The folder must be on a file
 * system with hard links.
 *
 * Owners and modes are checked as ssh does. Files and folder must be of this user or root, and no symbolic links.
 * Others must not be able to write them, or to read the private one.
 *
 * @example
 * const pair = await rsaKeyPairInFolder({ folder: 'keys', create: true });
 * const provider = rsaProvider(pair);
 *
 * @throws MasterKeyError when the pair is not there and `create` is not true, when only one of the files is there, when
 * others can read or change them, when they are not of one pair or do not parse, and for a passphrase that is wrong or
 * missing
 * @throws InvalidArgumentError for a name that is a path, or an option that is not known
 */
export async function rsaKeyPairInFolder(options: RsaKeyPairFolderOptions = {}): Promise<StoredRsaKeyPair> {
  assertOptions('options', options, ['folder', 'name', 'create', 'passphrase', 'modulusBits']);
  const { name = '', passphrase, modulusBits } = options;
  const create = trueOrFalse('create', options.create, false);
  const folder = text(
    'folder',
    options.folder ?? join(homedir(), '.oss-local-rsa'),
    'must be the path of a folder',
  );
  if (typeof name !== 'string' || /[/\\\0]/.test(name)) {
    throw new InvalidArgumentError('name', "must be the beginning of the files' names, without a path");
  }
  const files: PairFiles = {
    publicKey: join(folder, `${name}.public_key.pem`),
    privateKey: join(folder, `${name}.private_key.pem`),
  };
  if (create) await mkdir(folder, { recursive: true, mode: 0o700 });
  let pair = (await checkKeyFolder(folder)) ? await readPair(files) : undefined;
  let created = false;
  if (pair === undefined) {
    if (!create) throw notThere(files);
    const made = await generateRsaKeyPair({ modulusBits, passphrase });
    created = await storePair(files, made);
    pair = created ? made : await readPair(files);
    if (pair === undefined) {
      throw new MasterKeyError(`${files.privateKey} was removed while it was being read.`);
    }
  }
  const stored = { ...pair, ...(passphrase === undefined ? {} : { passphrase }) };
  assertUsable(stored, files);
  return hideSecrets(stored, created);
}

function notThere({ publicKey, privateKey }: PairFiles): MasterKeyError {
  return new MasterKeyError(
    `There is no key pair ${privateKey} and ${publicKey}. Check folder and name; to make a new pair, pass create: true.`,
  );
}

function hideSecrets(
  pair: RsaKeyPair & { readonly passphrase?: string },
  created: boolean,
): StoredRsaKeyPair {
  const shown = (): object => ({ publicKey: pair.publicKey, privateKey: '[redacted]', created });
  return Object.defineProperties(pair, {
    created: { value: created },
    toJSON: { value: shown },
    [Symbol.for('nodejs.util.inspect.custom')]: { value: shown },
  }) as StoredRsaKeyPair;
}

interface PairFiles {
  readonly publicKey: string;
  readonly privateKey: string;
}

async function readPair(files: PairFiles): Promise<RsaKeyPair | undefined> {
  for (let polls = 0; ; polls++) {
    const [publicKey, privateKey] = await Promise.all([
      readKeyFile(files.publicKey, 'public'),
      readKeyFile(files.privateKey, 'secret'),
    ]);
    if (publicKey !== undefined && privateKey !== undefined) return { publicKey, privateKey };
    if (publicKey === undefined && privateKey === undefined) return undefined;
    if (polls === racePolls) {
      throw new MasterKeyError(
        publicKey === undefined
          ? `${files.privateKey} has no public half beside it. Restore ${files.publicKey}, or write it again with openssl rsa -pubout -in the private file.`
          : `${files.publicKey} has no private half beside it. Restore ${files.privateKey}; if it is lost, so is what was encrypted with this pair, and another name makes a new one.`,
      );
    }
    await delay(racePollMs);
  }
}

/** Gives both files their names, or neither; false when another process was first. */
async function storePair(files: PairFiles, pair: RsaKeyPair): Promise<boolean> {
  const privateKey = await TemporaryFile.open(files.privateKey);
  try {
    const publicKey = await TemporaryFile.open(files.publicKey);
    try {
      await privateKey.handle.writeFile(pair.privateKey);
      await publicKey.handle.writeFile(pair.publicKey);
      await publicKey.sync();
      // The private file decides the race.
      if (!(await privateKey.claim())) return false;
      try {
        if (await publicKey.claim()) return true;
      } catch (error) {
        await rm(files.privateKey);
        throw error;
      }
      await rm(files.privateKey);
      throw new MasterKeyError(
        `${files.publicKey} appeared while its pair was being made. Restore its private half beside it, or use another name.`,
      );
    } finally {
      await publicKey.discard();
    }
  } finally {
    await privateKey.discard();
  }
}

function assertUsable(pair: RsaProviderOptions, files: PairFiles): void {
  try {
    rsaProviderOn(rsaPort, pair);
  } catch (error) {
    if (!isOssEnvelopeError(error, 'ERR_MASTER_KEY')) throw error;
    throw new MasterKeyError(`${error.message} (The pair is ${files.publicKey} and ${files.privateKey}.)`);
  }
}
