import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PartBuffers } from './part-buffers.js';

it('a fixed number of buffers goes round, in the order in which they are waited for', async () => {
  const buffers = new PartBuffers(2, 16);
  const first = await buffers.take();
  const second = await buffers.take();
  expect(first).toHaveLength(16);
  expect(second).not.toBe(first);
  const got: [string, Uint8Array][] = [];
  void buffers.take().then((buffer) => got.push(['third', buffer]));
  void buffers.take().then((buffer) => got.push(['fourth', buffer]));
  await setImmediate();
  expect(got).toEqual([]);
  buffers.give(second);
  await setImmediate();
  expect(got).toEqual([['third', second]]);
  buffers.give(first);
  await setImmediate();
  expect(got[1]?.[1]).toBe(first);
  buffers.give(first);
  expect(await buffers.take()).toBe(first);
});
