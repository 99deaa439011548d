import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CheckpointError,
  EncryptedBucket,
  type FormatName,
  IntegrityError,
  isOssEnvelopeError,
} from '@oss-envelope/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../src/contract/attempt.js';
import type { Job } from '../src/contract/job.js';
import type { Ledger } from '../src/contract/ledger.js';
import type { FailureRecord } from '../src/contract/object-outcome.js';
import type { ObjectSource } from '../src/contract/object-source.js';
import { emptyTally } from '../src/contract/tally.js';
import { type LocalRun, runLocally } from '../src/engines/local-engine.js';
import { createFileLedger, openFileLedger, writeWishInFolder } from '../src/ledger/file-ledger.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { failuresOf, type JobReport, makeReport } from '../src/report/job-report.js';
import { withChangesSince } from '../src/sources/changed-since.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools } from '../src/tasks/job-tools.js';
import { bucketName, bucketOf, jobOf, newKey, oldKey, strangersKey, useSmallBucket } from './small-bucket.js';
import { someAttempt } from './some-attempt.js';

const world = useSmallBucket();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a job to its end. Pages are small, so that there are many of them. */
async function run(
  job: Job,
  ledger: Ledger = memoryLedger(job),
  options: Partial<LocalRun> & { readonly pageSize?: number } = {},
): Promise<{ readonly report: JobReport; readonly failures: readonly FailureRecord[] }> {
  const transport = world.transport();
  const tools = jobTools(job, { transport, provider: newKey, otherProviders: [oldKey] });
  const source = listingSource(transport, '', options.pageSize ?? 7);
  await runLocally({ ledger, source, tools, ...options });
  const failures: FailureRecord[] = [];
  for await (const failure of failuresOf(ledger, source.lanes)) failures.push(failure);
  return { report: await makeReport(ledger, source.lanes), failures };
}

const writes = (): number =>
  [...world.oss.requests].filter(({ operation }) =>
    ['PutObject', 'CopyObject', 'CompleteMultipartUpload'].includes(operation ?? ''),
  ).length;

async function fill(
  count: number,
  format: FormatName | 'plain' = 'sealed',
  key = oldKey,
): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, index) => `${format}/${(index * 7919) % 1000}-${index}`);
  const bucket = bucketOf(world.transport(), key, format === 'plain' ? 'sealed' : format);
  for (const name of names) {
    if (format === 'plain')
      await world.oss.putObject(bucketName, name, new TextEncoder().encode(name), { 'x-oss-meta-a': 'b' });
    else await bucket.put(name, name, { metadata: { a: 'b' } });
  }
  return names;
}

async function expectOpens(names: readonly string[], format: FormatName): Promise<void> {
  const bucket = new EncryptedBucket({
    transport: world.transport(),
    provider: newKey,
    format,
    reads: [format],
  });
  for (const name of names) {
    const object = await bucket.get(name);
    expect(await object.text()).toBe(name);
    expect(object.metadata).toEqual({ a: 'b' });
  }
}

/** All of a lane, done, with nothing in it. */
const emptyAttempt = (): Attempt => someAttempt({ isDone: true });

