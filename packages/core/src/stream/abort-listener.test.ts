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

  it('calls neither who was stopped by another nor who comes while they are called, and leaves none out', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const stops: (() => void)[] = [];
    const wait = (number: number, more: () => void): void => {
      stops[number] = onAbort(controller.signal, () => {
        called.push(number);
        more();
      });
    };
    wait(0, () => stops[0]?.());
    wait(1, () => stops[2]?.());
    wait(2, () => {});
    wait(3, () => wait(5, () => {}));
    wait(4, () => {});
    controller.abort();
    expect(called).toEqual([0, 1, 3, 4]);
  });

  it('takes them out from the middle, the end and the start', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const stops = [0, 1, 2, 3, 4].map((number) => onAbort(controller.signal, () => called.push(number)));
    for (const index of [2, 4, 0]) stops[index]?.();
    onAbort(controller.signal, () => called.push(5));
    controller.abort();
    expect(called).toEqual([1, 3, 5]);
  });
});
