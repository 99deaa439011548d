import { expect, it } from 'vitest';
import type { ObjectSource } from '../contract/object-source.js';
import { withChangesSince } from './changed-since.js';

const file: ObjectSource = {
  lanes: 2,
  page: async ({ lane }) => ({ items: [{ key: `f${lane}`, position: '1' }], broken: [], isLast: true }),
};
const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 27, 12, minutes));
const listing: ObjectSource = {
  lanes: 1,
  page: async ({ lane }, cursor) => {
    expect(lane).toBe(0);
    if (cursor === 'd') return { items: [], broken: [], isLast: true };
    return {
      items: [
        { key: 'a', position: 'a', lastModified: at(-30) },
        { key: 'b', position: 'b', lastModified: at(-5) },
        { key: 'c', position: 'c' },
        { key: 'd', position: 'd', lastModified: at(-60) },
      ],
      broken: [],
      isLast: false,
    };
  },
  middle: async ({ lane }) => (lane === 0 ? 'm' : undefined),
};
const range = (lane: number) => ({ lane, after: '', until: undefined });

it('what was modified since is one more lane, the rest is as it was', async () => {
  const source = withChangesSince(file, listing, at(0));
  expect(source.lanes).toBe(3);
  expect((await source.page(range(1), '', undefined)).items[0]?.key).toBe('f1');
  const page = await source.page(range(2), '', undefined);
  // What may be younger by another clock, or has no time, is looked at.
  expect(page.items.map(({ key }) => key)).toEqual(['b', 'c']);
  expect([page.end, page.isLast]).toEqual(['d', false]);
  expect(await source.page(range(2), 'd', undefined)).toMatchObject({ items: [], isLast: true });
});

it('only that lane can be cut', async () => {
  const source = withChangesSince(file, listing, at(0));
  expect(await source.middle?.(range(2), '', undefined)).toBe('m');
  expect(await source.middle?.(range(0), '', undefined)).toBeUndefined();
  const { middle: _middle, ...whole } = listing;
  expect(withChangesSince(file, whole, at(0)).middle).toBeUndefined();
});
