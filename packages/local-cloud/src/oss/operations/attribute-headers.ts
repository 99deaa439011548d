import { invalidArgument, OssError } from '../http/oss-error.js';
import type {
  ObjectAcl,
  ObjectAttributes,
  ServerSideEncryption,
  StorageClass,
} from '../storage/object-attributes.js';
import { parseTaggingHeader } from './tagging.js';

/** The header with an object's ACL. */
export const objectAclHeader = 'x-oss-object-acl';
/** The header with an object's tags. */
export const taggingHeader = 'x-oss-tagging';
/** The header with a storage class. */
export const storageClassHeader = 'x-oss-storage-class';

/** The key that OSS picks when a request for the encryption KMS names none. */
const defaultKeyId = 'local-oss-default-key';

const sseHeader = 'x-oss-server-side-encryption';
const sseKeyId = 'x-oss-server-side-encryption-key-id';
const sseData = 'x-oss-server-side-data-encryption';

/** The headers of server-side encryption. */
export const serverSideEncryptionHeaders: readonly string[] = [sseHeader, sseKeyId, sseData];

/** The headers that give an object its attributes. */
export const attributeHeaders: readonly string[] = [
  objectAclHeader,
  taggingHeader,
  storageClassHeader,
  ...serverSideEncryptionHeaders,
];

const acls: readonly string[] = [
  'default',
  'private',
  'public-read',
  'public-read-write',
] satisfies ObjectAcl[];
const classes: readonly string[] = [
  'Standard',
  'IA',
  'Archive',
  'ColdArchive',
  'DeepColdArchive',
] satisfies StorageClass[];
const methods: readonly string[] = ['AES256', 'KMS', 'SM4'] satisfies ServerSideEncryption['method'][];

/** @throws {OssError} `InvalidArgument` for another ACL than an object can have. */
export function parseObjectAcl(value: string): ObjectAcl {
  if (acls.includes(value)) return value as ObjectAcl;
  throw invalidArgument(objectAclHeader, value, `${objectAclHeader} must be one of ${acls.join(', ')}.`);
}

/** @throws {OssError} `InvalidArgument` (EC 0013-00000101) for a storage class that OSS does not have. */
export function parseStorageClass(value: string): StorageClass {
  if (classes.includes(value)) return value as StorageClass;
  throw invalidArgument(
    storageClassHeader,
    value,
    `The storage class must be one of ${classes.join(', ')}.`,
    '0013-00000101',
  );
}

function readServerSideEncryption(
  headers: Readonly<Record<string, string>>,
): ServerSideEncryption | undefined {
  const { [sseHeader]: method, [sseKeyId]: keyId, [sseData]: dataEncryption } = headers;
  if (dataEncryption !== undefined && dataEncryption !== 'SM4') {
    throw invalidArgument(sseData, dataEncryption, `${sseData} must be SM4.`);
  }
  if (method === undefined) {
    if (keyId === undefined) return undefined;
    throw invalidArgument(sseKeyId, keyId, `${sseKeyId} requires ${sseHeader}.`);
  }
  if (!methods.includes(method)) {
    throw new OssError('InvalidEncryptionAlgorithmError', {
      details: { ArgumentName: sseHeader, ArgumentValue: method },
    });
  }
  if (keyId !== undefined && method !== 'KMS') {
    throw invalidArgument(sseKeyId, keyId, `${sseKeyId} is for the encryption KMS only.`);
  }
  return {
    method: method as ServerSideEncryption['method'],
    keyId: method === 'KMS' ? (keyId ?? defaultKeyId) : undefined,
    // Without KMS OSS takes no notice of it.
    dataEncryption: method === 'KMS' ? dataEncryption : undefined,
  };
}

/**
 * Takes an object's attributes from request headers.
 * @param bucketClass The storage class of the bucket, which counts when the request names none.
 * @throws {OssError} `InvalidArgument`, `InvalidTag`, `InvalidEncryptionAlgorithmError`.
 */
export function readAttributes(
  headers: Readonly<Record<string, string>>,
  bucketClass: StorageClass,
): ObjectAttributes {
  const storageClass = headers[storageClassHeader];
  return {
    acl: parseObjectAcl(headers[objectAclHeader] ?? 'default'),
    storageClass: storageClass === undefined ? bucketClass : parseStorageClass(storageClass),
    serverSideEncryption: readServerSideEncryption(headers),
    tags: parseTaggingHeader(headers[taggingHeader]),
  };
}

/** For what follows InitiateMultipartUpload. @throws {OssError} `InvalidArgument` for a header of the encryption. */
export function assertNoServerSideEncryption(headers: Readonly<Record<string, string>>): void {
  const name = serverSideEncryptionHeaders.find((header) => header in headers);
  if (name === undefined) return;
  throw invalidArgument(name, headers[name] ?? '', `${name} belongs to InitiateMultipartUpload.`);
}

/** The response headers that tell how an object is encrypted on the server. */
export function encryptionHeaders({ serverSideEncryption: sse }: ObjectAttributes): Record<string, string> {
  if (!sse) return {};
  return {
    [sseHeader]: sse.method,
    ...(sse.keyId === undefined ? {} : { [sseKeyId]: sse.keyId }),
    ...(sse.dataEncryption === undefined ? {} : { [sseData]: sse.dataEncryption }),
  };
}
