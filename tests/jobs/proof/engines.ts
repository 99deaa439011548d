import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job, JobReport } from '@oss-envelope/jobs';
import { startRedis } from '@oss-envelope/test-kit/redis-server';
import { nodeWarnings, type Running, start } from './process.js';

/** One of the jobs by which a bucket gets the new keys. */
export type JobPlan = Pick<Job, 'id' | 'task'> & Partial<Pick<Job, 'source'>>;

/** What does a job, and can be killed. */
export interface Engine {
  /** Does a job to its end, however often its processes die. Writes what was not done into a file, each a line. */
  run(job: JobPlan, failures: string): Promise<JobReport>;
  /** Kills one of its processes. @returns which kind; undefined when none runs just now */
  kill(dice: number): string | undefined;
  /** The most memory that one of its processes had, in MiB, as far as it is known. */
  readonly peakMib: number;
  /** What processes said that nobody may see: warnings of Node, and why one ended that was not killed. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** What all programs of an engine are told. */
export interface EngineSetup {
  readonly origin: string;
  readonly bucket: string;
  readonly keys: unknown;
  /** For files of this run. */
  readonly folder: string;
  /** Where the programs are: a file URL that ends with a slash. */
  readonly programs: string;
}

const lockMs = 3000;
/** Processes that work on a queue. */
const teamSize = 4;

/** Sees what the processes of an engine leave behind. */
class Watched {
  peakMib = 0;
  readonly complaints: string[] = [];
  readonly #programs: string;

  constructor(programs: string) {
    this.#programs = programs;
  }

  start(program: string, ...args: readonly string[]): Running {
    const running = start(this.#programs, program, ...args);
    const timer = setInterval(() => this.#note(running), 500);
    void running.ended.then(() => {
      clearInterval(timer);
      this.complaints.push(...nodeWarnings(running.output.errors));
    });
    return running;
  }

  kill(running: Running): void {
    this.#note(running);
    running.child.kill('SIGKILL');
  }

  #note(running: Running): void {
    this.peakMib = Math.max(this.peakMib, running.peakMib() ?? 0);
  }
}

/** One process, its ledger in a folder. A process that was killed is followed by another one. */
export async function localEngine({ folder, programs, ...common }: EngineSetup): Promise<Engine> {
  const watched = new Watched(programs);
  let running: Running | undefined;
  return {
    async run(job, failures) {
      const config = join(folder, `${job.id}.json`);
      await writeFile(config, JSON.stringify({ ...common, job, failures, folder: join(folder, job.id) }));
      for (;;) {
        running = watched.start('local-job.mjs', config);
        const { output, ended } = running;
        const end = await ended;
        running = undefined;
        if (end === 0) return JSON.parse(output.text).report;
        if (end !== 'SIGKILL') throw new Error(`The process ended with ${end}: ${output.errors}`);
      }
    },
    kill() {
      if (running === undefined) return undefined;
      watched.kill(running);
      return 'process';
    },
    get peakMib() {
      return watched.peakMib;
    },
    complaints: watched.complaints,
    async close() {
      running?.child.kill('SIGKILL');
      await running?.ended;
    },
  };
}

/** Four workers and one that leads them, with a real Redis. Who was killed is followed by another one. */
export async function queueEngine({ folder, programs, ...common }: EngineSetup): Promise<Engine> {
  const watched = new Watched(programs);
  const redis = await startRedis({ appendOnly: true });
  const config = join(folder, 'workers.json');
  const all = { ...common, redis: redis.url, lockMs };
  await mkdir(folder, { recursive: true });
  await writeFile(config, JSON.stringify(all));
  const team: Running[] = [];
  let leader: Running | undefined;
  let isOver = false;
  const work = (index: number): void => {
    const worker = watched.start('queue-worker.mjs', config);
    team[index] = worker;
    void worker.ended.then((end) => {
      if (isOver) return;
      if (end !== 'SIGKILL') watched.complaints.push(`A worker ended with ${end}: ${worker.output.errors}`);
      work(index);
    });
  };
  for (let index = 0; index < teamSize; index++) work(index);
  return {
    async run(job, failures) {
      const own = join(folder, `${job.id}.json`);
      await writeFile(own, JSON.stringify({ ...all, job, failures }));
      for (;;) {
        leader = watched.start('queue-coordinator.mjs', own, job.task);
        const { output, ended } = leader;
        const end = await ended;
        leader = undefined;
        if (end === 0) return JSON.parse(output.text);
        if (end !== 'SIGKILL') throw new Error(`The coordinator ended with ${end}: ${output.errors}`);
      }
    },
    kill(dice) {
      const isLeader = dice % (teamSize + 1) === teamSize;
      const victim = isLeader ? leader : team[dice % (teamSize + 1)];
      if (victim === undefined) return undefined;
      watched.kill(victim);
      return isLeader ? 'coordinator' : 'worker';
    },
    get peakMib() {
      return watched.peakMib;
    },
    complaints: watched.complaints,
    async close() {
      isOver = true;
      for (const { child } of team) child.kill('SIGTERM');
      leader?.child.kill('SIGKILL');
      await Promise.all([...team, ...(leader === undefined ? [] : [leader])].map(({ ended }) => ended));
      await redis.close();
    },
  };
}
