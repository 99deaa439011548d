import { CheckpointError, InvalidArgumentError } from '@oss-envelope/core';
import * as z from 'zod';
import { type Attempt, parseAttempt } from '../contract/attempt.js';
import { type Expectation, parseExpectation } from '../contract/expectation.js';
import { assertJob, type Job, parseJob } from '../contract/job.js';
import type { SharedLedger, Wish } from '../contract/ledger.js';
import type { FailureRecord } from '../contract/object-outcome.js';
import { DocumentFolder, type DocumentTransport, pages } from './document-folder.js';
import { failureLine, parseFailure } from './failure-lines.js';
import { inParallel } from './in-parallel.js';
import { isSameJob, parseJson } from './stored-job.js';
import { parseWish } from './wish.js';

/** Where the jobs of a bucket keep what is theirs. */
export const jobsPrefix = '.oss-envelope/jobs/';

/** A ledger in the bucket. */
export interface BucketLedger extends SharedLedger {
  /** How many documents and lines were left out, since they are not what their names say: somebody else's, or cut off. */
  readonly brokenCount: number;
}

const names = { job: 'job.json', run: 'run.json', wish: 'wish.json', report: 'report.json' } as const;
const expectationName = 'expectation.json';
const jobId = /^[a-z][a-z0-9-]{0,62}$/;
const runName = /^runs\/([1-9][0-9]{0,8})\//;
const attemptName = /^attempts\/(r[0-9a-f]{24})\/([0-9a-f]{24})\.json$/;
const failuresName = /^failures\/[0-9a-f]{24}\/[0-9]{8}\.jsonl$/;
const runSchema = z.object({ run: z.int().positive().max(999_999_999) });

/** An attempt has two positions, and at most a thousand keys and ids. */
const mostDocumentBytes = 16 * 1024 * 1024;
/** Where a list of failures is cut; one line is some kilobytes at most. */
const bundleLength = 2 * 1024 * 1024;
const mostFailureBytes = 16 * 1024 * 1024;
const readsAtOnce = 32;

/**
 * Keeps a job as objects of its bucket, under `.oss-envelope/jobs/<id>/`, so that processes on many machines share it. An
 * attempt is an object that one process writes: nobody overwrites another's. Each run has a folder of its own.
 *
 * The objects are not encrypted. They hold names of objects, of master keys and of machines, and no key, no plaintext and
 * no credential. Who may read the bucket can read them. Who may write there can have a job leave objects out, by an attempt
 * that was never made: run the task `verify` afterwards where that matters.
 *
 * @throws CheckpointError when the bucket holds another job of that name; InvalidArgumentError for a job that nobody could
 *   read again; what the transport throws
 */
export async function createBucketLedger(transport: DocumentTransport, job: Job): Promise<BucketLedger> {
  const known = await findBucketLedger(transport, job);
  if (known !== undefined) return known;
  const folder = folderOf(transport, job.id);
  await folder.create(names.job, JSON.stringify(job));
  // Another one may have been faster, and a bucket with versions refuses nobody: what counts is what is there.
  return openSame(folder, (await readJob(folder)) ?? job, job);
}

/**
 * Opens a job that the bucket holds, and writes nothing where it holds none of that name.
 *
 * @returns undefined when it holds none
 * @throws as {@link createBucketLedger}
 */
export async function findBucketLedger(
  transport: DocumentTransport,
  job: Job,
): Promise<BucketLedger | undefined> {
  assertJob(job);
  const folder = folderOf(transport, job.id);
  const kept = await readJob(folder);
  return kept && openSame(folder, kept, job);
}

async function openSame(folder: DocumentFolder, kept: Job, job: Job): Promise<BucketLedger> {
  if (!isSameJob(kept, job)) {
    throw new CheckpointError(
      `The bucket holds another job of the name ${job.id} (${kept.task}, ${kept.createdAt}) in ${folder.folder}. Go on with that one, ` +
        'or take another name.',
    );
  }
  return new ObjectLedger(folder, kept, await readRun(folder));
}

