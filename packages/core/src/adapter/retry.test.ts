import { describe, expect, it, vi } from 'vitest';
import type { RetryPolicy } from '../contract/object-transport.js';
import { ServiceError, TransportError } from '../errors/errors.js';
import {
  isExclusive,
  isPassing,
  isPassingAnswer,
  parseRetryAfter,
  planPause,
  type RepeatOptions,
  repeatabilityOf,
  retryPolicy,
  sleep,
  withRetries,
} from './retry.js';
import { isPassingSystemCode } from './system-failure.js';

const refused = (status: number, details: { retryAfterMs?: number; serviceCode?: string } = {}) =>
  new ServiceError('refused', {
    service: 'OSS',
    status,
    retryable: isPassingAnswer(status, details.serviceCode),
    ...details,
  });
const broken = new TransportError('broken', { retryable: true });

/** How often `withRetries` calls an attempt that fails so each time, and the pauses between. */
async function tried(
  error: unknown,
  options: Partial<RepeatOptions> = {},
): Promise<{ attempts: number; pausesMs: number[]; error: unknown }> {
  const pausesMs: number[] = [];
  const policy: RetryPolicy = {
    retries: 3,
    random: () => 0.5,
    sleep: async (delayMs) => void pausesMs.push(delayMs),
  };
  let attempts = 0;
  const outcome = await withRetries<unknown>(
    async () => {
      attempts++;
      throw error;
    },
    { repeatable: 'always', policy, ...options },
  ).catch((rejection: unknown) => rejection);
  return { attempts, pausesMs, error: outcome };
}

describe('planPause', () => {
  it('doubles up to 20 seconds, times a random number', () => {
    expect([0, 1, 2, 6, 7, 100].map((retry) => planPause(retry, undefined, 1))).toEqual([
      200, 400, 800, 12_800, 20_000, 20_000,
    ]);
    expect(planPause(2, undefined, 0.25)).toBe(200);
    expect(planPause(5, undefined, 0)).toBe(0);
  });

  it('waits as long as the server asks, within reason', () => {
    expect(planPause(0, 5_000, 1)).toBe(5_000);
    expect(planPause(5, 1_000, 1)).toBe(6_400);
    expect(planPause(0, 20_000, 1)).toBe(20_000);
    expect(planPause(0, 20_001, 1)).toBeUndefined();
  });
});

