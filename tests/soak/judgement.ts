// Whether a run went as it must. It knows only what was seen, so that tests can show it what no run shows.
import type { Ends, Places } from './scene.js';

/** How a call ended. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: string }
  | { readonly kind: 'failed'; readonly error: SeenError }
  /** Its process was killed, or the power went. */
  | { readonly kind: 'died' };

/** What was seen of an error. */
export interface SeenError {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  /** Whether it is one of this project. */
  readonly isOurs: boolean;
  /** Whether it shows something secret. */
  readonly isTelling: boolean;
}

/** What was seen after a call, when all was quiet. */
export interface Seen {
  readonly outcome: Outcome;
  readonly places: Places;
  /** Names of files in the folder of the run that are neither its own nor a checkpoint's. */
  readonly strayFiles: readonly string[];
  readonly openFiles: readonly string[];
  readonly openRequests: readonly string[];
  readonly listeners: number;
  readonly danglingUploads: readonly string[];
}

/** What was seen of a run: of the call under faults, and, where that did not succeed, of the same call without any. */
export interface SeenRun {
  readonly ends: Ends;
  readonly first: Seen;
  readonly repeated: Seen | undefined;
  /** Codes of the system that may pass as they are: those of a disk that is full. */
  readonly systemCodes: readonly string[];
  readonly unhandled: readonly string[];
}

/** What may be wrong with a run. */
export const wrongs = [
  'wrong object',
  'half file',
  'wrong result',
  'untyped error',
  'telling error',
  'not repeatable',
  'unhandled rejection',
  'file left',
  'socket left',
  'listener left',
  'upload left',
] as const;
export type Wrong = (typeof wrongs)[number];

export interface Complaint {
  readonly wrong: Wrong;
  readonly what: string;
}

/** The stable codes. Others are not promised to anybody. */
const codes: ReadonlySet<string> = new Set([
  'ERR_ALGORITHM_NOT_SUPPORTED',
  'ERR_CHECKPOINT',
  'ERR_ENVELOPE_MALFORMED',
  'ERR_ENVELOPE_MISSING',
  'ERR_INTEGRITY',
  'ERR_KEY_UNWRAP_FAILED',
  'ERR_MASTER_KEY',
  'ERR_NO_MATCHING_KEY',
  'ERR_OBJECT_CHANGED',
  'ERR_OBJECT_MISMATCH',
  'ERR_REENCRYPTION_NEEDED',
  'ERR_SERVICE',
  'ERR_TRANSPORT',
]);

/** All that is wrong with a run. */
export function judge({ ends, first, repeated, systemCodes, unhandled }: SeenRun): Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (wrong: Wrong, what: string): void => void complaints.push({ wrong, what });

  const compare = (places: Places, allowed: readonly Places[], when: string): void => {
    const fits = allowed.some((one) => differing(places, one).length === 0);
    if (fits) return;
    const [nearest] = allowed
      .map((one) => differing(places, one))
      .sort((one, other) => one.length - other.length);
    for (const place of nearest ?? []) {
      const expected = [...new Set(allowed.map((one) => one[place]))].join(' or ');
      complain(
        place === 'file' ? 'half file' : 'wrong object',
        `${when}, ${place} is: ${places[place]}; it must be: ${expected}`,
      );
    }
  };
  const checkError = ({ name, code, message, isOurs, isTelling }: SeenError, when: string): void => {
    const isTyped = (isOurs && code !== undefined && codes.has(code)) || systemCodes.includes(code ?? '');
    if (!isTyped) complain('untyped error', `${when}: ${name} ${code ?? 'without a code'}: ${message}`);
    if (isTelling) complain('telling error', `${when}: ${name} ${code}`);
  };
  const checkEnd = ({ outcome, places }: Seen, when: string): void => {
    const { success } = ends;
    if (outcome.kind === 'succeeded') {
      if ('refusal' in success) {
        complain('wrong result', `${when}: it succeeded, and must end with ${success.refusal}`);
        return;
      }
      compare(places, [success], when);
      if (outcome.result !== ends.result) {
        complain('wrong result', `${when}, it gave: ${outcome.result}; it must be: ${ends.result}`);
      }
      return;
    }
    compare(places, ends.failure, when);
    if (outcome.kind === 'failed') checkError(outcome.error, when);
  };
  const checkLeft = (seen: Seen, when: string): void => {
    for (const name of seen.strayFiles) complain('file left', `${when}: ${name}`);
    for (const name of seen.openFiles) complain('file left', `${when}: ${name} is open`);
    for (const request of seen.openRequests) complain('socket left', `${when}: ${request}`);
    if (seen.listeners > 0) complain('listener left', `${when}: ${seen.listeners} listen to the signal`);
    for (const upload of seen.danglingUploads) complain('upload left', `${when}: ${upload}`);
  };

  checkEnd(first, 'under faults');
  checkLeft(first, 'under faults');
  const isFinished = first.outcome.kind === 'succeeded';
  if (!isFinished && repeated === undefined) complain('not repeatable', 'it was not called again');
  if (repeated !== undefined) {
    const { outcome } = repeated;
    const refusal = 'refusal' in ends.success ? ends.success.refusal : undefined;
    if (refusal === undefined && outcome.kind !== 'succeeded') {
      const error = outcome.kind === 'failed' ? `${outcome.error.code}: ${outcome.error.message}` : 'it died';
      complain('not repeatable', `called again without faults, it failed: ${error}`);
    }
    if (refusal !== undefined && !(outcome.kind === 'failed' && outcome.error.code === refusal)) {
      complain('not repeatable', `called again without faults, it did not end with ${refusal}`);
    }
    checkEnd(repeated, 'called again');
    checkLeft(repeated, 'called again');
  }
  for (const reason of unhandled) complain('unhandled rejection', reason);
  return complaints;
}

function differing(one: Places, other: Places): (keyof Places)[] {
  return (['object', 'other', 'file'] as const).filter((place) => one[place] !== other[place]);
}
