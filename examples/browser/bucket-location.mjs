// Where the files are kept.
import { join } from 'node:path';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';

/** The bucket that the environment names, or one of a local OSS that keeps it in `folder`. */
export async function openBucketLocation(folder, environment) {
  const { OSS_ENDPOINT, OSS_BUCKET, OSS_REGION } = environment;
  if (OSS_ENDPOINT !== undefined) {
    const { OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_SESSION_TOKEN } = environment;
    return {
      endpoint: OSS_ENDPOINT,
      bucket: OSS_BUCKET,
      region: OSS_REGION,
      credentials: {
        accessKeyId: OSS_ACCESS_KEY_ID,
        accessKeySecret: OSS_ACCESS_KEY_SECRET,
        securityToken: OSS_SESSION_TOKEN,
      },
    };
  }
  const oss = await startOss({ dir: join(folder, 'oss'), buckets: ['photos'] });
  return {
    endpoint: oss.origin,
    bucket: 'photos',
    region: oss.region,
    credentials: { ...defaultOssAccount },
    isLocal: true,
  };
}
