import { createServer } from 'node:net';
import { type LocalRedis, startRedis } from '@oss-envelope/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueName } from '../src/engines/range-queue.js';
import { redisFindings } from '../src/preflight/redis-findings.js';
import { assertUsableRedis } from '../src/redis/redis-checks.js';
import { connectPaces, connectRedis } from '../src/redis/redis-connection.js';

let redis: LocalRedis;
beforeAll(async () => {
  redis = await startRedis();
}, 600_000);
afterAll(() => redis.close());

const info = (changes: Readonly<Record<string, string | undefined>> = {}): string =>
  Object.entries({
    redis_version: '7.0.15',
    maxmemory_policy: 'noeviction',
    aof_enabled: '1',
    ...changes,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('');
const fake = (text: string, evaluate: () => Promise<unknown> = async () => 0) => ({
  exists: async () => 0,
  info: async () => `# Server\r\n${text}`,
  eval: evaluate,
});

describe('what a Redis must be', () => {
  it.each([
    ['6.2.0', true],
    ['7.0.15', true],
    ['10.0.1', true],
    ['6.0.16', false],
    ['5.0.14', false],
    ['unknown', false],
  ])('version %s: %s', async (version, isUsable) => {
    const checked = assertUsableRedis(fake(info({ redis_version: version })));
    if (isUsable) expect(await checked).toEqual([]);
    else await expect(checked).rejects.toThrow(`redis is version ${version}, and queues need 6.2 or later`);
  });

  it('keeps what it has when memory is full', async () => {
    for (const policy of ['volatile-lru', 'allkeys-lfu']) {
      await expect(assertUsableRedis(fake(info({ maxmemory_policy: policy })))).rejects.toThrow(
        new RegExp(`maxmemory-policy ${policy}.*Set it to noeviction`),
      );
    }
    expect(await assertUsableRedis(fake(info({ maxmemory_policy: undefined })))).toEqual([
      expect.stringContaining('must be noeviction'),
    ]);
  });

  it('runs scripts that name keys', async () => {
    const refused = fake(info(), () =>
      Promise.reject(
        new Error('ERR bad lua script for redis cluster, all the keys that the script uses should be passed'),
      ),
    );
    await expect(assertUsableRedis(refused)).rejects.toThrow(/script_check_enable to 0/);
  });

  it('is not a part of one', async () => {
    const moved = (from: number) => {
      let asked = 0;
      const exists = async (): Promise<unknown> => {
        if (asked++ >= from) throw new Error('MOVED 866 10.0.0.2:6379');
        return 0;
      };
      return { ...fake(info()), exists };
    };
    for (const from of [0, 7]) {
      await expect(assertUsableRedis(moved(from))).rejects.toThrow(/node of a Redis Cluster.*proxy endpoint/);
    }
    // A cluster behind a proxy answers for all of its nodes.
    expect(await assertUsableRedis(fake(info({ cluster_enabled: '1' })))).toEqual([]);
    const closed = { ...fake(info()), exists: () => Promise.reject(new Error('Connection is closed.')) };
    await expect(assertUsableRedis(closed)).rejects.toThrow('Connection is closed.');
  });

  it('had better keep a file', async () => {
    expect(await assertUsableRedis(fake(info({ aof_enabled: '0' })))).toEqual([
      expect.stringContaining('appendonly'),
    ]);
  });
});

describe('a connection', () => {
  it('is made to a Redis that is right, and to no other', async () => {
    const connections = await connectRedis(redis.url);
    expect(connections.advice).toEqual([expect.stringContaining('append-only')]);
    expect(await connections.steady.ping()).toBe('PONG');
    connections.close();
    expect(await redisFindings(redis.url)).toMatchObject([
      { name: 'redis', verdict: 'warning', what: expect.stringContaining('append-only') },
    ]);
    await redis.command('config', 'set', 'appendonly', 'yes');
    expect(await redisFindings(redis.url)).toMatchObject([{ name: 'redis', verdict: 'ok' }]);
    await redis.command('config', 'set', 'appendonly', 'no');
    await redis.command('config', 'set', 'maxmemory-policy', 'volatile-lru');
    await expect(redisFindings(redis.url)).rejects.toMatchObject({ argument: 'redis' });
    await expect(connectRedis(redis.url)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'redis',
    });
    await redis.command('config', 'set', 'maxmemory-policy', 'noeviction');
  });

  it('is refused soon where there is no Redis, in words without the password', async () => {
    const server = createServer((socket) => socket.destroy());
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    for (const url of [`redis://user:pass-word@127.0.0.1:${port}`, 'redis://user:pass-word@127.0.0.1:1']) {
      const error = await connectRedis(url).catch((error) => error);
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
      expect(error.message).toMatch(/Redis at 127\.0\.0\.1:\d+ cannot be used: /);
      expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain('pass-word');
    }
    server.close();
  });

  it('tells a wrong password', async () => {
    await redis.command('config', 'set', 'requirepass', 'right-one');
    const wrong = await connectRedis(redis.url.replace('//', '//:wrong-one@')).catch((error) => error);
    expect(wrong.message).toMatch(/WRONGPASS/);
    expect(wrong.message).not.toContain('wrong-one');
    const right = await connectRedis(redis.url.replace('//', '//:right-one@'));
    expect(await right.steady.ping()).toBe('PONG');
    await right.steady.config('SET', 'requirepass', '');
    right.close();
  });

  it.each(['', 'localhost:6379', 'http://user:pass-word@localhost', 'redis://', 5 as never])(
    'is not made to what is no address: %s',
    async (url) => {
      for (const connecting of [connectRedis(url), connectPaces(url)]) {
        const error = await connecting.catch((error) => error);
        expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', argument: 'redis' });
        expect(error.message).not.toContain('pass-word');
      }
    },
  );
});

describe('paces that processes share', () => {
  const call = { requests: 1, repeatable: 'always', signal: undefined } as const;
  /** Makes calls for a while, and gives how many were made. */
  async function callFor(
    durationMs: number,
    pace: Awaited<ReturnType<typeof connectPaces>>['oss'],
  ): Promise<number> {
    const endMs = performance.now() + durationMs;
    let calls = 0;
    const one = async (): Promise<void> => {
      while (performance.now() < endMs) await pace.run(async () => void calls++, call);
    };
    await Promise.all(Array.from({ length: 8 }, one));
    return calls;
  }

  it('keep to one limit together', async () => {
    const paces = await Promise.all([1, 2, 3].map(() => connectPaces(redis.url, { ossPerSecond: 200 })));
    await Promise.all(paces.map(({ oss }) => callFor(200, oss)));
    const counts = await Promise.all(paces.map(({ oss }) => callFor(3000, oss)));
    for (const { close } of paces) close();
    const all = counts.reduce((sum, count) => sum + count, 0);
    // Three seconds touch four of the counter's.
    expect(all).toBeLessThanOrEqual(840);
    expect(all).toBeGreaterThan(250);
    expect(Math.min(...counts)).toBeGreaterThan(20);
  });

  it('go on without Redis, each at a tenth', async () => {
    const { oss, close } = await connectPaces(redis.url, { ossPerSecond: 500 });
    expect(await callFor(300, oss)).toBeGreaterThan(10);
    await redis.kill();
    const calls = await callFor(2000, oss);
    expect(calls).toBeGreaterThan(10);
    expect(calls).toBeLessThanOrEqual(220);
    await redis.start();
    await expect.poll(() => callFor(300, oss)).toBeGreaterThan(80);
    close();
  });
});

it('the name of a queue is of one bucket, and in one part of a Redis that has parts', () => {
  expect(queueName('photos')).toBe('{oss-envelope}-photos');
  for (const name of ['', 'a:b', '../x', 'A', '{x}']) expect(() => queueName(name)).toThrow(/bucketName/);
});
