import { wholeNumber } from '@oss-envelope/core/adapter';
import { Pace } from './pace.js';
import { ownLimit, sharedLimit } from './request-limit.js';

/** How fast a job goes at most. All in requests a second, over all processes that share the limit. */
export interface PaceOptions {
  /** Default: 9,000, of the 10,000 that OSS gives an account. */
  readonly ossPerSecond?: number | undefined;
  /** Default: 900, of the 1,000 that KMS gives an account and region. */
  readonly kmsPerSecond?: number | undefined;
}

/** One pace for each service. */
export interface Paces {
  readonly oss: Pace;
  readonly kms: Pace;
}

const usualOssPerSecond = 9000;
const usualKmsPerSecond = 900;
const most = 1_000_000;

/**
 * The paces of a process.
 *
 * @param redis - a client of ioredis, by which all processes share the limits that name this Redis; undefined for limits
 *   of this process alone
 * @throws InvalidArgumentError or OutOfRangeError that names the option
 */
export function createPaces(options: PaceOptions = {}, redis?: unknown): Paces {
  const limit = (argument: keyof PaceOptions, service: keyof Paces, usual: number): Pace => {
    const perSecond = wholeNumber(argument, options[argument], { least: 1, most }, usual);
    return new Pace(redis === undefined ? ownLimit(perSecond) : sharedLimit(redis, service, perSecond));
  };
  return {
    oss: limit('ossPerSecond', 'oss', usualOssPerSecond),
    kms: limit('kmsPerSecond', 'kms', usualKmsPerSecond),
  };
}
