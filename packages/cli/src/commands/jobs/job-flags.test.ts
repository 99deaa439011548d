import { expect, it } from 'vitest';
import { assertFlagsTogether, filterOf, type StartFlags } from './job-flags.js';

const flags: StartFlags = { task: 'report', grade: 'direct', concurrency: 1 };

it.each([
  [['class='], /--where class/],
  [['modified-since=2026-02-31'], /2026-11-27/],
  [['modified-since=2026-11-27T08:00:00'], /2026-11-27T08:00:00Z/],
  [['min-size=2', 'max-size=1'], /no object can be/],
  [['modified-since=2026-11-27', 'modified-before=2026-11-27'], /no object can be/],
  [['min-size=2', 'min-size=1'], /said twice/],
])('a filter that cannot be meant is refused: %j', (where, what) => {
  expect(() => filterOf({ ...flags, where })).toThrow(what);
});

it('a filter has each condition once, and as many classes and formats as people want', () => {
  const where = ['class=IA', 'class=Archive', 'format=plain', 'min-size=1', 'max-size=1KiB'];
  expect(filterOf({ ...flags, where: [...where, 'modified-since=2028-02-29'] })).toEqual({
    storageClasses: ['IA', 'Archive'],
    formats: ['plain'],
    minSizeBytes: 1,
    maxSizeBytes: 1024,
    modifiedSince: '2028-02-29T00:00:00.000Z',
  });
});

it('no flag is passed over in silence', () => {
  expect(() => assertFlagsTogether({ ...flags, redis: true, folder: 'job' })).toThrow(/--folder or --redis/);
  expect(() => assertFlagsTogether({ ...flags, telemetry: true })).toThrow(/without --redis/);
  assertFlagsTogether({ ...flags, redis: true, telemetry: true });
  assertFlagsTogether({ ...flags, folder: 'job' });
});
