// What a checkpoint costs for each part, by the number of parts.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeSample } from './sampling.mjs';

/** @returns of each number of parts the milliseconds that one takes, with a checkpoint in a file and without one */
export async function runCheckpoint({ partCounts, folder, keys, say }) {
  say(`Checkpoints, ${partCounts.join(' and ')} parts`);
  const checkpointPath = join(folder, 'checkpoint');
  const counts = [];
  for (const partCount of partCounts) {
    const millisecondsOf = async (arm) => {
      await rm(checkpointPath, { force: true });
      const { wallSeconds } = await takeSample('checkpoint-arms', arm, { keys, checkpointPath, partCount });
      return (wallSeconds * 1000) / partCount;
    };
    counts.push({
      partCount,
      milliseconds: await millisecondsOf('with a checkpoint'),
      bareMilliseconds: await millisecondsOf('without a checkpoint'),
    });
  }
  return counts;
}
