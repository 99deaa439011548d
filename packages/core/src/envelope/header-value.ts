import { decodeBase64 } from '../encoding/base64.js';
import { parseSize } from '../encoding/size-text.js';
import { MalformedEnvelopeError } from '../errors/errors.js';

/** Refuses a value by what is wrong with it, without the value itself. */
type Refuse = (what: string) => never;

/** What the text of a header says. */
export type HeaderParser<T> = (text: string, refuse: Refuse) => T;

const maxHeaderLength = 8192;

/** Bytes as base64; of a given number, or any but none. */
export const base64Bytes =
  (sizeBytes?: number): HeaderParser<Uint8Array<ArrayBuffer>> =>
  (text, refuse) => {
    const bytes = decodeBase64(text);
    if (bytes !== undefined && bytes.length > 0 && (sizeBytes ?? bytes.length) === bytes.length) return bytes;
    return refuse(
      sizeBytes === undefined
        ? 'is not base64 (RFC 4648, padded, one line)'
        : `is not the base64 of ${sizeBytes} bytes`,
    );
  };

const anyBytes = base64Bytes();
/** The wrapped key or start value, with blanks around it as some HTTP clients leave them. */
export const wrappedBytes: HeaderParser<Uint8Array<ArrayBuffer>> = (text, refuse) =>
  anyBytes(text.trim(), refuse);

export const md5Text: HeaderParser<string> = (text, refuse) =>
  decodeBase64(text)?.length === 16 ? text : refuse('is not the base64 of an MD5');

export const sizeText: HeaderParser<number> = (text, refuse) =>
  parseSize(text) ?? refuse('is not a whole number below 2^53');

/** Longer than the name of any header that a format has. */
const mostShown = 100;

/** The name of a header that no format has, for a message: whoever writes metadata makes it as long as all of them. */
export const shownName = (name: string): string =>
  name.length <= mostShown ? name : `${name.slice(0, mostShown)}…`;

/**
 * The value of a header.
 *
 * @throws MalformedEnvelopeError that names the header, never its value
 */
export function parseHeader<T>(name: string, text: string, parse: HeaderParser<T>): T {
  const refuse: Refuse = (what) => {
    throw new MalformedEnvelopeError(
      `The metadata header ${name} ${what}. ` +
        'The object was written by a tool that does not follow the format, or its metadata were changed.',
    );
  };
  if (text.length > maxHeaderLength) refuse('is longer than 8 KB');
  return parse(text, refuse);
}

/**
 * The value of a header that must be there.
 *
 * @throws MalformedEnvelopeError that names it
 */
export function requiredHeader(name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new MalformedEnvelopeError(
    `The object has half an envelope: the metadata header ${name} is missing. ` +
      "Was the object copied by a tool that did not carry all metadata over, or does a bucket's CORS rule hide some?",
  );
}
