import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EncryptedBucket, OssEnvelopeError } from '@oss-envelope/core';
import { getToFile } from '@oss-envelope/core/node';
import { defaultOssAccount, type LocalOss, type OssFaultRule, startOss } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair, runs, sha256 } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { aliOssClient } from '../support/world.js';

const pair = await rsaPair();
const partSizeBytes = 102_400;
let oss: LocalOss;
let folder: string;

beforeEach(async () => {
  oss = await startOss({ buckets: ['bucket'], md5: false, maxLoggedRequests: 100 });
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
});
afterEach(async () => {
  await oss.close();
  await rm(folder, { recursive: true, force: true });
});

/** A sequence that is the same in each run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

it('a process killed while it uploads, again and again, ends in objects whose hash is right', {
  timeout: 600_000,
}, async () => {
  const program = fileURLToPath(new URL('../support/programs/resumable-put.mjs', import.meta.url));
  // The program runs on the built packages.
  expect(
    existsSync(fileURLToPath(new URL('../../packages/core/dist/index.js', import.meta.url))),
    'build first',
  ).toBe(true);
  const [source, checkpoint, keys] = ['source', 'checkpoint', 'keys'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(keys, JSON.stringify(pair));
  const bucket = new EncryptedBucket({
    transport: aliOssTransport(aliOssClient({ oss, folder })),
    provider: rsaProvider(pair),
    format: 'oss-crypto',
  });
  oss.faults.add({
    kind: 'delay',
    delayMs: 25,
    times: Number.POSITIVE_INFINITY,
    match: { operation: 'UploadPart' },
  });
  const random = seededRandom(1);

  const run = (key: string, killAfterMs: number): Promise<'done' | 'killed'> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program, oss.endpoint, key, source, checkpoint, keys]);
      let errors = '';
      child.stderr.on('data', (text) => (errors += text));
      child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), killAfterMs));
      child.once('exit', (code, signal) => {
        if (signal === 'SIGKILL') resolve('killed');
        else if (code === 0) resolve('done');
        else reject(new Error(errors));
      });
    });

  let kills = 0;
  for (let object = 0; kills < runs(15); object++) {
    const content = randomBytes(partSizeBytes * 20 + 7);
    await writeFile(source, content);
    for (let attempt = 0; ; attempt++) {
      // Later attempts are given more time, so that each object is finished at last.
      const outcome = await run('object', random() * (attempt < 6 ? 250 : 3000));
      if (outcome === 'done') break;
      kills++;
    }
    expect(sha256(await (await bucket.get('object')).bytes()), `object ${object} after ${kills} kills`).toBe(
      sha256(content),
    );
    expect(existsSync(checkpoint)).toBe(false);
    // Killed between the server's start of an upload and the saving of its id, a process leaves an upload behind.
    expect(oss.uploads('bucket').length).toBeLessThanOrEqual(kills);
    await bucket.delete('object');
  }
});

it('faults at random places of 100-part transfers end in the right hash or a typed error', {
  timeout: 900_000,
}, async () => {
  const unhandled: unknown[] = [];
  const remember = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', remember);
  const content = randomBytes(partSizeBytes * 99 + 1);
  const expected = sha256(content);
  const limits = { idleTimeoutMs: 800, retries: 1 };
  const buckets = [
    aliOssTransport(aliOssClient({ oss, folder }), limits),
    fetchTransport({
      endpoint: oss.endpoint,
      bucket: 'bucket',
      region: oss.region,
      credentials: { ...defaultOssAccount },
      ...limits,
    }),
  ].map(
    (transport) =>
      new EncryptedBucket({ transport, provider: rsaProvider(pair), format: 'client-side-encryption' }),
  );
  await buckets[0]!.put('down', content);
  const outcomes = { whole: 0, failed: 0 };
  const target = join(folder, 'target');

  for (let seed = 0; seed < runs(60); seed++) {
    const random = seededRandom(seed);
    const bucket = buckets[seed % 2] as EncryptedBucket;
    const up = seed % 4 < 2;
    for (let count = 1 + Math.floor(random() * 4); count > 0; count--) {
      const bytes = Math.floor(random() * partSizeBytes);
      const rules: OssFaultRule[] = [
        { kind: 'reset-request', afterBytes: bytes },
        { kind: 'reset-response', afterBytes: up ? 0 : bytes },
        { kind: 'truncate', afterBytes: up ? 0 : bytes },
        { kind: 'truncate', afterBytes: up ? 0 : bytes, shorten: true },
        { kind: 'wrong-crc' },
        { kind: 'corrupt-response', atByte: bytes },
        { kind: 'lost-response' },
        { kind: 'status', status: [500, 503, 429, 403, 404][Math.floor(random() * 5)] as number },
        { kind: 'status', status: 500, afterOperation: true },
        { kind: 'ignore-range' },
        { kind: 'stall-response', afterBytes: up ? 0 : bytes },
        { kind: 'stall-request', afterBytes: bytes },
      ];
      // Stalls cost the idle time-out each, so they are drawn less often.
      const rule = rules[
        Math.floor(random() * (random() < 0.3 ? rules.length : rules.length - 2))
      ] as OssFaultRule;
      // An upload whose start was not answered has no name by which it could be dropped, and a server that refuses to
      // drop one has its way.
      const match = ({ operation }: { operation: string }): boolean =>
        operation !== 'InitiateMultipartUpload' &&
        !(operation === 'AbortMultipartUpload' && rule.kind === 'status');
      oss.faults.add({
        ...rule,
        match,
        skip: Math.floor(random() * 102),
        times: 1 + Math.floor(random() * 3),
      });
    }
    try {
      if (up) await bucket.put('up', content, { partSizeBytes, multipartThresholdBytes: 0, concurrency: 4 });
      else await getToFile(bucket, 'down', target, { partSizeBytes, concurrency: 4 });
      outcomes.whole++;
      oss.faults.clear();
      const actual = up ? await (await bucket.get('up')).bytes() : await readFile(target);
      expect(sha256(actual), `seed ${seed}`).toBe(expected);
    } catch (error) {
      if (!(error instanceof OssEnvelopeError)) throw error;
      outcomes.failed++;
      oss.faults.clear();
    }
    // An upload whose end was not heard of may have been finished by the server all the same; none may be left open.
    await expect.poll(() => oss.uploads('bucket'), { message: `seed ${seed}` }).toEqual([]);
    expect(
      (await readdir(folder)).filter((name) => name !== 'target'),
      `seed ${seed}`,
    ).toEqual([]);
    await rm(target, { force: true });
    await buckets[0]!.delete('up');
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', remember);
  expect(unhandled).toEqual([]);
  // Both must happen, or the faults do not strike where they should.
  expect(outcomes.whole).toBeGreaterThanOrEqual(runs(6));
  expect(outcomes.failed).toBeGreaterThanOrEqual(runs(6));
});

it.each([
  ['in one request', ''],
  ['in ranges', '3'],
])('a disk that is full is a clear error, and spares the target: %s', async (_, concurrency) => {
  const program = fileURLToPath(new URL('../support/programs/get-to-file.mjs', import.meta.url));
  const [target, keys] = [join(folder, 'target'), join(folder, 'keys')] as const;
  await writeFile(keys, JSON.stringify(pair));
  await writeFile(target, 'old');
  const bucket = new EncryptedBucket({
    transport: aliOssTransport(aliOssClient({ oss, folder })),
    provider: rsaProvider(pair),
    format: 'oss-crypto',
  });
  await bucket.put('object', randomBytes(3_000_000));
  // A limit on file sizes, which takes no privilege, in the place of a full disk: half of the object fits.
  const command = `ulimit -f 1500; exec "$@"`;
  const args = [
    '-c',
    command,
    'bash',
    process.execPath,
    program,
    oss.endpoint,
    'object',
    target,
    keys,
    concurrency,
  ];
  const output = await new Promise<string>((resolve, reject) =>
    execFile('bash', args, (error, stdout, stderr) =>
      error?.code === 3 ? resolve(stdout) : reject(new Error(stdout + stderr)),
    ),
  );
  expect(output).toMatch(/^EFBIG .*too large/);
  expect((await readdir(folder)).sort()).toEqual(['keys', 'target']);
  expect(await readFile(target, 'utf8')).toBe('old');
});