describe('a job in one process', () => {
  it('gives all objects the new key, and a second run does nothing', async () => {
    const names = [...(await fill(30)), ...(await fill(10, 'oss-crypto'))];
    const job = jobOf({ task: 'rewrap' });
    const { report, failures } = await run(job);
    expect(failures).toEqual([]);
    expect(report).toMatchObject({ isComplete: true, isBalanced: true, holes: [] });
    expect(report.tally).toMatchObject({
      listed: 40,
      done: 40,
      byFormat: { sealed: 30, 'oss-crypto': 10 },
      byWriter: { 'oss-envelope': 30, 'Python oss2 2.5 to 2.10 or oss-envelope': 10 },
    });
    await expectOpens(names.slice(0, 30), 'sealed');
    await expectOpens(names.slice(30), 'oss-crypto');
    world.oss.requests.clear();
    expect((await run(job)).report.tally).toMatchObject({
      listed: 40,
      skipped: 40,
      bySkip: { 'as-wanted': 40 },
    });
    expect(writes()).toBe(0);
  });

  it.each(['direct', 'stage'] as const)(
    'encrypts what is plain, and re-encrypts what is not sealed: %s',
    async (grade) => {
      const plain = await fill(9, 'plain');
      const others = [...(await fill(5, 'oss-crypto')), ...(await fill(5, 'client-side-encryption'))];
      const encrypted = await run(jobOf({ task: 'encrypt', grade }));
      expect(encrypted.report.tally).toMatchObject({ listed: 19, done: 9, skipped: 10 });
      const { report, failures } = await run(jobOf({ grade }));
      expect(failures).toEqual([]);
      expect(report.tally).toMatchObject({ listed: 19, done: 10, skipped: 9, byFormat: { sealed: 19 } });
      await expectOpens([...plain, ...others], 'sealed');
      expect(world.oss.keys(bucketName).filter((key) => key.startsWith('.oss-envelope/'))).toEqual([]);
    },
  );

  it('gives way to a version that another writes meanwhile, and loses nothing', async () => {
    await world.oss.createBucket('versioned');
    await world.oss.setVersioning('versioned', 'Enabled');
    const transport = world.transport('versioned');
    const bucket = bucketOf(transport, oldKey, 'sealed');
    await bucket.put('k', 'before');
    let puts = 0;
    const racing = {
      ...transport,
      async put(request: Parameters<typeof transport.put>[0]) {
        // Another program writes between the last look and the write.
        if (puts++ === 0) await bucket.put('k', 'of another');
        return transport.put(request);
      },
    };
    const job = jobOf({ grade: 'versions', bucketName: 'versioned' });
    const tools = jobTools(job, { transport: racing, provider: newKey, otherProviders: [oldKey] });
    const ledger = memoryLedger(job);
    await runLocally({ ledger, source: listingSource(racing, ''), tools, sleep: async () => {} });
    expect((await makeReport(ledger, 1)).tally).toMatchObject({ done: 1, failed: 0, oldVersions: 1 });
    expect(await (await bucketOf(transport, newKey, 'sealed').get('k')).text()).toBe('of another');
    expect(puts).toBe(2);
  });

  it('leaves out what is none of its business, and says why', async () => {
    await fill(2);
    await world.oss.putObject(bucketName, 'folder/', new Uint8Array());
    await world.oss.putObject(bucketName, '.oss-envelope/jobs/other/job.json', new Uint8Array(3));
    await world.oss.putObject(bucketName, 'plain', new Uint8Array(3));
    const { report } = await run(jobOf({ filter: { maxSizeBytes: 1000, formats: ['sealed', 'plain'] } }));
    expect(report.tally).toMatchObject({
      listed: 5,
      done: 2,
      skipped: 3,
      bySkip: { own: 1, 'folder-marker': 1, plain: 1 },
    });
  });

  it('does not pass over what somebody else keeps where jobs keep what is theirs', async () => {
    const keys = ['.oss-envelope/jobs/other/secret.txt', '.oss-envelope/plans.txt'];
    for (const key of keys) await world.oss.putObject(bucketName, key, new TextEncoder().encode(key));
    const { report } = await run(jobOf({ task: 'encrypt' }));
    expect(report.tally).toMatchObject({ listed: 2, done: 2, skipped: 0 });
    const bucket = bucketOf(world.transport(), newKey, 'sealed');
    for (const key of keys) expect(await (await bucket.get(key)).text()).toBe(key);
  });

  it('records what it cannot do, each with a code and the next step, and does the rest', async () => {
    await fill(3);
    await fill(1, 'client-side-encryption');
    await bucketOf(world.transport(), strangersKey, 'sealed').put('stranger', 'x');
    await world.oss.putObject(bucketName, 'half', new Uint8Array(3), { 'x-oss-meta-oss-crypto-key': 'AAAA' });
    const { report, failures } = await run(jobOf({ task: 'rewrap' }));
    expect(report.tally).toMatchObject({ listed: 6, done: 3, failed: 3 });
    expect(Object.fromEntries(failures.map(({ key, code, next }) => [key, [code, next]]))).toEqual({
      'client-side-encryption/0-0': ['ERR_REENCRYPTION_NEEDED', 'reencrypt'],
      half: ['ERR_ENVELOPE_MALFORMED', 'repair-envelope'],
      stranger: ['ERR_NO_MATCHING_KEY', 'give-key'],
    });
    expect(report.oldKeyMayBeDisabled).toBe(false);
  });

  it('says that the old key may be disabled only when somebody has looked everywhere', async () => {
    await fill(3);
    // In another format the same key has another algorithm.
    await fill(2, 'oss-crypto');
    const job = jobOf({ task: 'rewrap' });
    const ledger = memoryLedger(job);
    expect((await run(job, ledger)).report).toMatchObject({
      oldKeyMayBeDisabled: false,
      reasons: ['Nobody has looked at older versions and unfinished uploads.'],
    });
    const clean = await makeReport(ledger, 1, {
      versionsUnderOtherKeys: 0,
      ownUnderOtherKeys: 0,
      unfinishedUploads: 0,
    });
    expect(clean).toMatchObject({ oldKeyMayBeDisabled: true, reasons: [] });
    const versions = await makeReport(ledger, 1, {
      versionsUnderOtherKeys: 1,
      ownUnderOtherKeys: 3,
      unfinishedUploads: 2,
    });
    expect(versions.reasons).toHaveLength(3);
  });

  it('lets no key go that has no name, nor one that looks like it', async () => {
    const [target] = jobOf().targetKeys;
    const nameless = [{ wrapAlgorithm: target?.wrapAlgorithm ?? '', description: {} }];
    const job = jobOf({ task: 'report', targetKeys: nameless });
    const ledger = memoryLedger(job);
    await ledger.write(emptyAttempt());
    const nothingLeft = { versionsUnderOtherKeys: 0, ownUnderOtherKeys: 0, unfinishedUploads: 0 };
    // Nothing is in it: versions of deleted objects may name such a key.
    expect((await makeReport(ledger, 1, nothingLeft)).reasons.join()).toMatch(/without a description/);
    const attempt = { ...emptyAttempt(), tally: { ...emptyTally(), byKey: { 'rsa-oaep-sha256 {}': 1 } } };
    const named = memoryLedger(jobOf({ task: 'report' }));
    await named.write(attempt);
    expect((await makeReport(named, 1, nothingLeft)).reasons.join()).toMatch(/without a description/);
  });

  it('asks for no ACL when it is known', async () => {
    await fill(3);
    world.oss.requests.clear();
    await run(jobOf({ acl: 'default' }));
    expect(world.oss.requests.of('GetObjectACL')).toEqual([]);
    expect(world.oss.requests.of('PutObject')).toHaveLength(3);
  });

  it('writes nothing in a dry run', async () => {
    await fill(5);
    world.oss.requests.clear();
    expect((await run(jobOf(), undefined, { isDryRun: true })).report.tally).toMatchObject({ done: 5 });
    expect(writes()).toBe(0);
  });

  it('goes on where it was stopped, and does nothing twice', async () => {
    await fill(60);
    const job = jobOf({ task: 'rewrap' });
    let done = 0;
    for (let stops = 0; ; stops++) {
      const ledger = await createFileLedger(folder, job);
      const stop = new AbortController();
      try {
        const { report } = await run(job, ledger, {
          signal: stop.signal,
          onObject: () => {
            done++;
            if (done % 13 === 0) stop.abort(new Error('stopped'));
          },
        });
        expect(stops).toBeGreaterThan(2);
        expect(report).toMatchObject({ isComplete: true, isBalanced: true });
        expect(report.tally.listed).toBe(60);
        break;
      } catch (error) {
        expect(error).toMatchObject({ message: 'stopped' });
      } finally {
        await ledger.close();
      }
    }
    expect(writes()).toBe(60 + 60);
  });

  it('counts each object of an inventory once, and apart from that what changed since', async () => {
    await fill(30);
    const job = jobOf({ task: 'rewrap', source: { kind: 'inventory', manifestKey: 'm.json', prefix: '' } });
    const transport = world.transport();
    const [named, listing] = [listingSource(transport, '', 7), listingSource(transport, '', 7)];
    const source = withChangesSince(named, listing, new Date());
    const ledger = memoryLedger(job);
    const tools = jobTools(job, { transport, provider: newKey, otherProviders: [oldKey] });
    await runLocally({ ledger, source, tools });
    const { tally, changedSince, isBalanced } = await makeReport(ledger, source.lanes);
    expect(tally).toMatchObject({ listed: 60, done: 30, skipped: 30 });
    expect(changedSince).toMatchObject({ listed: 30 });
    expect(isBalanced).toBe(true);
    expect(tally.listed - (changedSince?.listed ?? 0)).toBe(world.oss.keys(bucketName).length);
  });

  it('does what the other files of an inventory name when one is damaged, and tells that then', async () => {
    const lanes = 8;
    const damage = new IntegrityError('The file "3.csv.gz" cannot be trusted.');
    const looked: number[] = [];
    const source: ObjectSource = {
      lanes,
      page: async ({ lane }) => {
        if (lane === 3) throw damage;
        looked.push(lane);
        return { items: [], broken: [], end: '1', isLast: true };
      },
    };
    const job = jobOf({ task: 'verify' });
    const ledger = memoryLedger(job);
    const tools = jobTools(job, { transport: world.transport(), provider: newKey });
    await expect(runLocally({ ledger, source, tools, ranges: 1 })).rejects.toBe(damage);
    expect(looked.sort()).toEqual([0, 1, 2, 4, 5, 6, 7]);
    expect(await makeReport(ledger, lanes)).toMatchObject({
      isComplete: false,
      holes: [{ lane: 3, after: '' }],
    });
  });

  it('waits while nothing works, and gives no object up for it', async () => {
    await fill(5);
    world.oss.faults.add({ kind: 'status', status: 503, code: 'ServiceUnavailable', times: 40 });
    const { report } = await run(jobOf({ task: 'rewrap' }), undefined, { sleep: async () => {} });
    expect(report.tally).toMatchObject({ done: 5, failed: 0 });
  });

  it('stops with the error when its credentials are refused, and counts nothing as failed', async () => {
    await fill(5);
    world.oss.faults.add({ kind: 'status', status: 403, code: 'SecurityTokenExpired', times: 1000 });
    const ledger = memoryLedger(jobOf());
    await expect(run(jobOf(), ledger)).rejects.toSatisfy((error) => isOssEnvelopeError(error, 'ERR_SERVICE'));
    world.oss.faults.clear();
    expect((await run(jobOf(), ledger)).report.tally).toMatchObject({ listed: 5, done: 5, failed: 0 });
  });
});

