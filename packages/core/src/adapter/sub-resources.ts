/**
 * The query parameters that signature version 1 signs. It also signs those with names that begin with `x-oss-`. (OSS
 * documentation, "Include a V1 signature in the Authorization header". The Go SDK v2 has the same list, and adds those
 * of a bucket's settings with each operation.)
 */
const subResources: ReadonlySet<string> = new Set([
  'acl',
  'append',
  'bucketInfo',
  'callback',
  'callback-var',
  'cloudboxes',
  'continuation-token',
  'delete',
  'location',
  'objectMeta',
  'overwriteConfig',
  'partNumber',
  'position',
  'regionList',
  'replication',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
  'restore',
  'security-token',
  'sequential',
  'stat',
  'symlink',
  'tagging',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'worm',
]);

/** Whether signature version 1 signs a query parameter of this name. */
export function isSubResource(name: string): boolean {
  return subResources.has(name) || name.startsWith('x-oss-');
}
