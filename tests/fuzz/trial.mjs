// One input, tried on one target: within time and memory, with typed errors alone.
import { getHeapStatistics } from 'node:v8';

/** What one input may take. The time is that of the processor, in the best of several tries. */
export const limits = { timeMs: 50, memoryBytes: 64 * 2 ** 20 };

/** Runs an input. @returns what was wrong, in words; undefined when nothing was */
export async function faultOf({ run }, input, isTyped) {
  const heapBefore = getHeapStatistics().used_heap_size;
  let tookMs = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5 && tookMs > limits.timeMs; attempt++) {
    const started = process.cpuUsage();
    try {
      const running = run(input);
      if (running instanceof Promise) await running;
    } catch (error) {
      if (!isTyped(error))
        return `it throws ${error?.name ?? typeof error}: ${String(error?.message).slice(0, 200)}`;
    }
    const { user, system } = process.cpuUsage(started);
    tookMs = (user + system) / 1000;
  }
  if (tookMs > limits.timeMs) return `it takes more than ${limits.timeMs} ms`;
  if (getHeapStatistics().used_heap_size - heapBefore > limits.memoryBytes) return 'it takes too much memory';
  if ({}.polluted !== undefined || Object.keys(Object.prototype).length > 0)
    return 'it pollutes the prototype of objects';
  return undefined;
}

/** What is slow is slow to make smaller too. */
const mostTrials = 500;

/** A smaller input that is wrong in the same way: pieces are left out as long as that goes, and not for hours. */
export async function minimised(target, input, isTyped) {
  const kindOf = (fault) => fault?.replace(/[:\d].*/s, '');
  const kind = kindOf(await faultOf(target, input, isTyped));
  let smallest = input;
  let trials = 0;
  for (let size = Math.ceil(smallest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length && trials < mostTrials; trials++) {
      const shorter = smallest.slice(0, at) + smallest.slice(at + size);
      if (kind !== undefined && kindOf(await faultOf(target, shorter, isTyped)) === kind) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}
