import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createFileLedger, targetKeys } from '@oss-envelope/jobs';
import { type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { runs } from '@oss-envelope/test-kit';
import { afterEach, beforeEach, expect, it } from 'vitest';

const bucket = 'photos';
const program = fileURLToPath(new URL('../support/programs/local-job.mjs', import.meta.url));
const pair = { ...(await generateRsaKeyPair({ modulusBits: 2048 })), materialDescription: { key: 'new' } };
const mebibyte = 1024 * 1024;

let oss: LocalOss;
let folder: string;

beforeEach(async () => {
  oss = await startOss({ buckets: [bucket], discardBodies: true });
  folder = await mkdtemp(join(tmpdir(), 'jobs-'));
});
afterEach(async () => {
  await oss.close();
  await rm(folder, { recursive: true, force: true });
});

/** Encrypts all that is plain, in a process of its own. @returns the most memory that it had, in bytes */
async function peakOf(name: string, nodeFlags: readonly string[] = []): Promise<number> {
  const path = join(folder, name);
  const ledger = await createFileLedger(path, {
    version: 1,
    id: name,
    bucketName: bucket,
    task: 'encrypt',
    format: 'sealed',
    grade: 'direct',
    source: { kind: 'listing', prefix: '' },
    filter: {},
    targetKeys: targetKeys({ provider: rsaProvider(pair), format: 'sealed' }),
    createdAt: new Date().toISOString(),
  });
  await ledger.close();
  const config = join(folder, `${name}.json`);
  await writeFile(
    config,
    JSON.stringify({ origin: oss.origin, bucket, folder: path, oldPair: pair, newPair: pair }),
  );
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags, program, config]);
  const { result, peakKib } = JSON.parse(stdout) as { result: string; peakKib: number };
  expect(result).toBe('done');
  return peakKib * 1024;
}

async function plainObjects(prefix: string, count: number, sizeBytes: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await oss.putSyntheticObject(bucket, `${prefix}/${index}`, { sizeBytes });
  }
}

it('the memory of a worker does not grow with the number of objects', { timeout: 900_000 }, async () => {
  await plainObjects('many', runs(1_500, 0.13), 100);
  // What is kept of each object would not fit: V8 ends the process then.
  await peakOf('many', ['--max-old-space-size=32']);
});

it('nor with the size of one', { timeout: 900_000 }, async () => {
  await plainObjects('small', 1, 8 * mebibyte);
  const small = await peakOf('small');
  await plainObjects('large', 1, runs(2048, 0.06) * mebibyte);
  const large = await peakOf('large');
  expect(large - small).toBeLessThan(64 * mebibyte);
});
