/**
 * A text from the bucket as a terminal may show it: characters that could move the cursor, change colours or forge lines
 * are written as escapes, and so are those that change the direction of text.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => escapes[character] ?? escaped(character));
}

/**
 * JSON of a value, as a terminal may show it. Parsed, it is the same value, with null for undefined: a field that says
 * nothing of one object is there all the same.
 */
export function printableJson(value: object): string {
  const json = JSON.stringify(value, (_, inner) => (inner === undefined ? null : inner));
  return json.replace(unprintable, escaped);
}

const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal must not get
  /[\x00-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A size for people, in units of 1024. */
export function formatSize(sizeBytes: number | undefined): string {
  if (sizeBytes === undefined) return '?';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A description of a master key for people: `key=2026, site=hz`; a dash for none. */
export function formatDescription(description: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(description).map(([name, value]) => printable(`${name}=${value}`));
  return pairs.length === 0 ? '-' : pairs.join(', ');
}
