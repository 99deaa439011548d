import { metadataLimitBytes } from '../adapter/oss-limits.js';
import type { Headers } from '../contract/object-transport.js';
import { InvalidArgumentError, OutOfRangeError } from '../errors/errors.js';
import { isEnvelopeHeader } from './envelope.js';

/** The caller's own pairs, without the prefix `x-oss-meta-`. OSS lower-cases their names. */
export type UserMetadata = Readonly<Record<string, string>>;

/** How the names of the headers begin that hold metadata, in lower case. */
export const metadataPrefix = 'x-oss-meta-';

/**
 * The headers of a caller's metadata.
 *
 * @throws InvalidArgumentError for a name that is no header name or belongs to an envelope, and for two names that
 *   differ in case only. For a value outside printable ASCII too: HTTP headers do not carry it reliably
 */
export function formatUserMetadata(metadata: UserMetadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    const argument = `metadata[${JSON.stringify(name)}]`;
    if (!/^[A-Za-z0-9-]+$/.test(name)) {
      throw new InvalidArgumentError(argument, 'must be named with letters, digits and hyphens');
    }
    const header = metadataPrefix + name.toLowerCase();
    if (isEnvelopeHeader(header)) {
      throw new InvalidArgumentError(
        argument,
        'must have another name: this one belongs to the encryption envelope',
      );
    }
    if (Object.hasOwn(headers, header)) {
      throw new InvalidArgumentError(
        argument,
        'must have a name that differs from the others in more than its case',
      );
    }
    if (!/^[\x20-\x7e]*$/.test(value) || value !== value.trim()) {
      throw new InvalidArgumentError(
        argument,
        'must be printable ASCII without white space around it: encode other text, by encodeURIComponent for example',
      );
    }
    headers[header] = value;
  }
  return headers;
}

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
