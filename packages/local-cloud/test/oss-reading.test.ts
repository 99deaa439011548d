import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { getDigits as get, usePhotosBucket } from './photos-bucket.js';
import { element, outcome, type RawRequest, send } from './raw-request.js';

let oss: LocalOss;
usePhotosBucket((started) => {
  oss = started;
});

describe('ranges', () => {
  const cases = [
    // range, plain status, plain body, standard status, standard body
    ['bytes=0-0', 206, '0', 206, '0'],
    ['bytes=2-4', 206, '234', 206, '234'],
    ['bytes=0-9', 206, '0123456789', 206, '0123456789'],
    ['bytes=9-9', 206, '9', 206, '9'],
    ['bytes=7-', 206, '789', 206, '789'],
    ['bytes=0-', 206, '0123456789', 206, '0123456789'],
    ['bytes=-3', 206, '789', 206, '789'],
    ['bytes=-10', 206, '0123456789', 206, '0123456789'],
    ['bytes=5-10', 200, '0123456789', 206, '56789'],
    ['bytes=-11', 200, '0123456789', 206, '0123456789'],
    ['bytes=10-', 200, '0123456789', 416, undefined],
    ['bytes=10-20', 200, '0123456789', 416, undefined],
    ['bytes=-0', 200, '0123456789', 416, undefined],
    ['bytes=0-1,4-5', 206, '01', 416, undefined],
    ['bytes=4-2', 200, '0123456789', 200, '0123456789'],
    ['bytes=a-b', 200, '0123456789', 200, '0123456789'],
    ['byte=0-4', 200, '0123456789', 200, '0123456789'],
    ['bytes=-', 200, '0123456789', 200, '0123456789'],
  ] as const;

  test.each(cases)('%s', async (range, plainStatus, plainBody, standardStatus, standardBody) => {
    for (const standard of [false, true]) {
      const headers = { range, ...(standard ? { 'x-oss-range-behavior': 'standard' } : {}) };
      const answer = await send(oss, { ...get, headers });
      const status = standard ? standardStatus : plainStatus;
      const body = standard ? standardBody : plainBody;
      expect(answer.status).toBe(status);
      if (body === undefined) {
        expect(element(answer.text, 'Code')).toBe('InvalidRange');
        expect(element(answer.text, 'ActualObjectSize')).toBe('10');
        expect(answer.headers['content-range']).toBe('bytes */10');
        continue;
      }
      expect(answer.text).toBe(body);
      expect(answer.headers['content-length']).toBe(String(body.length));
      const start = '0123456789'.indexOf(body);
      const contentRange = status === 206 ? `bytes ${start}-${start + body.length - 1}/10` : undefined;
      expect(answer.headers['content-range']).toBe(contentRange);
    }
  });

  test('of an empty object', async () => {
    const empty = { ...get, key: 'empty' };
    expect(outcome(await send(oss, { ...empty, headers: { range: 'bytes=0-0' } }))).toBe('200');
    const standard = { range: 'bytes=0-', 'x-oss-range-behavior': 'standard' };
    expect(outcome(await send(oss, { ...empty, headers: standard }))).toBe('416 InvalidRange');
  });

  test('the checksum header is that of the whole object', async () => {
    const whole = await send(oss, get);
    const part = await send(oss, { ...get, headers: { range: 'bytes=1-2' } });
    expect(part.headers['x-oss-hash-crc64ecma']).toBe(whole.headers['x-oss-hash-crc64ecma']);
  });
});

