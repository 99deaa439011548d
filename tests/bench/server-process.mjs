// Starts the server that benchmarks work against, so that its CPU time and memory are not the client's.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The bucket that the server has. */
export const bucketName = 'bench';

/**
 * Starts a local OSS in another process, with the bucket `bench`.
 *
 * @param options those of `startOss`, as far as JSON holds them
 */
export async function startServerProcess(options = {}) {
  const server = fork(
    fileURLToPath(new URL('./server.mjs', import.meta.url)),
    [JSON.stringify({ buckets: [bucketName], ...options })],
    { execArgv: ['--expose-gc'] },
  );
  const failed = once(server, 'exit').then(() => {
    throw new Error('the server of the benchmark ended');
  });
  failed.catch(() => {});
  const answer = () => Promise.race([once(server, 'message'), failed]);
  const [{ endpoint, origin, region }] = await answer();

  async function order(command, ...args) {
    server.send({ command, args });
    await answer();
  }

  return {
    endpoint,
    origin,
    region,
    /** Makes an object of any size that takes no storage. */
    putSyntheticObject: (key, object) => order('putSyntheticObject', bucketName, key, object),
    collectGarbage: () => order('collectGarbage'),
    stop: () => server.kill(),
  };
}
