import { InvalidArgumentError } from '@oss-envelope/core';

const keyIdPattern = /^[\x21-\x7e]{1,512}$/;

/**
 * An id, ARN or alias of a key.
 *
 * @throws InvalidArgumentError
 */
export function checkedKeyId(argument: string, value: unknown): string {
  if (typeof value === 'string' && keyIdPattern.test(value)) return value;
  throw new InvalidArgumentError(argument, 'must be the id, ARN or alias of a key');
}

/**
 * The keys whose objects a provider reads: those of `keyIds`, else the one that it writes with. Undefined for any: on
 * request, without any key, and for an alias, which the answer of Decrypt does not name and which may move on.
 *
 * @throws InvalidArgumentError for an alias in `keyIds`, or what is no list of ids
 */
export function checkedReadKeyIds(keyIds: unknown, keyId: string | undefined): readonly string[] | undefined {
  if (keyIds === 'any') return undefined;
  if (keyIds === undefined) return keyId === undefined || isAlias(keyId) ? undefined : [keyId];
  if (!Array.isArray(keyIds) || keyIds.length === 0) {
    throw new InvalidArgumentError('keyIds', "must be a list of key ids that is not empty, or 'any'");
  }
  return keyIds.map((value, index) => {
    const id = checkedKeyId(`keyIds[${index}]`, value);
    if (isAlias(id)) {
      throw new InvalidArgumentError(
        `keyIds[${index}]`,
        'must be the id or ARN of a key, not an alias: KMS answers with ids',
      );
    }
    return id;
  });
}

/** Whether a configured id or ARN names the key that an answer names. */
export function isSameKey(configured: string, answered: string): boolean {
  return bareId(configured) === bareId(answered);
}

/** An ARN is `acs:kms:REGION:ACCOUNT:key/ID` (KMS documentation, "RAM"). */
function bareId(keyId: string): string {
  return keyId.slice(keyId.lastIndexOf('/') + 1).toLowerCase();
}

function isAlias(keyId: string): boolean {
  return /(?:^|:)alias\//.test(keyId);
}