describe('conditions', () => {
  const past = new Date(Date.now() - 3_600_000).toUTCString();
  const future = new Date(Date.now() + 3_600_000).toUTCString();

  test('on get and head', async () => {
    const { etag } = await oss.getObject('photos', 'digits');
    const cases: [Record<string, string>, number][] = [
      [{ 'if-match': `"${etag}"` }, 200],
      [{ 'if-match': etag.toLowerCase() }, 200],
      [{ 'if-match': '"other"' }, 412],
      [{ 'if-none-match': `"${etag}"` }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-modified-since': past }, 200],
      [{ 'if-modified-since': future }, 304],
      [{ 'if-unmodified-since': future }, 200],
      [{ 'if-unmodified-since': past }, 412],
    ];
    for (const [headers, status] of cases) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await send(oss, { ...get, method, headers });
        expect(answer.status, JSON.stringify(headers)).toBe(status);
        if (status === 304) expect(answer.headers.etag).toBe(`"${etag}"`);
        if (status === 412 && method === 'GET') {
          expect(element(answer.text, 'Condition')?.toLowerCase()).toBe(Object.keys(headers)[0]);
        }
      }
    }
  });

  test('on the source of a copy', async () => {
    const copy = (headers: Record<string, string>) =>
      send(oss, {
        method: 'PUT',
        bucket: 'photos',
        key: 'copy',
        headers: { 'x-oss-copy-source': '/photos/digits', ...headers },
      });
    expect((await copy({ 'x-oss-copy-source-if-match': '"other"' })).status).toBe(412);
    expect((await copy({ 'x-oss-copy-source-if-unmodified-since': future })).status).toBe(200);
  });
});

describe('answers', () => {
  test('a head of an error says what it is in headers', async () => {
    const answer = await send(oss, { ...get, method: 'HEAD', key: 'missing' });
    expect(answer.status).toBe(404);
    expect(answer.headers['x-oss-ec']).toBe('0026-00000001');
    const document = Buffer.from(String(answer.headers['x-oss-err']), 'base64').toString();
    expect(element(document, 'Code')).toBe('NoSuchKey');
    expect(element(document, 'RequestId')).toBe(answer.headers['x-oss-request-id']);
  });

  test('versions: only null is there', async () => {
    expect((await send(oss, { ...get, query: { versionId: 'null' } })).status).toBe(200);
    const other = await send(oss, { ...get, query: { versionId: 'CAEQ' } });
    expect(outcome(other)).toBe('404 NoSuchVersion');
  });

  test('what is not there is not pretended', async () => {
    expect(outcome(await send(oss, { ...get, method: 'PATCH' }))).toBe('405 MethodNotAllowed');
  });

  test('instants are in whole seconds, written with milliseconds of 000', async () => {
    const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/;
    const list = await send(oss, { method: 'GET', bucket: 'photos' });
    expect(element(list.text, 'LastModified')).toMatch(form);
    const late = await send(oss, { ...get, now: new Date(Date.now() - 3600_000) });
    expect(element(late.text, 'ServerTime')).toMatch(form);
  });

  test('a plus in a query is a space, an encoded one a plus', async () => {
    for (const key of ['a +b', 'a ++b']) await oss.putObject('photos', key, '');
    for (const [query, keys] of [
      ['prefix=a+%2Bb', ['a +b']],
      ['prefix=a%20%2B', ['a ++b', 'a +b']],
      ['prefix=a%2B', []],
    ] as const) {
      const spec: RawRequest = { method: 'GET', bucket: 'photos', sign: 'v1', path: `/photos/?${query}` };
      const { text } = await send(oss, spec);
      expect([...text.matchAll(/<Key>([^<]*)/g)].map(([, key]) => key)).toEqual(keys);
    }
  });

  test('list with encoding-type=url', async () => {
    await oss.createBucket('encoded');
    await oss.putObject('encoded', 'a b+&\u0001.txt', 'x');
    const listed = await send(oss, {
      method: 'GET',
      bucket: 'encoded',
      path: '/encoded/',
      query: { 'encoding-type': 'url' },
    });
    expect(element(listed.text, 'Key')).toBe('a%20b%2B%26%01.txt');
    const limit = await send(oss, {
      method: 'GET',
      bucket: 'encoded',
      path: '/encoded/',
      query: { 'max-keys': '1001' },
    });
    expect(outcome(limit)).toBe('400 InvalidArgument');
  });
});

