import { expect, it } from 'vitest';
import { Turns } from './turns.js';

const forever = new AbortController().signal;

it('lets one work at a time, in the order in which they ask, whatever becomes of the others', async () => {
  const turns = new Turns();
  const told: string[] = [];
  const work = (name: string) => async () => {
    told.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    told.push(`${name} ends`);
    if (name === 'b') throw new Error(name);
  };
  const all = ['a', 'b', 'c'].map((name) => turns.take(work(name), forever));
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(told).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

it('gives up waiting at once when it is aborted, and nobody passes who works', async () => {
  const turns = new Turns();
  let end = (): void => {};
  const first = turns.take(() => new Promise<void>((resolve) => (end = resolve)), forever);
  const stop = new AbortController();
  const second = turns.take(async () => 'second', stop.signal);
  let isThirdDone = false;
  const third = turns.take(async () => {
    isThirdDone = true;
  }, forever);
  stop.abort(new Error('no more'));
  await expect(second).rejects.toThrow('no more');
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isThirdDone).toBe(false);
  end();
  await Promise.all([first, third]);
  expect(isThirdDone).toBe(true);
});
