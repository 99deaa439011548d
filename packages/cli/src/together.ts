/**
 * Runs several workers until the last of them has ended, so that none is cut off in what it cleans up.
 *
 * @throws the first error of any of them
 */
export async function workTogether(count: number, worker: () => Promise<void>): Promise<void> {
  const ended = await Promise.allSettled(Array.from({ length: count }, worker));
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
