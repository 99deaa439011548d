import { UsageError } from '../../output/usage-error.js';
import { formatOssUrl, isOssUrl, parseOssUrl } from '../../settings/oss-url.js';

/** Where a job is kept: in a folder of this machine, or in the bucket itself. */
export type JobPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'bucket'; readonly bucket: string; readonly id: string };

/** Where jobs of many machines are kept, within their bucket. */
const jobsPrefix = '.oss-envelope/jobs/';

/**
 * Reads where a job is: a folder, or `oss://BUCKET/.oss-envelope/jobs/ID` as `jobs start` prints it.
 *
 * @throws UsageError for another place in OSS
 */
export function parseJobPlace(text: string): JobPlace {
  if (!isOssUrl(text)) return { kind: 'folder', folder: text };
  const { bucket, key } = parseOssUrl(text);
  const id = key.startsWith(jobsPrefix) ? key.slice(jobsPrefix.length).replace(/\/$/, '') : '';
  if (/^[a-z][a-z0-9-]{0,62}$/.test(id)) return { kind: 'bucket', bucket, id };
  throw new UsageError(
    `${JSON.stringify(text)} is no job. Write a folder, or oss://BUCKET/${jobsPrefix}ID as \`jobs start\` printed it.`,
  );
}

/** A job's place as people write it. */
export function formatJobPlace(place: JobPlace): string {
  return place.kind === 'folder'
    ? place.folder
    : formatOssUrl({ bucket: place.bucket, key: jobsPrefix + place.id });
}
