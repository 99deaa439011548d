import {
  dataKeyBytes,
  InvalidArgumentError,
  isOssEnvelopeError,
  type KeyProvider,
  KeyUnwrapError,
  MasterKeyError,
  type MaterialDescription,
  OutOfRangeError,
} from '@oss-envelope/core';
import {
  assertOptions,
  createSealedProvider,
  deriveSecret,
  equalBytes,
  metadataLimitBytes,
  text,
  textRecord,
  unlessAborted,
  wholeNumber,
} from '@oss-envelope/core/adapter';
import { Decrypter, Encrypter } from 'age-encryption';
import { headerCheck } from '../keys/header-check.js';
import {
  type AgeIdentityInput,
  assertUsable,
  type CheckedIdentity,
  parseIdentities,
} from '../keys/identities.js';
import { type PasskeyInput, passkeyUse } from '../keys/passkey.js';
import { parseRecipients } from '../keys/recipients.js';

/** What `ageProvider` takes. Recipients or a passphrase or a passkey to write; identities or one of those to read. */
export interface AgeProviderOptions {
  /**
   * Who can read what is written: `age1pq1…` (post-quantum) or `age1…`, or the texts of files of them. All are
   * post-quantum or none is. Three post-quantum ones fit into the metadata of an object.
   */
  readonly recipients?: string | readonly string[] | undefined;
  /**
   * What reads: `AGE-SECRET-KEY-PQ-1…` or `AGE-SECRET-KEY-1…`, the texts of files of them, or keys of Web Crypto. They
   * are tried one after another.
   */
  readonly identities?: AgeIdentityInput | readonly AgeIdentityInput[] | undefined;
  /** Reads and writes. It goes with `identities`, and not with `recipients` or `passkey`. */
  readonly passphrase?: string | undefined;
  /** Reads and writes, in a browser; the user is asked each time. Recipients beside it can read too. */
  readonly passkey?: PasskeyInput | undefined;
  /**
   * How much work a passphrase is written with: the base-2 logarithm of scrypt's N, from 10 to 20; 18 by default, which
   * takes 256 MiB of memory.
   */
  readonly workFactorLog2?: number | undefined;
  /**
   * How much work an object may ask for when it is read, from 1 to 20: whoever can write to the bucket chooses it. The
   * larger of 18 and `workFactorLog2` by default.
   */
  readonly maxWorkFactorLog2?: number | undefined;
  /** Written beside the wrapped key, so that readers find these keys among several. */
  readonly materialDescription?: MaterialDescription | undefined;
}

const optionNames = [
  'recipients',
  'identities',
  'passphrase',
  'passkey',
  'workFactorLog2',
  'maxWorkFactorLog2',
  'materialDescription',
];

const wrapAlgorithm = 'age';
const defaultWorkFactorLog2 = 18;
/** What the library reads at most: 2^20 takes 1 GiB. */
const mostWorkFactorLog2 = 20;
/** What the envelope holds beside one wrapped key: about 330 bytes, and a description of some length. */
const restOfEnvelopeBytes = 400;

/**
 * Wraps the keys of the format `'sealed'` by age: to X25519 or post-quantum recipients, under a passphrase, or by a
 * passkey.
 *
 * @example
 * const { identity, recipient } = await generateAgeIdentity();
 * const writer = ageProvider({ recipients: recipient });
 * const reader = ageProvider({ identities: identity });
 * writer.unwraps; // => []
 * reader.unwraps; // => ['age']
 *
 * @throws InvalidArgumentError for options that are wrong: it names the one, and shows nothing of it
 */
export function ageProvider(options: AgeProviderOptions): KeyProvider {
  assertOptions('options', options, optionNames);
  const { recipients, identities, passphrase, passkey } = options;
  const workFactorLog2 = wholeNumber(
    'workFactorLog2',
    options.workFactorLog2,
    { least: 10, most: mostWorkFactorLog2 },
    defaultWorkFactorLog2,
  );
  const maxWorkFactorLog2 = wholeNumber(
    'maxWorkFactorLog2',
    options.maxWorkFactorLog2,
    { least: 1, most: mostWorkFactorLog2 },
    Math.max(defaultWorkFactorLog2, workFactorLog2),
  );
  if ([recipients, identities, passphrase, passkey].every((option) => option === undefined)) {
    throw new InvalidArgumentError(
      'recipients',
      'or identities, a passphrase or a passkey must be given: the first to write, the second to read, the others for both',
    );
  }
  if (passphrase !== undefined && (recipients !== undefined || passkey !== undefined)) {
    throw new InvalidArgumentError(
      'passphrase',
      'must not be given with recipients or a passkey: in age it stands alone. Give the bucket two providers, one of them as recipient',
    );
  }
  const keys = {
    recipients: recipients === undefined ? [] : parseRecipients('recipients', recipients),
    identities: identities === undefined ? [] : parseIdentities('identities', identities),
    passphrase: passphrase === undefined ? undefined : text('passphrase', passphrase),
    passkey: passkey === undefined ? undefined : passkeyUse(passkey),
  };
  const encrypter = encrypterOf(keys, workFactorLog2);
  const decrypter = decrypterOf(keys, maxWorkFactorLog2);

  const both = createSealedProvider({
    wrapAlgorithm,
    materialDescription: textRecord('materialDescription', options.materialDescription),
    async encrypt(key, label, signal) {
      if (encrypter === undefined) {
        throw new MasterKeyError(
          'This provider holds identities only, which read. Pass their recipients as well to write: ageRecipientsOf gives them.',
        );
      }
      return unlessAborted(wrapIn(encrypter, key, label), signal);
    },
    async decrypt(file, label, signal) {
      if (decrypter === undefined) {
        throw new MasterKeyError(
          'This provider holds recipients only, which write. Pass identities to read.',
        );
      }
      return unlessAborted(unwrapBy(decrypter, file, label), signal);
    },
  });
  // A passphrase wraps only where it is known, and a passkey would have to be asked for.
  const written = keys.identities.find((identity) => typeof identity === 'string');
  return {
    ...both,
    wraps: encrypter === undefined ? {} : both.wraps,
    unwraps: decrypter === undefined ? [] : both.unwraps,
    ...(written !== undefined && {
      deriveSecret: (purpose) => deriveSecret(new TextEncoder().encode(written), purpose),
    }),
  };
}

