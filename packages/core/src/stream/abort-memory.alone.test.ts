import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { onAbort } from './abort-listener.js';

// What waited would be held by what V8 has moved to its old generation, though that is dead too. In a process of its own:
// where other tests have filled the heap, V8 may begin a full collection meanwhile, and keeps what is made during one.
it('leaves nothing of who waited to a full collection', () => {
  setFlagsFromString('--expose-gc');
  // Node 20 makes a minor collection of any argument.
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  const { signal } = new AbortController();
  const wait = (): (() => void) => {
    const held = new Array(1000).fill(signal);
    return onAbort(signal, () => held.length);
  };
  const stops = [wait(), wait(), wait()];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let turn = 0; turn < 10_000; turn++) {
    stops.push(wait());
    stops.shift()?.();
    if (turn % 20 === 0) collect({ type: 'minor' });
  }
  // All of them are 80 MiB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024);
});
