import { OssError } from '../../http/oss-error.js';
import { xmlResponse } from '../../http/oss-response.js';
import { type Operation, requestedBucket } from '../operation.js';

/** GetBucketWorm: the retention policy. */
export const getBucketWorm: Operation = {
  name: 'GetBucketWorm',
  access: 'owner',
  async run(context) {
    const bucket = requestedBucket(context);
    const { retention } = bucket.rules;
    if (retention === undefined) {
      throw new OssError('NoSuchWORMConfiguration', { details: { BucketName: bucket.name } });
    }
    return xmlResponse('WormConfiguration', {
      WormId: retention.id,
      State: retention.state,
      RetentionPeriodInDays: retention.days,
      CreationDate: retention.createdAt,
    });
  },
};

/** GetBucketOverwriteConfig: which objects must not be overwritten. */
export const getBucketOverwriteConfig: Operation = {
  name: 'GetBucketOverwriteConfig',
  access: 'owner',
  async run(context) {
    const bucket = requestedBucket(context);
    const { overwriting } = bucket.rules;
    if (overwriting.length === 0) {
      throw new OssError('NoSuchOverwriteConfiguration', { details: { BucketName: bucket.name } });
    }
    return xmlResponse('OverwriteConfiguration', {
      Rule: overwriting.map(({ id, prefix, suffix }) => ({
        ID: id,
        Action: 'forbid',
        Prefix: prefix,
        Suffix: suffix,
      })),
    });
  },
};

/** GetBucketReplication: where objects are sent to. */
export const getBucketReplication: Operation = {
  name: 'GetBucketReplication',
  access: 'owner',
  async run(context) {
    const bucket = requestedBucket(context);
    const { replication } = bucket.rules;
    if (replication.length === 0) {
      throw new OssError('NoSuchReplicationConfiguration', { details: { BucketName: bucket.name } });
    }
    return xmlResponse('ReplicationConfiguration', {
      Rule: replication.map(({ id, prefixes, targetBucket }) => ({
        ID: id,
        PrefixSet: prefixes.length === 0 ? undefined : { Prefix: prefixes },
        Action: 'ALL',
        Destination: { Bucket: targetBucket, Location: `oss-${context.region}` },
        Status: 'doing',
        HistoricalObjectReplication: 'enabled',
      })),
    });
  },
};
