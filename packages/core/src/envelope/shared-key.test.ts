import { afterEach, describe, expect, it, vi } from 'vitest';
import { ownTime } from './shared-key.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('the time of this process', () => {
  it('goes on', async () => {
    const before = performance.now();
    expect(ownTime.now()).toBeGreaterThanOrEqual(before);
    expect(ownTime.now()).toBeLessThanOrEqual(performance.now());
  });

  it('runs something later, unless it is called off', async () => {
    const run = vi.fn();
    const other = vi.fn();
    ownTime.later(run, 1);
    ownTime.later(other, 1)();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(run).toHaveBeenCalledTimes(1);
    expect(other).not.toHaveBeenCalled();
  });

  it('keeps no program alive', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const callOff = ownTime.later(() => {}, 1000);
    const { value } = timers.mock.results[0]!;
    expect((value as NodeJS.Timeout).hasRef()).toBe(false);
    callOff();
  });

  it.each([5, null, {}])('takes timers that are %j, as of browsers', (timer) => {
    vi.stubGlobal('setTimeout', () => timer);
    vi.stubGlobal('clearTimeout', () => {});
    expect(() => ownTime.later(() => {}, 1000)()).not.toThrow();
  });
});
