import { describe, expect, it } from 'vitest';
import { judge, type Seen, type SeenError, type SeenRun, type Wrong } from './judgement.js';
import type { Ends, Places } from './scene.js';

const before: Places = { object: 'old', other: 'absent', file: 'absent' };
const after: Places = { object: 'new', other: 'absent', file: 'absent' };
const ends: Ends = { success: after, failure: [before, after], result: 'nothing' };
const typed: SeenError = {
  name: 'TransportError',
  code: 'ERR_TRANSPORT',
  message: 'it broke',
  isOurs: true,
  isTelling: false,
};
const quiet = {
  strayFiles: [],
  openFiles: [],
  openRequests: [],
  listeners: 0,
  danglingUploads: [],
} as const;
const succeeded: Seen = { ...quiet, outcome: { kind: 'succeeded', result: 'nothing' }, places: after };
const failed: Seen = { ...quiet, outcome: { kind: 'failed', error: typed }, places: before };
const died: Seen = { ...quiet, outcome: { kind: 'died' }, places: before };
const run = (change: Partial<SeenRun> = {}): SeenRun => ({
  ends,
  first: succeeded,
  repeated: undefined,
  systemCodes: [],
  unhandled: [],
  ...change,
});
const wrongsOf = (seen: SeenRun): Wrong[] => judge(seen).map(({ wrong }) => wrong);
const withError = (change: Partial<SeenError>): Seen => ({
  ...failed,
  outcome: { kind: 'failed', error: { ...typed, ...change } },
});

describe('nothing is said against', () => {
  it.each<[string, SeenRun]>([
    ['a success', run()],
    ['a failure that changed nothing, and a success then', run({ first: failed, repeated: succeeded })],
    ['a failure after all was done', run({ first: { ...failed, places: after }, repeated: succeeded })],
    ['a death', run({ first: died, repeated: succeeded })],
    [
      'an error of the disk, where that was full',
      run({
        first: withError({ code: 'ENOSPC', isOurs: false }),
        repeated: succeeded,
        systemCodes: ['ENOSPC'],
      }),
    ],
    [
      'an error that must come',
      run({
        ends: { ...ends, success: { refusal: 'ERR_REENCRYPTION_NEEDED' }, failure: [before] },
        first: failed,
        repeated: withError({ code: 'ERR_REENCRYPTION_NEEDED' }),
      }),
    ],
  ])('%s', (_, seen) => {
    expect(judge(seen)).toEqual([]);
  });
});

describe('what is wrong is seen', () => {
  const broken = { ...after, object: 'broken' };
  const refusing: Ends = { ...ends, success: { refusal: 'ERR_REENCRYPTION_NEEDED' }, failure: [before] };
  it.each<[string, Wrong[], SeenRun]>([
    ['a wrong object', ['wrong object'], run({ first: { ...succeeded, places: broken } })],
    ['the old object after a success', ['wrong object'], run({ first: { ...succeeded, places: before } })],
    [
      'a wrong object after a failure',
      ['wrong object'],
      run({ first: { ...failed, places: broken }, repeated: succeeded }),
    ],
    [
      'a wrong object after a death',
      ['wrong object'],
      run({ first: { ...died, places: broken }, repeated: succeeded }),
    ],
    [
      'a wrong object of the call that is made again',
      ['wrong object'],
      run({ first: failed, repeated: { ...succeeded, places: broken } }),
    ],
    ['a wrong copy', ['wrong object'], run({ first: { ...succeeded, places: { ...after, other: 'x' } } })],
    ['half a file', ['half file'], run({ first: { ...succeeded, places: { ...after, file: 'half' } } })],
    [
      'half a file after a failure',
      ['half file'],
      run({ first: { ...failed, places: { ...before, file: 'half' } }, repeated: succeeded }),
    ],
    [
      'a wrong result',
      ['wrong result'],
      run({ first: { ...succeeded, outcome: { kind: 'succeeded', result: 'other bytes' } } }),
    ],
    [
      'an error of the engine',
      ['untyped error'],
      run({ first: withError({ code: undefined, isOurs: false }), repeated: succeeded }),
    ],
    [
      'an error of Node whose code looks like ours',
      ['untyped error'],
      run({ first: withError({ code: 'ERR_STREAM_PREMATURE_CLOSE', isOurs: false }), repeated: succeeded }),
    ],
    [
      'a code that says that the caller is wrong',
      ['untyped error'],
      run({ first: withError({ code: 'ERR_INVALID_ARGUMENT' }), repeated: succeeded }),
    ],
    [
      'an error of the disk that was not full',
      ['untyped error'],
      run({ first: withError({ code: 'ENOSPC', isOurs: false }), repeated: succeeded }),
    ],
    [
      'an error that shows a secret',
      ['telling error'],
      run({ first: withError({ isTelling: true }), repeated: succeeded }),
    ],
    ['a failure that nobody called again', ['not repeatable'], run({ first: failed })],
    ['a failure that stays', ['not repeatable'], run({ first: failed, repeated: failed })],
    [
      'another error than the one that must come',
      ['not repeatable'],
      run({ ends: refusing, first: failed, repeated: failed }),
    ],
    [
      'a success that must not be',
      ['wrong result'],
      run({ ends: refusing, first: { ...succeeded, places: before } }),
    ],
    ['a rejection that nobody handled', ['unhandled rejection'], run({ unhandled: ['Error: x'] })],
    ['a file', ['file left'], run({ first: { ...succeeded, strayFiles: ['.part'] } })],
    ['an open file', ['file left'], run({ first: { ...succeeded, openFiles: ['/target'] } })],
    ['an open request', ['socket left'], run({ first: { ...succeeded, openRequests: ['GetObject'] } })],
    ['a listener', ['listener left'], run({ first: { ...succeeded, listeners: 1 } })],
    ['an upload', ['upload left'], run({ first: { ...succeeded, danglingUploads: ['id'] } })],
    [
      'an upload of the call that is made again',
      ['upload left'],
      run({ first: failed, repeated: { ...succeeded, danglingUploads: ['id'] } }),
    ],
  ])('%s', (_, expected, seen) => {
    expect(wrongsOf(seen)).toEqual(expected);
  });

  it('and said with what it should be', () => {
    const [complaint] = judge(run({ first: { ...failed, places: broken }, repeated: succeeded }));
    expect(complaint?.what).toBe('under faults, object is: broken; it must be: old or new');
  });
});
