// A whole bucket is given new keys while processes die, and then compared with what it was.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobReport } from '@oss-envelope/jobs';
import { startOss } from '@oss-envelope/local-cloud';
import { type Engine, type JobPlan, localEngine, queueEngine } from './engines.js';
import { fill } from './fill.js';
import { complaintsAbout } from './final-state.js';
import { makeMasterKeys } from './master-keys.js';
import { type MixedObject, mixedObjects } from './mixed-objects.js';
import { processorTime } from './processor-time.js';
import { type WriteWatch, watchWrites } from './write-watch.js';

export type EngineName = keyof typeof engines;

/** What is to be proven. */
export interface ProofPlan {
  readonly objects: number;
  readonly engines: readonly EngineName[];
  /** Of the objects and of the moments at which processes are killed. */
  readonly seed: number;
  /** How many processes are killed, of each engine. */
  readonly kills: number;
  /** For files of this run. */
  readonly folder: string;
  /** Where the programs are: a file URL that ends with a slash. */
  readonly programs: string;
  readonly onNews: (news: string) => void;
}

/** What came of one engine. */
export interface EngineProof {
  readonly engine: EngineName;
  readonly objects: number;
  readonly seconds: number;
  /** Processor time of the local OSS, and of all processes of the engine, in seconds; NaN where the system does not tell. */
  readonly ossSeconds: number;
  readonly engineSeconds: number;
  /** By kind of process. */
  readonly killed: Readonly<Record<string, number>>;
  readonly writtenTwice: number;
  readonly requests: number;
  readonly ledgerRequests: number;
  readonly peakMib: number;
  /** What is wrong, each a sentence. */
  readonly complaints: readonly string[];
}

const engines = { local: localEngine, queue: queueEngine };
/** Objects that a process has under way at most. */
const atOnce = 16;

/** Makes the buckets, gives them the new keys by each engine, and says of each what is wrong. */
export async function prove(plan: ProofPlan): Promise<readonly EngineProof[]> {
  const { folder, programs, onNews } = plan;
  const oss = await startOss({ maxLoggedRequests: 1 });
  try {
    const keys = await makeMasterKeys();
    const objects = mixedObjects(plan.seed, plan.objects);
    const bucketOf = (engine: EngineName): string => `proof-${engine}`;
    for (const engine of plan.engines) await oss.createBucket(bucketOf(engine));
    let startedMs = performance.now();
    const lap = (): string => {
      const nowMs = performance.now();
      const text = `${((nowMs - startedMs) / 1000).toFixed(1)} s`;
      startedMs = nowMs;
      return text;
    };
    await fill(oss, plan.engines.map(bucketOf), objects, keys.old);
    onNews(`${objects.length} objects were stored in each bucket (${lap()})`);
    const proofs: EngineProof[] = [];
    for (const name of plan.engines) {
      const bucket = bucketOf(name);
      const own = join(folder, name);
      await mkdir(own, { recursive: true });
      const watch = watchWrites(oss, bucket);
      const engine = await engines[name]({ origin: oss.origin, bucket, keys, folder: own, programs });
      const complaints: string[] = [];
      try {
        const killed = planKills(plan, name, engine, watch);
        const startedAtMs = performance.now();
        const before = processorTime();
        complaints.push(
          ...(await runJobs(engine, objects, own, (news) => onNews(`${name}: ${news} (${lap()})`))),
        );
        const seconds = (performance.now() - startedAtMs) / 1000;
        await engine.close();
        const after = processorTime();
        const deaths = Object.values(killed).reduce((sum, times) => sum + times, 0);
        if (deaths < plan.kills / 2) complaints.push(`Only ${deaths} processes were killed.`);
        complaints.push(...engine.complaints, ...writeComplaints(watch, objects, deaths));
        complaints.push(...(await complaintsAbout(oss, bucket, objects, keys)));
        onNews(`${name}: every object was opened, with the new keys and the old ones (${lap()})`);
        const count = (isLedger: boolean): number =>
          [...watch.requests]
            .filter(([operation]) => operation.endsWith(' of the ledger') === isLedger)
            .reduce((sum, [, times]) => sum + times, 0);
        proofs.push({
          engine: name,
          objects: objects.length,
          seconds,
          ossSeconds: after.own - before.own,
          engineSeconds: after.children - before.children,
          killed,
          writtenTwice: [...watch.writes.values()].filter((times) => times > 1).length,
          requests: count(false),
          ledgerRequests: count(true),
          peakMib: engine.peakMib,
          complaints,
        });
      } finally {
        await engine.close();
      }
    }
    return proofs;
  } finally {
    await oss.close();
  }
}

