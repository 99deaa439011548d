import { expect, it } from 'vitest';
import { ServerClock } from './server-clock.js';

const dayMs = 24 * 60 * 60 * 1000;
const localMs = Date.UTC(2026, 0, 1);

it('follows the server within a day, and tells what is news', () => {
  const clock = new ServerClock(() => localMs);
  expect(clock.nowMs()).toBe(localMs);
  expect(clock.offsetMs).toBeUndefined();
  expect(clock.set(localMs + 60_000)).toBe(false);
  expect(clock.offsetMs).toBe(60_000);
  expect(clock.set(localMs - 1)).toBe(true);
  expect(clock.set(localMs)).toBe(false);
  expect(clock.set(localMs + 3_600_000)).toBe(true);
  expect(clock.nowMs()).toBe(localMs + 3_600_000);
  expect(clock.set(localMs + 3_600_000)).toBe(false);
  expect(clock.set(localMs - dayMs)).toBe(true);
  expect(clock.nowMs()).toBe(localMs - dayMs);
});

it.each([
  localMs + dayMs + 1,
  localMs - dayMs - 1,
  Date.UTC(275_760, 8, 13),
  Number.NaN,
  Number.POSITIVE_INFINITY,
])('does not believe %d', (serverMs) => {
  const clock = new ServerClock(() => localMs);
  expect(clock.set(serverMs)).toBe(false);
  expect(clock.nowMs()).toBe(localMs);
  expect(clock.offsetMs).toBeUndefined();
});

it('believes a day', () => {
  const clock = new ServerClock(() => localMs);
  expect(clock.set(localMs + dayMs)).toBe(true);
  expect(clock.offsetMs).toBe(dayMs);
});

it('goes by the clock of the machine without another', () => {
  expect(Math.abs(new ServerClock().nowMs() - Date.now())).toBeLessThan(60_000);
});
