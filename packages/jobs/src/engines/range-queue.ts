import { InvalidArgumentError } from '@oss-envelope/core';
import type { Queue } from 'bullmq';
import * as z from 'zod';
import { type KeyRange, rangeId } from '../contract/key-range.js';
import { loadBullmq } from '../redis/optional-packages.js';
import { connectRedis, type RedisConnections } from '../redis/redis-connection.js';

/** A run of a job, as the queue knows it. */
export interface QueuedRun {
  readonly jobId: string;
  readonly run: number;
}

/** What stands in the queue: a range, and the job that it belongs to. No key, no plaintext, no credential. */
export interface QueuedRange extends QueuedRun {
  readonly range: KeyRange;
}

/** How to reach a queue. */
export interface QueueOptions {
  /** The address of Redis, `redis://` or `rediss://`: a secret where it has a password. */
  readonly redis: string;
  readonly bucketName: string;
  /** For BullMQ's option of that name, such as what `queueTelemetry` gives. */
  readonly telemetry?: object | undefined;
}

/** A range is tried so often in a row; then the coordinator sees what is missing. */
const attempts = 5;
const firstBackoffMs = 1000;
const longestBackoffMs = 60_000;
/** BullMQ takes no more in one call without holding up others for long. */
const mostAtOnce = 500;

const states = ['wait', 'active', 'delayed', 'prioritized'] as const;

const queuedSchema = z.object({
  jobId: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  run: z.int().positive(),
  lane: z.int().nonnegative(),
  after: z.string().max(4096),
  until: z.string().max(4096).nullable(),
});

/** The queue of a bucket: braces, so that a Redis in parts keeps all of it in one. */
export function queueName(bucketName: string): string {
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucketName)) {
    throw new InvalidArgumentError('bucketName', 'must be the name of a bucket');
  }
  return `{oss-envelope}-${bucketName}`;
}

/** Reads what stands in the queue; undefined for what somebody else put there. */
export function parseQueued(data: unknown): QueuedRange | undefined {
  const result = queuedSchema.safeParse(data);
  if (!result.success) return undefined;
  const { jobId, run, lane, after, until } = result.data;
  return { jobId, run, range: { lane, after, until: until ?? undefined } };
}

/** How long a range waits after it failed so many times, in milliseconds. */
export function backoffMs(failures: number): number {
  return (
    Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.max(0, failures - 1)) * (0.5 + Math.random() / 2)
  );
}

/** The ranges of a bucket's jobs that wait for a worker, in BullMQ. @internal */
export class RangeQueue {
  readonly name: string;
  readonly connections: RedisConnections;
  readonly #queue: Queue;

  private constructor(name: string, connections: RedisConnections, queue: Queue) {
    this.name = name;
    this.connections = connections;
    this.#queue = queue;
  }

  /** @throws as {@link connectRedis} */
  static async open({ redis, bucketName, telemetry }: QueueOptions): Promise<RangeQueue> {
    const name = queueName(bucketName);
    const { Queue } = await loadBullmq();
    const connections = await connectRedis(redis);
    const queue = new Queue(name, {
      connection: connections.steady,
      streams: { events: { maxLen: 100 } },
      ...(telemetry !== undefined && { telemetry: telemetry as never }),
    });
    // Told by the call that fails.
    queue.on('error', () => {});
    return new RangeQueue(name, connections, queue);
  }

  /** Adds ranges of a run of a job. One that is there already, waiting or worked on, is not added again. */
  async add({ jobId, run }: QueuedRun, ranges: readonly KeyRange[]): Promise<void> {
    for (let first = 0; first < ranges.length; first += mostAtOnce) {
      await this.#queue.addBulk(
        ranges.slice(first, first + mostAtOnce).map((range) => ({
          name: 'range',
          data: { jobId, run, lane: range.lane, after: range.after, until: range.until ?? null },
          opts: {
            jobId: `${jobId}.${run}.${rangeId(range)}`,
            attempts,
            backoff: { type: 'custom' },
            // So the name is free again when the range is done, and Redis keeps nothing of it.
            removeOnComplete: true,
            removeOnFail: true,
            stackTraceLimit: 0,
          },
        })),
      );
    }
  }

  /** How many ranges wait, of all jobs of the bucket. */
  waiting(): Promise<number> {
    return this.#queue.getJobCountByTypes('wait');
  }

  /** The ranges of a run that are here, waiting or worked on: their names in the queue. */
  async namesOf({ jobId, run }: QueuedRun): Promise<readonly string[]> {
    const names = await this.#queue.getRanges([...states], 0, -1);
    return names.filter((name) => name.startsWith(`${jobId}.${run}.`));
  }

  /** Takes out what of a run waits. What is worked on stays. */
  async drop(run: QueuedRun): Promise<void> {
    for (const name of await this.namesOf(run)) {
      // Refused for what is worked on.
      await this.#queue.remove(name).catch(() => {});
    }
  }

  /** Lets go of Redis, also when it does not answer. */
  close(): void {
    this.connections.close();
    // Its connection is gone, and there is nothing to say goodbye to.
    void this.#queue.close().catch(() => {});
  }
}
