import { type ObjectTransport, ServiceError } from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { useServer } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../src/contract/attempt.js';
import type { Job } from '../src/contract/job.js';
import { rangeId } from '../src/contract/key-range.js';
import { createBucketLedger, jobsInBucket, openBucketLedger } from '../src/ledger/bucket-ledger.js';
import { someAttempt } from './some-attempt.js';

const oss = useServer(() => startOss({ buckets: ['photos'] }));
afterEach(async () => {
  for (const object of await all(transport())) await transport().delete({ key: object, headers: {} });
});

function transport(server: LocalOss = oss()): ObjectTransport {
  return fetchTransport({
    endpoint: server.endpoint,
    bucket: 'photos',
    region: server.region,
    credentials: { ...defaultOssAccount },
    retries: 0,
  });
}

async function all(from: ObjectTransport): Promise<readonly string[]> {
  const page = await from.list?.({ headers: {}, maxKeys: 1000 });
  return page?.objects.map(({ key }) => key) ?? [];
}

async function write(key: string, text: string): Promise<void> {
  await transport().put({ key, headers: {}, body: { kind: 'bytes', bytes: new TextEncoder().encode(text) } });
}

const job: Job = {
  version: 1,
  id: 'to-2027',
  bucketName: 'photos',
  task: 'rewrap',
  format: 'sealed',
  grade: 'direct',
  source: { kind: 'listing', prefix: '' },
  filter: {},
  targetKeys: [{ wrapAlgorithm: 'rsa-oaep-sha256', description: { key: '2027' } }],
  createdAt: '2026-11-27T01:00:00.000Z',
};

const attempt = (changes: Partial<Attempt> = {}): Attempt => someAttempt({ isWorking: true, ...changes });

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const failure = (position: string) => ({
  key: position,
  position,
  code: 'ERR_SERVICE',
  message: 'Denied.',
  next: 'look',
});
const folder = '.oss-envelope/jobs/to-2027/';

