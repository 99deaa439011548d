// Takes samples of several arms in turn, each in a fresh process.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('./sample.mjs', import.meta.url));
/** Samples of one arm that differ by less need no further round. */
const alikeUpTo = 1.08;

/** Runs one arm once in a process of its own. */
export async function takeSample(moduleName, arm, context, nodeOptions = []) {
  const args = [...nodeOptions, program, moduleName, arm, JSON.stringify(context)];
  const { stdout } = await execute(process.execPath, args, { timeout: 300_000 }).catch((error) => {
    throw new Error(`${arm}: ${error.stderr || error.message}`);
  });
  return JSON.parse(stdout);
}

/** Whether the samples of each arm are so alike that another round would tell nothing new. */
function areAlike(samples) {
  return Object.values(samples).every((list) => {
    const seconds = list.map(({ wallSeconds }) => wallSeconds);
    return Math.max(...seconds) <= alikeUpTo * Math.min(...seconds);
  });
}

/**
 * Runs the arms A B C, A B C, … and keeps the samples of each, in order. One sample before them, which warms up the
 * server, is dropped.
 *
 * @param rounds at `least` and at `most` so many; between them it goes on until `budgetSeconds` are over, or the samples
 *   of each arm are alike
 * @param take takes the sample of an arm, given its name and the number of the round, from 0; the dropped one has none
 */
export async function sampleInTurn(arms, { least, most, budgetSeconds }, take) {
  const samples = Object.fromEntries(arms.map((arm) => [arm, []]));
  const endMs = performance.now() + budgetSeconds * 1000;
  await take(arms[0]);
  for (let round = 0; round < most; round++) {
    if (round >= least && (performance.now() > endMs || areAlike(samples))) break;
    for (const arm of arms) samples[arm].push(await take(arm, round));
  }
  return samples;
}
