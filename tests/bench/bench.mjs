// `npm run bench`: what encryption costs, measured side by side with doing without. Writes docs/performance.md.
import { spawnSync } from 'node:child_process';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateRsaKeyPair } from '@oss-envelope/provider-rsa';
import { installed, installRuntimes } from '../runtimes/installation.mjs';
import { isReached, rows } from './aims.mjs';
import { runCheckpoint } from './checkpoint.mjs';
import { describeMachine, identifyMachine } from './machine.mjs';
import { runMemoryGrowth } from './memory-growth.mjs';
import { writePages } from './page.mjs';
import { runPeers } from './peers.mjs';
import { runPipeline } from './pipeline.mjs';
import { fullPlan, quickPlan } from './plan.mjs';
import { runSection } from './run-section.mjs';
import { runSmallObjects } from './small-objects.mjs';
import { storeRun } from './stored-results.mjs';
import { runTransfers, servers, warmUpBytes } from './transfers.mjs';

const usage = `usage: npm run bench -- [--node VERSION] [--only NAME]... [--profile] [--quick]

  --node VERSION  on this major version of Node: 20, 22, 24 or 26, installed from npm where need be
  --only NAME     only transfers, pipeline, peers, small, checkpoint or memory; may be repeated. What is left out stays
                  in docs/performance.md as it is. Memory, with objects of up to 16 GiB, is measured only where it is named
  --profile       tells where the time of each transfer goes
  --quick         small sizes and one round, to see that all of it runs; writes nothing`;

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

/** A folder in memory if it has room for what is written there, so that the disk is not measured. */
async function chooseFolder(neededBytes) {
  const shared = '/dev/shm';
  const { bavail, bsize } = await statfs(shared).catch(() => ({ bavail: 0, bsize: 0 }));
  return mkdtemp(join(bavail * bsize > neededBytes ? shared : tmpdir(), 'oss-envelope-bench-'));
}

/** A file that does not repeat itself. */
async function makeSource(path, sizeBytes) {
  const handle = await open(path, 'w');
  const chunk = crypto.getRandomValues(new Uint8Array(64 * 1024));
  const block = Buffer.concat(Array.from({ length: 16 }, () => chunk));
  try {
    for (let written = 0; written < sizeBytes; written += block.length) {
      block.writeDoubleLE(written);
      await handle.writeFile(block);
    }
  } finally {
    await handle.close();
  }
}

function sizeText(sizeBytes) {
  return sizeBytes % gibibyte === 0 ? `${sizeBytes / gibibyte} GiB` : `${sizeBytes / mebibyte} MiB`;
}

/** The sections of a run, each a function of what all of them share. */
const sections = {
  async transfers(plan, shared) {
    const groups = [];
    for (const group of plan.transfers) {
      const { kind, sizeBytes } = group;
      const result = await runTransfers(group, shared);
      groups.push({ serverTitle: servers[kind].title, sizeText: sizeText(sizeBytes), ...result });
    }
    return { groups, warmUpText: sizeText(warmUpBytes) };
  },
  pipeline: (plan, shared) => runPipeline({ ...shared, ...plan.pipeline }),
  async peers(plan, shared) {
    return runPeers({ ...shared, ...plan.peers, source: await shared.sourceOf(plan.peers.sizeBytes) });
  },
  small: (plan, shared) => runSmallObjects({ ...shared, ...plan.small }),
  checkpoint: (plan, shared) => runCheckpoint({ ...shared, ...plan.checkpoint }),
  async memory(plan, shared) {
    const { sourceBytes, memorySizes: sizes } = plan;
    const ways = await runMemoryGrowth({
      ...shared,
      sizes,
      sourceBytes,
      source: await shared.sourceOf(sourceBytes),
    });
    return { sizeNames: sizes.map(sizeText), ways };
  },
};

/** Runs this program on another version of Node; gives its exit code. */
async function runOn(nodeMajor, args) {
  await installRuntimes();
  const { status } = spawnSync(
    installed(`node-${nodeMajor}`, 'bin', 'node'),
    [fileURLToPath(import.meta.url), ...args],
    { stdio: 'inherit' },
  );
  return status ?? 1;
}

async function measure(names, { plan, profiles }) {
  const startMs = performance.now();
  const seconds = () => (performance.now() - startMs) / 1000;
  const say = (text) => console.log(`[${seconds().toFixed(0).padStart(3)} s] ${text}`);
  const folder = await chooseFolder(3 * plan.sourceBytes);
  try {
    const sources = new Map();
    const sourceOf = async (sizeBytes) => {
      if (!sources.has(sizeBytes)) {
        const path = join(folder, `source-${sizeBytes}`);
        await makeSource(path, sizeBytes);
        sources.set(sizeBytes, path);
      }
      return sources.get(sizeBytes);
    };
    const keys = await generateRsaKeyPair({ modulusBits: 2048 });
    const shared = { folder, keys, say, sourceOf, profiles };
    const run = {
      ...identifyMachine(),
      date: new Date().toISOString(),
      machine: describeMachine(),
      seconds: {},
      sections: {},
    };
    for (const name of names) {
      const beganSeconds = seconds();
      run.sections[name] = await sections[name](plan, shared);
      run.seconds[name] = seconds() - beganSeconds;
    }
    return run;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      node: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      profile: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const isKnown = values.only.every((name) => Object.hasOwn(sections, name));
  if (values.help || !isKnown) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  if (values.node !== undefined && values.node !== process.versions.node.split('.')[0]) {
    return runOn(values.node, process.argv.slice(2));
  }
  const names = Object.keys(sections).filter((name) =>
    values.only.length === 0 ? values.quick || name !== 'memory' : values.only.includes(name),
  );
  const run = await measure(names, {
    plan: values.quick ? quickPlan : fullPlan,
    profiles: values.profile,
  });
  const title = `${run.processor}, Node ${run.nodeMajor}`;
  console.log(`\n${runSection(title, run).join('\n\n')}\n`);
  if (values.quick) {
    console.log('This was to see that it runs: such small sizes say nothing about the aims.');
    return 0;
  }
  for (const row of rows) {
    if (isReached(row, run) === false)
      console.log(`not reached: ${row.what}: ${row.find(run).median.toFixed(2)}`);
  }
  await storeRun(run);
  await writePages();
  console.log('Wrote docs/performance.md and the table of README.md.');
  return 0;
}

process.exitCode = await main();