interface Keys {
  readonly recipients: readonly string[];
  readonly identities: readonly CheckedIdentity[];
  readonly passphrase: string | undefined;
  readonly passkey: ReturnType<typeof passkeyUse> | undefined;
}

/** Undefined for keys that only read. */
function encrypterOf(
  { recipients, passphrase, passkey }: Keys,
  workFactorLog2: number,
): Encrypter | undefined {
  const encrypter = new Encrypter();
  if (passphrase !== undefined) {
    encrypter.setPassphrase(passphrase);
    encrypter.setScryptWorkFactor(workFactorLog2);
    return encrypter;
  }
  if (passkey !== undefined) encrypter.addRecipient(passkey.recipient);
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return recipients.length > 0 || passkey !== undefined ? encrypter : undefined;
}

/** Undefined for keys that only write. It is made when it is needed first, and again after it could not be made. */
function decrypterOf(keys: Keys, maxWorkFactorLog2: number): (() => Promise<Decrypter>) | undefined {
  const { identities, passphrase, passkey } = keys;
  if (identities.length === 0 && passphrase === undefined && passkey === undefined) return undefined;
  let made: Decrypter | undefined;
  return async () => {
    if (made !== undefined) return made;
    await assertUsable(identities);
    const decrypter = new Decrypter();
    // It comes first: the library asks one after another.
    decrypter.addIdentity(
      headerCheck(passphrase === undefined ? Number.POSITIVE_INFINITY : maxWorkFactorLog2),
    );
    for (const identity of identities) decrypter.addIdentity(identity);
    if (passphrase !== undefined) decrypter.addPassphrase(passphrase);
    if (passkey !== undefined) decrypter.addIdentity(passkey.identity);
    made = decrypter;
    return decrypter;
  };
}

/** Clause S14: what a file begins with here, so that no other file of age opens as a wrapping key. */
function openingOf(label: Uint8Array): Uint8Array {
  return Uint8Array.of(...label, 0);
}

/** Clause S14: a file of age whose content is the label, a zero byte and the key. */
async function wrapIn(encrypter: Encrypter, key: Uint8Array, label: Uint8Array): Promise<Uint8Array> {
  if (key.length !== dataKeyBytes) throw new OutOfRangeError('key', `must have ${dataKeyBytes} bytes`);
  const opening = openingOf(label);
  const content = new Uint8Array(opening.length + dataKeyBytes);
  content.set(opening);
  content.set(key, opening.length);
  let file: Uint8Array;
  try {
    file = await encrypter.encrypt(content);
  } catch (error) {
    if (isOssEnvelopeError(error)) throw error;
    throw new MasterKeyError(
      'age cannot encrypt to these recipients: one of them is no point of its curve, or this runtime lacks memory for the passphrase.',
    );
  } finally {
    content.fill(0);
  }
  const base64Length = Math.ceil(file.length / 3) * 4;
  if (base64Length + restOfEnvelopeBytes >= metadataLimitBytes) {
    throw new OutOfRangeError(
      'recipients',
      `must fit into the metadata of an object, which take less than ${metadataLimitBytes} bytes: these take ${base64Length}. ` +
        'A post-quantum recipient takes about 2,080, another one about 130. Give fewer, or one key to several readers',
    );
  }
  return file;
}

/** Every failure that the wrapped bytes may have part in reads the same: the caller makes it so. */
async function unwrapBy(
  decrypter: () => Promise<Decrypter>,
  file: Uint8Array,
  label: Uint8Array,
): Promise<Uint8Array> {
  const own = Uint8Array.from(file);
  const ready = await decrypter();
  if (own.length >= metadataLimitBytes) throw new KeyUnwrapError();
  const content = await ready.decrypt(own);
  const opening = openingOf(label);
  const isOurs =
    content.length === opening.length + dataKeyBytes &&
    equalBytes(content.subarray(0, opening.length), opening);
  const key = content.slice(opening.length);
  content.fill(0);
  if (!isOurs) throw new KeyUnwrapError();
  return key;
}
