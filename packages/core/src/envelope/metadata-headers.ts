import { InvalidArgumentError } from '../errors/errors.js';
import { isEnvelopeHeader } from './envelope-header-names.js';
import { metadataPrefix, type UserMetadata } from './user-metadata.js';

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
