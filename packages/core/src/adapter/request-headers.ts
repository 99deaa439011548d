import type { Headers } from '../contract/object-transport.js';
import { InvalidArgumentError } from '../errors/errors.js';

/** Who sets a header: the transport (or what it sends by), or the client from an option of the call. */
type HeaderOwner = 'client' | 'transport';

interface OwnedHeader {
  readonly owner: HeaderOwner;
  /** What the caller does instead. */
  readonly advice: string;
}

const byTransport: OwnedHeader = { owner: 'transport', advice: 'the transport sets it' };
const hopByHop: OwnedHeader = {
  owner: 'transport',
  advice: 'it is about the connection, which the transport manages',
};
const copying: OwnedHeader = {
  owner: 'client',
  advice: 'it turns the upload into a copy; use the call copy',
};
const ranged: OwnedHeader = { owner: 'client', advice: 'use the option range' };

/** The headers that are not a caller's to set. Names end in `*` where all names that begin so are meant. */
const ownedHeaders: ReadonlyMap<string, OwnedHeader> = new Map([
  [
    'accept-encoding',
    { owner: 'transport', advice: 'compressed ciphertext could not be checked or decrypted' },
  ],
  ['authorization', byTransport],
  ['connection', hopByHop],
  [
    'content-encoding',
    { owner: 'client', advice: 'ciphertext is not compressed; compress before you encrypt' },
  ],
  ['content-length', byTransport],
  ['content-md5', { owner: 'client', advice: 'it would be of the ciphertext; use the option contentMd5' }],
  ['content-type', { owner: 'client', advice: 'use the option contentType' }],
  ['date', byTransport],
  ['expect', hopByHop],
  ['host', byTransport],
  ['if-range', ranged],
  ['keep-alive', hopByHop],
  ['proxy-*', hopByHop],
  ['range', ranged],
  ['te', hopByHop],
  ['trailer', hopByHop],
  ['transfer-encoding', byTransport],
  ['upgrade', hopByHop],
  ['x-oss-content-sha256', byTransport],
  ['x-oss-copy-source', { ...copying, owner: 'transport' }],
  ['x-oss-copy-source-*', copying],
  ['x-oss-date', byTransport],
  ['x-oss-forbid-overwrite', { owner: 'client', advice: 'use the option forbidOverwrite' }],
  ['x-oss-meta-*', { owner: 'client', advice: 'use the option metadata' }],
  ['x-oss-metadata-directive', copying],
  ['x-oss-process', { owner: 'client', advice: 'OSS cannot process ciphertext' }],
  ['x-oss-range-behavior', { owner: 'client', advice: 'the client sets it' }],
  ['x-oss-security-token', byTransport],
] as const);

const ownedPrefixes = [...ownedHeaders.keys()]
  .filter((name) => name.endsWith('*'))
  .map((name) => ({ prefix: name.slice(0, -1), header: ownedHeaders.get(name) }));

function ownedHeader(lowerName: string): OwnedHeader | undefined {
  const owned = ownedHeaders.get(lowerName);
  if (owned !== undefined) return owned;
  for (const { prefix, header } of ownedPrefixes) if (lowerName.startsWith(prefix)) return header;
  return undefined;
}

/**
 * What to do instead of setting this header by the option `headers` of a call; undefined for a header that a caller
 * may set.
 *
 * @param name - in any case
 */
export function adviceAgainstHeader(name: string): string | undefined {
  return ownedHeader(name.toLowerCase())?.advice;
}

/**
 * A copy of headers as a request carries them: names in lower case, no blanks around values. For the callers of
 * transports, who may set what {@link adviceAgainstHeader} keeps from the callers of the client, such as `range`, but
 * not what the transport sets.
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
    const owned = ownedHeader(lowerName);
    if (owned?.owner === 'transport' && !allowed.includes(lowerName)) {
      refuse(name, `must be left out: ${owned.advice}`);
    }
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
  const ofRequest = (name: string): boolean =>
    (requestsByHeader.get(name.toLowerCase()) ?? objectRequests).includes(request);
  // Of most objects, all go on the one that stores them.
  if (Object.keys(headers).every(ofRequest)) return { ...headers };
  return Object.fromEntries(Object.entries(headers).filter(([name]) => ofRequest(name)));
}
