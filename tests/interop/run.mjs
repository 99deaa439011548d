// `npm run test:interop`: this project and the official SDKs, both ways. See docs/interop.md for what comes of it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AgeBench } from './age-peer.mjs';
import { aliOssTour } from './ali-oss-tour.mjs';
import { startLocalServices } from './local-services.mjs';
import { cellsOf, isTransfer, Matrix } from './matrix.mjs';
import { OurSide } from './our-side.mjs';
import { installPeer } from './peer-installation.mjs';
import { PeerProcess } from './peer-process.mjs';
import { PeerRefusal } from './peer-refusal.mjs';
import { recordVectors } from './recording.mjs';
import { formatReport, impossiblePairs } from './report.mjs';
import { SealedBench, sealedPeers } from './sealed-peers.mjs';
import { SpecialBench } from './special-bench.mjs';
import { specialCases } from './special-cases.mjs';

const usage = `usage: npm run test:interop -- [--write | --record] [--peer NAME]...

  --write      write docs/interop.md instead of comparing it
  --record     write tests/vectors instead of running the matrix (npm run vectors:record)
  --peer NAME  run this peer only, and compare no page; may be repeated; sealed: those of the format 'sealed'`;

const cacheFolder = fileURLToPath(new URL('../../.cache/interop', import.meta.url));
const page = fileURLToPath(new URL('../../docs/interop.md', import.meta.url));
const signatures = ['V1', 'V4', 'temporary keys'];
/** The peer of another language that does every operation of the local OSS. */
const tourPeer = 'oss2 2.19';

const peersAtOnce = 2;

/** Installs a peer and starts its driver; never rejects. */
async function startPeer(peer, services) {
  try {
    const program = await installPeer(peer, cacheFolder);
    return { peer, process: await PeerProcess.start(program, services.world) };
  } catch (error) {
    return { peer, unavailable: error.message };
  }
}

function nameOf({ way, scheme, described, shape, transport }) {
  const who = way === 'writes' ? 'it writes, we read' : 'we write, it reads';
  return `${who}: ${scheme}${described ? ' with description' : ''}, ${shape}, over ${transport}`;
}

async function specialOutcome({ run, error: known }, bench, peerName, process) {
  try {
    return await run(bench, peerName, process);
  } catch (error) {
    if (error instanceof PeerRefusal && known?.test(error.message)) return 'refuses';
    return `${error.name}: ${error.message}`;
  }
}

/** All transfers and special cases of one peer, one after another. */
async function runPeer({ peer, process, unavailable }, { matrix, bench }) {
  const cells = cellsOf(peer.name).filter(isTransfer);
  const cases = specialCases.filter(({ outcomes }) => outcomes[peer.name] !== undefined);
  if (unavailable !== undefined) {
    const problem = `${cells.length} cells and ${cases.length} special cases cannot be run: ${unavailable}`;
    return { transfers: 0, special: 0, problems: [problem] };
  }
  const problems = [];
  const found = String(process.version).replace(/^v/, '');
  if (found !== peer.version) problems.push(`it says that it is ${found}, not ${peer.version}`);
  for (const cell of cells) {
    const problem = await matrix.run(cell, process);
    if (problem !== undefined) problems.push(`${nameOf(cell)}: ${problem}`);
  }
  for (const special of cases) {
    const outcome = await specialOutcome(special, bench, peer.name, process);
    if (outcome === special.outcomes[peer.name]) continue;
    problems.push(
      `special case ${special.name}: expected: ${special.outcomes[peer.name]}; found: ${outcome}`,
    );
  }
  return { transfers: cells.length, special: cases.length, problems };
}

/** Every operation of the local OSS by ali-oss and by a peer of another language, with each kind of signature. */
async function runTours(running, services) {
  const tours = [];
  const peer = running.find(({ peer: { name } }) => name === tourPeer);
  for (const signature of signatures) {
    const suffix = signature.toLowerCase().replace(' ', '-');
    tours.push({
      client: 'ali-oss',
      signature,
      done: await aliOssTour(services, signature, `tour-of-ali-oss-${suffix}`),
    });
    if (peer?.process === undefined) continue;
    const answer = await peer.process.ask({ op: 'tour', signature, bucket: `tour-of-oss2-${suffix}` });
    const done = answer.ok ? answer.operations : [{ operation: 'the tour', error: answer.error }];
    tours.push({ client: peer.peer.name, signature, done });
  }
  return tours;
}

function print(title, summary, problems) {
  console.log(
    `${problems.length === 0 ? '✓' : '✗'} ${title}: ${summary}, ${problems.length} not as expected`,
  );
  for (const problem of problems) console.log(`    ${problem}`);
}

