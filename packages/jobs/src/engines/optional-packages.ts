import { InvalidArgumentError } from '@oss-envelope/core';

const queuePackages =
  'needs two packages that are not installed here: npm install bullmq@^6.7.0 ioredis@^6.0.0';

/** Redis, for who uses it. @throws as {@link loadOptional} @internal */
export async function loadIoredis(): Promise<{ readonly Redis: typeof import('ioredis').Redis }> {
  return loadOptional(() => import('ioredis'), ['redis', queuePackages]);
}

/** The queue, for who uses it. @throws as {@link loadOptional} @internal */
export async function loadBullmq(): Promise<typeof import('bullmq')> {
  return loadOptional(() => import('bullmq'), ['redis', queuePackages]);
}

/**
 * Traces and metrics of the queue by OpenTelemetry, for the option `telemetry` of a coordinator or worker. They go where the
 * process sends those of OpenTelemetry; without an SDK that is set up, nowhere. They name the bucket, the job, its run and
 * the numbers of ranges, and no object and no key.
 *
 * @throws InvalidArgumentError that says what to install, where the package bullmq-otel is missing
 */
export async function queueTelemetry(): Promise<object> {
  const { BullMQOtel } = await loadOptional(
    () => import('bullmq-otel'),
    ['telemetry', 'needs a package that is not installed here: npm install bullmq-otel@^2.0.1'],
  );
  return new BullMQOtel({ tracerName: 'oss-envelope', meterName: 'oss-envelope', enableMetrics: true });
}

/**
 * A package that people install who need it.
 *
 * @param argument - the option that needs it, and what to say where it is missing
 * @throws InvalidArgumentError that says so
 */
export async function loadOptional<T>(
  importing: () => Promise<T>,
  [argument, missing]: readonly [string, string],
): Promise<T> {
  try {
    return await importing();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new InvalidArgumentError(argument, missing);
  }
}
