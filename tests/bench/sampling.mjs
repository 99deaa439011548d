// Takes samples of several arms in turn, each in a fresh process.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('./sample.mjs', import.meta.url));

/** Runs one arm once in a process of its own. */
export async function takeSample(moduleName, arm, context, nodeOptions = []) {
  const args = [...nodeOptions, program, moduleName, arm, JSON.stringify(context)];
  const { stdout } = await execute(process.execPath, args, { timeout: 300_000 }).catch((error) => {
    throw new Error(`${arm}: ${error.stderr || error.message}`);
  });
  return JSON.parse(stdout);
}

/**
 * Runs the arms A B C, A B C, … and keeps the samples of each, in order. One sample before them, which warms up the
 * server, is dropped.
 *
 * @param take takes the sample of an arm, given its name and the number of the round, from 0; the dropped one has none
 */
export async function sampleInTurn(arms, rounds, take) {
  const samples = Object.fromEntries(arms.map((arm) => [arm, []]));
  await take(arms[0]);
  for (let round = 0; round < rounds; round++) {
    for (const arm of arms) samples[arm].push(await take(arm, round));
  }
  return samples;
}
