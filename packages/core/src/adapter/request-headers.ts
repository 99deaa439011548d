import type { Headers } from '../contract/object-transport.js';
import { InvalidArgumentError } from '../errors/errors.js';
import { adviceByHeader } from './header-advice.js';

/** The headers that the transport sets, or what it sends by. */
export const transportHeaders: (lowerName: string) => string | undefined = adviceByHeader({
  'the transport sets it':
    'authorization content-length date host transfer-encoding x-oss-content-sha256 x-oss-date x-oss-security-token',
  'it is about the connection, which the transport manages':
    'connection expect keep-alive proxy-* te trailer upgrade',
  'compressed ciphertext could not be checked or decrypted': 'accept-encoding',
  'it turns the upload into a copy; use the call copy': 'x-oss-copy-source',
});

/**
 * A copy of headers as a request carries them: names in lower case, no blanks around values. For the callers of
 * transports, who may set what `adviceAgainstHeader` keeps from the callers of the client, such as `range`, but not what
 * the transport sets.
 *
 * @param argument - what the headers are called in errors
 * @param allowed - names that the transport has set in them itself
 * @throws InvalidArgumentError that names the header, never its value. It refuses a name that HTTP does not allow
 *   (RFC 9110 §5.1), a name that is there twice, and a header of the transport. It refuses a value outside printable
 *   ASCII too: the bytes that arrive, and are signed, would depend on the runtime
 */
export function checkedHeaders(
  headers: Headers,
  argument = 'headers',
  allowed: readonly string[] = [],
): Record<string, string> {
  const checked: Record<string, string> = {};
  const refuse = (name: string, expectation: string): never => {
    throw new InvalidArgumentError(`${argument}[${JSON.stringify(name)}]`, expectation);
  };
  for (const name of Object.keys(headers)) {
    const value: unknown = headers[name];
    const lowerName = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lowerName)) refuse(name, 'must have a name that HTTP allows');
    const advice = transportHeaders(lowerName);
    if (advice !== undefined && !allowed.includes(lowerName)) refuse(name, `must be left out: ${advice}`);
    if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) {
      return refuse(name, 'must be printable ASCII: encode other text, by encodeURIComponent for example');
    }
    if (Object.hasOwn(checked, lowerName)) {
      refuse(name, 'must be there once; upper and lower case are the same');
    }
    setOwn(checked, lowerName, value.trim());
  }
  return checked;
}

/** As an assignment, which would do something else for a header that is named __proto__. */
function setOwn(headers: Record<string, string>, name: string, value: string): void {
  if (name !== '__proto__') headers[name] = value;
  else Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a header's value that a runtime gives as one character for each byte: OSS stores and sends UTF-8 (the
 * metadata of other tools may hold any text). What is not UTF-8, or was decoded already, stays as it is.
 */
export function decodeHeaderValue(value: string): string {
  // Most values are ASCII; and a character above U+00FF is no byte.
  if (!/[\x80-\xff]/.test(value) || /[^\0-\xff]/.test(value)) return value;
  try {
    return utf8.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)));
  } catch {
    return value;
  }
}

/** The requests by which an object is stored. */
export type StoringRequest =
  | 'drop-parts'
  | 'finish-parts'
  | 'list-parts'
  | 'put'
  | 'put-part'
  | 'start-parts';

const everyRequest: readonly StoringRequest[] = [
  'drop-parts',
  'finish-parts',
  'list-parts',
  'put',
  'put-part',
  'start-parts',
];

/** Headers of the object itself: its metadata, type, tags, storage class and encryption on the server. */
const objectRequests: readonly StoringRequest[] = ['put', 'start-parts'];

/** The headers that are about a request (OSS documentation, "InitiateMultipartUpload" to "AbortMultipartUpload"). */
const requestsByHeader: ReadonlyMap<string, readonly StoringRequest[]> = new Map([
  ['x-oss-callback', ['put', 'finish-parts']],
  ['x-oss-callback-var', ['put', 'finish-parts']],
  ['x-oss-forbid-overwrite', ['put', 'start-parts', 'finish-parts']],
  ['x-oss-object-acl', ['put', 'finish-parts']],
  ['x-oss-request-payer', everyRequest],
  ['x-oss-traffic-limit', ['put', 'put-part']],
]);

/**
 * Which headers of an object go on one of the requests that store it.
 *
 * @param headers - all headers that one PutObject of the object would have
 * @returns a new object
 */
export function headersForRequest(request: StoringRequest, headers: Headers): Record<string, string> {
  const ofRequest = ([name]: [string, string]): boolean =>
    (requestsByHeader.get(name.toLowerCase()) ?? objectRequests).includes(request);
  return Object.fromEntries(Object.entries(headers).filter(ofRequest));
}
