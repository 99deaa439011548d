import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { sendTogether } from './send-together.js';

/** Requests that begin when they are asked for, note that they were sent, and are answered by hand. */
function requests() {
  const sent: number[] = [];
  const answers: { answer: () => void; fail: (error: Error) => void }[] = [];
  const settled: Promise<unknown>[] = [];
  const begin = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const number = settled.length;
      const result = sendTogether(() => {
        sent.push(number);
        return new Promise<number>((resolve, reject) => {
          answers[number] = { answer: () => resolve(number), fail: reject };
        });
      });
      settled.push(result.catch((error: unknown) => error));
    }
  };
  cleanUps.push(async () => {
    await endOfTurn();
    for (const { answer } of answers) answer();
    await Promise.all(settled);
  });
  return { sent, answers, settled, begin };
}

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

it('sends a request at once while few are on their way', () => {
  const { sent, begin } = requests();
  begin(1);
  expect(sent).toEqual([0]);
  begin(2);
  expect(sent).toEqual([0, 1, 2]);
});

it('sends more of them together when the turn of the event loop ends', async () => {
  const { sent, begin } = requests();
  begin(5);
  expect(sent).toEqual([0, 1, 2]);
  for (let step = 0; step < 100; step++) await undefined;
  expect(sent).toEqual([0, 1, 2]);
  await endOfTurn();
  expect(sent).toEqual([0, 1, 2, 3, 4]);
  begin(1);
  expect(sent).toEqual([0, 1, 2, 3, 4]);
  await endOfTurn();
  expect(sent).toEqual([0, 1, 2, 3, 4, 5]);
});

it('sends eight of them before the turn ends', async () => {
  const { sent, begin } = requests();
  begin(3 + 7);
  await undefined;
  expect(sent).toHaveLength(3);
  begin(1);
  await undefined;
  expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  begin(2);
  await undefined;
  expect(sent).toHaveLength(11);
  await endOfTurn();
  expect(sent).toHaveLength(13);
});

it('gives what a request gives, and counts one no more that is answered or failed', async () => {
  const { sent, answers, settled, begin } = requests();
  begin(4);
  await endOfTurn();
  answers[0]?.answer();
  const error = new Error('closed');
  answers[1]?.fail(error);
  expect(await Promise.all(settled.slice(0, 2))).toEqual([0, error]);
  begin(1);
  expect(sent).toEqual([0, 1, 2, 3, 4]);
});

it('counts no request that could not be sent', async () => {
  for (let time = 0; time < 5; time++) {
    const failing = sendTogether(() => {
      throw new Error('no such header');
    });
    await expect(failing).rejects.toThrow('no such header');
  }
  const { sent, begin } = requests();
  begin(3);
  expect(sent).toEqual([0, 1, 2]);
});

it('sends by the clock of the runtime, whatever a test has put in its place', async () => {
  vi.useFakeTimers();
  try {
    const { sent, begin } = requests();
    begin(4);
    await endOfTurn();
    expect(sent).toEqual([0, 1, 2, 3]);
  } finally {
    vi.useRealTimers();
  }
});
