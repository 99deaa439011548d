import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EncryptedBucket } from '@oss-envelope/core';
import { fileCheckpoint, putFile } from '@oss-envelope/core/node';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPage } from './pages.js';

interface Policy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: string }[];
}

const page = await readPage('docs/security.md');
const policies = new Map(
  [...page.matchAll(/^### (.+)\n[^#]*?```json\n([^`]+)```/gm)].map(([, title = '', json = '']) => [
    title,
    JSON.parse(json) as Policy,
  ]),
);

/** The actions of RAM that each operation needs, by the documentation of OSS. */
const actionsOfOperation: Readonly<Record<string, readonly string[]>> = {
  PutObject: ['oss:PutObject'],
  InitiateMultipartUpload: ['oss:PutObject'],
  UploadPart: ['oss:PutObject'],
  CompleteMultipartUpload: ['oss:PutObject'],
  AbortMultipartUpload: ['oss:AbortMultipartUpload'],
  ListParts: ['oss:ListParts'],
  GetObject: ['oss:GetObject'],
  HeadObject: ['oss:GetObject'],
  ListObjectsV2: ['oss:ListObjects'],
  DeleteObject: ['oss:DeleteObject'],
  DeleteMultipleObjects: ['oss:DeleteObject'],
  CopyObject: ['oss:GetObject', 'oss:PutObject'],
  GetObjectAcl: ['oss:GetObjectAcl'],
  GetObjectTagging: ['oss:GetObjectTagging'],
};
/** And those that a header of a request needs besides. */
const actionsOfHeader: Readonly<Record<string, string>> = {
  'x-oss-object-acl': 'oss:PutObjectAcl',
  'x-oss-tagging': 'oss:PutObjectTagging',
};

const pair = await rsaPair();
const parts = { multipartThresholdBytes: 1, partSizeBytes: 131_072, concurrency: 1 };
const large = new Uint8Array(300_000);
let oss: LocalOss;
let bucket: EncryptedBucket;
let folder: string;

beforeEach(async () => {
  oss = await startOss({ buckets: ['photos'] });
  folder = await mkdtemp(join(tmpdir(), 'policies-'));
  const transport = fetchTransport({
    endpoint: oss.endpoint,
    bucket: 'photos',
    region: oss.region,
    credentials: { ...defaultOssAccount },
    retries: 0,
  });
  bucket = new EncryptedBucket({ transport, provider: rsaProvider(pair), format: 'sealed' });
});
afterEach(async () => {
  await oss.close();
  await rm(folder, { recursive: true });
});

const failPart = (): void => {
  oss.faults.add({ kind: 'status', status: 403, match: { operation: 'UploadPart' } });
};

/** What a heading says, done; gives how many requests came before it. */
const uses: Readonly<Record<string, () => Promise<number>>> = {
  async 'Write objects'() {
    await bucket.put('small', 'x');
    await bucket.put('large', large, parts);
    failPart();
    await expect(bucket.put('large', large, parts)).rejects.toThrow();
    return 0;
  },
  async 'Read objects'() {
    await bucket.put('a', large);
    const before = oss.requests.list().length;
    await (await bucket.get('a', { range: { offsetBytes: 5, lengthBytes: 5 } })).bytes();
    await bucket.verify('a');
    await bucket.head('a');
    await bucket.exists('a');
    await (await bucket.open('a')).read(200_000, 5);
    return before;
  },
  async 'Go on with an upload that failed'() {
    const file = join(folder, 'large');
    await writeFile(file, large);
    const options = { ...parts, checkpoint: fileCheckpoint(join(folder, 'checkpoint')) };
    failPart();
    await expect(putFile(bucket, 'large', file, options)).rejects.toThrow();
    const before = oss.requests.list().length;
    await putFile(bucket, 'large', file, options);
    return before;
  },
  async 'List and delete'() {
    for (const key of ['a', 'b', 'c']) await bucket.put(key, 'x');
    const before = oss.requests.list().length;
    for await (const entry of bucket.list({})) expect(entry.kind).toBe('object');
    await bucket.delete('a');
    await bucket.deleteMany(['b', 'c']);
    return before;
  },
  async 'Rewrap, reencrypt, copy, rename'() {
    const headers = { 'x-oss-object-acl': 'private', 'x-oss-tagging': 'kind=sample' };
    await bucket.put('a', 'x', { headers });
    const before = oss.requests.list().length;
    await bucket.rewrap('a');
    await bucket.reencrypt('a');
    await bucket.copy('a', 'b');
    await bucket.rename('b', 'c');
    return before;
  },
};

describe('each policy of docs/security.md is what its use asks for', () => {
  it('all policies have a use, and all uses a policy', () => {
    expect([...policies.keys()].sort()).toEqual(Object.keys(uses).sort());
  });

  it.each(Object.keys(uses))('%s', async (title) => {
    const before = await uses[title]!();
    const asked = new Set<string>();
    for (const { operation, headers } of oss.requests.list().slice(before)) {
      const actions = actionsOfOperation[operation ?? ''] ?? expect.fail(`${operation} has no action here`);
      for (const action of actions) asked.add(action);
      for (const [name, action] of Object.entries(actionsOfHeader))
        if (headers[name] !== undefined) asked.add(action);
    }
    const allowed = policies.get(title)!.Statement.flatMap(({ Action }) => Action);
    // To go on takes what writing takes, and the page says so.
    const beside = title.startsWith('Go on') ? ['oss:PutObject'] : [];
    expect([...asked].sort()).toEqual([...allowed, ...beside].sort());
  });
});

describe('SECURITY.md and docs/security.md promise the same to who reports a fault', async () => {
  const policy = await readPage('SECURITY.md');
  const promised = (markdown: string): readonly string[] =>
    [...(/What you can expect:\n\n((?:- .+\n)+)/.exec(markdown)?.[1] ?? '').matchAll(/^- .+$/gm)].map(
      ([line]) => line,
    );

  it('the same answer, fix and silence', () => {
    expect(promised(policy).length).toBeGreaterThan(2);
    expect(promised(page)).toEqual(promised(policy));
  });

  it.each([
    'https://github.com/oss-envelope/oss-envelope/security/advisories/new',
    'Send no real keys, credentials or data.',
    'There is no bounty.',
    'an update reads everything that they wrote',
  ])('%s', (shared) => {
    expect(policy).toContain(shared);
    expect(page).toContain(shared);
  });

  it('in Chinese, as many promises and the same 90 days', async () => {
    const chinese = (await readPage('docs/zh/security.md')).split('## 报告')[1] ?? '';
    expect([...chinese.matchAll(/^- /gm)]).toHaveLength(promised(policy).length);
    expect(chinese).toContain('90');
  });
});
