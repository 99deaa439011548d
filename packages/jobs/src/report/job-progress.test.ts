import { describe, expect, it } from 'vitest';
import { emptyTally } from '../contract/tally.js';
import { progressOf } from './job-progress.js';

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 27) + seconds * 1000).toISOString();
const attempt = (from: number, to: number, listed: number, changes = {}) => ({
  lane: 0,
  startedAt: at(from),
  updatedAt: at(to),
  takenOver: 0,
  tally: { ...emptyTally(), listed },
  ...changes,
});
const listing = { source: { kind: 'listing', prefix: '' } } as const;
const about = (objects: number) => ({ objects, isExact: false, by: 'bucket-statistics' }) as const;

describe('how a job goes', () => {
  it('is told by what all processes did of late', () => {
    const attempts = [attempt(0, 100, 1000), attempt(50, 100, 500), attempt(0, 20, 300, { takenOver: 300 })];
    const progress = progressOf({
      job: listing,
      tiles: attempts.slice(0, 2),
      attempts,
      lanes: 1,
      expected: about(4500),
    });
    expect(progress).toEqual({
      seen: 1500,
      expected: about(4500),
      perSecond: 15,
      lastSignAt: new Date(at(100)),
      secondsLeft: 200,
    });
  });

  it('forgets how fast it was long ago, and counts of a long attempt the share of its time', () => {
    const attempts = [attempt(0, 1000, 1_000_000), attempt(9000, 10_000, 1000)];
    const { perSecond } = progressOf({ job: listing, tiles: [], attempts, lanes: 1, expected: undefined });
    expect(perSecond).toBe(1);
  });

  it('says no time left where the total is not known, was passed, or nobody works', () => {
    const tiles = [attempt(0, 10, 100)];
    const left = (expected: ReturnType<typeof about> | undefined, attempts = tiles) =>
      progressOf({ job: listing, tiles, attempts, lanes: 1, expected }).secondsLeft;
    expect(left(undefined)).toBeUndefined();
    expect(left(about(99))).toBeUndefined();
    expect(left(about(100))).toBe(0);
    expect(left(about(200))).toBe(10);
    expect(left(about(200), [])).toBeUndefined();
    expect(left(about(200), [attempt(5, 5, 0)])).toBeUndefined();
  });

  it('does not take what changed since an inventory for what the inventory names', () => {
    const job = { source: { kind: 'inventory', manifestKey: 'm', prefix: '' } } as const;
    const tiles = [attempt(0, 10, 100), attempt(0, 10, 7, { lane: 1 })];
    expect(progressOf({ job, tiles, attempts: tiles, lanes: 2, expected: undefined }).seen).toBe(100);
  });
});
