import type { ObjectTransport } from '@oss-envelope/core';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { useServer } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { expect, it } from 'vitest';
import type { Job } from '../src/contract/job.js';
import { runLocally } from '../src/engines/local-engine.js';
import { memoryLedger } from '../src/ledger/memory-ledger.js';
import { type JobReport, makeReport } from '../src/report/job-report.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools, targetKeys } from '../src/tasks/job-tools.js';
import { stagedKey } from '../src/tasks/safe-reencryption.js';
import { bucketOf, jobOf, newKey, oldKey } from './small-bucket.js';

/** What OSS's clock is ahead: it tells changes apart by whole seconds. */
let aheadMs = 0;
const world = useServer(() => startOss({ now: () => new Date(Date.now() + aheadMs) }));
let buckets = 0;

async function freshBucket(isVersioned: boolean): Promise<ObjectTransport> {
  const bucket = `photos-${++buckets}`;
  await world().createBucket(bucket);
  if (isVersioned) await world().setVersioning(bucket, 'Enabled');
  const { origin: endpoint, region } = world();
  return fetchTransport({
    endpoint,
    region,
    bucket,
    credentials: defaultOssAccount,
    sleep: async () => {},
  });
}

type Call = (request: { readonly key?: string; readonly sourceKey?: string }) => Promise<unknown>;

/** Runs something before one of the job's requests, counted from 0, and writes down what they all are. */
function interrupted(
  transport: ObjectTransport,
  at: number,
  act: () => Promise<unknown>,
): { readonly transport: ObjectTransport; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name, object);
        if (name === 'parts' || name === 'bucketView') return wrap(value as object);
        if (typeof value !== 'function' || name === 'presign') return value;
        return async (request: Parameters<Call>[0]) => {
          const number = asked.push(`${String(name)} ${request?.key ?? ''}`) - 1;
          if (number === at) {
            aheadMs += 2000;
            await act();
            aheadMs += 2000;
          }
          return (value as Call).call(object, request);
        };
      },
    });
  return { transport: wrap(transport), asked };
}

const ours = 'what is there';
const theirs = 'what another program writes meanwhile';

async function run(changes: Partial<Job>, at: number, act: (transport: ObjectTransport) => Promise<unknown>) {
  const isVersioned = changes.grade === 'versions';
  const transport = await freshBucket(isVersioned);
  const job = jobOf({
    ...changes,
    bucketName: transport.bucketName as string,
    targetKeys: targetKeys({ provider: newKey, format: 'sealed' }),
  });
  if (job.task === 'encrypt') await world().putObject(job.bucketName, 'k', Buffer.from(ours));
  else await bucketOf(transport, oldKey, 'sealed').put('k', ours);
  const watched = interrupted(transport, at, () => act(transport));
  const ledger = memoryLedger(job);
  await runLocally({
    ledger,
    source: listingSource(watched.transport, ''),
    tools: jobTools(job, { transport: watched.transport, provider: newKey, otherProviders: [oldKey] }),
    sleep: async () => {},
  });
  return { job, transport, asked: watched.asked, report: await makeReport(ledger, 1) };
}

interface Found {
  readonly content: string | undefined;
  readonly isUnderNewKey: boolean;
  readonly label: string | undefined;
}

/** What is there in the end, with any of the keys. */
async function look(transport: ObjectTransport): Promise<Found> {
  try {
    const [newer, older] = [newKey, oldKey].map((key) => bucketOf(transport, key, 'sealed'));
    const { headers } = await transport.head({ key: 'k', headers: {} });
    const label = headers['x-oss-meta-label'];
    const read = (bucket: typeof newer) => bucket?.get('k').then((object) => object.text());
    const opened = await read(newer)?.catch(() => undefined);
    return { content: opened ?? (await read(older)), isUnderNewKey: opened !== undefined, label };
  } catch (error) {
    expect(error).toMatchObject({ status: 404 });
    return { content: undefined, isUnderNewKey: false, label: undefined };
  }
}

const acts = {
  overwrite: (transport: ObjectTransport) => bucketOf(transport, oldKey, 'sealed').put('k', theirs),
  delete: (transport: ObjectTransport) => transport.delete({ key: 'k', headers: {} }),
  relabel: async (transport: ObjectTransport) => {
    const { headers } = await transport.head({ key: 'k', headers: {} });
    const kept = Object.entries(headers).filter(([name]) => name.startsWith('x-oss-meta-'));
    return transport.copy?.({
      key: 'k',
      sourceKey: 'k',
      headers: {
        ...Object.fromEntries(kept),
        'x-oss-meta-label': 'theirs',
        'x-oss-metadata-directive': 'REPLACE',
      },
    });
  },
} as const;

/** Whether a request replaces the object, so that what happens just before it is after the last look. */
const isReplacing = (request: string | undefined): boolean =>
  request === 'put k' || request === 'copy k' || request === 'finish k';

function expectSums({ isComplete, isBalanced, tally }: JobReport, where: string): void {
  expect([isComplete, isBalanced, tally.failed], where).toEqual([true, true, 0]);
}

const jobs: readonly (Partial<Job> & { readonly mayLose: boolean })[] = [
  // One conditional copy: what happens before it is seen.
  { task: 'rewrap', mayLose: false },
  { task: 'encrypt', mayLose: true },
  { task: 'reencrypt', mayLose: true },
  { task: 'reencrypt', grade: 'stage', mayLose: true },
  { task: 'reencrypt', grade: 'versions', mayLose: false },
];

it.each(jobs.flatMap((job) => Object.keys(acts).map((act) => ({ ...job, act: act as keyof typeof acts }))))(
  '$task $grade: another program does $act in any gap between two requests',
  { timeout: 300_000 },
  async ({ act, mayLose, ...changes }) => {
    const calm = await run(changes, -1, async () => {});
    expectSums(calm.report, 'calm');
    expect(await look(calm.transport)).toEqual({ content: ours, isUnderNewKey: true, label: undefined });
    for (let gap = 0; gap <= calm.asked.length; gap++) {
      const before = calm.asked[gap];
      const where = `${act} before request ${gap} of ${calm.asked.length}: ${before}`;
      const end = await run(changes, gap, acts[act]);
      // Behind the last request nothing is left to be seen.
      if (gap === calm.asked.length) await acts[act](end.transport);
      expectSums(end.report, where);
      const found = await look(end.transport);
      const isInTheMoment = mayLose && isReplacing(before);
      const wanted = {
        overwrite: [theirs],
        delete: [undefined],
        relabel: [ours],
      }[act];
      expect(isInTheMoment ? [...wanted, ours] : wanted, where).toContain(found.content);
      if (act === 'relabel' && !isInTheMoment) expect(found.label, where).toBe('theirs');
      // What is read back is whole, whoever wrote it; and what the job counts as done before it was changed is not said of it.
      if (end.report.tally.gone > 0) expect(found.content, where).toBeUndefined();
      const staged = stagedKey(end.job.id, 'k');
      expect(world().hasObject(end.job.bucketName, staged), where).toBe(false);
    }
  },
);
