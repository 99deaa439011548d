import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError, type CheckpointJournal, InvalidArgumentError } from '@oss-envelope/core';
import { TemporaryFile } from '@oss-envelope/core/adapter/node';
import { fileCheckpoint } from '@oss-envelope/core/node';
import { type Attempt, parseAttempt } from '../contract/attempt.js';
import { type Expectation, parseExpectation } from '../contract/expectation.js';
import { assertJob, type Job, parseJob } from '../contract/job.js';
import type { Ledger, Wish } from '../contract/ledger.js';
import type { FailureRecord } from '../contract/object-outcome.js';
import { FailureFile } from './failure-file.js';
import { isSameJob, parseJson } from './stored-job.js';
import { parseWish } from './wish.js';

const names = {
  job: 'job.json',
  attempts: 'attempts.journal',
  failures: 'failures.jsonl',
  wish: 'wish.json',
  expectation: 'expectation.json',
  report: 'report.json',
  /** An empty journal, open as long as the ledger is. */
  held: 'in-use',
} as const;

/**
 * Keeps a job in a folder of this machine, which is made. Each record is on the disk before the work goes on. What a
 * crash left half-written at the end is dropped. One process at a time works on it; others may read and write the wish.
 *
 * @throws CheckpointError when another process works on it, or the folder holds another job or its journal;
 *   InvalidArgumentError for a job that nobody could read again, or a folder that cannot be made
 */
export async function createFileLedger(folder: string, job: Job): Promise<Ledger> {
  const known = await findFileLedger(folder, job);
  if (known !== undefined) return known;
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    const { code } = error as { readonly code?: string };
    throw new InvalidArgumentError(
      'folder',
      `is ${JSON.stringify(folder)}, which cannot be made (${code ?? 'no reason given'}). Name a folder that can be`,
    );
  });
  // One that was left without its job must not become this one's.
  assertOwnJournal(folder, job, await recordsIn(folder));
  await replaceFile(join(folder, names.job), [`${JSON.stringify(job)}\n`]);
  return FileLedger.open(folder, job);
}

/**
 * Opens a job that a folder holds, and writes nothing where it holds none.
 *
 * @returns undefined when it holds none
 * @throws as {@link createFileLedger}
 */
export async function findFileLedger(folder: string, job: Job): Promise<Ledger | undefined> {
  assertJob(job);
  const known = await readJob(folder);
  if (known === undefined) return undefined;
  if (!isSameJob(known, job)) {
    throw new CheckpointError(
      `The folder ${folder} holds another job (${known.task} of ${known.bucketName}, ${known.createdAt}). Go on with that one, or ` +
        'take another folder.',
    );
  }
  return FileLedger.open(folder, known);
}

/**
 * Opens the job that a folder holds.
 *
 * @throws InvalidArgumentError when there is none; CheckpointError when another process works on it
 */
export async function openFileLedger(folder: string): Promise<Ledger> {
  return FileLedger.open(folder, await jobInFolder(folder));
}

/** The job that a folder holds. @throws InvalidArgumentError when there is none */
export async function jobInFolder(folder: string): Promise<Job> {
  const job = await readJob(folder);
  if (job === undefined)
    throw new InvalidArgumentError('folder', `holds no job: ${join(folder, names.job)} is not there`);
  return job;
}

/** Says what people want of a job that another process works on. @throws InvalidArgumentError when there is no job */
export async function writeWishInFolder(folder: string, wish: Wish): Promise<void> {
  await jobInFolder(folder);
  await replaceFile(join(folder, names.wish), [`${JSON.stringify({ wish })}\n`]);
}

/** What a folder says of a job, without taking it from the process that works on it. */
export async function readFileLedger(folder: string): Promise<{
  readonly job: Job;
  readonly attempts: readonly Attempt[];
  readonly wish: Wish;
  readonly expectation: Expectation | undefined;
}> {
  const job = await jobInFolder(folder);
  const records = await recordsIn(folder);
  assertOwnJournal(folder, job, records);
  return {
    job,
    attempts: [...attemptsOf(records).values()],
    wish: await readWishIn(folder),
    expectation: await readExpectationIn(folder),
  };
}

/** So many records are kept of attempts that have another word since, and four times as many as there are attempts. */
const mostOldRecords = 1000;

class FileLedger implements Ledger {
  readonly job: Job;
  readonly #folder: string;
  /** Keeps other processes out while the journal of attempts is another file. */
  readonly #held: CheckpointJournal;
  #journal: CheckpointJournal;
  readonly #attempts: Map<string, Attempt>;
  readonly #failures: FailureFile;
  /** How many records the journal has, each attempt's earlier ones too. */
  #records: number;
  readonly #underWay = new Set<Promise<void>>();
  #compacting: Promise<void> | undefined;

  private constructor(
    folder: string,
    job: Job,
    held: CheckpointJournal,
    journal: CheckpointJournal,
    failures: FailureFile,
  ) {
    this.#folder = folder;
    this.job = job;
    this.#held = held;
    this.#journal = journal;
    this.#attempts = attemptsOf(journal.records);
    this.#records = journal.records.length;
    this.#failures = failures;
  }

  static async open(folder: string, job: Job): Promise<FileLedger> {
    const opened: CheckpointJournal[] = [];
    try {
      for (const name of [names.held, names.attempts]) {
        opened.push(await fileCheckpoint(join(folder, name)).open());
      }
      const [held, journal] = opened as [CheckpointJournal, CheckpointJournal];
      assertOwnJournal(folder, job, journal.records);
      if (journal.records.length === 0) await journal.append(journalHead(job));
      return new FileLedger(folder, job, held, journal, await FailureFile.open(join(folder, names.failures)));
    } catch (error) {
      for (const journal of opened) await journal.close();
      throw error;
    }
  }

