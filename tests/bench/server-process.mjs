// Starts the server that benchmarks work against, so that its CPU time and memory are not the client's.
import { startAskedProcess } from './asked-process.mjs';

/** The bucket that the server has, and another one for what is moved before anything is measured. */
export const bucketName = 'bench';
export const warmUpBucketName = 'warm-up';

/**
 * Starts a local OSS in another process, with both buckets.
 *
 * @param options those of `startOss`, as far as JSON holds them
 */
export async function startServerProcess(options = {}) {
  const startOptions = JSON.stringify({ buckets: [bucketName, warmUpBucketName], ...options });
  const { greeting, ask, stop } = await startAskedProcess('server.mjs', [startOptions], ['--expose-gc']);
  const { endpoint, origin, region, account } = greeting;
  return {
    endpoint,
    origin,
    region,
    /** The only one that it knows. */
    account,
    /** Makes an object of any size that takes no storage. */
    putSyntheticObject: (key, object, bucket = bucketName) =>
      ask({ command: 'putSyntheticObject', args: [bucket, key, object] }),
    collectGarbage: () => ask({ command: 'collectGarbage', args: [] }),
    stop,
  };
}