describe('a ledger in the bucket', () => {
  it('gives back what was kept: the last word of each attempt', async () => {
    const ledger = await createBucketLedger(transport(), job);
    const [one, two, other] = [attempt(), attempt(), attempt({ after: 'm\u{1F600}' })];
    await Promise.all([one, two, other].map((each) => ledger.write(each)));
    const later = { ...two, cursor: 'k', isDone: true };
    await ledger.write(later);
    const again = await openBucketLedger(transport(), 'to-2027');
    expect(again.job).toEqual(job);
    const byId = (a: Attempt, b: Attempt): number => (a.id < b.id ? -1 : 1);
    expect((await collect(again.attempts())).sort(byId)).toEqual([one, later, other]);
    expect((await collect(again.attempts(one.range))).sort(byId)).toEqual([one, later]);
    expect(await collect(again.attempts(rangeId({ lane: 5, after: '' })))).toEqual([]);
    expect(again.brokenCount).toBe(0);
    expect(await jobsInBucket(transport())).toEqual(['to-2027']);
  });

  it('finds more attempts than a page of the list has', async () => {
    const real = transport();
    const list: ObjectTransport['list'] = (request) => real.list?.({ ...request, maxKeys: 20 }) as never;
    const ledger = await createBucketLedger({ ...real, list }, job);
    const attempts = Array.from({ length: 130 }, (_, index) => attempt({ after: `k${index}`, isDone: true }));
    await Promise.all(attempts.map((each) => ledger.write(each)));
    const found = await collect(ledger.attempts());
    expect(found.length).toBe(130);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(attempts.map(({ id }) => id)));
  });

  it('keeps failures in the order in which they came, many or few', async () => {
    const ledger = await createBucketLedger(transport(), job);
    const { id } = attempt();
    const long = Array.from({ length: 3000 }, (_, index) => failure(`${index}${'k'.repeat(900)}`));
    await ledger.addFailures(id, [failure('a')]);
    await ledger.addFailures(id, long);
    await ledger.addFailures(id, []);
    expect(await collect(ledger.failures(id))).toEqual([failure('a'), ...long]);
    expect(await collect(ledger.failures(attempt().id))).toEqual([]);
    const sizes = await transport().list?.({ prefix: `${folder}runs/1/failures/`, headers: {} });
    for (const { sizeBytes } of sizes?.objects ?? []) expect(sizeBytes).toBeLessThan(3 * 1024 * 1024);
  });

  it('keeps how many objects are expected, for one run', async () => {
    const ledger = await createBucketLedger(transport(), job);
    expect(await ledger.readExpectation()).toBeUndefined();
    const expected = { objects: 7, isExact: true, by: 'keys-file' } as const;
    await ledger.writeExpectation(expected);
    expect(await (await openBucketLedger(transport(), 'to-2027')).readExpectation()).toEqual(expected);
    await write(`${folder}runs/1/expectation.json`, '{"objects":-1}');
    expect(await ledger.readExpectation()).toBeUndefined();
    await ledger.writeExpectation(expected);
    await ledger.nextRun();
    expect(await ledger.readExpectation()).toBeUndefined();
    await ledger.writeExpectation(expected);
    await ledger.writeExpectation(undefined);
    expect(await ledger.readExpectation()).toBeUndefined();
  });

  it('keeps the wish and the report', async () => {
    const ledger = await createBucketLedger(transport(), job);
    expect(await ledger.readWish()).toBe('run');
    await ledger.writeWish('pause');
    expect(await (await openBucketLedger(transport(), 'to-2027')).readWish()).toBe('pause');
    await ledger.writeWish('run');
    expect(await ledger.readWish()).toBe('run');
    await ledger.writeReport({ done: 1 });
    const report = await transport().get({ key: `${folder}report.json`, headers: {} });
    expect(JSON.parse(Buffer.concat(await collect(report.chunks)).toString())).toEqual({ done: 1 });
  });

  it('counts nothing of a run that is over, whoever still writes into it', async () => {
    const [slept, other] = [
      await createBucketLedger(transport(), job),
      await createBucketLedger(transport(), job),
    ];
    const first = attempt({ isDone: true });
    await slept.write(first);
    await slept.addFailures(first.id, [failure('a')]);
    await other.nextRun();
    // It wakes up, and does not know.
    const late = attempt({ isDone: true });
    await slept.write(late);
    await slept.addFailures(late.id, [failure('b')]);
    for (const ledger of [other, await openBucketLedger(transport(), 'to-2027')]) {
      expect(ledger.run).toBe(2);
      expect(await collect(ledger.attempts())).toEqual([]);
      expect(await collect(ledger.attempts(late.range))).toEqual([]);
      expect(await collect(ledger.failures(late.id))).toEqual([]);
    }
    expect(slept.run).toBe(1);
    expect([await slept.readWish(), await other.readWish()]).toEqual(['cancel', 'run']);
    // Who begins the next run with it begins the same one.
    await slept.nextRun();
    expect(slept.run).toBe(2);
    await slept.write(late);
    expect(await collect(other.attempts())).toEqual([late]);
    expect((await all(transport())).filter((key) => key.includes('/runs/1/'))).toEqual([]);
    await write(`${folder}run.json`, '{"run":0}');
    await expect(openBucketLedger(transport(), 'to-2027')).rejects.toThrow(/run cannot be read/);
  });

  it('is shared by who starts the same job again, and by nobody with another job', async () => {
    const ledgers = await Promise.all([1, 2, 3].map(() => createBucketLedger(transport(), job)));
    const later = await createBucketLedger(transport(), { ...job, createdAt: '2026-12-01T00:00:00.000Z' });
    for (const ledger of [...ledgers, later]) expect(ledger.job).toEqual(job);
    await expect(createBucketLedger(transport(), { ...job, task: 'verify' })).rejects.toMatchObject({
      code: 'ERR_CHECKPOINT',
      message: expect.stringContaining('another job of the name to-2027 (rewrap, 2026-11-27'),
    });
    await expect(openBucketLedger(transport(), 'to-2028')).rejects.toThrow(/holds no such job/);
    await expect(openBucketLedger(transport(), '../secrets')).rejects.toThrow(/id must be small letters/);
  });

  it('has one job where two begin another at once, also where the bucket keeps versions', async () => {
    for (const isIgnored of [false, true]) {
      const name = `race-${isIgnored}`;
      const real = transport();
      const put: ObjectTransport['put'] = ({ headers, ...request }) =>
        real.put({ ...request, headers: isIgnored ? { 'content-type': 'application/json' } : headers });
      const jobs = [
        { ...job, id: name },
        { ...job, id: name, task: 'verify' as const },
      ];
      const results = await Promise.allSettled(
        jobs.map((each) => createBucketLedger({ ...real, put }, each)),
      );
      const kept = (await openBucketLedger(real, name)).job;
      const winners = results.filter(({ status }) => status === 'fulfilled');
      if (!isIgnored) expect(winners.length).toBe(1);
      // Whoever came last is the job.
      const index = jobs.findIndex(({ task }) => task === kept.task);
      expect(results[index]?.status).toBe('fulfilled');
    }
  });

  it('leaves out what is broken or somebody else’s, and counts it', async () => {
    const ledger = await createBucketLedger(transport(), job);
    const right = attempt();
    await ledger.write(right);
    const place = `${folder}runs/1/attempts/${right.range}/`;
    const text = JSON.stringify(right);
    const broken: Readonly<Record<string, string>> = {
      // Of another range, and of another attempt.
      [`${folder}runs/1/attempts/${rangeId({ lane: 3, after: '' })}/${right.id}.json`]: text,
      [`${place}${'f'.repeat(24)}.json`]: text,
      [`${place}${'a'.repeat(24)}.json`]: text.slice(0, 40),
      [`${place}${'b'.repeat(24)}.json`]: '',
      [`${place}${'c'.repeat(24)}.json`]: 'null',
      [`${place}${'d'.repeat(24)}.json`]: JSON.stringify({ ...right, id: 'd'.repeat(24), isAdmin: true }),
      [`${place}notes.txt`]: 'hello',
      [`${folder}runs/1/attempts/x`]: text,
    };
    for (const [key, content] of Object.entries(broken)) await write(key, content);
    await transport().put({
      key: `${place}${'e'.repeat(24)}.json`,
      headers: {},
      body: { kind: 'bytes', bytes: Uint8Array.of(0xff, 0xfe) },
    });
    await transport().put({
      key: `${place}${'1'.repeat(24)}.json`,
      headers: {},
      body: { kind: 'bytes', bytes: new Uint8Array(17 * 1024 * 1024).fill(0x20) },
    });
    expect(await collect(ledger.attempts())).toEqual([right]);
    expect(ledger.brokenCount).toBe(Object.keys(broken).length + 2);

    await ledger.addFailures(right.id, [failure('a')]);
    const failures = `${folder}runs/1/failures/${right.id}/`;
    await write(
      `${failures}00000001.jsonl`,
      `{"cut":\n${JSON.stringify({ attempt: 'x', ...failure('b') })}\n`,
    );
    await write(`${failures}extra.txt`, JSON.stringify({ attempt: right.id, ...failure('d') }));
    expect(await collect(ledger.failures(right.id))).toEqual([failure('a')]);
    expect(ledger.brokenCount).toBe(Object.keys(broken).length + 2 + 3);

    await write(`${folder}wish.json`, 'stop!');
    expect(await ledger.readWish()).toBe('pause');
    await write(`${folder}job.json`, JSON.stringify({ ...job, id: 'another' }));
    await expect(openBucketLedger(transport(), 'to-2027')).rejects.toThrow(/job\.id is 'another'/);
    await write(`${folder}job.json`, '{}');
    await expect(openBucketLedger(transport(), 'to-2027')).rejects.toThrow(/job\.\w+ cannot be used/);
  });

  it('fails as the bucket does, and does not take that for an empty ledger', async () => {
    const real = transport();
    const ledger = await createBucketLedger(real, job);
    await ledger.write(attempt());
    const refuse = async (): Promise<never> => {
      throw new ServiceError('Gone.', { service: 'OSS', status: 404, serviceCode: 'NoSuchBucket' });
    };
    const failing = await openBucketLedger(real, 'to-2027')
      .then(() => createBucketLedger({ ...real, get: refuse }, job))
      .catch((error) => error);
    expect(failing).toMatchObject({ serviceCode: 'NoSuchBucket' });
    let reads = 0;
    const later = await openBucketLedger(
      { ...real, get: (request) => (reads++ < 2 ? real.get(request) : refuse()) },
      'to-2027',
    );
    await expect(collect(later.attempts())).rejects.toMatchObject({ serviceCode: 'NoSuchBucket' });
    await expect(later.readWish()).rejects.toMatchObject({ serviceCode: 'NoSuchBucket' });
    const unlisted = await createBucketLedger({ get: real.get, put: real.put, delete: real.delete }, job);
    await expect(collect(unlisted.attempts())).rejects.toMatchObject({ capability: 'list' });
  });
});
