/** Who may use a bucket without a signature. */
export type BucketAcl = 'private' | 'public-read' | 'public-read-write';

/** Who may use an object without a signature; `default` leaves it to the bucket. */
export type ObjectAcl = 'default' | BucketAcl;

/** How an object is kept: the archive classes must be restored before they can be read. */
export type StorageClass = 'Standard' | 'IA' | 'Archive' | 'ColdArchive' | 'DeepColdArchive';

/** Server-side encryption as the request asked for it. The local server only remembers it. */
export interface ServerSideEncryption {
  readonly method: 'AES256' | 'KMS' | 'SM4';
  readonly keyId: string | undefined;
  /** The cipher under a KMS key, when it is not the usual one. */
  readonly dataEncryption: string | undefined;
}

/** What an object has beside its bytes and its metadata. */
export interface ObjectAttributes {
  readonly acl: ObjectAcl;
  readonly storageClass: StorageClass;
  readonly serverSideEncryption: ServerSideEncryption | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

/** Attributes of an object for which nothing was asked, in a bucket of this storage class. */
export function defaultAttributes(storageClass: StorageClass): ObjectAttributes {
  return { acl: 'default', storageClass, serverSideEncryption: undefined, tags: new Map() };
}