/** Kills processes in the middle of writes that the seed chooses. @returns how many were killed, by kind */
function planKills(
  { seed, kills, objects }: ProofPlan,
  name: EngineName,
  engine: Engine,
  watch: WriteWatch,
): Record<string, number> {
  const killed: Record<string, number> = {};
  for (let number = 0; number < kills; number++) {
    const dice = createHash('sha256').update(`${seed} ${name} ${number}`).digest();
    // Spread over the work, and none at its very end.
    const share = (number + dice.readUInt16BE(0) / 65_536) / kills;
    watch.at(Math.ceil(share * 0.95 * objects), () => {
      setTimeout(
        () => {
          const kind = engine.kill(dice[2] as number);
          if (kind === undefined) return;
          killed[kind] = (killed[kind] ?? 0) + 1;
          watch.noteDeath();
        },
        (dice[3] as number) % 30,
      );
    });
  }
  return killed;
}

/** Encrypts what is plain, rewraps the rest, and encrypts anew what no rewrap can change. @returns what is wrong */
async function runJobs(
  engine: Engine,
  objects: readonly MixedObject[],
  folder: string,
  onNews: (news: string) => void,
): Promise<readonly string[]> {
  const numberOf = (format: MixedObject['format']): number =>
    objects.filter((object) => object.format === format).length;
  const [plain, sealed] = [numberOf('plain'), numberOf('sealed')];
  // Other formats have one key, and there are two new ones.
  const old = objects.length - plain - sealed;
  const lines = (id: string): string => join(folder, `${id}-failures.jsonl`);
  const jobs: readonly (readonly [JobPlan, number, JobReport['tally']['byFailure']])[] = [
    [{ id: 'encrypt', task: 'encrypt' }, objects.length, {}],
    [{ id: 'rewrap', task: 'rewrap' }, objects.length, old === 0 ? {} : { ERR_REENCRYPTION_NEEDED: old }],
    // What the rewrap could not do is what it left lines about.
    [{ id: 'reencrypt', task: 'reencrypt', source: { kind: 'keys', path: lines('rewrap') } }, old, {}],
  ];
  const complaints: string[] = [];
  for (const [job, listed, byFailure] of jobs) {
    const { isComplete, isBalanced, holes, tally } = await engine.run(job, lines(job.id));
    const { skipped, done, failed, gone, bySkip } = tally;
    onNews(`${job.task}: ${tally.listed} listed, ${done} done, ${skipped} skipped, ${failed} failed`);
    const found = {
      isComplete,
      isBalanced,
      holes: holes.length,
      listed: tally.listed - (bySkip.own ?? 0),
      sum: done + skipped + failed + gone - tally.listed,
      gone,
      byFailure: tally.byFailure,
    };
    const wanted = { isComplete: true, isBalanced: true, holes: 0, listed, sum: 0, gone: 0, byFailure };
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      complaints.push(
        `The report of ${job.task} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}.`,
      );
    if (job.task === 'rewrap' && tally.byFormat.sealed !== plain + sealed)
      complaints.push(
        `The report of ${job.task} has ${tally.byFormat.sealed} sealed objects, not ${plain + sealed}.`,
      );
  }
  return complaints;
}

/** Each object is replaced once, or twice where a process died in between. */
function writeComplaints(
  { writes, unexplained }: WriteWatch,
  objects: readonly MixedObject[],
  deaths: number,
): readonly string[] {
  const complaints = unexplained.map(
    (key) => `${JSON.stringify(key)} was replaced again, and no process had died meanwhile.`,
  );
  let twice = 0;
  for (const { key } of objects) {
    const times = writes.get(key) ?? 0;
    if (times === 2) twice++;
    if (times < 1 || times > 2) complaints.push(`${JSON.stringify(key)} was replaced ${times} times.`);
  }
  if (writes.size !== objects.length)
    complaints.push(`${writes.size} objects were replaced, and there are ${objects.length}.`);
  if (twice > deaths * atOnce)
    complaints.push(`${twice} objects were replaced twice, after ${deaths} deaths.`);
  return complaints;
}
