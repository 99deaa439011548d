import type { KeyProvider, ObjectTransport } from '@oss-envelope/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Job } from '../src/contract/job.js';
import { usualRates } from '../src/preflight/estimate.js';
import type { FindingName } from '../src/preflight/finding.js';
import { lookForOldNames } from '../src/preflight/old-names.js';
import { type Preflight, type PreflightOptions, preflight } from '../src/preflight/preflight.js';
import { listingSource } from '../src/sources/listing-source.js';
import { jobTools, targetKeys } from '../src/tasks/job-tools.js';
import { workOnObject } from '../src/tasks/object-task.js';
import { bucketName, bucketOf, jobOf, newKey, oldKey, strangersKey, useSmallBucket } from './small-bucket.js';

const plain = useSmallBucket();
/** Keeps versions: that cannot be taken back. */
const versioned = useSmallBucket();
let small = plain;
afterEach(() => {
  small = plain;
});

async function enableVersions(status: 'Enabled' | 'Suspended' = 'Enabled'): Promise<void> {
  small = versioned;
  await versioned.oss.setVersioning(bucketName, status);
}

interface Given extends Partial<Omit<PreflightOptions, 'source' | 'tools'>> {
  readonly transport?: ObjectTransport;
  readonly provider?: KeyProvider;
  readonly otherProviders?: readonly KeyProvider[];
}

function look(changes: Partial<Job> = {}, given: Given = {}): Promise<Preflight> {
  const { transport = small.transport(), provider = newKey, otherProviders = [oldKey], ...options } = given;
  const format = changes.format ?? 'sealed';
  const job = jobOf({ targetKeys: targetKeys({ provider, format }), ...changes });
  const tools = jobTools(job, { transport, provider, otherProviders });
  return preflight(job, { tools, source: listingSource(transport, ''), ...options });
}

const verdictOf = ({ findings }: Preflight, name: FindingName): string | undefined =>
  findings.find((finding) => finding.name === name)?.verdict;

const put = (key: string, provider = oldKey, headers: Record<string, string> = {}) =>
  bucketOf(small.transport(), provider, 'sealed').put(key, 'x', { headers });

/** Everything below the jobs' own folder, all versions. */
async function leftovers(): Promise<number> {
  const page = await small.transport().bucketView?.listVersions({ prefix: '.oss-envelope/', headers: {} });
  return page?.versions.length ?? 0;
}

