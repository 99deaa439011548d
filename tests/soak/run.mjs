// `npm run soak`: the fault matrix. Many short calls, each under faults that a seed chooses, and what is there afterwards.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { markdownTable } from '../bench/markdown-table.mjs';
import { writeBlock } from '../support/proof-page.mjs';
import { bundled } from './bundle.mjs';
import { openJournal } from './journal.mjs';
import { summaryOf } from './summary.mjs';

const usage = `usage: npm run soak -- [--seed S]... [--runs N] [--only-run N] [--seconds N] [--fresh] [--write]

  --seed S      of the plans, a number: the same seed gives the same plans; may be repeated; by default a new one
  --runs N      runs of each seed, 1,000 by default
  --only-run N  this one run alone, without the journal
  --seconds N   ends after this time, between two runs; the same command goes on later
  --fresh       forgets the journal of these seeds
  --write       write what came of it into docs/proof.md`;

/** Runs that share services. After them nothing of the process may be open. */
const runsOfStation = 50;
/** More failures than this say nothing new. */
const mostFailures = 20;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', multiple: true, default: [String(Date.now() % 2 ** 31)] },
    runs: { type: 'string', default: '1000' },
    'only-run': { type: 'string' },
    seconds: { type: 'string', default: '1e9' },
    fresh: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
/** A whole number of an option, from 0. */
function numberOf(name, text) {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  console.error(`--${name} must be a whole number, and is ${text}.\n\n${usage}`);
  process.exit(2);
}
const seeds = values.seed.map((seed) => numberOf('seed', seed));
const only = values['only-run'] === undefined ? undefined : numberOf('only-run', values['only-run']);
const runs = numberOf('runs', values.runs);
const deadlineMs = performance.now() + Number(values.seconds) * 1000;

const rejected = [];
process.on('unhandledRejection', (reason) => rejected.push(String(reason?.stack ?? reason)));
process.on('warning', ({ name, message }) => {
  if (name === 'MaxListenersExceededWarning') rejected.push(`${name}: ${message}`);
});
const rejections = {
  async take() {
    // What rejects is told of after the microtasks, before the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    return rejected.splice(0);
  },
};

const { soak, digest, remove } = await bundled();
const atFirst = process.getActiveResourcesInfo();
let failures = 0;
let executed = 0;

function isEnough() {
  return failures >= mostFailures || performance.now() > deadlineMs;
}

/** Makes runs with services of their own, and sees that nothing of them stays. */
async function inStation(numbers, make) {
  const station = await soak.openStation();
  try {
    for (const number of numbers) {
      await make(number, station);
      if (isEnough()) break;
    }
  } finally {
    await station.close();
  }
  const left = await soak.activeResources(atFirst);
  if (left.length === 0) return;
  failures++;
  console.log(
    `After runs ${numbers[0]} to ${numbers.at(-1)} of this seed the process still has: ${left.join(', ')}`,
  );
}

async function makeRun(seed, number, station) {
  const plan = soak.planOf(seed, number);
  const startedMs = performance.now();
  const again = `  once more: npm run soak -- --seed ${seed} --only-run ${number}`;
  const report = await soak.runOnce(plan, station, rejections).catch((error) => {
    console.log(`run ${number} could not be made: ${error.stack}\n${again}`);
    throw error;
  });
  executed++;
  const timeMs = Math.round(performance.now() - startedMs);
  const { fault, operation, format, transport, provider } = plan;
  if (report.complaints.length > 0 || only !== undefined) {
    console.log(
      `run ${number}: ${fault}, ${operation}, ${format}, ${transport}, ${provider}: ${report.outcome}` +
        `${report.code === undefined ? '' : ` with ${report.code}`} (${timeMs} ms)`,
    );
  }
  for (const { wrong, what } of report.complaints) console.log(`  ${wrong}: ${what}`);
  if (report.complaints.length > 0) {
    failures++;
    console.log(again);
  }
  return { fault, timeMs, ...report };
}

try {
  // The checks themselves first.
  await inStation([seeds[0]], async (seed, station) => {
    const unseen = await soak.unseenCanaries(soak.planOf(seed, 0), station, rejections);
    if (unseen.length === 0) return;
    failures++;
    console.log(`The checks did not see what was wrong on purpose: ${unseen.join(', ')}`);
  });
  const reports = [];
  for (const seed of seeds) {
    console.log(`seed ${seed}`);
    if (only !== undefined) {
      await inStation([only], async (number, station) => {
        reports.push(await makeRun(seed, number, station));
      });
      continue;
    }
    const path = fileURLToPath(new URL(`../node_modules/.cache/soak/${seed}.jsonl`, import.meta.url));
    const journal = await openJournal(path, values.fresh ? `${digest} ${Date.now()}` : digest);
    if (journal.isOfOtherCode && !values.fresh)
      console.log('The journal was of other code; all runs are new.');
    if (journal.reports.size > 0) console.log(`${journal.reports.size} runs are in the journal`);
    const rest = Array.from({ length: runs }, (_, number) => number).filter(
      (number) => !journal.reports.has(number),
    );
    for (let at = 0; at < rest.length; at += runsOfStation) {
      if (isEnough()) break;
      await inStation(rest.slice(at, at + runsOfStation), async (number, station) => {
        await journal.add(number, await makeRun(seed, number, station));
      });
      if ((at / runsOfStation) % 10 === 9) console.log(`${journal.reports.size} runs`);
    }
    for (const [number, report] of journal.reports) if (number < runs) reports.push(report);
  }
  const { rows, total } = summaryOf(reports, soak.faults);
  const head = ['fault', 'runs', 'struck', 'succeeded', 'failed, typed', 'died', 'wrong'];
  const table = markdownTable(head, rows);
  console.log(`\n${table}\n`);
  console.log(
    `left for a documented clean-up: ${total.uploads} uploads, ${total.files} temporary files of dead processes`,
  );
  if (values.write) {
    const seedList = seeds.join(', ');
    await writeBlock('soak', {
      table,
      lines: {
        en: `${total.runs} runs, seeds ${seedList}: ${total.wrong} wrong. Left for a clean-up that is documented: ${total.uploads} unfinished uploads, and ${total.files} temporary files of processes that died.`,
        zh: `${total.runs} 次运行，种子 ${seedList}：${total.wrong} 次有错。留给文档所述清理的：${total.uploads} 个未完成的分片上传，以及已死进程的 ${total.files} 个临时文件。`,
      },
    });
  }
  console.log(`${total.runs - total.wrong} passed, ${total.wrong} failed`);
  if (executed === 0 && total.runs === 0) {
    console.error('No run was made.');
    process.exitCode = 1;
  }
  if (failures > 0 || total.wrong > 0) process.exitCode = 1;
} finally {
  await remove();
}
