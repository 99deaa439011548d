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

  /** When an exchange fails that waits for ever from now on, and with what. */
  const failureOf = (exchange: Exchange, graceMs?: number) => {
    const begunAtMs = performance.now();
    const told = { afterMs: undefined as number | undefined, error: undefined as unknown };
    exchange.wait(never, graceMs).catch((error: unknown) => {
      told.afterMs = performance.now() - begunAtMs;
      told.error = error;
    });
    return told;
  };

  it('is as long as it is told, and longer by what a wait gets on top', async () => {
    const plain = failureOf(new Exchange(undefined, idleTimeoutMs));
    const graced = failureOf(new Exchange(undefined, idleTimeoutMs), 500);
    await vi.advanceTimersByTimeAsync(3000);
    expect(plain.afterMs).toBe(1000);
    expect(String(plain.error)).toContain('1000 ms');
    expect(graced.afterMs).toBe(1500);
    expect(String(graced.error)).toContain('1500 ms');
  });

  // A timer may fire a millisecond early: that much silence is enough.
  it.each([
    [1, 1000],
    [2, 1002],
    [400, 1400],
  ])('begins anew with the bytes that moved after %i ms', async (movedMs, endMs) => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    const told = failureOf(exchange);
    await vi.advanceTimersByTimeAsync(movedMs);
    exchange.moved();
    await vi.advanceTimersByTimeAsync(endMs - movedMs - 1);
    expect(told.error).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(told.afterMs).toBe(endMs);
  });

  it('does not run while the source of the body is waited for', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    const told = failureOf(exchange);
    exchange.pause();
    await vi.advanceTimersByTimeAsync(5300);
    exchange.resume();
    await vi.advanceTimersByTimeAsync(999);
    expect(told.error).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1001);
    expect(told.error).toMatchObject({ code: 'ERR_TRANSPORT' });
  });

  it('runs in the next wait, whatever was paused in the last one', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    exchange.pause();
    const told = failureOf(exchange);
    await vi.advanceTimersByTimeAsync(1000);
    expect(told.afterMs).toBe(1000);
  });

  it('runs from the answer on, though the source of the body is slow', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    const told = failureOf(exchange);
    exchange.pause();
    await vi.advanceTimersByTimeAsync(800);
    exchange.answered();
    exchange.pause();
    await vi.advanceTimersByTimeAsync(999);
    expect(told.error).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(told.afterMs).toBe(1800);
  });

  it('is not for what is waited for elsewhere', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    exchange.waitElsewhere(never).catch(() => {});
    await vi.advanceTimersByTimeAsync(5000);
    exchange.throwIfFailed();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has no timer after a failure', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    const waiting = exchange.wait(never);
    exchange.fail(new Error('first'));
    await expect(waiting).rejects.toThrow('first');
    expect(vi.getTimerCount()).toBe(0);
    await expect(exchange.wait(never)).rejects.toThrow('first');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is kept by timers that are numbers, as those of browsers are, one for each wait', async () => {
    const { setTimeout: setFake, clearTimeout: clearFake } = globalThis;
    const timers = new Map<number, ReturnType<typeof setTimeout>>();
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((callback: () => void, delayMs: number) => {
      timers.set(timers.size + 1, setFake(callback, delayMs));
      return timers.size;
    }) as never);
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation(((timer: number) => {
      clearFake(timers.get(timer));
    }) as never);
    try {
      const exchange = new Exchange(undefined, idleTimeoutMs);
      expect(await exchange.wait(Promise.resolve('head'))).toBe('head');
      expect(vi.getTimerCount()).toBe(0);
      const told = failureOf(exchange);
      await vi.advanceTimersByTimeAsync(1000);
      expect(told.afterMs).toBe(1000);
      // One wait at a time is the rule: a second one neither fails for it, nor has a timer of its own.
      const other = new Exchange(undefined, idleTimeoutMs);
      const first = failureOf(other);
      expect(await other.wait(Promise.resolve('early'))).toBe('early');
      expect(first.error).toBeUndefined();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('has one timer, which stays from wait to wait', async () => {
    const exchange = new Exchange(undefined, idleTimeoutMs);
    for (let turn = 0; turn < 3; turn++) await exchange.wait(Promise.resolve());
    expect(vi.getTimerCount()).toBe(1);
    exchange.close();
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

describe('the signal of the caller', () => {
  it('fails the exchange with its reason, before it begins or later', async () => {
    const reason = new Error('enough');
    const early = new Exchange(AbortSignal.abort(reason), 60_000);
    expect(() => early.throwIfFailed()).toThrow(reason);
    expect(early.signal.reason).toBe(reason);
    const controller = new AbortController();
    const late = new Exchange(controller.signal, 60_000);
    late.throwIfFailed();
    expect(late.signal.aborted).toBe(false);
    const waiting = late.waitElsewhere(never);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(late.signal.reason).toBe(reason);
  });

  it('is let go of when the exchange is over', () => {
    const controller = new AbortController();
    const exchange = new Exchange(controller.signal, 60_000);
    exchange.close();
    controller.abort(new Error('late'));
    exchange.throwIfFailed();
    expect(exchange.signal.aborted).toBe(false);
  });
});

it('only the first failure of an exchange counts', () => {
  const exchange = new Exchange(undefined, 60_000);
  const first = new Error('first');
  exchange.fail(first);
  exchange.fail(new Error('second'));
  expect(() => exchange.throwIfFailed()).toThrow(first);
  expect(exchange.signal.reason).toBe(first);
});

it('the last wait fails with the exchange, though one before it ends only now', async () => {
  const exchange = new Exchange(undefined, 60_000);
  const first = exchange.waitElsewhere(Promise.resolve(7));
  const last = exchange.waitElsewhere(never);
  const failed = vi.fn();
  last.catch(failed);
  expect(await first).toBe(7);
  const failure = new Error('first');
  exchange.fail(failure);
  await new Promise((resolve) => setImmediate(resolve));
  expect(failed).toHaveBeenCalledExactlyOnceWith(failure);
});

it('a wait gives what it waits for, or its error', async () => {
  const exchange = new Exchange(undefined, 60_000);
  const failure = new Error('refused');
  expect(await exchange.waitElsewhere(Promise.resolve(7))).toBe(7);
  await expect(exchange.waitElsewhere(Promise.reject(failure))).rejects.toBe(failure);
  expect(await exchange.wait(Promise.resolve(7))).toBe(7);
  await expect(exchange.wait(Promise.reject(failure))).rejects.toBe(failure);
  exchange.throwIfFailed();
  exchange.close();
});