describe('before a job', () => {
  it.each(['encrypt', 'reencrypt', 'rewrap'] as const)('%s: all that it needs is there', async (task) => {
    await put('a');
    const found = await look({ task });
    expect(found.findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(found.isRefused).toBe(false);
    for (const name of [
      'versioning',
      'retention',
      'overwrite-rules',
      'replication',
      'probe',
      'keys',
    ] as const) {
      expect(verdictOf(found, name), name).toBe('ok');
    }
    expect(found.sideEffects.join(' ')).toContain('LastModified');
    expect(small.oss.keys(bucketName)).toEqual(['a']);
  });

  it('a Redis that does not answer, or is none, is told before anything else is done', async () => {
    await put('a');
    small.oss.requests.clear();
    for (const [redis, code] of [
      ['redis://127.0.0.1:1', 'ERR_TRANSPORT'],
      ['http://queue', 'ERR_INVALID_ARGUMENT'],
    ]) {
      await expect(look({ task: 'rewrap' }, { redis }), redis).rejects.toMatchObject({ code });
    }
    expect(small.oss.requests.list()).toEqual([]);
  });

  it.each(['report', 'verify'] as const)('%s: nothing is written', async (task) => {
    await put('a');
    small.oss.requests.clear();
    expect((await look({ task })).isRefused).toBe(false);
    const methods = new Set(small.oss.requests.list().map(({ method }) => method));
    expect(methods).toEqual(new Set(['GET', 'HEAD']));
    await look({ task: 'reencrypt' }, { isDryRun: true });
    expect(small.oss.requests.list().some(({ method }) => method === 'PUT')).toBe(false);
  });

  it.each(['oss-crypto', 'client-side-encryption'] as const)(
    'the format %s is probed too',
    async (format) => {
      for (const task of ['rewrap', 'reencrypt'] as const) {
        await put('a');
        expect(
          (await look({ task, format })).findings.filter(({ verdict }) => verdict === 'refused'),
        ).toEqual([]);
      }
    },
  );

  it('a key that only wraps is enough to write, and is told', async () => {
    await put('a');
    const provider: KeyProvider = {
      materialDescription: newKey.materialDescription,
      wraps: newKey.wraps,
      unwraps: [],
      wrapKey: (request) => newKey.wrapKey(request),
      unwrapKey: (request) => newKey.unwrapKey(request),
    };
    for (const task of ['encrypt', 'rewrap', 'reencrypt'] as const) {
      const found = await look({ task }, { provider });
      expect([verdictOf(found, 'probe'), verdictOf(found, 'keys')], task).toEqual(['ok', 'warning']);
    }
    expect(verdictOf(await look({ grade: 'stage' }, { provider }), 'keys')).toBe('refused');
    expect(await leftovers()).toBe(0);
  });

  it('a key without a description cannot be told from others', async () => {
    await put('a');
    const provider = { ...newKey, materialDescription: {} };
    const bare: KeyProvider = {
      ...provider,
      wrapKey: (request) => newKey.wrapKey(request),
      unwrapKey: (request) => newKey.unwrapKey(request),
    };
    expect(verdictOf(await look({ task: 'rewrap' }, { provider: bare }), 'description')).toBe('refused');
    expect(verdictOf(await look({ task: 'encrypt' }, { provider: bare }), 'description')).toBe('warning');
    expect(
      verdictOf(await look({ task: 'rewrap', targetKeys: [] }, { provider: nothing() }), 'description'),
    ).toBe('refused');
  });

  it('keys that open nothing of what is there are missing', async () => {
    await put('a', strangersKey);
    expect(verdictOf(await look(), 'old-keys')).toBe('refused');
    await put('b');
    const found = await look();
    expect(verdictOf(found, 'old-keys')).toBe('warning');
    expect(found.findings.find(({ name }) => name === 'old-keys')?.what).toContain('"a"');
    expect(verdictOf(await look({ task: 'encrypt' }), 'old-keys')).toBeUndefined();
  });

  it('an object that this user may not see keeps no job from the others', async () => {
    await put('a');
    await put('b');
    const match = { operation: 'HeadObject', key: 'a' };
    small.oss.faults.add({ kind: 'status', status: 403, code: 'AccessDenied', times: 1000, match });
    expect(verdictOf(await look(), 'old-keys')).toBe('ok');
    small.oss.faults.clear();
  });

  it('a source without objects is told', async () => {
    expect(verdictOf(await look(), 'objects')).toBe('warning');
  });
});

function nothing(): KeyProvider {
  return { ...newKey, wraps: { 'oss-crypto': 'rsa-oaep-sha1' } } as KeyProvider;
}

describe('the rules of the bucket', () => {
  it('versions stay, and the grade that needs them wants them', async () => {
    await put('a');
    expect(verdictOf(await look({ grade: 'versions' }), 'versioning')).toBe('refused');
    await enableVersions();
    await put('a');
    const found = await look({ grade: 'versions' });
    expect([verdictOf(found, 'versioning'), found.isRefused]).toEqual(['warning', false]);
    // Of the probe nothing stays, no version and no delete marker.
    expect(await leftovers()).toBe(0);
    await enableVersions('Suspended');
    expect(verdictOf(await look({ grade: 'versions' }), 'versioning')).toBe('refused');
    expect(verdictOf(await look(), 'versioning')).toBe('warning');
  });

  it('a retention policy keeps objects, and a probe would stay', async () => {
    await put('a');
    const retention = { id: 'w', state: 'Locked', days: 7, createdAt: new Date() } as const;
    await small.oss.setRules(bucketName, { retention });
    try {
      const found = await look();
      expect([verdictOf(found, 'retention'), verdictOf(found, 'probe')]).toEqual(['warning', undefined]);
      expect(small.oss.keys(bucketName)).toEqual(['a']);
    } finally {
      await small.oss.setRules(bucketName, { retention: undefined });
    }
  });

  it('rules against overwriting stop what they are about', async () => {
    await put('a');
    const verdict = async (rule: { prefix?: string; suffix?: string }, prefix = ''): Promise<unknown> => {
      await small.oss.setRules(bucketName, { overwriting: [{ id: 'r', ...rule }] });
      return verdictOf(await look({ source: { kind: 'listing', prefix } }), 'overwrite-rules');
    };
    try {
      expect(await verdict({})).toBe('refused');
      expect(await verdict({ suffix: '.txt' })).toBe('warning');
      expect(await verdict({ prefix: 'logs/' })).toBe('warning');
      expect(await verdict({ prefix: 'logs/' }, 'logs/2026/')).toBe('refused');
      expect(await verdict({ prefix: 'logs/' }, 'photos/')).toBe('ok');
    } finally {
      await small.oss.setRules(bucketName, { overwriting: [] });
    }
  });

  it('what is staged costs its shortest time of storage too', async () => {
    await put('a', oldKey, { 'x-oss-storage-class': 'IA' });
    const told = async (changes: Partial<Job>) =>
      (await look(changes)).findings.find(({ name }) => name === 'storage-classes')?.what;
    expect(await told({ grade: 'stage' })).toMatch(/staged copy .* two such times more/);
    expect(await told({})).not.toMatch(/staged/);
    expect(await told({ grade: 'stage', task: 'rewrap' })).not.toMatch(/staged/);
  });

  it('looks at no object that the filter leaves out', async () => {
    await put('a', strangersKey, { 'x-oss-storage-class': 'IA' });
    await put('b');
    const found = await look({ filter: { storageClasses: ['standard'] } });
    expect(verdictOf(found, 'old-keys')).toBe('ok');
    expect(verdictOf(found, 'storage-classes')).toBe('ok');
    expect(verdictOf(await look(), 'storage-classes')).toBe('warning');
    const none = await look({ filter: { minSizeBytes: 1_000_000 } });
    expect(none.findings.find(({ name }) => name === 'objects')?.what).toMatch(
      /leaves out each of the first 2/,
    );
    const plain = await look({ filter: { formats: ['plain'] } });
    expect(verdictOf(plain, 'old-keys')).toBeUndefined();
  });

  it('replication, storage classes and archives cost', async () => {
    await put('a', oldKey, { 'x-oss-storage-class': 'IA' });
    await put('b', oldKey, { 'x-oss-storage-class': 'Archive' });
    await small.oss.setRules(bucketName, {
      replication: [{ id: 'r', prefixes: [], targetBucket: 'copies' }],
    });
    try {
      const found = await look();
      for (const name of ['replication', 'storage-classes', 'archived'] as const) {
        expect(verdictOf(found, name), name).toBe('warning');
      }
      expect(found.findings.find(({ name }) => name === 'replication')?.what).toContain('copies');
      expect(found.sideEffects.join(' ')).toContain('Minimum times');
      expect(verdictOf(await look({ task: 'report' }), 'archived')).toBeUndefined();
    } finally {
      await small.oss.setRules(bucketName, { replication: [] });
    }
  });

  it.each([
    ['GetBucketVersioning', 'versioning'],
    ['GetBucketWorm', 'retention'],
    ['GetBucketOverwriteConfig', 'overwrite-rules'],
    ['GetBucketReplication', 'replication'],
  ] as const)('who may not ask %s is told so', async (operation, name) => {
    await put('a');
    const refuse = () => {
      small.oss.faults.add({ kind: 'status', status: 403, code: 'AccessDenied', match: { operation } });
    };
    refuse();
    expect(verdictOf(await look(), name)).toBe('warning');
    refuse();
    const needed = verdictOf(await look({ grade: 'versions' }), name);
    expect(needed).toBe(name === 'versioning' ? 'refused' : 'warning');
  });

  it('a transport that cannot ask is told', async () => {
    await put('a');
    const { bucketView: _view, ...transport } = small.transport();
    expect(verdictOf(await look({}, { transport }), 'versioning')).toBe('warning');
    expect(verdictOf(await look({ grade: 'versions' }, { transport }), 'versioning')).toBe('refused');
  });
});

describe('rights that are missing', () => {
  it.each([
    ['PutObject', 'reencrypt', /oss:PutObject/],
    ['CopyObject', 'rewrap', /oss:PutObject/],
    ['GetObjectAcl', 'rewrap', /oss:GetObjectAcl/],
  ] as const)('%s for %s', async (operation, task, right) => {
    await put('a');
    small.oss.faults.add({ kind: 'status', status: 403, code: 'AccessDenied', match: { operation } });
    const found = await look({ task });
    const finding = found.findings.find(({ name, verdict }) => name === 'probe' && verdict === 'refused');
    expect(finding?.fix).toMatch(right);
    expect(finding?.what).toContain('AccessDenied');
    expect(found.isRefused).toBe(true);
    // Whatever failed, it is cleaned up.
    expect(await leftovers()).toBe(0);
  });

  it('a probe that cannot be deleted is named', async () => {
    await put('a');
    small.oss.faults.add({
      kind: 'status',
      status: 403,
      code: 'AccessDenied',
      match: { operation: 'DeleteObject' },
    });
    const found = await look();
    const [left] = small.oss.keys(bucketName);
    expect(found.findings.find(({ name }) => name === 'probe')).toMatchObject({
      verdict: 'warning',
      what: expect.stringContaining(left as string),
    });
  });

  it('a version of the probe that nobody can find is named', async () => {
    await enableVersions();
    await put('a');
    const { bucketView: _view, ...transport } = small.transport();
    const found = await look({}, { transport });
    const finding = found.findings.find(({ name, verdict }) => name === 'probe' && verdict === 'warning');
    expect(finding?.what).toContain('version');
  });

  it('credentials that are refused end the look', async () => {
    small.oss.faults.add({
      kind: 'status',
      status: 403,
      code: 'InvalidAccessKeyId',
      match: { operation: 'GetBucketVersioning' },
    });
    await expect(look()).rejects.toMatchObject({ serviceCode: 'InvalidAccessKeyId' });
  });

  it('an abort ends it with its reason, and what was written is deleted', async () => {
    await put('a');
    const abort = new AbortController();
    const reason = new Error('enough');
    const transport = small.transport();
    const stopping: ObjectTransport = {
      ...transport,
      head: async (request) => {
        if (request.key.startsWith('.oss-envelope/')) abort.abort(reason);
        return transport.head(request);
      },
    };
    await expect(look({}, { transport: stopping, signal: abort.signal })).rejects.toBe(reason);
    expect(await leftovers()).toBe(0);
  });
});

describe('an estimate', () => {
  const putType = /^(?:Put|Copy|Delete|ListObjectsV2)/;
  it.each([
    [{ task: 'report' }],
    [{ task: 'verify' }],
    [{ task: 'rewrap' }],
    [{ task: 'rewrap', acl: 'default' }],
    [{ task: 'encrypt' }],
    [{ task: 'reencrypt', acl: 'private' }],
    [{ task: 'reencrypt', grade: 'stage' }],
    [{ task: 'encrypt', grade: 'stage', acl: 'default' }],
    [{ task: 'reencrypt', grade: 'versions' }],
  ] as const)('counts what %o asks for', async (changes) => {
    if ('grade' in changes && changes.grade === 'versions') await enableVersions();
    if (changes.task === 'encrypt') await small.oss.putObject(bucketName, 'a', 'x');
    else await put('a');
    const job = jobOf(changes);
    const tools = jobTools(job, { transport: small.transport(), provider: newKey, otherProviders: [oldKey] });
    small.oss.requests.clear();
    const outcome = await workOnObject({ job, tools, signal: undefined }, { key: 'a', position: 'a' });
    expect(outcome.kind).toBe('done');
    const operations = small.oss.requests.list().map(({ operation }) => operation ?? '');
    const count = operations.filter((operation) => putType.test(operation)).length;
    const { estimate } = await look(changes, { objects: 2500, isDryRun: true });
    expect(estimate.perObject).toEqual({ put: count, get: operations.length - count, kms: 0 });
    expect(estimate.requests?.put).toBe(2500 * count + 3);
    expect(estimate.seconds).toBeCloseTo((2500 * operations.length + 3) / usualRates.ossPerSecond);
  });

  it('has the slower of OSS and KMS, where a key is in KMS', async () => {
    await put('a');
    const provider = { ...newKey, wraps: { sealed: 'kms' } } as KeyProvider;
    const found = await look({ task: 'rewrap' }, { provider, objects: 1000, isDryRun: true });
    expect(found.estimate).toMatchObject({
      perObject: { kms: 2 },
      requests: { kms: 2000 },
      seconds: (5000 + 1) / 2000,
    });
    const rates = { ossPerSecond: 10_000, kmsPerSecond: 100 };
    const slow = await look({ task: 'rewrap' }, { provider, objects: 1000, isDryRun: true, rates });
    expect(slow.estimate.seconds).toBe(20);
    expect((await look({ task: 'rewrap' }, { isDryRun: true })).estimate.requests).toBeUndefined();
  });
});

describe('what names old keys beside the current objects', () => {
  it('is found among versions and uploads', async () => {
    await enableVersions();
    const transport = small.transport();
    for (const provider of [oldKey, oldKey, strangersKey, newKey]) await put('v/a', provider);
    await put('v/b', newKey);
    await put('v/b', newKey);
    await put('v/gone', oldKey);
    await transport.delete({ key: 'v/gone', headers: {} });
    await small.oss.putObject(bucketName, 'v/plain', '1');
    await small.oss.putObject(bucketName, 'v/plain', '2');
    await small.oss.putObject(bucketName, 'v/half', '1', {
      'x-oss-meta-client-side-encryption-key': 'x',
    });
    await small.oss.putObject(bucketName, 'v/half', '2');
    await put('w/other', oldKey);
    await put('w/other', newKey);
    for (const key of ['v/u', 'v/u', 'w/u']) await transport.parts?.start({ key, headers: {} });

    const tools = { transport };
    const wantedKeys = targetKeys({ provider: newKey, format: 'sealed' });
    const found = await lookForOldNames({ tools, wantedKeys, prefix: 'v/', concurrency: 2 });
    expect(found).toMatchObject({
      oldVersions: 7,
      deleteMarkers: 1,
      versionsUnderOtherKeys: 5,
      unreadableVersions: 1,
      unfinishedUploads: 2,
    });
    const names = Object.entries(found.byKey).map(([name, times]) => [
      /"key":"(\w+)"/.exec(name)?.[1],
      times,
    ]);
    expect(names.sort()).toEqual([
      ['old', 3],
      ['stranger', 1],
    ]);
  });

  it('is found in what belongs to jobs, which no job looks at', async () => {
    const staged = `.oss-envelope/jobs/other/staged/${'a'.repeat(64)}`;
    for (const isVersioned of [false, true]) {
      if (isVersioned) await enableVersions();
      await put(staged, oldKey);
      await put('.oss-envelope/of-mine', oldKey);
      await put(`.oss-envelope/jobs/other/staged/${'b'.repeat(64)}`, newKey);
      const wantedKeys = targetKeys({ provider: newKey, format: 'sealed' });
      const found = await lookForOldNames({ tools: { transport: small.transport() }, wantedKeys });
      expect(found).toMatchObject({ ownUnderOtherKeys: 1 });
    }
  });

  it('is nothing where the bucket keeps no versions', async () => {
    await put('a', oldKey);
    const tools = { transport: small.transport() };
    const { versionsUnderOtherKeys, unfinishedUploads } = await lookForOldNames({
      tools,
      wantedKeys: [],
      prefix: 'a',
    });
    expect([versionsUnderOtherKeys, unfinishedUploads]).toEqual([0, 0]);
    const { bucketView: _view, ...transport } = small.transport();
    await expect(lookForOldNames({ tools: { transport }, wantedKeys: [] })).rejects.toMatchObject({
      code: 'ERR_CAPABILITY_MISSING',
    });
  });
});
