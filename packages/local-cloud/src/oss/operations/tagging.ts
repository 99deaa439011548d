import { OssError } from '../http/oss-error.js';
import type { XmlElements } from '../http/xml.js';

// Pages 0010-00000209 to 0010-00000219.
const maxTags = 10;
const maxKeyCharacters = 128;
const maxValueCharacters = 256;
// Letters of any script: OSS's Python SDK tags in Chinese.
const characters = /^[\p{L}\p{M}\p{N} +\-=._:/]*$/u;

/** Checks tags and gathers them. @throws {OssError} `InvalidTag` with the rule's EC. */
export function collectTags(pairs: readonly (readonly [key: string, value: string])[]): Map<string, string> {
  const tags = new Map<string, string>();
  const refuse = (ec: string, message: string): never => {
    throw new OssError('InvalidTag', { ec, message });
  };
  if (pairs.length > maxTags) refuse('0010-00000218', `An object has at most ${maxTags} tags.`);
  for (const [key, value] of pairs) {
    if (key === '' || [...key].length > maxKeyCharacters) {
      refuse('0010-00000209', `The key of a tag has 1 to ${maxKeyCharacters} characters.`);
    }
    if ([...value].length > maxValueCharacters || !characters.test(key) || !characters.test(value)) {
      refuse('0010-00000217', 'A tag has other characters than OSS takes, or a value that is too long.');
    }
    if (tags.has(key)) refuse('0010-00000210', `The key ${key} is there twice.`);
    tags.set(key, value);
  }
  return tags;
}

/** Reads `x-oss-tagging`: `key=value&key`, percent-encoded. @throws {OssError} `InvalidTag`. */
export function parseTaggingHeader(header: string | undefined): Map<string, string> {
  if (header === undefined || header === '') return new Map();
  return collectTags(
    header.split('&').map((pair) => {
      const [key = '', value = '', ...more] = pair.split('=');
      if (more.length > 0) {
        throw new OssError('InvalidTag', { ec: '0010-00000219', message: 'A tag has the form key=value.' });
      }
      return [decode(key), decode(value)] as const;
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new OssError('InvalidTag', { ec: '0010-00000216', message: 'The tags are not UTF-8.' });
  }
}

/** The content of a `Tagging` element. */
export function formatTagging(tags: ReadonlyMap<string, string>): XmlElements {
  return { TagSet: { Tag: [...tags].map(([Key, Value]) => ({ Key, Value })) } };
}