/**
 * Opens a job that the bucket holds.
 *
 * @throws InvalidArgumentError when there is none of that name, or it cannot be read; what the transport throws
 */
export async function openBucketLedger(transport: DocumentTransport, id: string): Promise<BucketLedger> {
  const folder = folderOf(transport, id);
  const job = await readJob(folder);
  if (job === undefined) {
    throw new InvalidArgumentError(
      'id',
      `is '${id}', and the bucket holds no such job: ${folder.folder}${names.job} is not there`,
    );
  }
  return new ObjectLedger(folder, job, await readRun(folder));
}

/** The names of the jobs that the bucket holds, in order. @throws what the transport throws */
export async function jobsInBucket(transport: DocumentTransport): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { commonPrefixes } of pages(transport, { prefix: jobsPrefix, delimiter: '/' })) {
    for (const prefix of commonPrefixes) {
      const id = prefix.slice(jobsPrefix.length, -1);
      if (prefix.startsWith(jobsPrefix) && jobId.test(id)) found.push(id);
    }
  }
  return found;
}

class ObjectLedger implements BucketLedger {
  readonly job: Job;
  readonly #folder: DocumentFolder;
  /** How many bundles of failures an attempt has, which one process makes. */
  readonly #bundles = new Map<string, number>();
  #run: number;
  #broken = 0;

  constructor(folder: DocumentFolder, job: Job, run: number) {
    this.#folder = folder;
    this.job = job;
    this.#run = run;
  }

  get run(): number {
    return this.#run;
  }