describe('parseRetryAfter', () => {
  it('reads seconds, and a date by the date of the answer', () => {
    expect(parseRetryAfter({ 'retry-after': '3' })).toBe(3000);
    expect(parseRetryAfter({ 'retry-after': ' 120 ' })).toBe(120_000);
    expect(parseRetryAfter({ 'retry-after': '0' })).toBe(0);
    const date = 'Thu, 01 Jan 2026 00:00:00 GMT';
    expect(parseRetryAfter({ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT', date })).toBe(5000);
    expect(parseRetryAfter({ 'retry-after': 'Wed, 31 Dec 2025 00:00:05 GMT', date })).toBe(0);
  });

  it.each([
    {},
    { 'retry-after': 'soon' },
    { 'retry-after': '-1' },
    { 'retry-after': '1.5' },
    { 'retry-after': '3 s' },
    { 'retry-after': 's3' },
    { 'retry-after': '1234567890' },
    { date: 'Thu, 01 Jan 2026 00:00:00 GMT' },
    { 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' },
  ])('passes over %j', (headers) => {
    expect(parseRetryAfter(headers)).toBeUndefined();
  });
});

describe('sleep', () => {
  it('ends by itself, or with the reason of an abort', async () => {
    await sleep(1, undefined);
    await expect(sleep(60_000, AbortSignal.abort('early'))).rejects.toBe('early');
    const controller = new AbortController();
    const slept = sleep(60_000, controller.signal);
    controller.abort('now');
    await expect(slept).rejects.toBe('now');
  });

  it.each(['an abort', 'its end'])(
    'leaves no timer behind after %s, which would hold the process',
    async (ending) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      try {
        const controller = new AbortController();
        const slept = sleep(20_000, controller.signal);
        expect(vi.getTimerCount()).toBe(1);
        if (ending === 'an abort') controller.abort('now');
        else vi.advanceTimersByTime(20_000);
        await slept.catch(() => {});
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it('adds one listener to a signal, whoever waits, and takes it away', async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    await Promise.all(Array.from({ length: 50 }, () => sleep(1, signal)));
    expect(add).toHaveBeenCalledTimes(1);
    expect(remove).toHaveBeenCalledTimes(1);
  });
});

describe('what passes', () => {
  it.each([408, 429, 500, 502, 503, 504])('status %i', (status) => {
    expect(isPassingAnswer(status, undefined)).toBe(true);
  });
  it.each([200, 301, 400, 403, 404, 409, 412, 501, 505, 507])('not status %i', (status) => {
    expect(isPassingAnswer(status, undefined)).toBe(false);
  });
  it.each([
    'QpsLimitExceeded',
    'RequestTimeout',
    'ServerUnavailable',
    'ServiceUnavailable',
    'Throttling',
    'Throttling.User',
    'Rejected.Throttling',
    'ServiceUnavailableTemporary',
  ])('the code %s', (code) => {
    expect(isPassingAnswer(400, code)).toBe(true);
  });
  it('a fault on the side of the service, whose status does not say so', () => {
    expect(isPassingAnswer(200, 'InternalError')).toBe(true);
    expect(isPassingAnswer(undefined, 'InternalFailure')).toBe(true);
    expect(isPassingAnswer(299, 'InternalError')).toBe(true);
    expect(isPassingAnswer(300, 'InternalError')).toBe(false);
    expect(isPassingAnswer(400, 'InternalError')).toBe(false);
    expect(isPassingAnswer(undefined, undefined)).toBe(false);
    for (const code of ['NotInternalError', 'InternalErrors', 'InternalFailureOf']) {
      expect(isPassingAnswer(200, code)).toBe(false);
    }
  });
  it.each([
    'constructor',
    '__proto__',
    'AccessDenied',
    'NotThrottling',
    'Throttlings',
    'Throttling.',
    'RejectedXThrottling',
    'ThrottlingXUser',
    'RequestTimeouts',
    'Ser-Unavailable',
    'Unavailable',
  ])('not the code %s', (code) => {
    expect(isPassingAnswer(400, code)).toBe(false);
  });
  it('an error of a service or on the way that says so', () => {
    expect(isPassing(refused(503))).toBe(true);
    expect(isPassing(refused(404))).toBe(false);
    expect(isPassing(broken)).toBe(true);
    expect(isPassing(new TransportError('bad', { retryable: false }))).toBe(false);
    expect(isPassing(Object.assign(new Error('other'), { retryable: true }))).toBe(false);
    expect(isPassing(undefined)).toBe(false);
  });
  it.each([undefined, 'ECONNRESET', 'EAI_AGAIN', 'UND_ERR_SOCKET'])('the system code %s', (code) => {
    expect(isPassingSystemCode(code)).toBe(true);
  });
  it.each(['ENOTFOUND', 'CERT_HAS_EXPIRED', 'HPE_INVALID_CONSTANT', 'constructor'])(
    'not the system code %s',
    (code) => {
      expect(isPassingSystemCode(code)).toBe(false);
    },
  );
});

describe('repeatabilityOf', () => {
  it('is always, but for a copy that must not replace an object', () => {
    const forbid = { 'x-oss-forbid-overwrite': ' True' };
    expect(repeatabilityOf('put', {})).toBe('always');
    expect(repeatabilityOf('put', forbid)).toBe('always');
    expect(repeatabilityOf('copy', {})).toBe('always');
    expect(repeatabilityOf('copy', { 'x-oss-forbid-overwrite': 'false' })).toBe('always');
    expect(repeatabilityOf('copy', forbid)).toBe('unserved');
    expect(repeatabilityOf('start-parts', forbid)).toBe('always');
    expect(repeatabilityOf('finish-parts', forbid)).toBe('always');
  });
});

it.each([
  [{}, false],
  [{ 'x-oss-forbid-overwrite': '' }, false],
  [{ 'x-oss-forbid-overwrite': 'false' }, false],
  [{ 'x-oss-forbid-overwrite': 'true' }, true],
  [{ 'x-oss-forbid-overwrite': ' TRUE ' }, true],
])('%j forbid to replace an object: %s', (headers, expected) => {
  expect(isExclusive(headers)).toBe(expected);
});

describe('retryPolicy', () => {
  it('has defaults, and refuses what is none', () => {
    expect(retryPolicy()).toMatchObject({ retries: 3, sleep, random: Math.random });
    expect(() => retryPolicy({ retries: -1 })).toThrow('options.retries');
    expect(() => retryPolicy({ sleep: 5 as never })).toThrow('options.sleep');
    expect(() => retryPolicy({ random: 5 as never }, 'retry')).toThrow(
      expect.objectContaining({ argument: 'retry.random' }),
    );
    const own = { retries: 0, sleep: async () => {}, random: () => 0 };
    expect(retryPolicy(own)).toEqual(own);
  });
});

describe('withRetries', () => {
  it('gives what succeeds, and tells each attempt how many there were', async () => {
    const seen: number[] = [];
    const policy = retryPolicy({ sleep: async () => {} });
    const value = await withRetries(
      async (earlier) => {
        seen.push(earlier);
        if (earlier < 2) throw broken;
        return 'done';
      },
      { repeatable: 'always', policy },
    );
    expect(value).toBe('done');
    expect(seen).toEqual([0, 1, 2]);
  });

  it('stops at the number of retries, and throws what came last', async () => {
    expect(await tried(broken)).toEqual({ attempts: 4, pausesMs: [100, 200, 400], error: broken });
  });

  it.each([
    ['always', broken, 4],
    ['always', refused(503), 4],
    ['always', refused(404), 1],
    ['always', new Error('other'), 1],
    ['always', new TransportError('bad certificate', { retryable: false }), 1],
    ['unserved', broken, 1],
    // Only a service can say that it did not serve.
    ['unserved', Object.assign(new TransportError('broken', { retryable: true }), { status: 503 }), 1],
    ['unserved', refused(500), 1],
    ['unserved', refused(503), 4],
    ['unserved', refused(429), 4],
    ['never', refused(503), 1],
  ] as const)('what is repeatable %s is tried after %s %i times', async (repeatable, error, attempts) => {
    expect((await tried(error, { repeatable })).attempts).toBe(attempts);
    expect((await tried(error, { repeatable: () => repeatable })).attempts).toBe(attempts);
  });

  it('waits as long as the service asks, and not at all for too long', async () => {
    expect((await tried(refused(503, { retryAfterMs: 3000 }))).pausesMs).toEqual([3000, 3000, 3000]);
    expect(await tried(refused(503, { retryAfterMs: 60_000 }))).toMatchObject({ attempts: 1, pausesMs: [] });
    // Only of a service that said so.
    const odd = Object.assign(new TransportError('broken', { retryable: true }), { retryAfterMs: 3000 });
    expect((await tried(odd)).pausesMs).toEqual([100, 200, 400]);
  });

  it('tries once more after each thing that was put right, without a pause', async () => {
    const cures = ['clock', 'credentials', 'clock', 'credentials'];
    const cured = await tried(refused(403), { repeatable: 'unserved', remedy: () => cures.shift() });
    expect(cured).toMatchObject({ attempts: 3, pausesMs: [] });
    const failures: unknown[] = [];
    const told = await tried(broken, { remedy: (error) => void failures.push(error) });
    expect(told.attempts).toBe(4);
    expect(failures).toEqual([broken, broken, broken, broken]);
    expect((await tried(refused(403), { repeatable: 'never', remedy: () => 'clock' })).attempts).toBe(1);
  });

  it('ends with the reason of an abort, before, between and instead of another error', async () => {
    expect(await tried(broken, { signal: AbortSignal.abort('stop') })).toMatchObject({
      attempts: 0,
      error: 'stop',
    });
    const controller = new AbortController();
    const policy: RetryPolicy = {
      retries: 3,
      random: () => 0,
      sleep: async () => {
        controller.abort('stop');
        throw new Error('an error of the policy');
      },
    };
    expect(await tried(broken, { signal: controller.signal, policy })).toMatchObject({
      attempts: 1,
      error: 'stop',
    });
    const during = new AbortController();
    const failed = withRetries(
      async () => {
        during.abort('stop');
        throw broken;
      },
      { repeatable: 'never', policy: retryPolicy(), signal: during.signal },
    );
    await expect(failed).rejects.toBe('stop');
  });

  it('gives the signal to the pause, and throws what that throws', async () => {
    const { signal } = new AbortController();
    const failure = new Error('an error of the policy');
    const sleep = vi.fn(async () => {
      throw failure;
    });
    const policy: RetryPolicy = { retries: 3, random: () => 0.5, sleep };
    expect(await tried(broken, { signal, policy })).toMatchObject({ attempts: 1, error: failure });
    expect(sleep).toHaveBeenCalledWith(100, signal);
  });
});
