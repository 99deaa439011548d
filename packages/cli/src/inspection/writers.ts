import type { CounterEnvelope, Envelope } from '@oss-envelope/core';

// Which programs can have written an envelope, by what their sources and their objects show.

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

/** All that can have written the envelope, the likeliest first. */
export function writersOf(envelope: Envelope, headers: Readonly<Record<string, string>>): readonly Writer[] {
  if (envelope.format === 'sealed') return ['oss-envelope'];
  if (envelope.format === 'oss-crypto') return ['Python oss2 2.5 to 2.10', 'oss-envelope'];
  const byName = lowerCased(headers);
  const facts: Facts = {
    wrap: envelope.wrapAlgorithm,
    layering: envelope.wrapAlgorithm === 'kms' ? layeringOf(envelope.wrappedKey) : undefined,
    description: byName[`${prefix}matdesc`],
    hasLength: byName[`${prefix}unencrypted-content-length`] !== undefined,
    hasMd5: byName[`${prefix}unencrypted-content-md5`] !== undefined,
    isMultipart: byName[`${prefix}part-size`] !== undefined,
    hasMagic: byName[`${prefix}magic-number-hmac`] !== undefined,
  };
  return candidates.filter(({ fits }) => fits(facts)).map(({ writer }) => writer);
}

const prefix = 'x-oss-meta-client-side-encryption-';

interface Facts {
  readonly wrap: CounterEnvelope['wrapAlgorithm'];
  /** Of KMS: how often the blob is in base64. */
  readonly layering: 'once' | 'twice' | undefined;
  /** The description as it is spelled: every SDK has its own way of writing JSON. */
  readonly description: string | undefined;
  readonly hasLength: boolean;
  readonly hasMd5: boolean;
  readonly isMultipart: boolean;
  readonly hasMagic: boolean;
}

interface Candidate {
  readonly writer: Writer;
  readonly fits: (facts: Facts) => boolean;
}

const isPkcs1 = ({ wrap }: Facts): boolean => wrap === 'rsa-pkcs1-v1_5';
/** Put in one request, the size is always recorded by the Java SDKs, and by C++ never. */
const mayHaveLength = (): boolean => true;
const alwaysHasLength = ({ hasLength, isMultipart }: Facts): boolean => hasLength || isMultipart;

const spaced = ({ description }: Facts): boolean =>
  description === undefined || (/^[\x20-\x7e]*$/.test(description) && !/":"/.test(description));
const compact = ({ description }: Facts): boolean => description === undefined || !/": "/.test(description);
const ascii = ({ description }: Facts): boolean =>
  description === undefined || /^[\x20-\x7e]*$/.test(description);
const noBareSlash = ({ description }: Facts): boolean =>
  description === undefined || !/(?<!\\)\//.test(description);
const noEscapedSlash = ({ description }: Facts): boolean =>
  description === undefined || !/\\\//.test(description);
const noBareAngle = ({ description }: Facts): boolean =>
  description === undefined || !/[<>&]/.test(description);
const sortedNames = ({ description }: Facts): boolean => {
  if (description === undefined) return true;
  try {
    const names = Object.keys(JSON.parse(description) as object);
    return names.every((name, index) => index === 0 || (names[index - 1] as string) <= name);
  } catch {
    return true;
  }
};
const all =
  (...checks: readonly ((facts: Facts) => boolean)[]) =>
  (facts: Facts): boolean =>
    checks.every((check) => check(facts));
const not = (check: (facts: Facts) => boolean) => (facts: Facts) => !check(facts);
const hasMagic = ({ hasMagic }: Facts): boolean => hasMagic;
const kmsOnce = ({ layering }: Facts): boolean => layering === 'once';
const kmsTwice = ({ layering }: Facts): boolean => layering === 'twice';
const isOaep = ({ wrap }: Facts): boolean => wrap === 'rsa-oaep-sha1';

const candidates: readonly Candidate[] = [
  {
    writer: 'Java v1',
    fits: all(
      (facts) => isPkcs1(facts) || kmsOnce(facts),
      alwaysHasLength,
      compact,
      noBareSlash,
      sortedNames,
      not(hasMagic),
    ),
  },
  {
    writer: 'Java v2',
    fits: all(isPkcs1, alwaysHasLength, compact, noEscapedSlash, not(hasMagic), (facts) => !facts.hasMd5),
  },
  {
    writer: 'Python oss2 2.11 and later',
    fits: all(
      (facts) => isPkcs1(facts) || isOaep(facts) || kmsTwice(facts),
      mayHaveLength,
      spaced,
      not(hasMagic),
    ),
  },
  { writer: 'Python v2', fits: all((facts) => isPkcs1(facts) || kmsOnce(facts), spaced, not(hasMagic)) },
  {
    writer: 'Go v1',
    fits: all(
      (facts) => isPkcs1(facts) || kmsOnce(facts),
      compact,
      sortedNames,
      noBareAngle,
      noEscapedSlash,
      not(hasMagic),
    ),
  },
  {
    writer: 'Go v2',
    fits: all(
      (facts) => isPkcs1(facts) || kmsOnce(facts),
      compact,
      sortedNames,
      noBareAngle,
      noEscapedSlash,
      not(hasMagic),
    ),
  },
  {
    writer: 'C++',
    fits: all(isPkcs1, compact, ascii, sortedNames, noEscapedSlash, (facts) => !facts.hasLength),
  },
  { writer: 'PHP v2', fits: all(isPkcs1, compact, ascii, noBareSlash, not(hasMagic)) },
  { writer: 'oss-envelope', fits: all(compact, ascii, sortedNames, noEscapedSlash, not(hasMagic)) },
];

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** KMS answers text in base64. Python's SDK puts that text into base64 once more; the others store it as it is. */
function layeringOf(wrappedKey: Uint8Array): 'once' | 'twice' {
  const text = Buffer.from(wrappedKey).toString('latin1');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? 'twice' : 'once';
}
