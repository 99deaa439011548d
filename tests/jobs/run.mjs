// `npm run jobs:proof`: a bucket of mixed objects gets new keys by real processes over HTTP, which are killed again and again;
// then every object is compared with what it was.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importBundled } from '../support/bundled-module.mjs';

const usage = `usage: npm run jobs:proof -- [--objects N] [--engine local|queue|both] [--seed S] [--kills N]

  --objects N  how many objects, 20,000 by default
  --engine E   local: one process; queue: four workers and a real Redis; both, by default
  --seed S     of the objects and of the moments of the kills, a number; by default a new one
  --kills N    how many processes are killed, of each engine, 20 by default`;

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '20000' },
    engine: { type: 'string', default: 'both' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    kills: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
/** A whole number of an option, of so much at least. */
function numberOf(name, least) {
  const number = Number(values[name]);
  if (/^\d{1,10}$/.test(values[name]) && number >= least) return number;
  console.error(`--${name} must be a whole number from ${least} on, and is ${values[name]}.\n\n${usage}`);
  process.exit(2);
}
const engines = { local: ['local'], queue: ['queue'], both: ['local', 'queue'] }[values.engine];
if (engines === undefined) {
  console.error(`--engine must be local, queue or both, and is ${values.engine}.\n\n${usage}`);
  process.exit(2);
}
const plan = { objects: numberOf('objects', 1), seed: numberOf('seed', 0), kills: numberOf('kills', 0) };

const startedMs = performance.now();
const { prove } = await importBundled(new URL('proof/proof.ts', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-jobs-'));
try {
  console.log(`seed ${plan.seed}`);
  const proofs = await prove({
    ...plan,
    engines,
    folder,
    programs: new URL('../support/programs/', import.meta.url).href,
    onNews: (news) => console.log(news),
  });
  for (const { engine, objects, seconds, killed, writtenTwice, requests, ...proof } of proofs) {
    const deaths = Object.entries(killed).map(([kind, times]) => `${times} × ${kind}`);
    console.log(
      `${engine}: ${objects} objects in ${seconds.toFixed(1)} s, ${(objects / seconds).toFixed(0)} a second; processor time: ` +
        `${proof.engineSeconds.toFixed(1)} s, and ${proof.ossSeconds.toFixed(1)} s of the local OSS; killed: ` +
        `${deaths.join(', ') || 'none'}; written twice: ${writtenTwice}; requests: ${requests}, ` +
        `${(requests / objects).toFixed(2)} an object, and ${proof.ledgerRequests} for the ledger; the largest process had ` +
        `${proof.peakMib.toFixed(0)} MiB`,
    );
    for (const complaint of proof.complaints) console.error(`  wrong: ${complaint}`);
  }
  const wrong = proofs.reduce((sum, { complaints }) => sum + complaints.length, 0);
  console.log(
    `${wrong === 0 ? 'All of it held' : `${wrong} things are wrong`}, in ${((performance.now() - startedMs) / 1000).toFixed(0)} s.` +
      (wrong === 0
        ? ''
        : ` Once more: npm run jobs:proof -- --objects ${plan.objects} --engine ${values.engine} --seed ${plan.seed}`),
  );
  if (wrong > 0 || proofs.length !== engines.length) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
