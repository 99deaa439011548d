import { compareUtf8 } from '@oss-envelope/core/adapter';
import type { Attempt } from '../contract/attempt.js';
import type { KeyRange } from '../contract/key-range.js';

/** What of an attempt says what it covers. */
export type Cover = Pick<Attempt, 'after' | 'cursor' | 'isDone' | 'lane' | 'until'>;

/** What attempts cover of a source. */
export interface Tiling<Tile extends Cover = Attempt> {
  /** Attempts that together cover all before the first hole of each lane, none of it twice. */
  readonly tiles: readonly Tile[];
  /** What is not covered: to be done, or done again. Empty when the attempts cover all. */
  readonly holes: readonly KeyRange[];
}

/**
 * Finds attempts that follow each other without a gap and without an overlap, from the beginning of each lane to its end.
 * Attempts that two processes made at one range at once may overlap: no more than one of them becomes a tile.
 */
export function tile<Tile extends Cover>(attempts: Iterable<Tile>, lanes: number): Tiling<Tile> {
  const byLane = new Map<number, Tile[]>();
  for (const attempt of attempts) {
    if (attempt.lane >= lanes || !coversSomething(attempt)) continue;
    const list = byLane.get(attempt.lane);
    if (list === undefined) byLane.set(attempt.lane, [attempt]);
    else list.push(attempt);
  }
  const tiles: Tile[] = [];
  const holes: KeyRange[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    const result = tileLane(byLane.get(lane) ?? [], lane);
    tiles.push(...result.tiles);
    holes.push(...result.holes);
  }
  return { tiles, holes };
}

/** Where an attempt ends that covers what it says; null for the end of the lane. */
export function endOf({ isDone, until, cursor }: Cover): string | null {
  return isDone ? until : cursor;
}

function coversSomething(attempt: Cover): boolean {
  const end = endOf(attempt);
  return end === null || compareUtf8(end, attempt.after) > 0;
}

function tileLane<Tile extends Cover>(attempts: readonly Tile[], lane: number): Tiling<Tile> {
  const byStart = new Map<string, Tile[]>();
  for (const attempt of attempts) {
    const list = byStart.get(attempt.after);
    if (list === undefined) byStart.set(attempt.after, [attempt]);
    else list.push(attempt);
  }
  // From behind: the starts from which all is covered, and the attempt to take there.
  const starts = [...byStart.keys()].sort((a, b) => compareUtf8(b, a));
  const next = new Map<string, Tile>();
  for (const start of starts) {
    const right = (byStart.get(start) as Tile[]).find((attempt) => {
      const end = endOf(attempt);
      return end === null || next.has(end);
    });
    if (right !== undefined) next.set(start, right);
  }
  const tiles: Tile[] = [];
  const holes: KeyRange[] = [];
  let place: string | null = '';
  while (place !== null) {
    const whole = next.get(place);
    if (whole !== undefined) {
      tiles.push(whole);
      place = endOf(whole);
      continue;
    }
    // Nothing leads to the end from here: the longest that begins here, and then a hole up to where something begins.
    const longest = longestFrom(byStart.get(place) ?? []);
    if (longest !== undefined) {
      tiles.push(longest);
      place = endOf(longest);
      continue;
    }
    const until = nextStart(starts, place);
    holes.push({ lane, after: place, until });
    place = until ?? null;
  }
  return { tiles, holes };
}

function longestFrom<Tile extends Cover>(attempts: readonly Tile[]): Tile | undefined {
  return [...attempts].sort((a, b) => compareUtf8(endOf(b) ?? '', endOf(a) ?? ''))[0];
}

/** The first start behind a place. */
function nextStart(descending: readonly string[], place: string): string | undefined {
  return descending.findLast((start) => compareUtf8(start, place) > 0);
}
