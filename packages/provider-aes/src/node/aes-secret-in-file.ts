import { resolve } from 'node:path';
import { isOssEnvelopeError, MasterKeyError, type SecretBytes } from '@oss-envelope/core';
import { assertOptions, text, trueOrFalse } from '@oss-envelope/core/adapter';
import { secretFileText } from '@oss-envelope/core/adapter/node';
import { generateAesSecret, parseAesSecret } from '../secret/aes-secret.js';

/** What `aesSecretInFile` takes. */
export interface AesSecretFileOptions {
  /**
   * True makes the file, and its folder, when they are absent. False unless given: then a missing file is an error, so
   * that a name that is spelled wrong does not become a second secret.
   */
  readonly create?: boolean | undefined;
}

/**
 * The secret that is kept in a file, as `aesProvider` takes it: text in base64, base64url or hex. With `create: true` it
 * is made when it is absent, for its owner only (mode 0600). A file is never overwritten, and of several processes that
 * make it at once, all get the same secret.
 *
 * Owners and modes are checked as ssh does: file and folder are of this user or root, not symbolic links, and others can
 * neither read the file nor put another in its place.
 *
 * @example
 * const secret = await aesSecretInFile('photos.key', { create: true });
 * const provider = aesProvider({ secret });
 *
 * @throws MasterKeyError when the file is not there and `create` is not true, when others can read or change it, or when
 *   it holds no secret
 * @throws InvalidArgumentError for a path that is no text, or an option that is not known
 */
export async function aesSecretInFile(
  path: string,
  options: AesSecretFileOptions = {},
): Promise<SecretBytes> {
  const file = resolve(text('path', path));
  assertOptions('options', options, ['create']);
  const create = trueOrFalse('create', options.create, false);
  const found = await secretFileText(file, create ? () => `${generateAesSecret()}\n` : undefined);
  if (found === undefined) {
    throw new MasterKeyError(
      `There is no secret ${file}. Check the path; to make a new one, pass create: true.`,
    );
  }
  try {
    return parseAesSecret(found);
  } catch (error) {
    if (!isOssEnvelopeError(error, 'ERR_INVALID_ARGUMENT')) throw error;
    throw new MasterKeyError(`${file} holds no secret: it ${error.message.replace(/^secret /, '')}.`);
  }
}
