// The limits of OSS (OSS documentation, "Limits and performance" and the pages of the operations named below).

const kibibyte = 1024;
const gibibyte = 1024 * 1024 * kibibyte;

/** The longest object key, in bytes of UTF-8 ("Object naming conventions"). */
export const maxKeyBytes = 1023;

/** All user metadata of an object, names and values, must be smaller than this, in bytes ("PutObject"). */
export const metadataLimitBytes: number = 8 * kibibyte;

/** The largest body of one request: PutObject and UploadPart, in bytes. */
export const maxRequestBytes: number = 5 * gibibyte;

/** The smallest part of a multipart upload but the last one, in bytes ("CompleteMultipartUpload"). */
export const minPartBytes: number = 100 * kibibyte;

/** The largest part of a multipart upload, in bytes ("UploadPart"). */
export const maxPartBytes: number = 5 * gibibyte;

/** How many parts an upload may have; part numbers run from 1 to this ("UploadPart"). */
export const maxParts = 10_000;

/** How many parts ListParts gives in one answer at most. */
export const maxPartsPerPage = 1000;

/** How many keys ListObjectsV2 gives in one answer at most. */
export const maxKeysPerPage = 1000;

/** The longest life of a presigned URL of signature version 4, in seconds: a week ("Include a V4 signature in a URL"). */
export const maxPresignSeconds = 604_800;

/** How many objects DeleteMultipleObjects takes in one request. */
export const maxKeysPerDeletion = 1000;
