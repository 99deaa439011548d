import type { Preferences } from '../settings/preferences.js';

/** The flags that say with which keys to read and write. None of them is a secret; files hold those. */
export interface KeyFlags {
  readonly key?: string | undefined;
  readonly keyFolder?: string | undefined;
  readonly kmsKey?: string | undefined;
  readonly kmsEndpoint?: string | undefined;
  readonly ageIdentity?: string | undefined;
  readonly secretFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly description?: readonly string[] | undefined;
  readonly recipient?: readonly string[] | undefined;
  readonly otherKey?: readonly string[] | undefined;
}

/** One of the master keys that are to be used, and how it is described in objects. */
export interface KeySource {
  readonly kind: 'file' | 'folder' | 'kms' | 'age' | 'secret' | 'any';
  /** A path, or the id or alias of a key in KMS; of `any` whatever was written. */
  readonly place: string;
  readonly description: Readonly<Record<string, string>>;
  /** The flag or setting that it comes from, for messages. */
  readonly from: string;
}

/** Which keys a command uses. */
export interface KeySelection {
  /** The key to write with, and to read with first. Undefined when none was named. */
  readonly main: KeySource | undefined;
  readonly recipients: readonly KeySource[];
  readonly others: readonly KeySource[];
  readonly kmsEndpoint: string | undefined;
  readonly passphraseFile: string | undefined;
}

const mainFlags = [
  ['key', 'file', '--key'],
  ['keyFolder', 'folder', '--key-folder'],
  ['kmsKey', 'kms', '--kms-key'],
  ['ageIdentity', 'age', '--age-identity'],
  ['secretFile', 'secret', '--secret-file'],
] as const;

/**
 * Which keys the flags and the settings name. A flag for the main key replaces whatever main key the settings name.
 *
 * @throws Error by `refuse` for two main keys at once, or a description that is no NAME=VALUE or has a name twice
 */
export function selectKeys(
  flags: KeyFlags,
  preferences: Preferences,
  refuse: (message: string) => Error,
): KeySelection {
  const given = mainFlags.filter(([name]) => flags[name] !== undefined);
  if (given.length > 1) {
    const names = given.map(([, , flag]) => flag).join(' and ');
    throw refuse(
      `${names} were given, and only one key can be the main one. Give the others by --other-key or --recipient.`,
    );
  }
  const described = parsePairs(flags.description, refuse);
  const source = given.length > 0 ? flags : preferences;
  const found = mainFlags.find(([name]) => source[name] !== undefined);
  const main: KeySource | undefined =
    found === undefined
      ? undefined
      : {
          kind: found[1],
          place: source[found[0]] as string,
          description: described ?? (given.length > 0 ? {} : (preferences.description ?? {})),
          from: found[2],
        };
  const named = (texts: readonly string[] | undefined, from: string): KeySource[] =>
    (texts ?? []).map((text) => ({ kind: 'any', ...splitDescription(text, refuse), from }));
  const stored = (entries: Preferences['recipients'], from: string): KeySource[] =>
    (entries ?? []).map((entry) =>
      typeof entry === 'string'
        ? { kind: 'any', place: entry, description: {}, from }
        : { kind: 'any', place: entry.file, description: entry.description ?? {}, from },
    );
  return {
    main,
    recipients:
      flags.recipient === undefined
        ? stored(preferences.recipients, 'recipients')
        : named(flags.recipient, '--recipient'),
    others: [...named(flags.otherKey, '--other-key'), ...stored(preferences.otherKeys, 'otherKeys')],
    kmsEndpoint: flags.kmsEndpoint ?? preferences.kmsEndpoint,
    passphraseFile: flags.passphraseFile ?? preferences.passphraseFile,
  };
}

/**
 * `PLACE` or `PLACE#NAME=VALUE,NAME=VALUE`: a key with its description. A path may have `#` in it: what follows the last
 * one is a description only if it has `=`. A path that ends like a description is written with one more `#` at its end.
 */
function splitDescription(
  text: string,
  refuse: (message: string) => Error,
): { readonly place: string; readonly description: Readonly<Record<string, string>> } {
  const mark = text.lastIndexOf('#');
  const described = text.slice(mark + 1);
  if (mark !== -1 && described === '') return { place: text.slice(0, mark), description: {} };
  if (mark === -1 || !described.includes('=')) return { place: text, description: {} };
  return { place: text.slice(0, mark), description: parsePairs(described.split(','), refuse) ?? {} };
}

function parsePairs(
  texts: readonly string[] | undefined,
  refuse: (message: string) => Error,
): Readonly<Record<string, string>> | undefined {
  if (texts === undefined) return undefined;
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    if (equals < 1) throw refuse(`A description is written NAME=VALUE, not ${JSON.stringify(text)}.`);
    const name = text.slice(0, equals);
    if (pairs.has(name)) {
      throw refuse(`A description has each name once, and ${JSON.stringify(name)} was given twice.`);
    }
    pairs.set(name, text.slice(equals + 1));
  }
  return Object.fromEntries(pairs);
}
