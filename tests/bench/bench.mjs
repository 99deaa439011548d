// `npm run bench`: what encryption costs, measured side by side with doing without. Writes docs/performance.md.
import { mkdir, mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateRsaKeyPair } from '@oss-envelope/provider-rsa';
import { runMemoryGrowth } from './memory-growth.mjs';
import { runPeers } from './peers.mjs';
import { runPipeline } from './pipeline.mjs';
import { formatReport } from './report.mjs';
import { runSmallObjects } from './small-objects.mjs';
import { runTransfers, servers, transferGroups } from './transfers.mjs';

const usage = `usage: npm run bench -- [--quick] [--only NAME]...

  --quick      small sizes and one round, to see that all of it runs; writes nothing
  --only NAME  transfers, pipeline, peers, small or memory; may be repeated; writes nothing`;

const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;
const page = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

const fullPlan = {
  rounds: 5,
  sourceBytes: gibibyte,
  transfers: [
    { kind: 'discard', sizeBytes: gibibyte, titles: /^(?!Sealed download)/ },
    { kind: 'memory', sizeBytes: 128 * mebibyte, titles: /^(?!Sealed)/, targetsOnly: true },
    { kind: 'memory', sizeBytes: gibibyte, titles: /^Sealed download/ },
  ],
  pipelineBytes: 256 * mebibyte,
  peerBytes: 128 * mebibyte,
  peerPipelineBytes: 256 * mebibyte,
  small: { count: 500, warmUpCount: 4000 },
  memorySizes: [1, 4, 16].map((count) => count * gibibyte),
};
const quickPlan = {
  rounds: 1,
  sourceBytes: 32 * mebibyte,
  transfers: [
    { kind: 'discard', sizeBytes: 32 * mebibyte, titles: /^(?!Sealed download).*ali-oss/ },
    { kind: 'memory', sizeBytes: 32 * mebibyte, titles: /^Sealed download|fetch/ },
  ],
  pipelineBytes: 32 * mebibyte,
  peerBytes: 32 * mebibyte,
  peerPipelineBytes: 32 * mebibyte,
  small: { count: 40, warmUpCount: 20 },
  memorySizes: [32, 64].map((count) => count * mebibyte),
};

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

/** The groups with such a title; of each all comparisons, or those that a target is set for. */
function groupsOf(titles, targetsOnly) {
  return transferGroups
    .filter(({ title }) => titles.test(title))
    .map((group) => ({
      ...group,
      comparisons: group.comparisons.filter(({ least }) => !targetsOnly || least !== undefined),
    }));
}

function sizeText(sizeBytes) {
  return sizeBytes % gibibyte === 0 ? `${sizeBytes / gibibyte} GiB` : `${sizeBytes / mebibyte} MiB`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const plan = values.quick ? quickPlan : fullPlan;
  const wants = (name) => values.only.length === 0 || values.only.includes(name);
  const startMs = performance.now();
  const seconds = () => (performance.now() - startMs) / 1000;
  const say = (text) => console.log(`[${seconds().toFixed(0).padStart(3)} s] ${text}`);
  const { rounds } = plan;

  const folder = await chooseFolder(3 * plan.sourceBytes);
  try {
    const keys = await generateRsaKeyPair({ modulusBits: 2048 });
    const sources = new Map();
    const sourceOf = async (sizeBytes) => {
      if (!sources.has(sizeBytes)) {
        const path = join(folder, `source-${sizeBytes}`);
        await makeSource(path, sizeBytes);
        sources.set(sizeBytes, path);
      }
      return sources.get(sizeBytes);
    };
    const shared = { rounds, folder, keys, say };

    const results = {
      rounds,
      transfers: [],
      pipeline: { costs: [], comparisons: [], hasOpenssl: true },
      peers: { present: [], absent: [] },
      smallObjects: [],
      memory: { sizeNames: [], ways: [] },
    };
    if (wants('pipeline')) results.pipeline = await runPipeline({ ...shared, sizeBytes: plan.pipelineBytes });
    if (wants('transfers')) {
      for (const { kind, sizeBytes, titles, targetsOnly = false } of plan.transfers) {
        const source = await sourceOf(sizeBytes);
        const groups = await runTransfers(kind, {
          ...shared,
          ...{ groups: groupsOf(titles, targetsOnly), sizeBytes, source },
        });
        results.transfers.push({ serverTitle: servers[kind].title, sizeText: sizeText(sizeBytes), groups });
      }
    }
    if (wants('peers')) {
      const { peerBytes: sizeBytes, peerPipelineBytes: pipelineBytes } = plan;
      const source = await sourceOf(sizeBytes);
      results.peers = await runPeers({ ...shared, sizeBytes, pipelineBytes, source });
    }
    if (wants('small')) results.smallObjects = await runSmallObjects({ ...shared, ...plan.small });
    if (wants('memory')) {
      const sizes = plan.memorySizes;
      const source = await sourceOf(plan.sourceBytes);
      const ways = await runMemoryGrowth({ ...shared, sizes, source, sourceBytes: plan.sourceBytes });
      results.memory = { sizeNames: sizes.map(sizeText), ways };
    }

    const { text, missed } = formatReport({ ...results, seconds: seconds() });
    console.log(`\n${text}`);
    if (values.quick) {
      console.log('This was to see that it runs: such small sizes say nothing about the targets.');
      return 0;
    }
    for (const { what, value } of missed) console.log(`not reached: ${what}: ${value}`);
    if (values.only.length === 0) {
      await mkdir(dirname(page), { recursive: true });
      await writeFile(page, text);
      console.log('Wrote docs/performance.md.');
    }
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
