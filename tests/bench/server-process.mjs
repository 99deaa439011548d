// Starts the server that benchmarks work against, so that its CPU time and memory are not the client's.
import { startAskedProcess } from './asked-process.mjs';

/** The bucket that the server has. */
export const bucketName = 'bench';

/**
 * Starts a local OSS in another process, with the bucket `bench`.
 *
 * @param options those of `startOss`, as far as JSON holds them
 */
export async function startServerProcess(options = {}) {
  const startOptions = JSON.stringify({ buckets: [bucketName], ...options });
  const { greeting, ask, stop } = await startAskedProcess('server.mjs', [startOptions], ['--expose-gc']);
  const { endpoint, origin, region, account } = greeting;
  return {
    endpoint,
    origin,
    region,
    /** The only one that it knows. */
    account,
    /** Makes an object of any size that takes no storage. */
    putSyntheticObject: (key, object) =>
      ask({ command: 'putSyntheticObject', args: [bucketName, key, object] }),
    collectGarbage: () => ask({ command: 'collectGarbage', args: [] }),
    stop,
  };
}
