import { compareUtf8 } from '@oss-envelope/core/adapter';
import type { SourcePage } from '../contract/object-source.js';

/** A part of a page: what it names, and where the source goes on behind it. */
export interface PageSlice extends Pick<SourcePage, 'broken' | 'items'> {
  /** Undefined where nothing of the page says. */
  readonly end: string | undefined;
}

/**
 * Cuts a page into slices of so many items, or a few more: what stands at one row of a source, whose positions begin alike,
 * stays together. Broken rows are in the slice of their place. There is one slice at least, and the last one ends where the
 * page does.
 */
export function slicesOf({ items, broken, end }: SourcePage, length: number): readonly PageSlice[] {
  const slices: PageSlice[] = [];
  const rest = [...broken].sort((a, b) => compareUtf8(a.position, b.position));
  for (let first = 0; ; ) {
    let next = Math.min(first + length, items.length);
    while (items[next]?.position.startsWith(items[next - 1]?.position ?? '')) next++;
    const own = items.slice(first, next);
    if (next >= items.length) {
      const positions = [...own, ...rest].map(({ position }) => position);
      slices.push({
        items: own,
        broken: rest,
        end: furthest(end === undefined ? positions : [...positions, end]),
      });
      return slices;
    }
    const last = own.at(-1)?.position as string;
    const behind = rest.findIndex(({ position }) => compareUtf8(position, last) > 0);
    slices.push({ items: own, broken: rest.splice(0, behind < 0 ? rest.length : behind), end: last });
    first = next;
  }
}

function furthest(positions: readonly string[]): string | undefined {
  return positions.reduce<string | undefined>(
    (last, position) => (last === undefined || compareUtf8(position, last) > 0 ? position : last),
    undefined,
  );
}
