import { invalidArgument } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import type { XmlElements } from '../../http/xml.js';
import { type Bucket, type ObjectVersion, versionsOf } from '../../storage/stored-object.js';
import {
  type KeyEncoding,
  type OrderedEntries,
  pageKeys,
  readCount,
  readKeyEncoding,
  readText,
} from '../list-parameters.js';
import { type Operation, requestedBucket } from '../operation.js';
import { owner } from './bucket-operations.js';
import { describeObject } from './list-objects.js';

const limits = { minimum: 1, maximum: 1000, fallback: 100 };

interface Entry {
  readonly key: string;
  readonly version: ObjectVersion;
  readonly isLatest: boolean;
}

/** Every version by key, the latest of a key first. */
function versionsIn(bucket: Bucket): OrderedEntries<Entry> {
  return {
    *from(place, entrance) {
      for (const key of bucket.keys.from(place, entrance)) yield* entriesOf(bucket, key);
    },
  };
}

function entriesOf(bucket: Bucket, key: string): Entry[] {
  return versionsOf(bucket, key).map((version, index) => ({ key, version, isLatest: index === 0 }));
}

function describe({ version, isLatest }: Entry, encoding: KeyEncoding, now: Date): XmlElements {
  if (version.kind === 'object') {
    const { Key, ...rest } = describeObject(version, encoding, true, now);
    return { Key, VersionId: version.versionId, IsLatest: isLatest, ...rest };
  }
  return {
    Key: encoding.format(version.key),
    VersionId: version.versionId,
    IsLatest: isLatest,
    LastModified: version.lastModified,
    Owner: owner,
  };
}

/** ListObjectVersions (GetBucketVersions). */
export const listObjectVersions: Operation = {
  name: 'ListObjectVersions',
  access: 'owner',
  parameters: ['prefix', 'delimiter', 'key-marker', 'version-id-marker', 'max-keys', 'encoding-type'],
  async run(context) {
    const bucket = requestedBucket(context);
    const { query } = context.request.target;
    const encoding = readKeyEncoding(query);
    const prefix = readText(query, 'prefix');
    const delimiter = readText(query, 'delimiter');
    const keyMarker = readText(query, 'key-marker');
    const versionMarker = readText(query, 'version-id-marker');
    const limit = readCount(query, 'max-keys', limits);
    if (versionMarker !== '' && keyMarker === '') {
      throw invalidArgument('version-id-marker', versionMarker, 'version-id-marker requires key-marker.');
    }
    const marked = entriesOf(bucket, keyMarker).map(({ version }) => version.versionId);
    const markedAt = versionMarker === '' ? -1 : marked.indexOf(versionMarker);
    const page = pageKeys(versionsIn(bucket), {
      prefix,
      delimiter,
      limit,
      marker: keyMarker,
      isBehindMarker: ({ version }) => markedAt >= 0 && marked.indexOf(version.versionId) > markedAt,
    });
    const truncated = page.nextMarker !== undefined;
    const last = page.entries.at(-1);
    return xmlResponse('ListVersionsResult', [
      {
        Name: bucket.name,
        Prefix: encoding.format(prefix),
        KeyMarker: encoding.format(keyMarker),
        VersionIdMarker: versionMarker,
        MaxKeys: limit,
        Delimiter: encoding.format(delimiter),
        EncodingType: encoding.name,
        IsTruncated: truncated,
        NextKeyMarker: truncated ? encoding.format(page.nextMarker!) : '',
        NextVersionIdMarker: truncated && last && last.key === page.nextMarker ? last.version.versionId : '',
      },
      ...page.entries.map((entry) => ({
        [entry.version.kind === 'object' ? 'Version' : 'DeleteMarker']: describe(
          entry,
          encoding,
          context.request.receivedAt,
        ),
      })),
      { CommonPrefixes: page.commonPrefixes.map((name) => ({ Prefix: encoding.format(name) })) },
    ]);
  },
};
