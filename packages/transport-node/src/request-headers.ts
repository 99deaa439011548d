import { type Headers, InvalidArgumentError } from '@oss-envelope/core';

/** Headers that the transport, the signature or node:http sets. A second one makes a request that OSS refuses. */
const ownHeaders = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'transfer-encoding',
  'x-oss-content-sha256',
  'x-oss-date',
  'x-oss-security-token',
]);

/**
 * A copy of a request's headers that can be signed and sent.
 *
 * @throws InvalidArgumentError for a header that is not the caller's to set, or a value outside printable ASCII: OSS
 *   and ali-oss disagree about the bytes that such values are signed as
 */
export function copyRequestHeaders(headers: Headers): Record<string, string> {
  const copy: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lowerCased = name.toLowerCase();
    const argument = `headers[${JSON.stringify(name)}]`;
    if (ownHeaders.has(lowerCased)) {
      throw new InvalidArgumentError(argument, 'must be left out: the transport sets it');
    }
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lowerCased)) {
      throw new InvalidArgumentError(argument, 'must have a name that HTTP allows (RFC 9110 §5.1)');
    }
    if (!/^[\x20-\x7e\t]*$/.test(value)) {
      throw new InvalidArgumentError(argument, 'must be printable ASCII: encode other text');
    }
    if (Object.hasOwn(copy, lowerCased)) {
      throw new InvalidArgumentError(argument, 'must be there once only; case does not matter');
    }
    copy[lowerCased] = value;
  }
  return copy;
}
