// Runs that go wrong on purpose: each must be complained about, or the checks see nothing.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Seen, Wrong } from './judgement.js';
import type { RunPlan } from './plan.js';
import { runOnce, type Tampering, type UnhandledRejections } from './run-once.js';
import { absent } from './scene.js';
import type { Station } from './station.js';

/** A thing that goes wrong, and what the checks must call it. */
interface Canary {
  readonly wrong: Wrong;
  readonly operation: RunPlan['operation'];
  readonly tamper: Tampering;
}

const canaries: readonly Canary[] = [
  {
    wrong: 'wrong object',
    operation: 'put',
    tamper: async ({ key }, { oss }) => {
      await oss.corruptByte('bucket', key, 20);
      return {};
    },
  },
  {
    wrong: 'wrong object',
    operation: 'rewrap',
    tamper: async ({ key }, { oss }) => {
      await oss.deleteObject('bucket', key);
      return {};
    },
  },
  {
    wrong: 'half file',
    operation: 'get',
    tamper: async ({ target, content }) => {
      await writeFile(target, content.subarray(1));
      return {};
    },
  },
  {
    wrong: 'wrong result',
    operation: 'ranges',
    tamper: async () => ({ outcome: { kind: 'succeeded', result: absent } }),
  },
  {
    wrong: 'file left',
    operation: 'get',
    tamper: async ({ folder }) => {
      await writeFile(join(folder, '.0123456789abcdef.part'), '');
      return { strayFiles: ['.0123456789abcdef.part'] };
    },
  },
  {
    wrong: 'untyped error',
    operation: 'copy',
    tamper: async () => ({ outcome: failed({ code: 'ERR_INVALID_STATE', isOurs: false }) }),
  },
  {
    wrong: 'unhandled rejection',
    operation: 'put',
    tamper: async () => {
      void Promise.reject(new Error('nobody waits for it'));
      return undefined;
    },
  },
];

function failed(error: { readonly code: string; readonly isOurs: boolean }): Seen['outcome'] {
  return { kind: 'failed', error: { name: 'Error', message: 'made up', isTelling: false, ...error } };
}

/** What the checks do not see. Nothing, unless they are broken. */
export async function unseenCanaries(
  plan: RunPlan,
  station: Station,
  rejections: UnhandledRejections,
): Promise<string[]> {
  const unseen: string[] = [];
  for (const [index, { wrong, operation, tamper }] of canaries.entries()) {
    // Nothing strikes: a clock that is right, in a run whose number no other has.
    const calm: RunPlan = {
      ...plan,
      run: -1 - index,
      fault: 'closed connection',
      strike: { ...plan.strike, place: 0.999, times: 1 },
      second: undefined,
      operation,
      format: 'sealed',
      provider: 'aes',
      sizeBytes: 40_000,
      way: wrong === 'half file' || wrong === 'file left' ? 0.9 : 0.4,
      replaces: false,
      fromFormat: 'sealed',
    };
    const { complaints } = await runOnce(calm, station, rejections, tamper);
    if (!complaints.some((complaint) => complaint.wrong === wrong)) unseen.push(`${wrong} (${operation})`);
  }
  return unseen;
}
