import {
  type CoordinatorRun,
  coordinate,
  coverage,
  createBucketLedger,
  createFileLedger,
  type Expectation,
  expectedObjects,
  type Job,
  type JobBucketOptions,
  type JobTools,
  jobTools,
  type Ledger,
  makeReport,
  memoryLedger,
  type ObjectSource,
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
import { filterOf, folderOf, jobId, type StartFlags, sourceOf } from './job-flags.js';
import { formatJobPlace } from './job-place.js';
import { openJobSource } from './job-source.js';
import { jobProgress, showReport } from './job-view.js';
import { lookBehind } from './look-behind.js';
import { redisUrl } from './redis-url.js';

/** Starts a job, or goes on with the one that is there: in this process, or with many over Redis. */
export async function start(session: Session, target: string, flags: StartFlags): Promise<ExitCode> {
  const place = parseOssUrl(target);
  const format = await session.format();
  const options = await jobBucketOptions(session, place.bucket, format, pacesOf(flags));
  const job = jobOf(place, flags, format, options);
  const tools = jobTools(job, options);
  const source = await openJobSource(session, job, options.transport);
  const redis = flags.dryRun ? undefined : redisUrl(flags.redis);
  const telemetry = redis !== undefined && flags.telemetry ? await queueTelemetry() : undefined;
  try {
    const { ledger, shared, place: kept } = await openLedger(job, options, flags, redis);
    try {
      const start = { ledger, source, tools, flags, place: kept };
      const begun = await begin(session, start);
      if (begun === undefined) return exitCode.done;
      if (redis === undefined || shared === undefined) return await runHere(session, start, begun);
      return await lead(session, start, { redis, telemetry, ledger: shared });
    } finally {
      await ledger.close();
    }
  } finally {
    await source.close();
  }
}

async function openLedger(
  job: Job,
  { transport }: JobBucketOptions,
  flags: StartFlags,
  redis: string | undefined,
): Promise<{
  readonly ledger: Ledger;
  /** The same one, where other processes have it too. */
  readonly shared?: SharedLedger | undefined;
  readonly place: string;
}> {
  if (redis !== undefined) {
    const place = formatJobPlace({ kind: 'bucket', bucket: job.bucketName, id: job.id });
    const shared = await createBucketLedger(transport, job);
    return { ledger: shared, shared, place };
  }
  const place = folderOf(flags, job.id);
  return { ledger: flags.dryRun ? memoryLedger(job) : await createFileLedger(place, job), place };
}

function jobOf(place: OssPlace, flags: StartFlags, format: Job['format'], options: JobBucketOptions): Job {
  return {
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
  };
}

/** What a job is run with here. */
interface Start {
  readonly ledger: Ledger;
  readonly source: ObjectSource;
  readonly tools: JobTools;
  readonly flags: StartFlags;
  /** Where the job is kept, for people. */
  readonly place: string;
}

/** What is known of a job when it goes on. */
interface Begun {
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
  const { source, place } = start;
  printer.note(printer.text('jobWorkers', { bucket: run.ledger.job.bucketName }));
  const onNews = (news: string): void => printer.note(printable(news));
  return finish(session, start, () => coordinate({ ...run, lanes: source.lanes, signal, onNews }), place);
}

async function runHere(session: Session, start: Start, begun: Begun): Promise<ExitCode> {
  const { printer, signal } = session;
  const { ledger, source, tools, flags, place } = start;
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
  return finish(session, start, run, place);
}

/** Works, and reports; whatever ends it, people hear that what is done is kept. */
async function finish(
  { printer, signal }: Session,
  { ledger, source, tools, flags }: Start,
  work: () => Promise<RangeResult>,
  place: string,
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
async function begin(
  { printer, signal }: Session,
  { ledger, source, tools, flags, place }: Start,
): Promise<Begun | undefined> {
  const { job } = ledger;
  // Before the look: who pauses the job while it is looked at means this start.
  const wishedBefore = await ledger.readWish();
  if (wishedBefore !== 'run') await ledger.writeWish('run');
  let isBegun = false;
  try {
    const { tiles, holes } = await coverage(ledger, source.lanes);
    const isNew = tiles.length === 0 || holes.length === 0;
    const isKnown = !isNew && flags.objects === undefined;
    const { transport } = tools;
    const expected = isKnown
      ? await ledger.readExpectation()
      : await expectedObjects(job, { source, transport, given: flags.objects, signal });
    if (isNew && !(await lookAndAsk(printer, job, { tools, source, expected, flags, signal })))
      return undefined;
    if (holes.length === 0) await ledger.nextRun();
    if (!isKnown) await ledger.writeExpectation(expected);
    isBegun = true;
    printer.note(
      printer.text('jobStarted', { place: printable(place), task: job.task, bucket: job.bucketName }),
    );
    return { expected, seen: isNew ? 0 : tiles.reduce((sum, { listed }) => sum + listed, 0) };
  } finally {
    if (!isBegun && wishedBefore !== 'run') await ledger.writeWish(wishedBefore);
  }
}
