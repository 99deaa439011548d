// `npm run fuzz`: changed inputs for every parser of bytes that nobody vouches for.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { markdownTable } from '../bench/markdown-table.mjs';
import { importBundled } from '../support/bundled-module.mjs';
import { writeBlock } from '../support/proof-page.mjs';
import { generator, mutator } from './mutation.mjs';
import { faultOf, limits, minimised } from './trial.mjs';

const usage = `usage: npm run fuzz -- [--target NAME]... [--inputs N] [--seed S] [--seconds N] [--write]

  --target NAME  only targets whose name begins so; may be repeated
  --inputs N     inputs for each target, 3,000 by default
  --seed S       of all of it, a number: the same seed gives the same inputs
  --seconds N    ends a target earlier, after this time; it says how many inputs there were
  --write        write what came of it into docs/proof.md; other targets keep what they had`;

/** What came of the last run of each target. */
const results = new URL('results.json', import.meta.url);
const rowOf = ([name, { inputs, refused, faults, seed, date }]) => [
  name,
  `${inputs}`,
  `${refused}%`,
  `${faults}`,
  `${seed}`,
  date,
];
const tableOf = (found) =>
  markdownTable(['parser', 'inputs', 'refused', 'faults', 'seed', 'date'], Object.entries(found).map(rowOf));

/** More faults of one target than this say nothing new. */
const mostFaults = 5;

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: [] },
    inputs: { type: 'string', default: '3000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    seconds: { type: 'string', default: '1e9' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const { targets, isTyped } = await importBundled(new URL('targets.ts', import.meta.url));
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const names = Object.keys(targets).filter(
  (name) => values.target.length === 0 || values.target.some((start) => name.startsWith(start)),
);
if (names.length === 0) throw new Error(`There is no such target.\n\n${usage}`);
console.log(`seed ${seed}`);

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));
let passed = 0;
let failed = 0;
const found = {};
for (const name of names) {
  const target = targets[name];
  // Each target has its own order, so that one can be repeated alone.
  const own = createHash('sha256').update(`${seed} ${name}`).digest().readUInt32LE();
  const next = mutator(target, generator(own));
  const startedMs = performance.now();
  const faults = new Map();
  let count = 0;
  let refused = 0;
  const counting = {
    run: async (input) => {
      try {
        return await target.run(input);
      } catch (error) {
        refused++;
        throw error;
      }
    },
  };
  for (const seedInput of target.seeds) {
    const fault = await faultOf(target, seedInput, isTyped);
    if (fault !== undefined) faults.set(fault, seedInput);
  }
  while (
    count < inputs &&
    faults.size < mostFaults &&
    performance.now() - startedMs < Number(values.seconds) * 1000
  ) {
    const input = next();
    const fault = await faultOf(counting, input, isTyped);
    if (fault !== undefined && !faults.has(fault)) faults.set(fault, input);
    if (++count % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (unhandled.length > 0) faults.set(`it leaves an unhandled rejection: ${unhandled.splice(0)[0]}`, '');
  for (const [fault, input] of faults) {
    const text = await minimised(target, input, isTyped);
    const file = `${createHash('sha256')
      .update(name + text)
      .digest('hex')
      .slice(0, 16)}.json`;
    const kept = { target: name, fault, seed, input: Buffer.from(text, 'utf16le').toString('base64') };
    await writeFile(new URL(`found/${file}`, import.meta.url), `${JSON.stringify(kept, null, 2)}\n`);
    console.log(
      `${name}: ${fault}\n  kept as tests/fuzz/found/${file}: ${JSON.stringify(text).slice(0, 300)}`,
    );
  }
  const seconds = (performance.now() - startedMs) / 1000;
  found[name] = {
    inputs: count,
    refused: Math.round((100 * refused) / Math.max(1, count)),
    faults: faults.size,
    seed,
    date: new Date().toISOString().slice(0, 10),
  };
  console.log(`${rowOf([name, found[name]]).join(' | ')} (${seconds.toFixed(0)} s)`);
  passed += count - faults.size;
  failed += faults.size;
}
console.log(`\n${tableOf(found)}`);
if (values.write) {
  const all = { ...JSON.parse(await readFile(results, 'utf8')), ...found };
  const sorted = Object.fromEntries(
    Object.keys(targets).flatMap((name) => (all[name] ? [[name, all[name]]] : [])),
  );
  await writeFile(results, `${JSON.stringify(sorted, null, 2)}\n`);
  await writeBlock('fuzz', {
    table: tableOf(sorted),
    lines: {
      en: `At most ${limits.timeMs} ms and ${limits.memoryBytes / 2 ** 20} MiB for each input.`,
      zh: `每个输入最多 ${limits.timeMs} 毫秒和 ${limits.memoryBytes / 2 ** 20} MiB。`,
    },
  });
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
