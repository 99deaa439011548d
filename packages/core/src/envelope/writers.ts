import type { CounterEnvelope } from './counter-envelope.js';
import type { Envelope } from './envelope.js';

// Which programs can have written an envelope. Every SDK has its own habits in metadata, established from its source and
// from objects that it wrote.

/** A program that writes envelopes, as people know it. */
export type Writer =
  | 'oss-envelope'
  | 'Python oss2 2.5 to 2.10'
  | 'Python oss2 2.11 and later'
  | 'Python v2'
  | 'Go v1'
  | 'Go v2'
  | 'Java v1'
  | 'Java v2'
  | 'C++'
  | 'PHP v2';

/** How a program writes the format `'client-side-encryption'`. */
interface Habits {
  readonly writer: Writer;
  readonly wraps: readonly Wrapping[];
  /** JSON of the description: a space after colons and commas or none, `/` or `\/`, names sorted, other characters. */
  readonly spaces?: boolean;
  readonly slash?: 'plain' | 'escaped';
  readonly sorted?: boolean;
  readonly asciiOnly?: boolean;
  readonly escapesAngles?: boolean;
  /** Whether the size of the plaintext is recorded for objects that were put in one request. */
  readonly recordsSize?: 'always' | 'never';
  readonly recordsMd5?: 'never';
}

/** How the data key is wrapped; of KMS also how often the blob is in base64. */
type Wrapping = 'pkcs1' | 'oaep' | 'kms' | 'kms, base64 twice';

const habits: readonly Habits[] = [
  {
    writer: 'Java v1',
    wraps: ['pkcs1', 'kms'],
    spaces: false,
    slash: 'escaped',
    sorted: true,
    recordsSize: 'always',
  },
  {
    writer: 'Java v2',
    wraps: ['pkcs1'],
    spaces: false,
    slash: 'plain',
    recordsSize: 'always',
    recordsMd5: 'never',
  },
  {
    writer: 'Python oss2 2.11 and later',
    wraps: ['pkcs1', 'oaep', 'kms, base64 twice'],
    spaces: true,
    slash: 'plain',
    asciiOnly: true,
  },
  { writer: 'Python v2', wraps: ['pkcs1', 'kms'], spaces: true, slash: 'plain', asciiOnly: true },
  {
    writer: 'Go v1',
    wraps: ['pkcs1', 'kms'],
    spaces: false,
    slash: 'plain',
    sorted: true,
    escapesAngles: true,
  },
  {
    writer: 'Go v2',
    wraps: ['pkcs1', 'kms'],
    spaces: false,
    slash: 'plain',
    sorted: true,
    escapesAngles: true,
  },
  {
    writer: 'C++',
    wraps: ['pkcs1'],
    spaces: false,
    slash: 'plain',
    sorted: true,
    asciiOnly: true,
    recordsSize: 'never',
  },
  { writer: 'PHP v2', wraps: ['pkcs1'], spaces: false, slash: 'escaped', asciiOnly: true },
  {
    writer: 'oss-envelope',
    wraps: ['pkcs1', 'oaep', 'kms', 'kms, base64 twice'],
    spaces: false,
    slash: 'plain',
    sorted: true,
    asciiOnly: true,
  },
];

const prefix = 'x-oss-meta-client-side-encryption-';

/**
 * The programs that can have written an envelope: every SDK has habits of its own in metadata. None means one that is not
 * known here.
 *
 * @param headers - of the object, names in any case
 *
 * @example
 * const { headers } = await transport.head({ key: 'motto.txt', headers: {} });
 * const state = parseEnvelope(headers);
 * state.kind === 'enveloped' && writersOf(state.envelope, headers); // => ['oss-envelope']
 */
export function writersOf(envelope: Envelope, headers: Readonly<Record<string, string>>): readonly Writer[] {
  if (envelope.format === 'sealed') return ['oss-envelope'];
  if (envelope.format === 'oss-crypto') return ['Python oss2 2.5 to 2.10', 'oss-envelope'];
  const byName = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const value = (name: string): string | undefined => byName[prefix + name];
  const wrapping = wrappingOf(envelope);
  const isMultipart = value('part-size') !== undefined;
  const hasSize = value('unencrypted-content-length') !== undefined;
  const hasMd5 = value('unencrypted-content-md5') !== undefined;
  return habits
    .filter(
      (habit) =>
        wrapping !== undefined &&
        habit.wraps.includes(wrapping) &&
        isSpelledAs(habit, value('matdesc')) &&
        (habit.recordsSize !== 'always' || hasSize || isMultipart) &&
        (habit.recordsSize !== 'never' || !hasSize) &&
        (habit.recordsMd5 !== 'never' || !hasMd5),
    )
    .map(({ writer }) => writer);
}

/** Whether a description is JSON as a program writes it. Each sign counts only where it can be seen. */
function isSpelledAs(habit: Habits, description: string | undefined): boolean {
  if (description === undefined) return true;
  const signs: readonly (boolean | undefined)[] = [
    habit.spaces !== undefined && /":\s?"/.test(description)
      ? /": "/.test(description) === habit.spaces
      : undefined,
    habit.slash === 'plain' ? !/\\\//.test(description) : !/(?<!\\)\//.test(description),
    habit.sorted ? hasSortedNames(description) : undefined,
    habit.asciiOnly ? /^[\x20-\x7e]*$/.test(description) : undefined,
    habit.escapesAngles ? !/[<>&]/.test(description) : undefined,
  ];
  return !signs.includes(false);
}

function hasSortedNames(description: string): boolean {
  try {
    const names = Object.keys(JSON.parse(description) as object);
    return names.every((name, index) => index === 0 || (names[index - 1] as string) <= name);
  } catch {
    return false;
  }
}

function wrappingOf({ wrapAlgorithm, wrappedKey }: CounterEnvelope): Wrapping | undefined {
  if (wrapAlgorithm === 'rsa-pkcs1') return 'pkcs1';
  if (wrapAlgorithm === 'rsa-oaep-sha1') return 'oaep';
  if (wrapAlgorithm !== 'kms') return undefined;
  // KMS answers text in base64. Python's SDK puts that text into base64 once more; the others store it as it is.
  const text = String.fromCharCode(...wrappedKey.subarray(0, 4096));
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? 'kms, base64 twice' : 'kms';
}
