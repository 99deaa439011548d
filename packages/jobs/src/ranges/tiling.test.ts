import { compareUtf8 } from '@oss-envelope/core/adapter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { someAttempt } from '../../test/some-attempt.js';
import type { Attempt } from '../contract/attempt.js';
import type { KeyRange } from '../contract/key-range.js';
import { endOf, tile } from './tiling.js';

function attempt({ lane, after, until }: KeyRange, cursor: string, isDone: boolean): Attempt {
  return someAttempt({ lane, after, until: until ?? null, cursor, isDone, isWorking: !isDone });
}

const range = (after: string, until?: string): KeyRange => ({ lane: 0, after, until });

describe('tiling', () => {
  it('has one hole where nothing was done', () => {
    expect(tile([], 2).holes).toEqual([
      { lane: 0, after: '', until: undefined },
      { lane: 1, after: '', until: undefined },
    ]);
  });

  it('finds what lies between', () => {
    const done = [
      attempt(range('', 'd'), 'c', true),
      attempt(range('m', 'p'), 'p', true),
      attempt(range('t'), 't', true),
    ];
    expect(tile(done, 1).holes).toEqual([range('d', 'm'), range('p', 't')]);
  });

  it('goes on behind the furthest that somebody got', () => {
    expect(tile([attempt(range(''), 'c', false), attempt(range(''), 'f', false)], 1).holes).toEqual([
      range('f'),
    ]);
  });

  it('takes one of two attempts that overlap, and the one that leads on', () => {
    const first = attempt(range('', 'm'), 'm', true);
    const longer = attempt(range(''), 'q', false);
    const upper = attempt(range('m'), 'z', true);
    const { tiles, holes } = tile([longer, first, upper], 1);
    expect(holes).toEqual([]);
    expect(tiles).toEqual([first, upper]);
  });

  it('ignores what is of no lane of the source', () => {
    expect(tile([attempt({ lane: 7, after: '', until: undefined }, 'x', true)], 1).holes).toEqual([
      range(''),
    ]);
  });
});

/** A job as workers make it: ranges are cut, workers die at any point, and words about new ranges are lost. */
function simulate(keys: readonly string[], steps: fc.Stream<number>): readonly Attempt[] {
  const kept = new Map<string, Attempt>();
  const next = (): number => steps.next().value ?? 0;
  for (let round = 0; ; round++) {
    const { holes } = tile(kept.values(), 1);
    if (holes.length === 0) return [...kept.values()];
    expect(round).toBeLessThan(200);
    const queue = [...holes];
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      let best: Attempt | undefined;
      for (const one of kept.values()) {
        if (
          one.after === at.after &&
          // A cut at the end itself leaves an upper half that is empty: nobody goes on from it.
          (one.until === null || compareUtf8(one.until, one.after) > 0) &&
          (best === undefined || one.isDone || compareUtf8(one.cursor, best.cursor) > 0)
        )
          best = one;
      }
      let { until } = at;
      if (best?.until != null && (until === undefined || compareUtf8(best.until, until) < 0))
        until = best.until;
      let cursor = best?.cursor ?? at.after;
      const own = attempt({ ...at, until }, cursor, false);
      for (;;) {
        const rest = keys.filter(
          (key) => compareUtf8(key, cursor) > 0 && (until === undefined || compareUtf8(key, until) <= 0),
        );
        const dice = next() % 10;
        // It dies; from the second round on it lives a little longer, so that it ends.
        if (dice === 0 && round < 100) break;
        const page = rest.slice(0, 2);
        cursor = page.at(-1) ?? cursor;
        const isDone = rest.length <= 2;
        kept.set(own.id, { ...own, until: until ?? null, cursor, isDone });
        if (isDone) break;
        if (dice < 4) {
          const middle = rest[2 + (next() % (rest.length - 2))] as string;
          const upper = { lane: 0, after: middle, until };
          until = middle;
          kept.set(own.id, { ...own, until, cursor, isDone });
          // The word is lost, or comes twice.
          if (dice === 1) break;
          queue.push(upper);
          if (dice === 2) queue.push(upper);
        }
      }
    }
  }
}

describe('any sequence of cuts, deaths and lost words', () => {
  it('ends with attempts that cover every key once', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 40 }),
        fc.infiniteStream(fc.nat(1000)),
        (names, steps) => {
          const keys = [...names].sort(compareUtf8);
          const { tiles, holes } = tile(simulate(keys, steps), 1);
          expect(holes).toEqual([]);
          let place: string | null = '';
          for (const one of tiles) {
            expect(one.after).toBe(place);
            place = endOf(one);
          }
          expect(place).toBeNull();
        },
      ),
    );
  });
});
