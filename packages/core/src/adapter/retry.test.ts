import { describe, expect, it } from 'vitest';
import { planRetryDelay, sleep } from '../src/retry-delay.js';

describe('planRetryDelay', () => {
  it('doubles up to 20 seconds, times a random number', () => {
    expect([0, 1, 2, 6, 7, 100].map((retry) => planRetryDelay(retry, undefined, 1))).toEqual([
      200, 400, 800, 12_800, 20_000, 20_000,
    ]);
    expect(planRetryDelay(2, undefined, 0.25)).toBe(200);
    expect(planRetryDelay(5, undefined, 0)).toBe(0);
  });

  it('waits as long as the server asks, within reason', () => {
    expect(planRetryDelay(0, 5_000, 1)).toBe(5_000);
    expect(planRetryDelay(5, 1_000, 1)).toBe(6_400);
    expect(planRetryDelay(0, 20_000, 1)).toBe(20_000);
    expect(planRetryDelay(0, 20_001, 1)).toBeUndefined();
  });
});

describe('sleep', () => {
  it('ends by itself, or with the reason of an abort', async () => {
    await sleep(1, undefined);
    await expect(sleep(60_000, AbortSignal.abort('early'))).rejects.toBe('early');
    const controller = new AbortController();
    const slept = sleep(60_000, controller.signal);
    controller.abort('now');
    await expect(slept).rejects.toBe('now');
  });
});
