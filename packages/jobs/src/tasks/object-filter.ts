import type { ObjectFilter } from '../contract/job.js';
import type { SourceItem } from '../contract/object-source.js';

/** What a filter looks at, as far as it is known. */
export type Filtered = Pick<SourceItem, 'lastModified' | 'sizeBytes' | 'storageClass'> & {
  /** A format, or `'plain'`; undefined before the object was looked at. */
  readonly format?: string | undefined;
};

/** Whether a filter leaves an object out. What is not known leaves nothing out. Classes are compared without case. */
export function isLeftOut(
  filter: ObjectFilter,
  { sizeBytes, lastModified, storageClass, format }: Filtered,
): boolean {
  const { modifiedSince, modifiedBefore, minSizeBytes, maxSizeBytes, storageClasses, formats } = filter;
  const at = lastModified?.getTime();
  const isClass = (name: string): boolean => name.toLowerCase() === storageClass?.toLowerCase();
  return (
    (sizeBytes !== undefined && minSizeBytes !== undefined && sizeBytes < minSizeBytes) ||
    (sizeBytes !== undefined && maxSizeBytes !== undefined && sizeBytes > maxSizeBytes) ||
    (at !== undefined && modifiedSince !== undefined && at < Date.parse(modifiedSince)) ||
    (at !== undefined && modifiedBefore !== undefined && at >= Date.parse(modifiedBefore)) ||
    (storageClass !== undefined && storageClasses !== undefined && !storageClasses.some(isClass)) ||
    (format !== undefined && formats !== undefined && !formats.some((wanted) => wanted === format))
  );
}
