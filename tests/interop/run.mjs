// `npm run test:interop`: this project and the official SDKs, both ways. See docs/interop.md for what comes of it.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startLocalServices } from './local-services.mjs';
import { cellsOf, isTransfer, Matrix } from './matrix.mjs';
import { OurSide } from './our-side.mjs';
import { installPeer } from './peer-installation.mjs';
import { PeerProcess } from './peer-process.mjs';
import { formatReport } from './report.mjs';
import { SpecialBench } from './special-bench.mjs';
import { specialCases } from './special-cases.mjs';

const usage = `usage: npm run test:interop -- [--write] [--peer NAME]...

  --write      write docs/interop.md instead of comparing it
  --peer NAME  run this peer only, and compare no page; may be repeated`;

const cacheFolder = fileURLToPath(new URL('../../.cache/interop', import.meta.url));
const page = fileURLToPath(new URL('../../docs/interop.md', import.meta.url));

/** Peers whose installation takes minutes do so side by side. */
async function installAll(peers) {
  return Promise.all(
    peers.map(async (peer) => {
      try {
        return { peer, program: await installPeer(peer, cacheFolder) };
      } catch (error) {
        return { peer, unavailable: `could not be installed: ${error.message}` };
      }
    }),
  );
}

/** All transfers and special cases of one peer, one after another. */
async function runPeer({ peer, program, unavailable }, { services, matrix, bench }) {
  const result = { peer, transfers: 0, special: 0, problems: [], unavailable };
  const cells = cellsOf(peer.name).filter(isTransfer);
  const cases = specialCases.filter(({ outcomes }) => outcomes[peer.name] !== undefined);
  if (unavailable !== undefined) return { ...result, notRun: cells.length + cases.length };
  let process;
  try {
    process = await PeerProcess.start(program, services.world);
  } catch (error) {
    return {
      ...result,
      unavailable: `does not start: ${error.message}`,
      notRun: cells.length + cases.length,
    };
  }
  try {
    const found = process.version.replace(/^v/, '');
    if (found !== peer.version) result.problems.push(`it says that it is ${found}, not ${peer.version}`);
    for (const cell of cells) {
      const problem = await matrix.run(cell, process);
      result.transfers++;
      if (problem !== undefined) {
        const { way, scheme, described, shape, transport } = cell;
        const who = way === 'writes' ? 'it writes, we read' : 'we write, it reads';
        const name = `${who}: ${scheme}${described ? ' with description' : ''}, ${shape}, over ${transport}`;
        result.problems.push(`${name}: ${problem}`);
      }
    }
    for (const { name, outcomes, run } of cases) {
      const outcome = await run(bench, peer.name, process).catch(
        (error) => `${error.name}: ${error.message}`,
      );
      result.special++;
      if (outcome !== outcomes[peer.name]) {
        result.problems.push(`special case ${name}: expected: ${outcomes[peer.name]}; found: ${outcome}`);
      }
    }
  } finally {
    await process.close();
  }
  return result;
}

async function main() {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean', default: false },
      peer: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const { peers, fewest } = JSON.parse(await readFile(new URL('./peers.json', import.meta.url), 'utf8'));
  const chosen = peers.filter(({ name }) => values.peer.length === 0 || values.peer.includes(name));

  console.log('Installing the peers …');
  const installed = await installAll(chosen);
  const services = await startLocalServices();
  const results = [];
  try {
    const ours = new OurSide(services);
    const matrix = new Matrix(services, ours);
    const bench = new SpecialBench(services, ours);
    await Promise.all([matrix.prepare(), bench.prepare()]);
    for (const peer of installed) {
      const startedMs = Date.now();
      const result = await runPeer(peer, { services, matrix, bench });
      results.push(result);
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
      const title = `${result.peer.name} (${result.peer.version})`;
      if (result.unavailable !== undefined) {
        console.log(`✗ ${title}: ${result.notRun} cells cannot be run: it ${result.unavailable}`);
        continue;
      }
      const bad = result.problems.length;
      console.log(
        `${bad === 0 ? '✓' : '✗'} ${title}: ${result.transfers} transfers, ${result.special} special cases, ${bad} not as expected, ${seconds} s`,
      );
      for (const problem of result.problems) console.log(`    ${problem}`);
    }
  } finally {
    await services.close();
  }

  const counts = {
    transfers: results.reduce((sum, { transfers }) => sum + transfers, 0),
    special: results.reduce((sum, { special }) => sum + special, 0),
    operations: 0,
  };
  const problems = results.reduce(
    (sum, { problems, unavailable }) => sum + problems.length + (unavailable ? 1 : 0),
    0,
  );
  if (problems > 0) return 1;
  if (values.peer.length > 0) return 0;
  const text = formatReport({ peers, operations: [], counts });
  if (values.write) {
    await writeFile(page, text);
    console.log('Wrote docs/interop.md.');
    return 0;
  }
  if ((await readFile(page, 'utf8').catch(() => '')) !== text) {
    console.error(
      'docs/interop.md is not what this run gives. Run `npm run test:interop -- --write`, and commit it.',
    );
    return 1;
  }
  void fewest;
  return 0;
}

process.exitCode = await main();
