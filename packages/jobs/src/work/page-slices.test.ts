import { expect, it } from 'vitest';
import { slicesOf } from './page-slices.js';

const items = (...positions: string[]) => positions.map((position) => ({ key: position, position }));
const broken = (...positions: string[]) => positions.map((position) => ({ position, message: 'none' }));
const spelled = (page: Parameters<typeof slicesOf>[0], length: number): string[] =>
  slicesOf(page, length).map(
    (slice) =>
      `${slice.items.map(({ position }) => position).join(',')}|${slice.broken.map(({ position }) => position).join(',')}|${slice.end}`,
  );

it('cuts a page into slices that end where they do', () => {
  const page = { items: items('a', 'c', 'e', 'g', 'i'), broken: [], isLast: false };
  expect(spelled(page, 2)).toEqual(['a,c||c', 'e,g||g', 'i||i']);
  expect(spelled(page, 5)).toEqual(['a,c,e,g,i||i']);
});

it('keeps broken rows in their place, and ends where the page ends', () => {
  const page = {
    items: items('b', 'd', 'f'),
    broken: broken('g', 'a', 'c'),
    end: 'h',
    isLast: false,
  };
  expect(spelled(page, 1)).toEqual(['b|a|b', 'd|c|d', 'f|g|h']);
});

it('keeps what one row names together', () => {
  expect(spelled({ items: items('1', '1+', '2'), broken: [], isLast: true }, 1)).toEqual([
    '1,1+||1+',
    '2||2',
  ]);
});

it('has one slice of a page without objects', () => {
  expect(spelled({ items: [], broken: [], isLast: true }, 3)).toEqual(['||undefined']);
  expect(spelled({ items: [], broken: broken('a'), end: 'b', isLast: false }, 3)).toEqual(['|a|b']);
});
