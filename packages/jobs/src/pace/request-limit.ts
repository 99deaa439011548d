import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';

/** Leave that was given, or how long there is none. */
export interface Leave {
  /** How many requests may be sent: from 0 to what was asked for. */
  readonly granted: number;
  /** When to ask again, in milliseconds; 0 where something was granted. */
  readonly waitMs: number;
}

/** So many requests a second, for all that share it. */
export interface RequestLimit {
  readonly perSecond: number;
  /** Asks for leave to send up to `most` requests. Never rejects. */
  take(most: number): Promise<Leave>;
}

/** A limit for this process alone. */
export function ownLimit(perSecond: number): RequestLimit {
  return limitOf(new RateLimiterMemory({ points: perSecond, duration: 1 }), perSecond, 'own');
}

/** While Redis does not answer, each process has this share of the limit. */
const shareWithoutRedis = 1 / 10;

/**
 * A limit that all processes share which name it so on one Redis.
 *
 * @param client - of ioredis; one that fails soon while there is no connection, rather than wait
 * @param name - such as `oss`
 */
export function sharedLimit(client: unknown, name: string, perSecond: number): RequestLimit {
  const limiter = new RateLimiterRedis({
    storeClient: client,
    keyPrefix: 'oss-envelope:pace',
    points: perSecond,
    duration: 1,
    rejectIfRedisNotReady: true,
  });
  const alone = ownLimit(Math.max(1, Math.floor(perSecond * shareWithoutRedis)));
  return limitOf(limiter, perSecond, name, alone);
}

type Limiter = Pick<RateLimiterMemory, 'consume'>;

function limitOf(limiter: Limiter, perSecond: number, name: string, instead?: RequestLimit): RequestLimit {
  return {
    perSecond,
    async take(most) {
      try {
        await limiter.consume(name, most);
        return { granted: most, waitMs: 0 };
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return rest(refusal, most, perSecond);
        if (instead !== undefined) return instead.take(most);
        throw refusal;
      }
    },
  };
}

/** What is refused as a whole was counted as a whole: nobody else gets what of it was within the limit. */
function rest({ consumedPoints, msBeforeNext }: RateLimiterRes, most: number, perSecond: number): Leave {
  const granted = Math.max(0, perSecond - (consumedPoints - most));
  return granted > 0 ? { granted, waitMs: 0 } : { granted: 0, waitMs: Math.max(1, msBeforeNext) };
}
