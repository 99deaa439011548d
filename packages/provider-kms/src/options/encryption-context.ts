import { type EncryptionContext, InvalidArgumentError, OutOfRangeError } from '@oss-envelope/core';

/** What KMS binds to what it encrypts: the text that is sent, and its pairs where it is not oss2's own text. */
export interface BoundContext {
  /** JSON; undefined for none. */
  readonly text: string | undefined;
  /** Undefined for a passphrase, whose text need not even be JSON. */
  readonly pairs: EncryptionContext | undefined;
}

/** Names that this project's formats write themselves, so that no caller's context is mistaken for theirs. */
const reservedPrefix = 'oss-envelope';

/** The longest encryption context, in characters of JSON (KMS documentation, "EncryptionContext"). */
const maxContextCharacters = 8192;

/**
 * A8: the context that oss2 makes of a passphrase (`AliKMSProvider`, 2.5.0 to 2.19.1): the passphrase between fixed texts,
 * as it is. Nothing is escaped, because objects that oss2 wrote open only with the
 * same bytes.
 *
 * @throws InvalidArgumentError when it is empty or not Unicode text
 * @throws OutOfRangeError when the context would be longer than KMS takes
 */
export function passphraseContext(passphrase: string): string {
  if (typeof passphrase !== 'string' || passphrase === '') {
    throw new InvalidArgumentError('passphrase', 'must be a text that is not empty; leave it out for none');
  }
  assertUnicode('passphrase', passphrase);
  return limited('passphrase', `{"x-passphrase":"${passphrase}"}`);
}

/**
 * The one JSON text of a context: names sorted by code unit (names that are whole numbers first, which is how every
 * JavaScript object has them), no spaces. Undefined for an empty context, which is none.
 *
 * @param ofFormat - pairs that the format writes beside those of the caller
 * @param argument - what errors call the context
 * @throws InvalidArgumentError when it is no object of strings, has a name that a client could lose (`__proto__`), or
 * one that is reserved
 * @throws OutOfRangeError when it is longer than KMS takes
 */
export function formatEncryptionContext(
  context: EncryptionContext,
  ofFormat: EncryptionContext = {},
  argument = 'encryptionContext',
): string | undefined {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    throw new InvalidArgumentError(argument, 'must be an object of names and texts');
  }
  for (const [name, value] of Object.entries(context)) {
    if (typeof value !== 'string') {
      throw new InvalidArgumentError(argument, 'must have texts as values: KMS takes no other kind');
    }
    if (name === '' || name === '__proto__') {
      throw new InvalidArgumentError(argument, "must not have the names '' and '__proto__'");
    }
    if (name.startsWith(reservedPrefix)) {
      throw new InvalidArgumentError(
        argument,
        `must not have names that begin with ${reservedPrefix}: they are reserved for the formats`,
      );
    }
    assertUnicode(argument, name + value);
  }
  // No two names are the same.
  const entries = Object.entries({ ...context, ...ofFormat }).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return undefined;
  return limited(argument, JSON.stringify(Object.fromEntries(entries)));
}

/**
 * The context of the provider together with that of a request.
 *
 * @throws InvalidArgumentError when both have one name with two values, or the provider's is a passphrase
 * @throws OutOfRangeError when the two are longer than KMS takes
 */
export function mergeContexts(
  own: BoundContext,
  asked: EncryptionContext = {},
  ofFormat: EncryptionContext = {},
): BoundContext {
  if (Object.keys(asked).length === 0 && Object.keys(ofFormat).length === 0) return own;
  if (own.pairs === undefined) {
    throw new InvalidArgumentError(
      'context',
      'cannot be bound beside a passphrase: give the provider an encryptionContext instead',
    );
  }
  for (const [name, value] of Object.entries(own.pairs)) {
    if (Object.hasOwn(asked, name) && asked[name] !== value) {
      throw new InvalidArgumentError(
        'context',
        "has a name of the provider's encryptionContext with another value",
      );
    }
  }
  const pairs = { ...own.pairs, ...asked };
  return { text: formatEncryptionContext(pairs, ofFormat, 'context'), pairs: { ...pairs, ...ofFormat } };
}

/**
 * The object that a client of 2.x or 3.x serialises to exactly `text`: these clients take an object, and silently drop
 * a string.
 *
 * @throws InvalidArgumentError when there is no such object: the text is a passphrase's context and holds characters
 * that JSON escapes
 */
export function contextObject(text: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A text that is no JSON is that of no object.
  }
  if (isTextRecord(value) && !Object.hasOwn(value, '__proto__') && JSON.stringify(value) === text)
    return value;
  throw new InvalidArgumentError(
    'passphrase',
    'has quotes, backslashes or control characters, which the client of @alicloud/kms20160120 2.x and 3.x cannot send ' +
      'unescaped as oss2 does: use a client of 1.2, or kmsFetchProvider',
  );
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => typeof member === 'string')
  );
}

function limited(argument: string, text: string): string {
  if (text.length > maxContextCharacters) {
    throw new OutOfRangeError(argument, `must not be longer than ${maxContextCharacters} characters as JSON`);
  }
  return text;
}

function assertUnicode(argument: string, text: string): void {
  // A surrogate without its other half has no UTF-8 form.
  if (/[\uD800-\uDFFF]/u.test(text)) throw new InvalidArgumentError(argument, 'must be Unicode text');
}