  get #runFolder(): string {
    return `runs/${this.#run}/`;
  }

  get brokenCount(): number {
    return this.#broken;
  }

  async write(attempt: Attempt): Promise<void> {
    await this.#folder.replace(
      `${this.#runFolder}attempts/${attempt.range}/${attempt.id}.json`,
      JSON.stringify(attempt),
    );
    if (attempt.isDone) this.#bundles.delete(attempt.id);
  }

  async *attempts(range?: string): AsyncGenerator<Attempt> {
    const folder = this.#runFolder;
    const found = this.#folder.names(`${folder}attempts/${range === undefined ? '' : `${range}/`}`);
    const read = (name: string): Promise<Attempt | undefined> => this.#attempt(folder, name);
    for await (const attempt of inParallel(found, readsAtOnce, read)) {
      if (attempt !== undefined) yield attempt;
    }
  }

  async #attempt(folder: string, name: string): Promise<Attempt | undefined> {
    const [, range, id] = attemptName.exec(name.slice(folder.length)) ?? [];
    const found =
      id === undefined ? { kind: 'broken' as const } : await this.#folder.read(name, mostDocumentBytes);
    if (found.kind === 'gone') return undefined;
    const attempt = found.kind === 'text' ? parseAttempt(parseJson(found.text)) : undefined;
    // One that stands where another belongs would be taken for that.
    if (attempt !== undefined && attempt.range === range && attempt.id === id) return attempt;
    this.#broken++;
    return undefined;
  }

  async addFailures(attempt: string, failures: readonly FailureRecord[]): Promise<void> {
    for (const text of bundles(failures.map((failure) => failureLine(attempt, failure)))) {
      const number = this.#bundles.get(attempt) ?? 0;
      this.#bundles.set(attempt, number + 1);
      const name = `failures/${attempt}/${String(number).padStart(8, '0')}.jsonl`;
      await this.#folder.replace(this.#runFolder + name, text);
    }
  }

  async *failures(attempt: string): AsyncGenerator<FailureRecord> {
    const folder = this.#runFolder;
    for await (const name of this.#folder.names(`${folder}failures/${attempt}/`)) {
      const found = failuresName.test(name.slice(folder.length))
        ? await this.#folder.read(name, mostFailureBytes)
        : { kind: 'broken' as const };
      if (found.kind === 'broken') this.#broken++;
      if (found.kind !== 'text') continue;
      for (const line of found.text.split('\n')) {
        if (line === '') continue;
        const failure = parseFailure(line);
        if (failure?.attempt === attempt) yield failure.record;
        else this.#broken++;
      }
    }
  }

  async readWish(): Promise<Wish> {
    const [found, run] = await Promise.all([
      this.#folder.read(names.wish, mostDocumentBytes),
      readRun(this.#folder),
    ]);
    // Nothing of a run that is over is wanted any more.
    if (run !== this.#run) return 'cancel';
    if (found.kind === 'gone') return 'run';
    return parseWish(found.kind === 'text' ? parseJson(found.text) : undefined);
  }

  writeWish(wish: Wish): Promise<void> {
    return this.#folder.replace(names.wish, JSON.stringify({ wish }));
  }

  async nextRun(): Promise<void> {
    // Two that begin it at once begin the same one.
    const run = this.#run + 1;
    await this.#folder.replace(names.run, JSON.stringify({ run }));
    this.#run = run;
    this.#bundles.clear();
    const isOver = (name: string): boolean => Number(runName.exec(name)?.[1] ?? run) < run;
    const remove = async (name: string): Promise<void> => {
      if (isOver(name)) await this.#folder.remove(name);
    };
    for await (const _ of inParallel(this.#folder.names('runs/'), readsAtOnce, remove));
  }

  async readExpectation(): Promise<Expectation | undefined> {
    const found = await this.#folder.read(this.#runFolder + expectationName, mostDocumentBytes);
    return found.kind === 'text' ? parseExpectation(parseJson(found.text)) : undefined;
  }

  writeExpectation(expectation: Expectation | undefined): Promise<void> {
    const name = this.#runFolder + expectationName;
    return expectation === undefined
      ? this.#folder.remove(name)
      : this.#folder.replace(name, JSON.stringify(expectation));
  }

  writeReport(report: unknown): Promise<void> {
    return this.#folder.replace(names.report, `${JSON.stringify(report, undefined, 2)}\n`);
  }

  async close(): Promise<void> {}
}

function folderOf(transport: DocumentTransport, id: string): DocumentFolder {
  if (!jobId.test(id)) {
    throw new InvalidArgumentError(
      'id',
      'must be small letters, digits and hyphens, begin with a letter, and be at most 63 long',
    );
  }
  return new DocumentFolder(transport, `${jobsPrefix}${id}/`);
}

async function readJob(folder: DocumentFolder): Promise<Job | undefined> {
  const found = await folder.read(names.job, mostDocumentBytes);
  if (found.kind === 'gone') return undefined;
  const job = parseJob(found.kind === 'text' ? parseJson(found.text) : undefined);
  if (folder.folder !== `${jobsPrefix}${job.id}/`) {
    throw new InvalidArgumentError('job.id', `is '${job.id}' in ${folder.folder}. Start the job anew`);
  }
  return job;
}

/** The run that is current. @throws InvalidArgumentError where that cannot be read: runs must not be mixed */
async function readRun(folder: DocumentFolder): Promise<number> {
  const found = await folder.read(names.run, mostDocumentBytes);
  if (found.kind === 'gone') return 1;
  const result = runSchema.safeParse(found.kind === 'text' ? parseJson(found.text) : undefined);
  if (result.success) return result.data.run;
  throw new InvalidArgumentError(
    'run',
    `cannot be read from ${folder.folder}${names.run}. Start the job under another name`,
  );
}

/** Lines together, in texts that are not too long. */
function* bundles(lines: readonly string[]): Generator<string> {
  let text = '';
  for (const line of lines) {
    if (text.length > 0 && text.length + line.length > bundleLength) {
      yield text;
      text = '';
    }
    text += line;
  }
  if (text.length > 0) yield text;
}
