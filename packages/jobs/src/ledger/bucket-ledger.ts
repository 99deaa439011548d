import { CheckpointError, InvalidArgumentError } from '@oss-envelope/core';
import { type Attempt, parseAttempt } from '../contract/attempt.js';
import { type Job, parseJob } from '../contract/job.js';
import type { Ledger, Wish } from '../contract/ledger.js';
import type { FailureRecord } from '../contract/object-outcome.js';
import { DocumentFolder, type DocumentTransport, pages } from './document-folder.js';
import { failureLine, parseFailure } from './failure-lines.js';
import { inParallel } from './in-parallel.js';
import { isSameJob, parseJson } from './stored-job.js';
import { parseWish } from './wish.js';

/** Where the jobs of a bucket keep what is theirs. */
export const jobsPrefix = '.oss-envelope/jobs/';

/** A ledger in the bucket. */
export interface BucketLedger extends Ledger {
  /** How many documents and lines were left out, since they are not what their names say: somebody else's, or cut off. */
  readonly brokenCount: number;
}

const names = { job: 'job.json', wish: 'wish.json', report: 'report.json' } as const;
const jobId = /^[a-z][a-z0-9-]{0,62}$/;
const attemptName = /^attempts\/(r[0-9a-f]{24})\/([0-9a-f]{24})\.json$/;
const failuresName = /^failures\/[0-9a-f]{24}\/[0-9]{8}\.jsonl$/;

/** An attempt has two positions, and at most a thousand keys and ids. */
const mostDocumentBytes = 16 * 1024 * 1024;
/** Where a list of failures is cut; one line is some kilobytes at most. */
const bundleLength = 2 * 1024 * 1024;
const mostFailureBytes = 16 * 1024 * 1024;
const readsAtOnce = 32;

/**
 * Keeps a job as objects of its bucket, under `.oss-envelope/jobs/<id>/`, so that processes on many machines share it. An
 * attempt is an object that one process writes: nobody overwrites another's.
 *
 * The objects are not encrypted. They hold names of objects, of master keys and of machines, and no key, no plaintext and
 * no credential. Who may read the bucket can read them. Who may write there can have a job leave objects out, by an attempt
 * that was never made: run the task `verify` afterwards where that matters.
 *
 * @throws CheckpointError when the bucket holds another job of that name; what the transport throws
 */
export async function createBucketLedger(transport: DocumentTransport, job: Job): Promise<BucketLedger> {
  const folder = folderOf(transport, job.id);
  if ((await readJob(folder)) === undefined) await folder.create(names.job, JSON.stringify(job));
  // Another one may have been faster, and a bucket with versions refuses nobody: what counts is what is there.
  const kept = (await readJob(folder)) ?? job;
  if (!isSameJob(kept, job)) {
    throw new CheckpointError(
      `The bucket holds another job of the name ${job.id} (${kept.task}, ${kept.createdAt}) in ${folder.folder}. Go on with that one, ` +
        'or take another name.',
    );
  }
  return new ObjectLedger(folder, kept);
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
  return new ObjectLedger(folder, job);
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
  #broken = 0;

  constructor(folder: DocumentFolder, job: Job) {
    this.#folder = folder;
    this.job = job;
  }

  get brokenCount(): number {
    return this.#broken;
  }

  async write(attempt: Attempt): Promise<void> {
    await this.#folder.replace(`attempts/${attempt.range}/${attempt.id}.json`, JSON.stringify(attempt));
    if (attempt.isDone) this.#bundles.delete(attempt.id);
  }

  async *attempts(range?: string): AsyncGenerator<Attempt> {
    const found = this.#folder.names(range === undefined ? 'attempts/' : `attempts/${range}/`);
    const read = (name: string): Promise<Attempt | undefined> => this.#attempt(name);
    for await (const attempt of inParallel(found, readsAtOnce, read)) {
      if (attempt !== undefined) yield attempt;
    }
  }

  async #attempt(name: string): Promise<Attempt | undefined> {
    const [, range, id] = attemptName.exec(name) ?? [];
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
      await this.#folder.replace(`failures/${attempt}/${String(number).padStart(8, '0')}.jsonl`, text);
    }
  }

  async *failures(attempt: string): AsyncGenerator<FailureRecord> {
    for await (const name of this.#folder.names(`failures/${attempt}/`)) {
      const found = failuresName.test(name)
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
    const found = await this.#folder.read(names.wish, mostDocumentBytes);
    if (found.kind === 'gone') return 'run';
    return parseWish(found.kind === 'text' ? parseJson(found.text) : undefined);
  }

  writeWish(wish: Wish): Promise<void> {
    return this.#folder.replace(names.wish, JSON.stringify({ wish }));
  }

  async clear(): Promise<void> {
    // What an attempt has failed at is of no use without it.
    for (const folder of ['attempts/', 'failures/']) {
      const remove = (name: string): Promise<void> => this.#folder.remove(name);
      for await (const _ of inParallel(this.#folder.names(folder), readsAtOnce, remove));
    }
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
