import { expect, it } from 'vitest';
import { unlessAborted } from './unless-aborted.js';

it('gives the outcome of the promise', async () => {
  const { signal } = new AbortController();
  expect(await unlessAborted(Promise.resolve(5), signal)).toBe(5);
  await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  expect(await unlessAborted(Promise.resolve(5), undefined)).toBe(5);
});

it('or the reason of an abort, whichever comes first', async () => {
  const controller = new AbortController();
  const waiting = unlessAborted(new Promise(() => {}), controller.signal);
  controller.abort('stop');
  await expect(waiting).rejects.toBe('stop');
  await expect(unlessAborted(Promise.reject(new Error('late')), controller.signal)).rejects.toBe('stop');
});
