import { OssError } from '../http/oss-error.js';

/** Prefix of user metadata headers. */
export const userMetadataPrefix = 'x-oss-meta-';

// Page 0011-00000002: "8 KB or more" is refused.
const maxUserMetadataBytes = 8 * 1024;
const defaultContentType = 'application/octet-stream';

const contentHeaderNames = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;

/** What is stored beside an object's bytes and comes back with them. */
export interface ObjectMetadata {
  /** Content-Type and its like, by header name in lower case. */
  readonly contentHeaders: Readonly<Record<string, string>>;
  /** User metadata by name in lower case, without the `x-oss-meta-` prefix. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/**
 * Takes an object's metadata from request headers.
 * @throws {OssError} `MetadataTooLarge` when names and values of user metadata come to 8 KB together, or more.
 *   `InvalidArgument` (EC 0011-00000004) for a name with other characters than letters, digits and hyphens.
 */
export function readObjectMetadata(headers: Readonly<Record<string, string>>): ObjectMetadata {
  const contentHeaders: Record<string, string> = { 'content-type': defaultContentType };
  for (const name of contentHeaderNames) {
    const value = headers[name];
    if (value !== undefined && value !== '') contentHeaders[name] = value;
  }

  const userMetadata: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(userMetadataPrefix)) continue;
    const suffix = name.slice(userMetadataPrefix.length);
    if (!/^[a-z0-9-]+$/.test(suffix)) {
      throw new OssError('InvalidMetadataName', { details: { ArgumentName: name } });
    }
    bytes += name.length + Buffer.byteLength(value);
    userMetadata[suffix] = value;
  }
  if (bytes >= maxUserMetadataBytes) {
    throw new OssError('MetadataTooLarge', {
      details: { MaxMetadataSize: maxUserMetadataBytes, MetadataSize: bytes },
    });
  }
  return { contentHeaders, userMetadata };
}

/** The response headers that carry an object's metadata. */
export function formatObjectMetadata(metadata: ObjectMetadata): Record<string, string> {
  const headers: Record<string, string> = { ...metadata.contentHeaders };
  for (const [name, value] of Object.entries(metadata.userMetadata)) {
    headers[`${userMetadataPrefix}${name}`] = value;
  }
  return headers;
}
