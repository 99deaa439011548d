import type { Attempt } from '../src/contract/attempt.js';
import { rangeId } from '../src/contract/key-range.js';
import { emptyTally } from '../src/contract/tally.js';

let count = 0;

/** An attempt at all of a source that got nowhere, but for what is said of it. Each has an id of its own. */
export function someAttempt(changes: Partial<Attempt> = {}): Attempt {
  const place = { lane: changes.lane ?? 0, after: changes.after ?? '' };
  return {
    version: 1,
    id: (count++).toString(16).padStart(24, '0'),
    number: 1,
    range: rangeId(place),
    ...place,
    until: null,
    cursor: '',
    isDone: false,
    isWorking: false,
    tally: emptyTally(),
    takenOver: 0,
    from: [],
    trying: null,
    deaths: [],
    worker: 'here 1',
    startedAt: '2026-11-27T00:00:00.000Z',
    updatedAt: '2026-11-27T00:00:00.000Z',
    ...changes,
  };
}
