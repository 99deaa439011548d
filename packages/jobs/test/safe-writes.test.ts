import { type ObjectTransport, ServiceError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import type { Job } from '../src/contract/job.js';
import { runLocally } from '../src/engines/local-engine.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { failuresOf, type JobReport, makeReport } from '../src/report/job-report.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools } from '../src/tasks/job-tools.js';
import { stagedKey } from '../src/tasks/safe-reencryption.js';
import { bucketName, bucketOf, jobOf, newKey, oldKey, useSmallBucket } from './small-bucket.js';

const world = useSmallBucket();

async function run(job: Job, transport: ObjectTransport, ledger = memoryLedger(job)): Promise<JobReport> {
  const tools = jobTools(job, { transport, provider: newKey, otherProviders: [oldKey] });
  await runLocally({ ledger, source: listingSource(transport, ''), tools, sleep: async () => {} });
  return makeReport(ledger, 1);
}

async function versioned(name: string): Promise<ObjectTransport> {
  await world.oss.createBucket(name);
  await world.oss.setVersioning(name, 'Enabled');
  return world.transport(name);
}

/** Runs something before the first copy onto a key. */
function beforeCopyOnto(
  transport: ObjectTransport,
  key: string,
  act: () => Promise<unknown>,
): ObjectTransport {
  let isFirst = true;
  return {
    ...transport,
    async copy(request) {
      if (request.key === key && isFirst) {
        isFirst = false;
        await act();
      }
      return (transport.copy as NonNullable<ObjectTransport['copy']>)(request);
    },
  };
}

describe('what is staged', () => {
  it('and cannot be deleted is a line, and the object is done', async () => {
    const transport = world.transport();
    for (const key of ['k', 'l']) await bucketOf(transport, oldKey, 'sealed').put(key, 'content');
    const job = jobOf({ grade: 'stage' });
    const staged = stagedKey(job.id, 'k');
    const refusing: ObjectTransport = {
      ...transport,
      async delete(request) {
        if (request.key !== staged) return transport.delete(request);
        throw new ServiceError('Denied.', { service: 'OSS', status: 403, serviceCode: 'AccessDenied' });
      },
    };
    const ledger = memoryLedger(job);
    const { tally, reasons, isBalanced } = await run(job, Object.freeze(refusing), ledger);
    expect(tally).toMatchObject({ listed: 2, done: 2, failed: 0, stagedLeft: 1 });
    expect(isBalanced).toBe(true);
    expect(reasons).toContainEqual(expect.stringMatching(/1 staged copies could not be deleted/));
    const lines = [];
    for await (const line of failuresOf(ledger, 1)) lines.push(line);
    expect(lines).toEqual([
      {
        key: staged,
        position: 'k',
        code: 'ERR_STAGED_LEFT',
        message: expect.stringMatching(/copy of "k" .*ERR_SERVICE:AccessDenied/),
        next: 'delete',
      },
    ]);
    // Staged again, in the same place, it is deleted.
    expect((await run(jobOf({ grade: 'stage', format: 'oss-crypto' }), transport)).tally.stagedLeft).toBe(0);
    expect(world.oss.hasObject(bucketName, staged)).toBe(false);
  });

  it('is not copied over the object when another process has staged it anew meanwhile', async () => {
    const transport = world.transport();
    await bucketOf(transport, oldKey, 'sealed').put('k', 'content');
    const job = jobOf({ grade: 'stage' });
    // A process that takes the same object begins: what is staged is under the old key again.
    const racing = beforeCopyOnto(transport, 'k', () =>
      bucketOf(transport, oldKey, 'sealed').copy('k', stagedKey(job.id, 'k')),
    );
    expect((await run(job, racing)).tally).toMatchObject({ done: 1, failed: 0 });
    expect(await (await bucketOf(transport, newKey, 'sealed').get('k')).text()).toBe('content');
  });

  it('is not what another process has staged, and not encrypted yet', async () => {
    const transport = world.transport();
    await world.oss.putObject(bucketName, 'k', new TextEncoder().encode('content'));
    const job = jobOf({ task: 'encrypt', grade: 'stage' });
    const racing = beforeCopyOnto(transport, 'k', () =>
      bucketOf(transport, oldKey, 'sealed').copy('k', stagedKey(job.id, 'k'), { onPlainObject: 'pass' }),
    );
    expect((await run(job, racing)).tally).toMatchObject({ done: 1, failed: 0 });
    expect(await (await bucketOf(transport, newKey, 'sealed').get('k')).text()).toBe('content');
  });

  it('may be taken away by another process: the object is not gone for that', async () => {
    const transport = world.transport();
    await bucketOf(transport, oldKey, 'sealed').put('k', 'content');
    const job = jobOf({ grade: 'stage' });
    const racing = beforeCopyOnto(transport, 'k', () =>
      transport.delete({ key: stagedKey(job.id, 'k'), headers: {} }),
    );
    expect((await run(job, racing)).tally).toMatchObject({ done: 1, gone: 0 });
    expect(await (await bucketOf(transport, newKey, 'sealed').get('k')).text()).toBe('content');
  });

  it('leaves no version behind', async () => {
    const transport = await versioned('staged-versions');
    await transport.put({
      key: 'k',
      headers: {},
      body: { kind: 'bytes', bytes: new TextEncoder().encode('plain') },
    });
    const job = jobOf({ task: 'encrypt', grade: 'stage', bucketName: 'staged-versions' });
    expect((await run(job, transport)).tally).toMatchObject({ done: 1 });
    const { versions } = (await transport.bucketView?.listVersions({
      prefix: '.oss-envelope/',
      headers: {},
    })) ?? { versions: undefined };
    expect(versions).toEqual([]);
  });
});

describe('the grade of versions', () => {
  it('keeps what it wrote when old versions are cleaned away meanwhile', async () => {
    const transport = await versioned('cleaned');
    await bucketOf(transport, oldKey, 'sealed').put('k', 'content');
    const { headers } = await transport.head({ key: 'k', headers: {} });
    const cleaned: ObjectTransport = {
      ...transport,
      async put(request) {
        const answer = await transport.put(request);
        await transport.delete({
          key: 'k',
          versionId: headers['x-oss-version-id'] as string,
          headers: {},
        });
        return answer;
      },
    };
    const job = jobOf({ grade: 'versions', bucketName: 'cleaned' });
    expect((await run(job, cleaned)).tally).toMatchObject({ done: 1, gone: 0, failed: 0 });
    expect(await (await bucketOf(transport, newKey, 'sealed').get('k')).text()).toBe('content');
  });
});

it('counts no object as gone that is there: what is missing may be an upload, or a copy', async () => {
  const transport = world.transport();
  await world.oss.putObject(bucketName, 'k', new TextEncoder().encode('plain'));
  const fault = { kind: 'status', status: 404, code: 'NoSuchUpload', times: 1 } as const;
  world.oss.faults.add({ ...fault, match: { operation: 'PutObject' } });
  expect((await run(jobOf({ task: 'encrypt' }), transport)).tally).toMatchObject({ done: 1, gone: 0 });
});
