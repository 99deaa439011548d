import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IdleTimer } from './idle-timer.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function timer() {
  const expired = vi.fn();
  return { idle: new IdleTimer(1000, expired), expired };
}

it('runs out once a wait of a connected request takes too long', () => {
  const { idle, expired } = timer();
  idle.connect();
  vi.advanceTimersByTime(5000);
  expect(expired).not.toHaveBeenCalled();
  idle.wait();
  vi.advanceTimersByTime(999);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(expired).toHaveBeenCalledOnce();
});

it('does not run before there is a socket, and runs from then on', () => {
  const { idle, expired } = timer();
  idle.wait();
  vi.advanceTimersByTime(5000);
  expect(vi.getTimerCount()).toBe(0);
  idle.connect();
  vi.advanceTimersByTime(999);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(expired).toHaveBeenCalledOnce();
});

it('starts again with each wait', () => {
  const { idle, expired } = timer();
  idle.connect();
  for (let turn = 0; turn < 5; turn++) {
    idle.wait();
    vi.advanceTimersByTime(900);
  }
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(expired).toHaveBeenCalledOnce();
});

it('does not run out while nothing is awaited from the network', () => {
  const { idle, expired } = timer();
  idle.connect();
  idle.wait();
  idle.pause();
  vi.advanceTimersByTime(5000);
  expect(expired).not.toHaveBeenCalled();
});

it('stops for good', () => {
  const { idle, expired } = timer();
  idle.connect();
  idle.wait();
  idle.stop();
  expect(vi.getTimerCount()).toBe(0);
  idle.wait();
  expect(vi.getTimerCount()).toBe(0);
  idle.stop();
  idle.connect();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(5000);
  expect(expired).not.toHaveBeenCalled();
});

it('does not hold the process', () => {
  vi.useRealTimers();
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const { idle } = timer();
  idle.connect();
  idle.wait();
  expect(timers()).toBe(before);
  idle.stop();
});
