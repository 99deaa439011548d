import { expect, it } from 'vitest';
import { isLeftOut } from './object-filter.js';

it('compares classes of storage without case', () => {
  const filter = { storageClasses: ['ia', 'ARCHIVE'] };
  expect(
    ['IA', 'Archive', 'Standard', undefined].map((storageClass) => isLeftOut(filter, { storageClass })),
  ).toEqual([false, false, true, false]);
});

it('leaves nothing out for what is not known', () => {
  const filter = {
    modifiedSince: '2026-11-27T00:00:00Z',
    modifiedBefore: '2026-11-28T00:00:00Z',
    minSizeBytes: 1,
    maxSizeBytes: 2,
    formats: ['plain' as const],
  };
  expect(isLeftOut(filter, {})).toBe(false);
  expect(
    isLeftOut(filter, { sizeBytes: 1, lastModified: new Date('2026-11-27T00:00:00Z'), format: 'plain' }),
  ).toBe(false);
  for (const one of [
    { sizeBytes: 0 },
    { sizeBytes: 3 },
    { lastModified: new Date('2026-11-26T23:59:59Z') },
    { lastModified: new Date('2026-11-28T00:00:00Z') },
    { format: 'sealed' },
  ]) {
    expect(isLeftOut(filter, one)).toBe(true);
  }
});
