// What V8 holds while something runs.
import { getHeapSpaceStatistics } from 'node:v8';

const mebibyte = 1024 ** 2;
const intervalMs = 20;

/** All but the young generation, in MiB: what lives long, and garbage that has become old. Not the memory of arrays. */
function oldGenerationMebibytes() {
  const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) => !name.startsWith('new_'));
  return spaces.reduce((sum, { space_used_size: usedBytes }) => sum + usedBytes, 0) / mebibyte;
}

/** What is in use when all that is not was collected, of V8 and of what it holds, in MiB. */
function collectedMebibytes() {
  // The second one takes what the first one found to be finalized.
  for (let times = 0; times < 2; times++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / mebibyte;
}

/** Takes the peak of the old generation until `end`, which collects, and gives what it found. Takes --expose-gc. */
export function watchHeap() {
  let peak = oldGenerationMebibytes();
  const look = () => {
    peak = Math.max(peak, oldGenerationMebibytes());
  };
  const timer = setInterval(look, intervalMs);
  return {
    end() {
      clearInterval(timer);
      look();
      return { oldGenerationMebibytes: peak, collectedMebibytes: collectedMebibytes() };
    },
  };
}
