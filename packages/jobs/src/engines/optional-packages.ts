import { InvalidArgumentError } from '@oss-envelope/core';

/** Redis, for who uses it. @throws as {@link loadOptional} */
export async function loadIoredis(): Promise<{ readonly Redis: typeof import('ioredis').Redis }> {
  return loadOptional(() => import('ioredis'));
}

/** The queue, for who uses it. @throws as {@link loadOptional} */
export async function loadBullmq(): Promise<typeof import('bullmq')> {
  return loadOptional(() => import('bullmq'));
}

/** A package that people install who need it. @throws InvalidArgumentError that says what to install, where it is missing */
export async function loadOptional<T>(importing: () => Promise<T>): Promise<T> {
  try {
    return await importing();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new InvalidArgumentError(
      'redis',
      'needs two packages that are not installed here: npm install bullmq@^6.7.0 ioredis@^6.0.0',
    );
  }
}
