import {
  coordinate,
  coverage,
  createBucketLedger,
  createFileLedger,
  type Job,
  type JobBucketOptions,
  type JobTools,
  jobTools,
  type Ledger,
  makeReport,
  memoryLedger,
  type ObjectSource,
  type RangeResult,
  runLocally,
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
  try {
    const { ledger, place: kept } = await openLedger(job, options, flags, redis);
    try {
      const start = { ledger, source, tools, flags, place: kept };
      if (!(await begin(session, start))) return exitCode.done;
      return await (redis === undefined ? runHere(session, start) : lead(session, start, redis));
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
): Promise<{ readonly ledger: Ledger; readonly place: string }> {
  if (redis !== undefined) {
    const place = formatJobPlace({ kind: 'bucket', bucket: job.bucketName, id: job.id });
    return { ledger: await createBucketLedger(transport, job), place };
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

/** Leads a job that other processes work on. */
async function lead(session: Session, start: Start, redis: string): Promise<ExitCode> {
  const { printer, signal } = session;
  const { ledger, source, place } = start;
  printer.note(printer.text('jobWorkers', { bucket: ledger.job.bucketName }));
  const onNews = (news: string): void => printer.note(printable(news));
  return finish(
    session,
    start,
    () => coordinate({ ledger, redis, lanes: source.lanes, signal, onNews }),
    place,
  );
}

async function runHere(session: Session, start: Start): Promise<ExitCode> {
  const { printer, signal } = session;
  const { ledger, source, tools, flags, place } = start;
  const progress = await jobProgress(printer);
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
      kept();
      return exitCode.done;
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
 * @returns whether to begin
 */
async function begin(
  { printer, signal }: Session,
  { ledger, source, tools, flags, place }: Start,
): Promise<boolean> {
  const { job } = ledger;
  const { tiles, holes } = await coverage(ledger, source.lanes);
  const isNew = tiles.length === 0 || holes.length === 0;
  if (isNew && !(await lookAndAsk(printer, job, { tools, source, flags, signal }))) return false;
  if ((await ledger.readWish()) !== 'run') await ledger.writeWish('run');
  if (holes.length === 0) await ledger.nextRun();
  printer.note(
    printer.text('jobStarted', { place: printable(place), task: job.task, bucket: job.bucketName }),
  );
  return true;
}