describe('what an object tells of itself', () => {
  test('Content-MD5 of what came in one request; the checksum, on every way', async () => {
    const put = await send(oss, { method: 'PUT', bucket: 'photos', key: 'new', body: 'content' });
    const md5 = createHash('md5').update('content').digest('base64');
    expect(put.headers['content-md5']).toBe(md5);
    const crc64 = put.headers['x-oss-hash-crc64ecma'];
    for (const [method, query] of [
      ['GET', {}],
      ['HEAD', {}],
      ['HEAD', { objectMeta: '' }],
    ] as const) {
      const answer = await send(oss, { method, bucket: 'photos', key: 'new', query });
      expect(answer.headers['x-oss-hash-crc64ecma']).toBe(crc64);
      expect(answer.headers['content-length']).toBe('7');
      if (!('objectMeta' in query)) expect(answer.headers['content-md5']).toBe(md5);
    }
  });
});

describe('text is compressed for a client that accepts it', () => {
  const text = 'all work and no play '.repeat(20_000);
  const accept = { 'accept-encoding': 'br, gzip;q=0.5' };

  async function put(body: string, headers: Record<string, string>): Promise<void> {
    await send(oss, { method: 'PUT', bucket: 'photos', key: 'text', body, headers });
  }
  const read = (method: string, headers: Record<string, string>) =>
    send(oss, { method, bucket: 'photos', key: 'text', headers });

  test('without ETag and length', async () => {
    for (const type of ['text/plain', 'application/json; charset=utf-8']) {
      await put(text, { 'content-type': type });
      const answer = await read('GET', accept);
      expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': type });
      expect(answer.headers).not.toHaveProperty('etag');
      expect(answer.headers).not.toHaveProperty('content-length');
      expect(answer.body.length).toBeLessThan(text.length / 10);
      expect(gunzipSync(answer.body).toString()).toBe(text);
    }
    await put('x'.repeat(1024), { 'content-type': 'text/plain' });
    expect((await read('GET', accept)).headers['content-encoding']).toBe('gzip');
  });

  test('nothing else is', async () => {
    const plain = { 'content-type': 'text/plain' };
    const cases: [string, string, Record<string, string>, Record<string, string>][] = [
      ['GET', text, plain, {}],
      ['GET', text, plain, { 'accept-encoding': 'identity' }],
      ['GET', text, plain, { 'accept-encoding': 'gzip;q=0' }],
      ['GET', text, plain, { ...accept, range: 'bytes=0-2000' }],
      ['HEAD', text, plain, accept],
      ['GET', text, { 'content-type': 'image/png' }, accept],
      ['GET', text, {}, accept],
      ['GET', 'x'.repeat(1023), plain, accept],
    ];
    for (const [method, body, stored, asked] of cases) {
      await put(body, stored);
      const answer = await read(method, asked);
      expect(answer.headers, JSON.stringify([stored, asked])).not.toHaveProperty('content-encoding');
      expect(answer.headers.etag).toBeDefined();
      expect(answer.headers['content-length']).toBeDefined();
    }
    await put(text, { ...plain, 'content-encoding': 'br' });
    expect((await read('GET', accept)).headers['content-encoding']).toBe('br');
  });

  test('from a folder as from memory, and a broken connection frees it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'local-oss-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const bytes = randomBytes(3_000_000).toString('base64');
    await using kept = await startOss({ dir, buckets: ['photos'] });
    const spec = { bucket: 'photos', key: 'text' };
    await send(kept, { method: 'PUT', ...spec, body: bytes, headers: { 'content-type': 'text/plain' } });
    const answer = await send(kept, { method: 'GET', ...spec, headers: accept });
    expect(gunzipSync(answer.body).toString()).toBe(bytes);
    kept.faults.add({ kind: 'reset-response', afterBytes: 1000 });
    await expect(send(kept, { method: 'GET', ...spec, headers: accept })).rejects.toThrow();
    await kept.idle();
  });
});
