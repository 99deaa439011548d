/**
 * The query parameters that signature version 1 signs. It also signs those with names that begin with `x-oss-`. (OSS
 * documentation, "Include a V1 signature in the Authorization header". The Go SDK v2 has the same list.)
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
  'partNumber',
  'position',
  'regionList',
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
]);

/** Whether signature version 1 signs a query parameter of this name. */
export function isSubResource(name: string): boolean {
  return subResources.has(name) || name.startsWith('x-oss-');
}