describe('the ledger in a folder', () => {
  it('pauses a job, and goes on', async () => {
    await fill(20);
    const job = jobOf({ task: 'verify' });
    const ledger = await createFileLedger(folder, job);
    await writeWishInFolder(folder, 'pause');
    const first = await run(job, ledger);
    expect(first.report.isComplete).toBe(false);
    await writeWishInFolder(folder, 'run');
    expect((await run(job, ledger)).report).toMatchObject({
      isComplete: true,
      tally: { listed: 20, done: 20 },
    });
    await ledger.close();
  });

  it('refuses another job, and a second process', async () => {
    const ledger = await createFileLedger(folder, jobOf());
    await expect(openFileLedger(folder)).rejects.toBeInstanceOf(CheckpointError);
    await ledger.close();
    await expect(createFileLedger(folder, jobOf({ bucketName: 'other' }))).rejects.toBeInstanceOf(
      CheckpointError,
    );
    const again = await createFileLedger(folder, jobOf({ createdAt: '2026-12-01T00:00:00Z' }));
    expect(again.job.createdAt).toBe('2026-11-27T00:00:00Z');
    await again.close();
  });

  it('survives a cut at any byte', async () => {
    await fill(20);
    const job = jobOf({ task: 'verify' });
    const ledger = await createFileLedger(folder, job);
    await run(job, ledger);
    await ledger.close();
    const path = join(folder, 'attempts.journal');
    const whole = await readFile(path);
    for (let at = whole.length - 1; at > 0; at -= Math.ceil(whole.length / 12)) {
      await writeFile(path, whole);
      await truncate(path, at);
      const cut = await openFileLedger(folder);
      expect((await run(job, cut)).report).toMatchObject({
        isComplete: true,
        isBalanced: true,
        tally: { listed: 20 },
      });
      await cut.close();
    }
  });

  it('holds no key and no plaintext', async () => {
    await fill(3);
    const job = jobOf({ task: 'rewrap' });
    const ledger = await createFileLedger(folder, job);
    await run(job, ledger);
    await ledger.close();
    const all = await Promise.all(
      ['job.json', 'attempts.journal', 'failures.jsonl', 'report.json'].map((name) =>
        readFile(join(folder, name), 'utf8'),
      ),
    );
    for (const text of all) expect(text).not.toMatch(/PRIVATE KEY|accessKey|oss-crypto-key|envelope-key/);
  });
});
