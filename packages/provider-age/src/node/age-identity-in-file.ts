import { resolve } from 'node:path';
import { isOssEnvelopeError, MasterKeyError } from '@oss-envelope/core';
import { assertOptions, oneOf, text, trueOrFalse } from '@oss-envelope/core/adapter';
import { secretFileText } from '@oss-envelope/core/adapter/node';
import {
  ageRecipientsOf,
  type GenerateAgeIdentityOptions,
  generateAgeIdentity,
} from '../keys/age-identity.js';

/** What `ageIdentityInFile` takes. */
export interface AgeIdentityFileOptions extends GenerateAgeIdentityOptions {
  /**
   * True makes the file, and its folder, when they are absent. False unless given: then a missing file is an error, so
   * that a name that is spelled wrong does not become a second identity.
   */
  readonly create?: boolean | undefined;
}

/** The identities of a file with their recipients: what `ageProvider` takes. JSON and inspection show no identity. */
export interface StoredAgeIdentity {
  /** The text of the file. */
  readonly identities: string;
  readonly recipients: readonly string[];
}

/**
 * The identities that are kept in a file, as `age-keygen` writes it and `age --identity` reads it. With `create: true` one
 * is made when the file is absent, for its owner only (mode 0600). A file is never overwritten, and of several processes
 * that make it at once, all get the same identity.
 *
 * Owners and modes are checked as ssh does: file and folder are of this user or root, not symbolic links, and others can
 * neither read the file nor put another in its place.
 *
 * @example
 * const keys = await ageIdentityInFile('photos.agekey', { create: true });
 * const provider = ageProvider(keys);
 *
 * @throws MasterKeyError when the file is not there and `create` is not true, when others can read or change it, or when
 *   it holds no identity
 * @throws InvalidArgumentError for a path that is no text, or an option that is wrong
 */
export async function ageIdentityInFile(
  path: string,
  options: AgeIdentityFileOptions = {},
): Promise<StoredAgeIdentity> {
  const file = resolve(text('path', path));
  assertOptions('options', options, ['create', 'kind']);
  const create = trueOrFalse('create', options.create, false);
  const kind = oneOf('kind', options.kind, ['hybrid', 'x25519'], 'hybrid');
  const found = await secretFileText(file, create ? () => newIdentityFile(kind) : undefined);
  if (found === undefined) {
    throw new MasterKeyError(
      `There is no identity ${file}. Check the path; to make a new one, pass create: true.`,
    );
  }
  return hideIdentities({ identities: found, recipients: await recipientsOf(found, file) });
}

async function recipientsOf(identities: string, file: string): Promise<readonly string[]> {
  try {
    return await ageRecipientsOf(identities);
  } catch (error) {
    if (!isOssEnvelopeError(error, 'ERR_INVALID_ARGUMENT')) throw error;
    throw new MasterKeyError(
      `${file} is no file of age identities: it ${error.message.replace(/^\S+ /, '')}.`,
    );
  }
}

/** As age-keygen writes it. */
async function newIdentityFile(kind: 'hybrid' | 'x25519'): Promise<string> {
  const { identity, recipient } = await generateAgeIdentity({ kind });
  const created = new Date().toISOString().replace(/\.\d+/, '');
  return `# created: ${created}\n# public key: ${recipient}\n${identity}\n`;
}

function hideIdentities(stored: StoredAgeIdentity): StoredAgeIdentity {
  const shown = (): object => ({ identities: '[redacted]', recipients: stored.recipients });
  return Object.defineProperties(stored, {
    toJSON: { value: shown },
    [Symbol.for('nodejs.util.inspect.custom')]: { value: shown },
  });
}
