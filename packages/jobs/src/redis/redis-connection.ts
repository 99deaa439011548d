import { InvalidArgumentError, isOssEnvelopeError, TransportError } from '@oss-envelope/core';
import type { Redis } from 'ioredis';
import { createPaces, type PaceOptions, type Paces } from '../pace/create-pace.js';
import { loadIoredis } from './optional-packages.js';
import { assertUsableRedis } from './redis-checks.js';

const connectTimeoutMs = 10_000;
const longestPauseMs = 2000;

/** A connection of this process to Redis, and all that are made of it. @internal */
export interface RedisConnections {
  /** For queues: commands wait until Redis is back. */
  readonly steady: Redis;
  /** What people should know of this Redis, each a sentence. */
  readonly advice: readonly string[];
  close(): void;
}

/**
 * Connects to Redis, and checks that a queue is safe there.
 *
 * @param url - `redis://` or `rediss://` (TLS), with user and password where it has them; a secret, which no error shows
 * @throws InvalidArgumentError for an address that is none, a Redis that loses queues, or a missing package, and says what
 *   to do; TransportError when Redis does not answer
 * @internal
 */
export async function connectRedis(url: string): Promise<RedisConnections> {
  const advice = await checkRedis(url);
  const { Redis } = await loadIoredis();
  const steady = new Redis(url, {
    maxRetriesPerRequest: null,
    connectTimeout: connectTimeoutMs,
    retryStrategy: (times) => Math.min(longestPauseMs, times * 100),
  });
  steady.on('error', () => {});
  return { steady, advice, close: () => steady.disconnect() };
}

/**
 * Asks a Redis once whether a queue is safe there, and lets go of it.
 *
 * @returns what people should know of it, each a sentence
 * @throws as {@link connectRedis}
 * @internal
 */
export async function checkRedis(url: string): Promise<readonly string[]> {
  assertRedisUrl(url);
  const { Redis } = await loadIoredis();
  const once = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The call that fails says only that there is no connection.
  let reason: Error | undefined;
  once.on('error', (error) => {
    reason ??= error;
  });
  try {
    await once.connect();
    return await assertUsableRedis(once);
  } catch (error) {
    throw isOssEnvelopeError(error) ? error : unreachable(url, reason ?? error);
  } finally {
    once.disconnect();
  }
}

/**
 * The paces of this process, which share their limits with all processes that name the same Redis. Close them when the work
 * is over.
 *
 * @throws InvalidArgumentError for an address that is none, a wrong option or a missing package
 */
export async function connectPaces(
  url: string,
  options: PaceOptions = {},
): Promise<Paces & { close(): void }> {
  assertRedisUrl(url);
  const { Redis } = await loadIoredis();
  // Requests to OSS must not wait for Redis: without it each process goes on, slower.
  const quick = new Redis(url, {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: 1000,
    connectTimeout: connectTimeoutMs,
    retryStrategy: (times) => Math.min(longestPauseMs, times * 100),
  });
  quick.on('error', () => {});
  return { ...createPaces(options, quick), close: () => quick.disconnect() };
}

function assertRedisUrl(url: string): void {
  if (typeof url === 'string' && /^rediss?:\/\/./.test(url) && URL.canParse(url)) return;
  throw new InvalidArgumentError(
    'redis',
    'must be an address such as redis://localhost:6379, or rediss:// for TLS',
  );
}

function unreachable(url: string, error: unknown): TransportError {
  const { hostname, port, protocol } = new URL(url);
  const place = `${hostname}:${port || '6379'}${protocol === 'rediss:' ? ' (TLS)' : ''}`;
  const why = error instanceof Error ? error.message || error.name : String(error);
  return new TransportError(
    `Redis at ${place} cannot be used: ${why.replace(/\.$/, '')}. Check the address, the password, and that it is running.`,
    { retryable: true },
  );
}
