import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onAbort } from './abort-listener.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('waiting for an abort', () => {
  it('shares one listener, which goes with the last who waits', () => {
    const { signal } = new AbortController();
    const stops = Array.from({ length: 20 }, () => onAbort(signal, () => {}));
    expect(listeners(signal)).toBe(1);
    for (const stop of stops.slice(1)) stop();
    expect(listeners(signal)).toBe(1);
    stops[0]?.();
    expect(listeners(signal)).toBe(0);
  });

  it('calls all who still wait, once, in their order', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const note = (number: number) => () => void called.push(number);
    const stops = [1, 2, 3].map((number) => onAbort(controller.signal, note(number)));
    stops[1]?.();
    controller.abort();
    expect(called).toEqual([1, 3]);
    for (const stop of stops) stop();
    expect(listeners(controller.signal)).toBe(0);
  });

  it('begins again after everyone had stopped, and a second stop does not end it', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const first = onAbort(controller.signal, () => void called.push(1));
    first();
    onAbort(controller.signal, () => void called.push(2));
    first();
    expect(listeners(controller.signal)).toBe(1);
    controller.abort();
    expect(called).toEqual([2]);
  });

  it('takes one function twice', () => {
    const controller = new AbortController();
    let called = 0;
    const count = (): void => void called++;
    const stop = onAbort(controller.signal, count);
    onAbort(controller.signal, count);
    stop();
    controller.abort();
    expect(called).toBe(1);
  });
});