  async write(attempt: Attempt): Promise<void> {
    while (this.#compacting !== undefined) await this.#compacting;
    const written = this.#journal.append(JSON.stringify(attempt));
    this.#underWay.add(written);
    try {
      await written;
    } finally {
      this.#underWay.delete(written);
    }
    this.#attempts.set(attempt.id, attempt);
    this.#records++;
    if (this.#records <= mostOldRecords + 4 * this.#attempts.size || this.#compacting !== undefined) return;
    this.#compacting = this.#compact().finally(() => {
      this.#compacting = undefined;
    });
    await this.#compacting;
  }

  /** Leaves the last word of each attempt in the journal: otherwise it would grow as long as the job runs, and be read whole. */
  async #compact(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    const path = join(this.#folder, names.attempts);
    this.#records = this.#attempts.size;
    try {
      await replaceFile(path, linesOf(this.job, this.#attempts.values()));
    } catch {
      // On a full disk the old one goes on.
      return;
    }
    await this.#journal.close();
    this.#journal = await fileCheckpoint(path).open();
  }

  async *attempts(range?: string): AsyncGenerator<Attempt> {
    for (const attempt of [...this.#attempts.values()]) {
      if (range === undefined || attempt.range === range) yield attempt;
    }
  }

  addFailures(attempt: string, failures: readonly FailureRecord[]): Promise<void> {
    return this.#failures.add(attempt, failures);
  }

  failures(attempt: string): AsyncIterable<FailureRecord> {
    return this.#failures.of(attempt);
  }

  readWish(): Promise<Wish> {
    return readWishIn(this.#folder);
  }

  writeWish(wish: Wish): Promise<void> {
    return replaceFile(join(this.#folder, names.wish), [`${JSON.stringify({ wish })}\n`]);
  }

  async nextRun(): Promise<void> {
    await this.#journal.clear();
    await this.#journal.append(journalHead(this.job));
    await this.#failures.clear();
    this.#attempts.clear();
    this.#records = 0;
  }

  readExpectation(): Promise<Expectation | undefined> {
    return readExpectationIn(this.#folder);
  }

  writeExpectation(expectation: Expectation | undefined): Promise<void> {
    return replaceFile(join(this.#folder, names.expectation), [`${JSON.stringify(expectation ?? null)}\n`]);
  }

  writeReport(report: unknown): Promise<void> {
    return replaceFile(join(this.#folder, names.report), [`${JSON.stringify(report, undefined, 2)}\n`]);
  }

  async close(): Promise<void> {
    await this.#failures.close();
    await this.#journal.close();
    await this.#held.close();
  }
}

/** The first record of a journal of attempts, which name no job: by it one that belongs to another job is known. */
function journalHead({ id, bucketName, createdAt }: Job): string {
  return JSON.stringify({ journalOf: { id, bucketName, createdAt } });
}

/** @throws CheckpointError for records of another job: taken for this one's, they would leave all of its objects out */
function assertOwnJournal(folder: string, job: Job, [first]: readonly string[]): void {
  if (first === undefined || first === journalHead(job)) return;
  throw new CheckpointError(
    `${join(folder, names.attempts)} is no journal of the job that ${names.job} beside it names. Restore both, or take another folder.`,
  );
}

/** The last word of each attempt. What does not parse is left out: its range is then done again. */
function attemptsOf(records: readonly string[]): Map<string, Attempt> {
  const attempts = new Map<string, Attempt>();
  for (const record of records) {
    const attempt = parseAttempt(parseJson(record));
    if (attempt !== undefined) attempts.set(attempt.id, attempt);
  }
  return attempts;
}

async function readJob(folder: string): Promise<Job | undefined> {
  const text = await textIn(folder, names.job);
  return text === undefined ? undefined : parseJob(parseJson(text));
}

async function readWishIn(folder: string): Promise<Wish> {
  const text = await textIn(folder, names.wish);
  return text === undefined ? 'run' : parseWish(parseJson(text));
}

async function readExpectationIn(folder: string): Promise<Expectation | undefined> {
  return parseExpectation(parseJson((await textIn(folder, names.expectation)) ?? ''));
}

/** The records of the journal as it is now, which another process may be writing; what has no line end is none. */
async function recordsIn(folder: string): Promise<readonly string[]> {
  return ((await textIn(folder, names.attempts)) ?? '').split('\n').slice(0, -1);
}

/** The text of a file; undefined for one that is not there. */
async function textIn(folder: string, name: string): Promise<string | undefined> {
  return readFile(join(folder, name), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** Attempts as the journal has them, some at a time. */
function* linesOf(job: Job, attempts: Iterable<Attempt>): Generator<string> {
  let text = `${journalHead(job)}\n`;
  for (const attempt of attempts) {
    text += `${JSON.stringify(attempt)}\n`;
    if (text.length < longestText) continue;
    yield text;
    text = '';
  }
  yield text;
}

const longestText = 1024 * 1024;

/** Writes a file as a whole: a reader sees the old one or the new one, and a power cut leaves one of them. */
async function replaceFile(path: string, texts: Iterable<string>): Promise<void> {
  const file = await TemporaryFile.open(path);
  try {
    for (const text of texts) await file.handle.appendFile(text);
    await file.commit(0o600);
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Below what is no folder there is nothing either. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
