import { UsageError } from '../output/usage-error.js';

/** A place in OSS as it is written on the command line. */
export interface OssPlace {
  readonly bucket: string;
  /** The key of an object, or the beginning of many; empty for the whole bucket. Taken as it stands: nothing is decoded. */
  readonly key: string;
}

const scheme = 'oss://';

/** Whether a text is meant as a place in OSS. */
export function isOssUrl(text: string): boolean {
  return text.startsWith(scheme);
}

/**
 * Reads `oss://bucket/key`. As ossutil does, the key is every character after the bucket's slash.
 *
 * @throws UsageError when the bucket is missing
 */
export function parseOssUrl(text: string): OssPlace {
  if (!isOssUrl(text))
    throw new UsageError(
      `${JSON.stringify(text)} is no place in OSS. Write oss://BUCKET/KEY, or oss://BUCKET for a bucket.`,
    );
  const rest = text.slice(scheme.length);
  const slash = rest.indexOf('/');
  const bucket = slash === -1 ? rest : rest.slice(0, slash);
  if (bucket === '') throw new UsageError(`${JSON.stringify(text)} names no bucket. Write oss://BUCKET/KEY.`);
  return { bucket, key: slash === -1 ? '' : rest.slice(slash + 1) };
}

/**
 * The same, of one object.
 *
 * @throws UsageError when the key is missing
 */
export function parseObjectUrl(text: string): OssPlace {
  const place = parseOssUrl(text);
  if (place.key === '') {
    throw new UsageError(`${JSON.stringify(text)} names no object. Write oss://${place.bucket}/KEY.`);
  }
  return place;
}

/** A place as people write it. */
export function formatOssUrl({ bucket, key }: OssPlace): string {
  return `${scheme}${bucket}/${key}`;
}
