import type { Headers, ObjectAcl, ObjectResponse, ObjectTransport } from '../contract/object-transport.js';
import type { EnvelopeState } from '../envelope/envelope.js';
import { metadataPrefix } from '../envelope/user-metadata.js';
import { withAdvice } from '../errors/described-error.js';
import {
  CapabilityMissingError,
  isOssEnvelopeError,
  ReencryptionNeededError,
  TransportError,
} from '../errors/errors.js';
import { answeredEnvelope } from '../reading/answered-envelope.js';

/** An object as an answer shows it, with all that a copy could lose. */
export interface ObjectState {
  readonly headers: Headers;
  readonly encryption: EnvelopeState;
  readonly etag: string;
  /** As the server spells it: whole seconds. */
  readonly lastModified: string;
  /** Undefined where the bucket has no versions. */
  readonly versionId: string | undefined;
}

/** Which object to look at. */
export interface StateQuery {
  readonly key: string;
  /** Headers of every request, such as `x-oss-request-payer`. */
  readonly headers: Headers;
  readonly versionId?: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The headers that OSS always sends of an object. Where one is hidden, so may others be that must be carried over. */
const alwaysShown = ['etag', 'last-modified', 'x-oss-object-type', 'x-oss-storage-class'] as const;

/**
 * Reads what an answer says of an object.
 *
 * @throws TransportError when not all is shown; MalformedEnvelopeError, AlgorithmNotSupportedError
 */
export function stateOf(response: ObjectResponse, lenient: boolean): ObjectState {
  const encryption = answeredEnvelope(response, lenient);
  const { headers } = response;
  const [etag, lastModified, ...others] = alwaysShown.map((name) => headers[name]);
  if (!etag || !lastModified || others.some((value) => !value)) {
    const hidden = alwaysShown.filter((name) => !headers[name]).join(', ');
    throw new TransportError(
      `The answer does not show ${hidden}, which OSS always sends, so other headers may be hidden as well, and would be ` +
        "lost. Make this call on a server. In a page, the bucket's CORS rule must expose these and all metadata.",
      { retryable: false },
    );
  }
  return { headers, encryption, etag, lastModified, versionId: headers['x-oss-version-id'] };
}

/**
 * Looks at an object.
 *
 * @throws as {@link stateOf}; ServiceError
 */
export async function lookAt(
  { transport, lenient }: { readonly transport: ObjectTransport; readonly lenient: boolean },
  { key, headers, versionId, signal }: StateQuery,
): Promise<ObjectState> {
  return stateOf(await transport.head({ key, headers, versionId, signal }), lenient);
}

/** Whether nobody has written the object in between, as far as an answer shows. */
export function isUnchanged(before: ObjectState, now: ObjectState): boolean {
  return (
    before.etag === now.etag &&
    before.lastModified === now.lastModified &&
    before.versionId === now.versionId &&
    JSON.stringify(before.encryption) === JSON.stringify(now.encryption)
  );
}

/**
 * Refuses what is no object of its own, and what would become another kind of object.
 *
 * @throws ReencryptionNeededError, for an appendable object; TransportError never
 */
export function assertWholeObject({ headers }: ObjectState): void {
  const type = headers['x-oss-object-type'];
  if (type !== 'Symlink' && type !== 'Appendable') return;
  throw new ReencryptionNeededError(
    type === 'Symlink'
      ? 'This is a symbolic link, which has no content of its own. Call this for the object that it points to.'
      : 'This is an appendable object, and would not be one afterwards. Store its content anew: get it, and put it.',
  );
}

const contentHeaders: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]);

/** Whether a header, its name in lower case, is of the metadata that a copy takes along or replaces, all or none. */
export function isReplaced(name: string): boolean {
  return contentHeaders.has(name) || name.startsWith(metadataPrefix);
}

/** Headers that no copy takes along, whatever the metadata directive (OSS documentation, "CopyObject"). */
const neverCarried: ReadonlySet<string> = new Set([
  'x-oss-server-side-data-encryption',
  'x-oss-server-side-encryption',
  'x-oss-server-side-encryption-key-id',
  'x-oss-storage-class',
]);

/** The headers of an object that pass a test. */
export function headersThat(isMeant: (name: string) => boolean, headers: Headers): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isMeant(name)));
}

/**
 * What must be named again of an object that is stored anew, so that it stays as it is: content headers and user
 * metadata, the envelope among them.
 *
 * @throws CapabilityMissingError for values that no request can carry
 */
export function replacedHeaders({ headers }: ObjectState): Record<string, string> {
  const kept = headersThat(isReplaced, headers);
  const strange = Object.keys(kept).filter((name) => !/^[\x20-\x7e]*$/.test(kept[name] ?? ''));
  if (strange.length === 0) return kept;
  throw new CapabilityMissingError(
    'headers',
    `Another tool has given the object a header beyond ASCII (${strange.join(', ')}), which cannot be sent again, and ` +
      'would be lost. Have that tool write it in ASCII first.',
  );
}

/** What must be named again whatever the metadata directive says: storage class, encryption on the server, ACL. */
export function uncarriedHeaders({ headers }: ObjectState, acl: ObjectAcl): Record<string, string> {
  return {
    ...headersThat((name) => neverCarried.has(name), headers),
    // To name the default would need the right to change ACLs.
    ...(acl !== 'default' && { 'x-oss-object-acl': acl }),
  };
}

/**
 * The ACL of an object, unless the caller knows it.
 *
 * @throws CapabilityMissingError when the transport cannot ask for it; ServiceError, TransportError
 */
export async function aclOf(
  transport: ObjectTransport,
  query: StateQuery,
  known: ObjectAcl | undefined,
): Promise<ObjectAcl> {
  if (known !== undefined) return known;
  if (transport.acl === undefined) {
    throw new CapabilityMissingError(
      'acl',
      "The object's ACL has to be kept, and the transport cannot ask for it (its member `acl`). Say which it is by the " +
        "option acl: 'default', if no object of the bucket has one of its own.",
    );
  }
  try {
    return await transport.acl(query);
  } catch (error) {
    const isForbidden = isOssEnvelopeError(error, 'ERR_SERVICE') && error.status === 403;
    throw isForbidden ? withAdvice(error, aclAdvice) : error;
  }
}

const aclAdvice =
  "The object's ACL was asked for, to keep it. Allow oss:GetObjectAcl, or say which it is by the option acl";
