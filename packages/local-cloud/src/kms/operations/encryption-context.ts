import { invalidParameter } from '../http/service-error.js';

/** The longest encryption context the service takes, in characters of JSON (KMS documentation, "EncryptionContext"). */
const maxContextCharacters = 8192;

/**
 * Reads the parameter `EncryptionContext`: a JSON object whose values are all strings.
 *
 * @param json - the parameter as sent; undefined, `''` and `{}` all mean that there is no context
 * @returns one text for all equivalent contexts (the order of members does not matter), `''` for none
 * @throws ServiceError `InvalidParameter` for anything but a JSON object of strings within the limit
 */
export function canonicalContext(json: string | undefined): string {
  if (json === undefined || json === '') return '';
  if (json.length > maxContextCharacters) throw invalidParameter('EncryptionContext');
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw invalidParameter('EncryptionContext');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalidParameter('EncryptionContext');
  }
  const entries = Object.entries(parsed);
  if (entries.some(([, value]) => typeof value !== 'string')) throw invalidParameter('EncryptionContext');
  if (entries.length === 0) return '';
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
