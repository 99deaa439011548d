import { ServiceError } from '@oss-envelope/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPaces } from './create-pace.js';
import { Pace } from './pace.js';
import { ownLimit, type RequestLimit } from './request-limit.js';

const call = { requests: 1, repeatable: 'always', signal: undefined } as const;
const refusal = (details: object = {}): ServiceError =>
  new ServiceError('Slow down.', { service: 'OSS', status: 503, retryable: true, ...details });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Makes calls from as many callers at once, and counts those that are answered. */
function callers(pace: Pace, count: number, work: () => Promise<void> = async () => {}): { done: number } {
  const state = { done: 0 };
  for (let index = 0; index < count; index++) {
    void (async () => {
      for (;;) {
        await pace.run(work, call).then(
          () => state.done++,
          () => {},
        );
      }
    })();
  }
  return state;
}

describe('a pace', () => {
  it('lets no more through than the limit, and no less', async () => {
    const state = callers(new Pace(ownLimit(200)), 50);
    await vi.advanceTimersByTimeAsync(5000);
    expect(state.done).toBeGreaterThan(900);
    expect(state.done).toBeLessThanOrEqual(1010);
  });

  it('spreads them over the second', async () => {
    const state = callers(new Pace(ownLimit(1000)), 500);
    await vi.advanceTimersByTimeAsync(100);
    expect(state.done).toBeGreaterThan(80);
    expect(state.done).toBeLessThan(130);
  });

  it('asks the shared limit seldom', async () => {
    const limit = ownLimit(1000);
    const take = vi.fn((most: number) => limit.take(most));
    const state = callers(new Pace({ perSecond: 1000, take }), 100);
    await vi.advanceTimersByTimeAsync(3000);
    expect(state.done).toBeGreaterThan(2500);
    expect(take.mock.calls.length).toBeLessThan(120);
  });

  it('shares a limit with others', async () => {
    const limit = ownLimit(300);
    const states = [1, 2, 3].map(() => callers(new Pace(limit), 20));
    await vi.advanceTimersByTimeAsync(10_000);
    const all = states.reduce((sum, { done }) => sum + done, 0);
    expect(all).toBeGreaterThan(2400);
    expect(all).toBeLessThanOrEqual(3330);
    for (const { done } of states) expect(done).toBeGreaterThan(300);
  });

  it('sends less to a service that refuses, about as much as it takes', async () => {
    let window = { sinceMs: performance.now(), taken: 0 };
    let [taken, refused] = [0, 0];
    const service = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (performance.now() - window.sinceMs >= 100) window = { sinceMs: performance.now(), taken: 0 };
      if (window.taken >= 10) {
        refused++;
        throw refusal();
      }
      window.taken++;
      taken++;
    };
    callers(new Pace(ownLimit(1000)), 50, service);
    await vi.advanceTimersByTimeAsync(60_000);
    // 100 a second is what it takes.
    expect(taken / 60).toBeGreaterThan(50);
    expect(refused / 60).toBeLessThan(30);
  });

  it('hardly knocks while a service is away, and is back when it is', async () => {
    let isAway = true;
    let knocks = 0;
    const service = async (): Promise<void> => {
      knocks++;
      if (isAway) throw refusal();
    };
    const pace = new Pace(ownLimit(1000));
    const state = callers(pace, 20, service);
    await vi.advanceTimersByTimeAsync(60_000);
    knocks = 0;
    await vi.advanceTimersByTimeAsync(1_800_000);
    expect(knocks).toBeGreaterThan(30);
    expect(knocks).toBeLessThan(130);
    isAway = false;
    await vi.advanceTimersByTimeAsync(90_000);
    state.done = 0;
    await vi.advanceTimersByTimeAsync(1000);
    expect(state.done).toBeGreaterThan(500);
  });

  it('waits as long as a service asks', async () => {
    const service = vi.fn(async (): Promise<void> => {
      throw refusal({ status: 429, retryAfterMs: 7000 });
    });
    const pace = new Pace(ownLimit(1000));
    void pace.run(service, call).catch(() => {});
    await vi.advanceTimersByTimeAsync(6900);
    expect(service).toHaveBeenCalledTimes(1);
    void pace.run(service, call).catch(() => {});
    await vi.advanceTimersByTimeAsync(50);
    expect(service).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(service.mock.calls.length).toBeGreaterThan(1);
  });

  it.each([
    ['KMS, in a 400', refusal({ service: 'KMS', status: 400, serviceCode: 'Rejected.Throttling' }), true],
    ['429', refusal({ status: 429 }), true],
    ['what is not there', new ServiceError('No.', { service: 'OSS', status: 404 }), false],
    ['an error of its own', refusal({ status: 500, serviceCode: 'InternalError' }), false],
  ])('gets slower by %s: %s', async (_, error, isSlower) => {
    const pace = new Pace(ownLimit(1000));
    const failed = pace.run(() => Promise.reject(error), { ...call, repeatable: 'never' });
    await expect(failed).rejects.toBe(error);
    expect(pace.perSecond < 1000).toBe(isSlower);
  });

  it('gives up after some tries, with the error of the last', async () => {
    const service = vi.fn(() => Promise.reject(refusal()));
    const failed = new Pace(ownLimit(10)).run(service, call).catch((error) => error);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await failed).toMatchObject({ code: 'ERR_SERVICE', status: 503 });
    expect(service).toHaveBeenCalledTimes(7);
  });

  it('ends the wait of a call that is aborted, and of no other', async () => {
    const pace = new Pace(ownLimit(1));
    const order: string[] = [];
    const run = (name: string, signal?: AbortSignal): Promise<void> =>
      pace.run(async () => void order.push(name), { ...call, signal });
    const controller = new AbortController();
    const first = run('first');
    const second = run('second', controller.signal);
    const third = run('third');
    const refused = expect(second).rejects.toBe('enough');
    await vi.advanceTimersByTimeAsync(10);
    controller.abort('enough');
    await refused;
    await vi.advanceTimersByTimeAsync(1200);
    await Promise.all([first, third]);
    expect(order).toEqual(['first', 'third']);
    await expect(run('late', AbortSignal.abort('before'))).rejects.toBe('before');
  });

  it('has no timer when nobody waits', async () => {
    const pace = new Pace(ownLimit(1));
    const controller = new AbortController();
    await pace.run(async () => {}, call);
    const waiting = pace.run(async () => {}, { ...call, signal: controller.signal });
    const refused = expect(waiting).rejects.toBe('enough');
    await vi.advanceTimersByTimeAsync(1);
    controller.abort('enough');
    await refused;
    await vi.advanceTimersByTimeAsync(0);
    // The counter's own timer holds no process.
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  it('goes on by itself where the shared limit fails', async () => {
    const limit: RequestLimit = { perSecond: 100, take: async () => ({ granted: 0, waitMs: 50 }) };
    let isBack = false;
    const sometimes: RequestLimit = {
      perSecond: 100,
      take: (most) => (isBack ? ownLimit(100).take(most) : limit.take(most)),
    };
    const state = callers(new Pace(sometimes), 3);
    await vi.advanceTimersByTimeAsync(1000);
    expect(state.done).toBe(0);
    isBack = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(state.done).toBeGreaterThan(50);
  });
});

it('the paces of a process have the limits of the account, a little below', () => {
  const { oss, kms } = createPaces();
  expect([oss.perSecond, kms.perSecond]).toEqual([9000, 900]);
  expect(() => createPaces({ ossPerSecond: 0 })).toThrow(/ossPerSecond must be a whole number/);
  expect(() => createPaces({ kmsPerSecond: 'all' as never })).toThrow(/kmsPerSecond must be a number/);
});
