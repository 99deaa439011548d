import { invalidArgument } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import type { XmlElements } from '../../http/xml.js';
import { type Bucket, compareKeys, type ObjectVersion, versionsOf } from '../../storage/stored-object.js';
import { type KeyEncoding, pageKeys, readCount, readKeyEncoding, readText } from '../list-parameters.js';
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
function entriesOf(bucket: Bucket): Entry[] {
  const keys = [...new Set([...bucket.objects.keys(), ...bucket.history.keys()])].sort(compareKeys);
  return keys.flatMap((key) =>
    versionsOf(bucket, key).map((version, index) => ({ key, version, isLatest: index === 0 })),
  );
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
    const sorted = entriesOf(bucket);
    const markedAt = sorted.findIndex(
      ({ key, version }) => key === keyMarker && version.versionId === versionMarker,
    );
    const afterMarker = new Set(sorted.slice(markedAt + 1));
    const page = pageKeys(sorted, {
      prefix,
      delimiter,
      limit,
      isAfterMarker: (name, entry) => {
        if (keyMarker === '') return true;
        const order = compareKeys(name, keyMarker);
        if (order !== 0) return order > 0;
        return markedAt >= 0 && entry !== undefined && afterMarker.has(entry);
      },
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
