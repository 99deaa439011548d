import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Exchange } from './exchange.js';

const idleTimeoutMs = 1000;
const never = new Promise<never>(() => {});

describe('the idle time-out of an exchange', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A wait for the network that is answered after so many milliseconds. */
  const answeredAfter = async (exchange: Exchange, delayMs: number): Promise<string> => {
    const answer = new Promise<string>((resolve) => setTimeout(() => resolve('chunk'), delayMs));
    const waiting = exchange.wait(answer);
    await vi.advanceTimersByTimeAsync(delayMs);
    return waiting;
  };

  it('is for one wait: many short ones may take any time', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    for (let turn = 0; turn < 50; turn++) expect(await answeredAfter(exchange, 900)).toBe('chunk');
    exchange.throwIfFailed();
  });

  it('ends a silent wait when its own time is over, whatever was waited for before', async () => {
    for (const earlierMs of [[], [700], [900, 900, 500]]) {
      const exchange = new Exchange(undefined, idleTimeoutMs);
      for (const delayMs of earlierMs) await answeredAfter(exchange, delayMs);
      // The reader was slow, which is not the network's doing.
      await vi.advanceTimersByTimeAsync(5000);
      exchange.throwIfFailed();
      let failure: unknown;
      exchange.wait(never).catch((error: unknown) => {
        failure = error;
      });
      await vi.advanceTimersByTimeAsync(idleTimeoutMs - 5);
      expect(failure).toBeUndefined();
      await vi.advanceTimersByTimeAsync(10);
      expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
      expect(exchange.signal.aborted).toBe(true);
    }
  });

  it('is not that of an earlier wait that got more', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    expect(await exchange.wait(Promise.resolve('head'), 60_000)).toBe('head');
    const waiting = expect(exchange.wait(never)).rejects.toThrow(/1000 ms/);
    await vi.advanceTimersByTimeAsync(idleTimeoutMs + 5);
    await waiting;
  });

  it('leaves no timer when the exchange is over', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    await exchange.wait(Promise.resolve());
    exchange.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('does not hold the process between two waits', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const exchange = new Exchange(undefined, 60_000);
  const waiting = exchange.wait(new Promise((resolve) => setImmediate(resolve)));
  expect(timers()).toBe(before + 1);
  await waiting;
  expect(timers()).toBe(before);
  const again = exchange.wait(new Promise((resolve) => setImmediate(resolve)));
  expect(timers()).toBe(before + 1);
  await again;
  exchange.close();
});

it('a failed exchange fails every wait, and nothing that comes late is unhandled', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  try {
    const exchange = new Exchange(undefined, 60_000);
    let reject: (error: Error) => void = () => {};
    const waiting = exchange.wait(
      new Promise((_, rejectIt) => {
        reject = rejectIt;
      }),
    );
    const failure = new Error('first');
    exchange.fail(failure);
    reject(new Error('late'));
    await expect(waiting).rejects.toBe(failure);
    await expect(exchange.wait(Promise.reject(new Error('later')))).rejects.toBe(failure);
    await expect(exchange.waitElsewhere(Promise.resolve('value'))).rejects.toBe(failure);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});
