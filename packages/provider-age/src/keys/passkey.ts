import { AlgorithmNotSupportedError, InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { assertOptions, oneOf, text } from '@oss-envelope/core/adapter';
import { type Identity, type Recipient, webauthn } from 'age-encryption';

/**
 * A passkey: the text that `createAgePasskey` gave, or `{}` to have the user choose among those of this site. `rpId` is
 * the domain that they were made for, where it is not that of the page.
 */
export type PasskeyInput = string | { readonly rpId?: string | undefined };

/** What `createAgePasskey` takes. */
export interface CreateAgePasskeyOptions {
  /** What the browser shows the user, such as `Photos`. */
  readonly name: string;
  /** The domain that it is for: that of the page, unless given, or a parent of it. */
  readonly rpId?: string | undefined;
  /**
   * `'passkey'`, the default, is kept by the browser or the phone, and found again without the text. `'security-key'` is
   * on a token; without the text it is lost.
   */
  readonly kind?: 'passkey' | 'security-key' | undefined;
}

/** What the library calls the stanza of a passkey. */
export const passkeyStanza = 'age-encryption.org/fido2prf';

/** A passkey's two uses in the library. @internal */
interface PasskeyUse {
  readonly recipient: Recipient;
  readonly identity: Identity;
}

/**
 * Makes a passkey that wraps keys (WebAuthn with the PRF extension), in a browser. The user is asked. What it gives, a
 * text that begins with `AGE-PLUGIN-FIDO2PRF-1`, is no secret: it names the passkey. Keep it, and pass it as `passkey`.
 *
 * @throws AlgorithmNotSupportedError where there are no passkeys, or none with the PRF extension
 * @throws MasterKeyError when the browser or the user refused
 * @throws InvalidArgumentError for an option that is wrong
 */
export async function createAgePasskey(options: CreateAgePasskeyOptions): Promise<string> {
  assertOptions('options', options, ['name', 'rpId', 'kind']);
  const keyName = text('name', options.name);
  const rpId = options.rpId === undefined ? undefined : text('rpId', options.rpId);
  const type = oneOf('kind', options.kind, ['passkey', 'security-key'], 'passkey');
  return asked(() => webauthn.createCredential({ keyName, type, ...(rpId !== undefined && { rpId }) }));
}

/**
 * The library's two halves of a passkey, which ask the user one question at a time.
 *
 * @internal
 * @throws InvalidArgumentError for what names no passkey
 */
export function passkeyUse(input: PasskeyInput): PasskeyUse {
  const { recipient, identity } = libraryUse(passkeyOptions(input));
  return {
    recipient: { wrapFileKey: (fileKey) => asked(async () => recipient.wrapFileKey(fileKey)) },
    identity: {
      async unwrapFileKey(stanzas) {
        // Nobody is asked for what a passkey did not wrap.
        if (!stanzas.some(({ args }) => args[0] === passkeyStanza)) return null;
        return asked(async () => identity.unwrapFileKey(stanzas));
      },
    },
  };
}

function libraryUse(options: webauthn.Options): PasskeyUse {
  try {
    return {
      recipient: new webauthn.WebAuthnRecipient(options),
      identity: new webauthn.WebAuthnIdentity(options),
    };
  } catch {
    throw new InvalidArgumentError(
      'passkey',
      'is damaged, or incomplete: pass what createAgePasskey gave, whole',
    );
  }
}

function passkeyOptions(input: PasskeyInput): webauthn.Options {
  if (typeof input === 'string') {
    if (!input.trim().startsWith('AGE-PLUGIN-FIDO2PRF-1')) {
      throw new InvalidArgumentError(
        'passkey',
        "must be what createAgePasskey gave, a text that begins with 'AGE-PLUGIN-FIDO2PRF-1', or {} to have the user choose",
      );
    }
    return { identity: input.trim() };
  }
  assertOptions('passkey', input, ['rpId']);
  return input.rpId === undefined ? {} : { rpId: text('passkey.rpId', input.rpId) };
}

let latest: Promise<unknown> = Promise.resolve();

/** Browsers refuse a second question while one is open, from whatever provider of the page. */
function asked<T>(question: () => Promise<T>): Promise<T> {
  if (typeof navigator === 'undefined' || navigator.credentials === undefined) {
    return Promise.reject(
      new AlgorithmNotSupportedError(
        'There are no passkeys here: they need a browser, and a page from https or localhost. Use another identity of age.',
      ),
    );
  }
  const answer = latest.then(question).catch((error: unknown) => {
    throw passkeyError(error);
  });
  latest = answer.catch(() => {});
  return answer;
}

/** What the browser says is decided before any byte of the bucket counts; everything else stays as it is. */
function passkeyError(error: unknown): unknown {
  if (error instanceof DOMException) {
    return new MasterKeyError(
      `The passkey was not used: the browser or the user refused (${error.name}). Ask again, from a click; it must be one of this site.`,
    );
  }
  if (error instanceof Error && error.message.includes('PRF')) {
    return new AlgorithmNotSupportedError(
      'This passkey, or this browser, has no PRF extension of WebAuthn, which wrapping keys needs. Use another one.',
    );
  }
  return error;
}
