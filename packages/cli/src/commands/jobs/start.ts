import {
  type CoordinatorRun,
  type Coverage,
  coordinate,
  coverage,
  createBucketLedger,
  createFileLedger,
  type Expectation,
  expectedObjects,
  findBucketLedger,
  findFileLedger,
  type Job,
  type JobBucketOptions,
  type JobTools,
  jobTools,
  type Ledger,
  makeReport,
  memoryLedger,
  type ObjectSource,
  parseJob,
  queueTelemetry,
  type RangeResult,
  runLocally,
  type SharedLedger,
  targetKeys,
} from '@oss-envelope/jobs';
import { type ExitCode, exitCode } from '../../output/exit-code.js';
import { printable } from '../../output/printable.js';
import type { Session } from '../../session.js';
import { type OssPlace, parseOssUrl } from '../../settings/oss-url.js';
import { lookAndAsk } from './before-job.js';
import { jobBucketOptions, pacesOf } from './job-bucket.js';
import { assertFlagsTogether, filterOf, folderOf, jobId, type StartFlags, sourceOf } from './job-flags.js';
import { formatJobPlace } from './job-place.js';
import { openJobSource } from './job-source.js';
import { jobProgress, showReport } from './job-view.js';
import { lookBehind } from './look-behind.js';
import { redisUrl } from './redis-url.js';

/** Starts a job, or goes on with the one that is there: in this process, or with many over Redis. */
export async function start(session: Session, target: string, flags: StartFlags): Promise<ExitCode> {
  const place = parseOssUrl(target);
  assertFlagsTogether(flags);
  const format = await session.format();
  const options = await jobBucketOptions(session, place.bucket, { format, task: flags.task }, pacesOf(flags));
  const job = jobOf(place, flags, format, options);
  const tools = jobTools(job, options);
  const redis = redisUrl(flags.redis);
  const telemetry = redis !== undefined && flags.telemetry ? await queueTelemetry() : undefined;
  const source = await openJobSource(session, job, options.transport);
  try {
    const start = { job, source, tools, flags, redis, ...keeperOf(job, options, flags, redis) };
    const begun = await begin(session, start);
    if (begun === undefined) return exitCode.done;
    const { ledger, shared } = begun;
    try {
      if (redis === undefined || shared === undefined) return await runHere(session, start, begun);
      return await lead(session, start, { redis, telemetry, ledger: shared });
    } finally {
      await ledger.close();
    }
  } finally {
    await source.close();
  }
}

/** A job that is kept. */
interface Kept {
  readonly ledger: Ledger;
  /** The same one, where other processes have it too. */
  readonly shared?: SharedLedger | undefined;
}

/** Where a job is kept. Nothing is written there before people have said that it is to begin. */
interface Keeper {
  /** The place, for people. */
  readonly place: string;
  find(): Promise<Kept | undefined>;
  create(): Promise<Kept>;
}

function keeperOf(
  job: Job,
  { transport }: JobBucketOptions,
  flags: StartFlags,
  redis: string | undefined,
): Keeper {
  const alone = (ledger: Ledger | undefined): Kept | undefined => ledger && { ledger };
  const together = (shared: SharedLedger | undefined): Kept | undefined =>
    shared && { ledger: shared, shared };
  if (flags.dryRun) {
    const create = async (): Promise<Kept> => ({ ledger: memoryLedger(job) });
    return { place: folderOf(flags, job.id), find: async () => undefined, create };
  }
  if (redis !== undefined) {
    return {
      place: formatJobPlace({ kind: 'bucket', bucket: job.bucketName, id: job.id }),
      find: async () => together(await findBucketLedger(transport, job)),
      create: async () => together(await createBucketLedger(transport, job)) as Kept,
    };
  }
  const place = folderOf(flags, job.id);
  return {
    place,
    find: async () => alone(await findFileLedger(place, job)),
    create: async () => alone(await createFileLedger(place, job)) as Kept,
  };
}

function jobOf(place: OssPlace, flags: StartFlags, format: Job['format'], options: JobBucketOptions): Job {
  return parseJob({
    version: 1,
    id: jobId(flags, place),
    bucketName: place.bucket,
    task: flags.task,
    format,
    grade: flags.grade,
    source: sourceOf(place, flags),
    filter: filterOf(flags),
    ...(flags.acl !== undefined && { acl: flags.acl }),
    targetKeys: targetKeys({ ...options, format }),
    createdAt: new Date().toISOString(),
  });
}

