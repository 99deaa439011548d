import { InvalidArgumentError } from '@oss-envelope/core';

// Each import stands in a `try` of its own: a bundler lets a package be missing only where it sees that.

const queuePackages =
  'needs two packages that are not installed here: npm install bullmq@^6.7.0 ioredis@^6.0.0';

/** Redis, for who uses it. @throws InvalidArgumentError that says what to install, where it is missing @internal */
export async function loadIoredis(): Promise<{ readonly Redis: typeof import('ioredis').Redis }> {
  try {
    return await import('ioredis');
  } catch (error) {
    throw toldIfMissing(error, 'redis', queuePackages);
  }
}

/** The queue, for who uses it. @throws InvalidArgumentError that says what to install, where it is missing @internal */
export async function loadBullmq(): Promise<typeof import('bullmq')> {
  try {
    return await import('bullmq');
  } catch (error) {
    throw toldIfMissing(error, 'redis', queuePackages);
  }
}

/**
 * Traces and metrics of the queue by OpenTelemetry, for the option `telemetry` of a coordinator or worker. They go where the
 * process sends those of OpenTelemetry; without an SDK that is set up, nowhere. They name the bucket, the job, its run and
 * the numbers of ranges, and no object and no key.
 *
 * @throws InvalidArgumentError that says what to install, where the package bullmq-otel is missing
 */
export async function queueTelemetry(): Promise<object> {
  const { BullMQOtel } = await loadBullmqOtel();
  return new BullMQOtel({ tracerName: 'oss-envelope', meterName: 'oss-envelope', enableMetrics: true });
}

async function loadBullmqOtel(): Promise<typeof import('bullmq-otel')> {
  try {
    return await import('bullmq-otel');
  } catch (error) {
    const missing = 'needs a package that is not installed here: npm install bullmq-otel@^2.0.1';
    throw toldIfMissing(error, 'telemetry', missing);
  }
}

/**
 * Why a package could not be loaded that people install who need it.
 *
 * @param argument - the option that needs it
 * @param missing - what to say where it is not installed
 * @returns what to throw: the error itself where the package is there, and is broken
 */
export function toldIfMissing(error: unknown, argument: string, missing: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return isMissing ? new InvalidArgumentError(argument, missing) : error;
}
