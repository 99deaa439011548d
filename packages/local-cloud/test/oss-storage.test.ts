import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@oss-envelope/test-kit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startOss } from '../src/index.js';
import { Crc64, combineCrc64 } from '../src/oss/storage/crc64.js';
import { element, type RawRequest, send, signHeaders } from './raw-request.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-local-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function files(dir: string, name: string): Promise<string[]> {
  return readdir(join(folder, dir, name));
}

const put: RawRequest = { method: 'PUT', bucket: 'photos', key: 'k', body: 'content' };

describe('a folder', () => {
  test('keeps the order of keys, and the rules of a bucket', async () => {
    const dir = join(folder, 'rules');
    const keys = ['a', 'z', '\ufffd', '\u{1f600}'];
    const createdAt = new Date('2026-11-27T00:00:00Z');
    const rules = {
      retention: { id: 'w', state: 'Locked', days: 3, createdAt },
      overwriting: [{ id: 'o', prefix: 'a/' }],
      replication: [{ id: 'r', prefixes: ['b/'], targetBucket: 'copies' }],
    } as const;
    {
      await using oss = await startOss({ dir, buckets: ['photos'] });
      for (const key of [...keys].reverse()) await oss.putObject('photos', key, 'x');
      await oss.setRules('photos', rules);
    }
    await using oss = await startOss({ dir, buckets: ['photos'] });
    expect(oss.keys('photos')).toEqual(keys);
    const ask = (query: Record<string, string>) =>
      send(oss, { method: 'GET', bucket: 'photos', path: '/photos/', query });
    const worm = await ask({ worm: '' });
    expect([element(worm.text, 'State'), element(worm.text, 'RetentionPeriodInDays')]).toEqual([
      'Locked',
      '3',
    ]);
    expect(element(worm.text, 'CreationDate')).toBe('2026-11-27T00:00:00.000Z');
    expect(element((await ask({ overwriteConfig: '' })).text, 'Prefix')).toBe('a/');
    expect(element((await ask({ replication: '' })).text, 'Bucket')).toBe('copies');
  });

  test('outlives the server: buckets, objects, metadata, parts, appends', async () => {
    const dir = join(folder, 'kept');
    const part = randomBytes(100 * 1024);
    {
      await using oss = await startOss({ dir, buckets: ['photos'] });
      await oss.createBucket('public', 'public-read');
      await send(oss, { ...put, headers: { 'x-oss-meta-a': '1', 'content-type': 'text/x' } });
      await send(oss, { ...put, key: 'copy', body: '', headers: { 'x-oss-copy-source': '/photos/k' } });
      const init = await send(oss, {
        ...put,
        method: 'POST',
        key: 'parts',
        query: { uploads: '' },
        body: '',
      });
      const uploadId = element(init.text, 'UploadId')!;
      for (const n of ['1', '2']) {
        await send(oss, { ...put, key: 'parts', query: { uploadId, partNumber: n }, body: part });
      }
      const complete = { ...put, method: 'POST', key: 'parts', query: { uploadId }, body: '' };
      await send(oss, { ...complete, headers: { 'x-oss-complete-all': 'yes' } });
      const append = { ...put, method: 'POST', key: 'log', query: { append: '', position: '0' } };
      await send(oss, { ...append, body: 'one ' });
    }
    await writeFile(join(dir, 'bodies', 'left-over'), 'x');
    {
      await using oss = await startOss({ dir, buckets: ['photos'] });
      expect(oss.keys('photos')).toEqual(['copy', 'k', 'log', 'parts']);
      const copy = await oss.getObject('photos', 'copy');
      expect(Buffer.from(copy.bytes).toString()).toBe('content');
      expect(copy.headers).toEqual({ 'content-type': 'text/x', 'x-oss-meta-a': '1' });
      const parts = await send(oss, { ...put, method: 'GET', key: 'parts' });
      expect(parts.body.equals(Buffer.concat([part, part]))).toBe(true);
      expect(parts.headers.etag).toMatch(/-2"$/);
      const append = {
        ...put,
        method: 'POST',
        key: 'log',
        query: { append: '', position: '4' },
        body: 'two',
      };
      expect((await send(oss, append)).status).toBe(200);
      expect(Buffer.from((await oss.getObject('photos', 'log')).bytes).toString()).toBe('one two');
      expect((await send(oss, { method: 'GET', bucket: 'public', key: 'none', sign: 'none' })).status).toBe(
        404,
      );
      await oss.deleteObject('photos', 'k');
      expect(Buffer.from((await oss.getObject('photos', 'copy')).bytes).toString()).toBe('content');
      for (const key of ['copy', 'log', 'parts']) await oss.deleteObject('photos', key);
    }
    expect(await files('kept', 'bodies')).toEqual([]);
    expect(await files('kept', 'incoming')).toEqual([]);
    expect(await files('kept', 'catalog/photos')).toEqual(['bucket.json']);
  });

  test('an overwritten object gives its file up, but not under a reader', async () => {
    await using oss = await startOss({ dir: join(folder, 'overwritten'), buckets: ['photos'] });
    const first = randomBytes(8_000_000);
    await oss.putObject('photos', 'k', first);
    oss.faults.add({ kind: 'stall-response', afterBytes: 100, match: { method: 'GET' } });
    const headers: Record<string, string> = {};
    signHeaders(oss, { ...put, method: 'GET' }, headers);
    const reader = httpRequest({ port: oss.port, path: '/photos/k', headers, agent: false }, (r) =>
      r.resume(),
    );
    reader.on('error', () => {});
    reader.end();
    await until(() => oss.requests.last()?.status === 200);
    await send(oss, { ...put, body: 'second' });
    expect(await files('overwritten', 'bodies')).toHaveLength(2);
    reader.destroy();
    await oss.idle();
    let left = 2;
    for (let i = 0; i < 100 && left > 1; i += 1) left = (await files('overwritten', 'bodies')).length;
    expect(left).toBe(1);
    expect(Buffer.from((await oss.getObject('photos', 'k')).bytes).toString()).toBe('second');
  });

  test('an upload that breaks off leaves the old object and no file', async () => {
    await using oss = await startOss({ dir: join(folder, 'broken'), buckets: ['photos'] });
    await send(oss, put);
    const big = randomBytes(3_000_000);
    const headers: Record<string, string> = { 'content-length': String(big.length) };
    signHeaders(oss, put, headers);
    const request = httpRequest({ port: oss.port, method: 'PUT', path: '/photos/k', headers, agent: false });
    request.on('error', () => {});
    request.write(big.subarray(0, 2_500_000));
    await until(() => oss.requests.length === 2 && oss.activeRequests === 1);
    let incoming: string[] = [];
    for (let i = 0; i < 100 && incoming.length === 0; i += 1) incoming = await files('broken', 'incoming');
    expect(incoming).toHaveLength(1);
    request.destroy();
    await oss.idle();
    expect(await files('broken', 'incoming')).toEqual([]);
    expect(await files('broken', 'bodies')).toHaveLength(1);
    expect(Buffer.from((await oss.getObject('photos', 'k')).bytes).toString()).toBe('content');
    const wrong = createHash('md5').update('other').digest('base64');
    expect((await send(oss, { ...put, headers: { 'content-md5': wrong } })).status).toBe(400);
    expect(await files('broken', 'incoming')).toEqual([]);
  });

  test('answers that faults replace, break or corrupt hold no body back', async () => {
    await using oss = await startOss({ dir: join(folder, 'held'), buckets: ['photos'] });
    await oss.putObject('photos', 'k', randomBytes(1_000_000));
    const get: RawRequest = { method: 'GET', bucket: 'photos', key: 'k' };
    oss.faults.add({ kind: 'status', status: 500, afterOperation: true });
    expect((await send(oss, get)).status).toBe(500);
    oss.faults.add({ kind: 'lost-response' });
    await expect(send(oss, get)).rejects.toThrow();
    oss.faults.add({ kind: 'reset-response', afterBytes: 1000 });
    await expect(send(oss, get)).rejects.toThrow();
    oss.faults.add({ kind: 'corrupt-response' });
    expect((await send(oss, get)).body).toHaveLength(1_000_000);
    await oss.deleteObject('photos', 'k');
    await oss.idle();
    await oss.close();
    expect(await files('held', 'bodies')).toEqual([]);
  });

  test('a full or missing disk is a 500 that stores nothing, and the log says why', async () => {
    const dir = join(folder, 'missing');
    await using oss = await startOss({ dir, buckets: ['photos'] });
    await rm(join(dir, 'incoming'), { recursive: true });
    const answer = await send(oss, put);
    expect([answer.status, element(answer.text, 'Code')]).toEqual([500, 'InternalError']);
    expect(oss.requests.last()?.failure).toMatchObject({ code: 'ENOENT' });
    expect(oss.hasObject('photos', 'k')).toBe(false);
  });

  test('concurrent writes to one key end in one of them, on disk as in memory', async () => {
    const dir = join(folder, 'concurrent');
    let etag: string;
    {
      await using oss = await startOss({ dir, buckets: ['photos'] });
      await Promise.all(Array.from({ length: 20 }, (_, i) => send(oss, { ...put, body: `content ${i}` })));
      etag = (await oss.getObject('photos', 'k')).etag;
    }
    await using again = await startOss({ dir });
    expect((await again.getObject('photos', 'k')).etag).toBe(etag);
    expect(await files('concurrent', 'bodies')).toHaveLength(1);
  });
});

describe.each(['memory', 'folder'])('in %s', (where) => {
  test('a body larger than every buffer comes back the same, whole and in ranges', async () => {
    const dir = where === 'folder' ? { dir: join(folder, 'large') } : {};
    await using oss = await startOss({ ...dir, buckets: ['photos'] });
    const content = randomBytes(5_000_000);
    expect((await send(oss, { ...put, body: content })).status).toBe(200);
    const get = { ...put, method: 'GET' };
    delete (get as { body?: unknown }).body;
    expect((await send(oss, get)).body.equals(content)).toBe(true);
    for (const [first, last] of [
      [0, 0],
      [524_287, 524_288],
      [1_000_001, 4_999_998],
      [4_999_999, 4_999_999],
    ] as const) {
      const part = await send(oss, { ...get, headers: { range: `bytes=${first}-${last}` } });
      expect(part.body.equals(content.subarray(first, last + 1))).toBe(true);
    }
  });

  test('stored bytes can be tampered with behind the protocol', async () => {
    const dir = where === 'folder' ? { dir: join(folder, 'tampered') } : {};
    await using oss = await startOss({ ...dir, buckets: ['photos'] });
    await send(oss, { ...put, headers: { 'x-oss-meta-a': '1' } });
    const before = await oss.getObject('photos', 'k');
    await oss.corruptByte('photos', 'k', 0);
    const after = await oss.getObject('photos', 'k');
    expect(Buffer.from(after.bytes).toString()).toBe('bontent');
    expect([after.etag, after.crc64]).toEqual([before.etag, before.crc64]);
    await oss.tamperBody('photos', 'k', (bytes) => bytes.subarray(0, 3));
    expect((await send(oss, { ...put, method: 'GET', body: '' })).text).toBe('bon');
    await oss.setHeaders('photos', 'k', (headers) => ({ ...headers, 'x-oss-meta-b': '2' }));
    expect((await oss.getObject('photos', 'k')).headers).toMatchObject({
      'x-oss-meta-a': '1',
      'x-oss-meta-b': '2',
    });
    await expect(oss.corruptByte('photos', 'k', 3)).rejects.toThrow(RangeError);
  });
});

describe('for benchmarks', () => {
  test('bodies can be discarded: counted and summed, not kept', async () => {
    await using oss = await startOss({ buckets: ['photos'], discardBodies: true, md5: false });
    const answer = await send(oss, { ...put, body: '123456789' });
    expect(answer.headers['x-oss-hash-crc64ecma']).toBe(String(0x995dc9bbdf1939fan));
    const head = await send(oss, { ...put, method: 'HEAD', body: '' });
    expect(head.headers['content-length']).toBe('9');
    const get = await send(oss, { ...put, method: 'GET', body: '' });
    expect([get.status, element(get.text, 'Code')]).toEqual([500, 'InternalError']);
    expect((await send(oss, put)).status).toBe(200);
  });

  test('synthetic objects have any size and the right checksum', async () => {
    await using oss = await startOss({ buckets: ['photos'] });
    const block = randomBytes(1000);
    for (const sizeBytes of [0, 1, 999, 1000, 1001, 300_000, 1_234_567]) {
      await oss.putSyntheticObject('photos', 'synthetic', {
        sizeBytes,
        block,
        headers: { 'x-oss-meta-a': '1' },
      });
      const got = await send(oss, { ...put, key: 'synthetic', method: 'GET', body: '' });
      expect(got.headers['x-oss-meta-a']).toBe('1');
      const expected = Buffer.alloc(sizeBytes, block);
      expect(got.body.equals(expected)).toBe(true);
      await oss.putObject('photos', 'real', expected);
      expect(got.headers['x-oss-hash-crc64ecma']).toBe((await oss.getObject('photos', 'real')).crc64);
    }
    await oss.putSyntheticObject('photos', 'huge', { sizeBytes: 2 ** 40 });
    const range = { range: `bytes=${2 ** 40 - 2}-` };
    const tail = await send(oss, { ...put, key: 'huge', method: 'GET', body: '', headers: range });
    expect([tail.status, tail.body.length]).toEqual([206, 2]);
  });

  test('objects whose bytes are made when they are read', async () => {
    await using oss = await startOss({ buckets: ['photos'] });
    const compute = (offset: number, length: number): Uint8Array =>
      Uint8Array.from({ length }, (_, index) => (offset + index) % 251);
    const headers = { 'x-oss-meta-a': '1' };
    await oss.putComputedObject('photos', 'computed', { sizeBytes: 600_000, compute, headers });
    const got = await send(oss, { ...put, key: 'computed', method: 'GET', body: '' });
    expect(got.headers['x-oss-meta-a']).toBe('1');
    expect(got.headers['x-oss-hash-crc64ecma']).toBeUndefined();
    expect(got.body.equals(compute(0, 600_000))).toBe(true);
    const range = { range: 'bytes=300000-300009' };
    const part = await send(oss, { ...put, key: 'computed', method: 'GET', body: '', headers: range });
    expect(part.body.equals(compute(300_000, 10))).toBe(true);
    const wrong = { sizeBytes: -1, compute };
    await expect(oss.putComputedObject('photos', 'computed', wrong)).rejects.toThrow(RangeError);
  });
});

describe('CRC-64', () => {
  async function crc64(bytes: Uint8Array): Promise<bigint> {
    const sum = await Crc64.start();
    sum.update(bytes);
    return sum.finish();
  }

  test('sums of two pieces combine to that of both', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.uint8Array({ maxLength: 3000 }),
        async (a, b) => {
          const whole = await crc64(Buffer.concat([a, b]));
          expect(combineCrc64(await crc64(a), await crc64(b), b.length)).toBe(whole);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('check value', async () => {
    expect(await crc64(Buffer.from('123456789'))).toBe(0x995dc9bbdf1939fan);
  });
});
