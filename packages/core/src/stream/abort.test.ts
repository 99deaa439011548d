import { describe, expect, it, vi } from 'vitest';
import { onAbort, untilAborted } from './abort.js';

describe('onAbort', () => {
  it('calls all that wait, once', () => {
    const controller = new AbortController();
    const callback = vi.fn();
    onAbort(controller.signal, callback);
    onAbort(controller.signal, callback);
    const end = onAbort(controller.signal, callback);
    end();
    end();
    controller.abort();
    expect(callback).toHaveBeenCalledTimes(2);
  });

  it('keeps one listener while anybody waits', () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const ends = Array.from({ length: 20 }, () => onAbort(signal, () => {}));
    expect(add).toHaveBeenCalledTimes(1);
    for (const end of ends.slice(1)) end();
    expect(remove).not.toHaveBeenCalled();
    ends[0]?.();
    expect(remove).toHaveBeenCalledTimes(1);
    onAbort(signal, () => {});
    expect(add).toHaveBeenCalledTimes(2);
  });

  it('does nothing without a signal', () => {
    onAbort(undefined, () => {})();
  });
});

describe('untilAborted', () => {
  it('gives the outcome of the promise', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(5), signal)).toBe(5);
    await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    expect(await untilAborted(Promise.resolve(5), undefined)).toBe(5);
  });

  it('or the reason of an abort, whichever comes first', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(new Promise(() => {}), controller.signal);
    controller.abort('stop');
    await expect(waiting).rejects.toBe('stop');
    await expect(untilAborted(Promise.reject(new Error('late')), controller.signal)).rejects.toBe('stop');
  });
});