async function runMatrix(running, services) {
  const ours = new OurSide(services);
  const matrix = new Matrix(services, ours);
  const bench = new SpecialBench(services, ours);
  await Promise.all([matrix.prepare(), bench.prepare()]);
  const counts = { transfers: 0, specialCases: 0, operations: 0 };
  let transfersByHand = 0;
  let bad = 0;
  const waiting = [...running];
  const runNext = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const startedMs = Date.now();
      const { transfers, special, problems } = await runPeer(one, { matrix, bench });
      if (one.peer.variable === undefined) counts.transfers += transfers;
      else transfersByHand += transfers;
      counts.specialCases += special;
      bad += problems.length;
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
      const summary = `${transfers} transfers and ${special} special cases in ${seconds} s`;
      print(`${one.peer.name} (${one.peer.version})`, summary, problems);
      for (const text of impossiblePairs(one.peer.name)) console.log(`    – cannot be run: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: peersAtOnce }, runNext));
  const tours = await runTours(running, services);
  for (const { client, signature, done } of tours) {
    const problems = done
      .filter(({ error }) => error !== undefined)
      .map(({ operation, error }) => `${operation}: ${error}`);
    counts.operations += done.length;
    bad += problems.length;
    print(`the local OSS by ${client}, ${signature}`, `${done.length} operations`, problems);
  }
  return { counts, transfersByHand, bad, tours };
}

/** The format 'sealed' by its peers, one after another. */
async function runSealed(installed, services) {
  const started = { sealedTransfers: 0, bad: 0 };
  const running = [];
  const start = async (installation, { version }) => {
    const process = await PeerProcess.start(installation, services.world);
    running.push(process);
    if (process.version === version) return process;
    throw new Error(`it says that it is ${process.version}, not ${version}`);
  };
  try {
    const [python, goReader, age] = await Promise.all(
      [installed.cryptography, installed.goReader, installed.age].map((peer) =>
        installPeer(peer, cacheFolder),
      ),
    );
    const driver = await start(python, installed.cryptography);
    const programs = { driver, python: python.program, goReader: goReader.program };
    const bench = new SealedBench(services, new OurSide(services), programs);
    await bench.prepare();
    const settle = (name, { transfers, problems }) => {
      print(`'sealed' by ${name}`, `${transfers} transfers and changes`, problems);
      started.sealedTransfers += transfers;
      started.bad += problems.length;
    };
    for (const peer of sealedPeers) settle(peer.name, await bench.run(peer));
    const ofAge = new AgeBench(await start(age, installed.age), services.folder);
    settle(installed.age.name, await ofAge.run());
  } catch (error) {
    print("'sealed'", 'cannot be run', [error.message]);
    started.bad++;
  } finally {
    await Promise.all(running.map((process) => process.close()));
  }
  return started;
}

/** Compares the page that a run gives with the one that is there, or writes it. Returns whether they agree. */
async function settlePage(text, write) {
  if (write) {
    await mkdir(dirname(page), { recursive: true });
    await writeFile(page, text);
    console.log('Wrote docs/interop.md.');
    return true;
  }
  if ((await readFile(page, 'utf8').catch(() => '')) === text) return true;
  console.error(
    'docs/interop.md is not what this run gives. Run `npm run test:interop -- --write`, look at the difference, and commit it.',
  );
  return false;
}

/** Whether as much was run as has to be. */
function suffices(counts, fewest) {
  const short = Object.keys(fewest).filter((name) => counts[name] < fewest[name]);
  for (const name of short) {
    console.error(
      `Too little was run: ${counts[name]} ${name}, at least ${fewest[name]} by tests/interop/peers.json.`,
    );
  }
  return short.length === 0;
}

async function main({ values }) {
  const { peers, installedByHand, sealed, fewest } = JSON.parse(
    await readFile(new URL('./peers.json', import.meta.url), 'utf8'),
  );
  // What is recorded, anybody can record again.
  const known = values.record ? peers : [...peers, ...installedByHand];
  const asked = known.filter(({ name }) => values.peer.length === 0 || values.peer.includes(name));
  const withSealed = values.peer.length === 0 || values.peer.includes('sealed');
  if (values.peer.length > 0 && asked.length + (withSealed ? 1 : 0) < values.peer.length) {
    console.error(`There is no such peer. There are: ${known.map(({ name }) => name).join(', ')}, sealed`);
    return 2;
  }
  const absent = asked.filter(({ variable }) => variable !== undefined && !process.env[variable]);
  const chosen = asked.filter((peer) => !absent.includes(peer));
  for (const { name, variable, names } of absent) {
    console.log(`– ${name}: not run. Its SDK is installed by hand; ${variable} names ${names}.`);
  }
  if (chosen.length === 0 && !withSealed) return 1;
  const services = await startLocalServices();
  const running = [];
  try {
    console.log('Installing and starting the peers …');
    running.push(...(await Promise.all(chosen.map((peer) => startPeer(peer, services)))));
    if (values.record) {
      const missing = running.filter(({ unavailable }) => unavailable !== undefined);
      for (const { peer, unavailable } of missing) console.error(`✗ ${peer.name}: ${unavailable}`);
      if (missing.length > 0) return 1;
      console.log(`Recorded ${await recordVectors(running, services)} objects in tests/vectors.`);
      return 0;
    }
    const ofSealed = withSealed ? await runSealed(sealed, services) : { sealedTransfers: 0, bad: 0 };
    const { sealedTransfers } = ofSealed;
    const matrix = chosen.length > 0 ? await runMatrix(running, services) : { counts: {}, bad: 0 };
    const counts = { ...matrix.counts, sealedTransfers };
    const bad = matrix.bad + ofSealed.bad;
    const { transfers = 0, specialCases = 0, operations = 0 } = counts;
    const byHand = matrix.transfersByHand ?? 0;
    console.log(
      `${transfers} transfers, ${specialCases} special cases, ${operations} operations, ` +
        `${sealedTransfers} transfers and changes of 'sealed', ` +
        `${byHand} transfers with SDKs installed by hand; ${bad} not as expected`,
    );
    if (values.peer.length > 0) return bad === 0 ? 0 : 1;
    const enough = suffices(counts, fewest);
    if (bad > 0 || !enough) return 1;
    const text = formatReport({ peers, installedByHand, sealed, tours: matrix.tours, counts });
    return (await settlePage(text, values.write)) ? 0 : 1;
  } finally {
    await Promise.all(running.map(({ process }) => process?.close()));
    await services.close();
  }
}

const options = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    peer: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.values.help) console.log(usage);
else process.exitCode = await main(options);
