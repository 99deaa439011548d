import { xmlResponse } from '../../http/oss-response.js';
import { orderedEntries, pageKeys, readCount, readText } from '../list-parameters.js';
import type { Operation } from '../operation.js';
import { describeBucket, owner } from './bucket-operations.js';

const limits = { minimum: 1, maximum: 1000, fallback: 100 };

/** ListBuckets (GetService). What says where the page is, is there only when the page is not all. */
export const listBuckets: Operation = {
  name: 'ListBuckets',
  access: 'owner',
  parameters: ['prefix', 'marker', 'max-keys'],
  async run(context) {
    const { query } = context.request.target;
    const prefix = readText(query, 'prefix');
    const marker = readText(query, 'marker');
    const limit = readCount(query, 'max-keys', limits);
    const named = context.catalog.buckets().map((bucket) => ({ key: bucket.name, bucket }));
    const page = pageKeys(orderedEntries(named), {
      prefix,
      delimiter: '',
      limit,
      marker,
    });
    const isPart =
      page.nextMarker !== undefined || ['prefix', 'marker', 'max-keys'].some((name) => query.has(name));
    return xmlResponse('ListAllMyBucketsResult', {
      ...(isPart
        ? {
            Prefix: prefix,
            Marker: marker,
            MaxKeys: limit,
            IsTruncated: page.nextMarker !== undefined,
            NextMarker: page.nextMarker,
          }
        : {}),
      Owner: owner,
      Buckets: { Bucket: page.entries.map(({ bucket }) => describeBucket(bucket, context)) },
    });
  },
};
