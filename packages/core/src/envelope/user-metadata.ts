import { metadataLimitBytes } from '../adapter/oss-limits.js';
import type { Headers } from '../contract/object-transport.js';
import { OutOfRangeError } from '../errors/errors.js';
import { isEnvelopeHeader } from './envelope-header-names.js';

/** The caller's own pairs, without the prefix `x-oss-meta-`. OSS lower-cases their names. */
export type UserMetadata = Readonly<Record<string, string>>;

/** How the names of the headers begin that hold metadata, in lower case. */
export const metadataPrefix = 'x-oss-meta-';

/** The caller's own pairs among an object's headers. */
export function parseUserMetadata(headers: Headers): UserMetadata {
  const own: [string, string][] = [];
  for (const name of Object.keys(headers)) {
    if (!name.startsWith(metadataPrefix) || isEnvelopeHeader(name)) continue;
    own.push([name.slice(metadataPrefix.length), headers[name] as string]);
  }
  // fromEntries defines own properties, so that a pair named __proto__ is only a pair.
  return Object.fromEntries(own);
}

/**
 * Checks that the metadata among `headers`, the envelope's included, fit into an object.
 *
 * @throws OutOfRangeError when they do not
 */
export function assertMetadataSize(headers: Headers): void {
  let sizeBytes = 0;
  for (const name of Object.keys(headers)) {
    if (name.startsWith(metadataPrefix)) sizeBytes += name.length + (headers[name] as string).length;
  }
  if (sizeBytes >= metadataLimitBytes) {
    throw new OutOfRangeError(
      'metadata',
      `must be less than ${metadataLimitBytes} bytes with the encryption envelope; it is ${sizeBytes}. Store the rest in the object or elsewhere`,
    );
  }
}