/** What a job is run with here. */
interface Start extends Keeper {
  readonly job: Job;
  readonly source: ObjectSource;
  readonly tools: JobTools;
  readonly flags: StartFlags;
  readonly redis: string | undefined;
}

/** What is known of a job when it goes on. */
interface Begun extends Kept {
  readonly expected: Expectation | undefined;
  /** How many objects were seen before. */
  readonly seen: number;
}

/** Leads a job that other processes work on. */
async function lead(
  session: Session,
  start: Start,
  run: Pick<CoordinatorRun, 'ledger' | 'redis' | 'telemetry'>,
): Promise<ExitCode> {
  const { printer, signal } = session;
  const { job, source } = start;
  printer.note(printer.text('jobWorkers', { bucket: job.bucketName }));
  const onNews = (news: string): void => printer.note(printable(news));
  const work = (): Promise<RangeResult> => coordinate({ ...run, lanes: source.lanes, signal, onNews });
  return finish(session, start, run.ledger, work);
}

async function runHere(session: Session, start: Start, begun: Begun): Promise<ExitCode> {
  const { printer, signal } = session;
  const { source, tools, flags } = start;
  const { ledger } = begun;
  const progress = await jobProgress(printer, begun);
  const run = async (): Promise<RangeResult> => {
    try {
      return await runLocally({
        ledger,
        source,
        tools,
        concurrency: flags.concurrency,
        isDryRun: flags.dryRun,
        signal,
        onObject: progress.add,
      });
    } finally {
      progress.stop();
    }
  };
  return finish(session, start, ledger, run);
}

/** Works, and reports; whatever ends it, people hear that what is done is kept. */
async function finish(
  { printer, signal }: Session,
  { source, tools, flags, place }: Start,
  ledger: Ledger,
  work: () => Promise<RangeResult>,
): Promise<ExitCode> {
  const kept = (): void => {
    if (!flags.dryRun) printer.note(printer.text('jobKept', { place: printable(place) }));
  };
  try {
    const result = await work();
    if (result !== 'done') {
      await makeReport(ledger, source.lanes);
      printer.note(printer.text(result === 'paused' ? 'jobPaused' : 'jobCancelled'));
      kept();
      // It is not complete, and who waits for it must see that.
      return exitCode.interrupted;
    }
    const leftBehind = await lookBehind(printer, ledger.job, tools.transport, signal);
    return showReport(printer, await makeReport(ledger, source.lanes, leftBehind), place);
  } catch (error) {
    kept();
    throw error;
  }
}

/**
 * Whoever starts a job wants it to run; and one that is complete once more, since the bucket may have changed. What is
 * begun anew is looked at and asked for.
 *
 * @returns undefined when it is not to begin
 */
async function begin(session: Session, start: Start): Promise<Begun | undefined> {
  const { printer } = session;
  const { job, source, place } = start;
  let kept = await start.find();
  // Before the look: who pauses the job while it is looked at means this start.
  const wishedBefore = (await kept?.ledger.readWish()) ?? 'run';
  if (wishedBefore !== 'run') await kept?.ledger.writeWish('run');
  let begun: Begun | undefined;
  try {
    const { tiles, holes } = kept ? await coverage(kept.ledger, source.lanes) : nothingKept;
    const isNew = tiles.length === 0 || holes.length === 0;
    const isKnown = !isNew && start.flags.objects === undefined;
    const expected = isKnown ? await kept?.ledger.readExpectation() : await expectedOf(session, start);
    if (isNew && !(await lookAndAsk(session, start, expected))) return undefined;
    kept ??= await start.create();
    const { ledger } = kept;
    if (tiles.length > 0 && holes.length === 0) await ledger.nextRun();
    if (!isKnown) await ledger.writeExpectation(expected);
    const seen = isNew ? 0 : tiles.reduce((sum, { listed }) => sum + listed, 0);
    begun = { ...kept, expected, seen };
    printer.note(
      printer.text('jobStarted', { place: printable(place), task: job.task, bucket: job.bucketName }),
    );
    return begun;
  } finally {
    if (begun === undefined) {
      if (wishedBefore !== 'run') await kept?.ledger.writeWish(wishedBefore);
      await kept?.ledger.close();
    }
  }
}

const nothingKept: Pick<Coverage, 'holes' | 'tiles'> = { holes: [], tiles: [] };

function expectedOf(
  { signal }: Session,
  { job, source, tools: { transport }, flags }: Start,
): Promise<Expectation | undefined> {
  return expectedObjects(job, { source, transport, given: flags.objects, signal });
}
