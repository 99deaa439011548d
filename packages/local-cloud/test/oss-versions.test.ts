import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { element, outcome, type RawAnswer, type RawRequest, send } from './raw-request.js';

let oss: LocalOss;
let bucket: string;
let count = 0;

beforeAll(async () => {
  oss = await startOss();
});

afterAll(() => oss.close());

beforeEach(async () => {
  count += 1;
  bucket = `bucket-${count}`;
  await oss.createBucket(bucket);
});

function object(method: string, spec: Partial<RawRequest> = {}): Promise<RawAnswer> {
  return send(oss, { method, bucket, key: 'k', ...spec });
}

function onBucket(method: string, query: Record<string, string>, body?: string): Promise<RawAnswer> {
  return send(oss, { method, bucket, path: `/${bucket}/`, query, ...(body === undefined ? {} : { body }) });
}

function setVersioning(status: string): Promise<RawAnswer> {
  const xml = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  return onBucket('PUT', { versioning: '' }, xml);
}

async function put(body: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await object('PUT', { body, headers });
  expect(outcome(answer)).toBe('200');
  return String(answer.headers['x-oss-version-id']);
}

function ids(xml: string): string[] {
  return [...xml.matchAll(/<VersionId>([^<]*)/g)].map(([, id]) => id!);
}

test('the state of a bucket', async () => {
  expect(element((await onBucket('GET', { versioning: '' })).text, 'Status')).toBeUndefined();
  expect((await object('PUT', { body: 'x' })).headers).not.toHaveProperty('x-oss-version-id');
  expect(outcome(await setVersioning('Enabled'))).toBe('200');
  expect(element((await onBucket('GET', { versioning: '' })).text, 'Status')).toBe('Enabled');
  expect(element((await onBucket('GET', { bucketInfo: '' })).text, 'Versioning')).toBe('Enabled');
  expect(outcome(await setVersioning('Disabled'))).toBe('400 MalformedXML');
});

describe('enabled', () => {
  beforeEach(async () => {
    await put('first');
    await setVersioning('Enabled');
  });

  test('what was there becomes the version null', async () => {
    const second = await put('second');
    const third = await put('third');
    expect(new Set([second, third, 'null']).size).toBe(3);
    for (const [versionId, body] of [
      [undefined, 'third'],
      [third, 'third'],
      [second, 'second'],
      ['null', 'first'],
    ] as const) {
      const answer = await object('GET', versionId === undefined ? {} : { query: { versionId } });
      expect(answer.text).toBe(body);
      expect(answer.headers['x-oss-version-id']).toBe(versionId ?? third);
      const head = await object('HEAD', versionId === undefined ? {} : { query: { versionId } });
      expect(head.headers['x-oss-version-id']).toBe(versionId ?? third);
    }
    expect(outcome(await object('GET', { query: { versionId: 'CAEQnone' } }))).toBe('404 NoSuchVersion');
  });

  test('deleting writes a marker; deleting the marker brings the object back', async () => {
    const second = await put('second');
    const deleted = await object('DELETE');
    expect(deleted.headers['x-oss-delete-marker']).toBe('true');
    const marker = String(deleted.headers['x-oss-version-id']);

    const gone = await object('GET');
    expect(outcome(gone)).toBe('404 NoSuchKey');
    expect(gone.headers).toMatchObject({ 'x-oss-delete-marker': 'true', 'x-oss-version-id': marker });
    expect(outcome(await object('GET', { query: { versionId: marker } }))).toBe('405 MethodNotAllowed');
    expect(outcome(await object('GET', { query: { versionId: marker, acl: '' } }))).toBe('404 NoSuchKey');
    expect((await object('GET', { query: { versionId: second } })).text).toBe('second');
    expect((await onBucket('GET', {})).text).not.toContain('<Key>');
    expect(outcome(await send(oss, { method: 'DELETE', bucket, path: `/${bucket}/` }))).toBe(
      '409 BucketNotEmpty',
    );

    const undone = await object('DELETE', { query: { versionId: marker } });
    expect(undone.headers).toMatchObject({ 'x-oss-delete-marker': 'true', 'x-oss-version-id': marker });
    expect((await object('GET')).text).toBe('second');
    await object('DELETE', { query: { versionId: second } });
    expect((await object('GET')).text).toBe('first');
    await object('DELETE', { query: { versionId: 'null' } });
    expect(outcome(await object('GET'))).toBe('404 NoSuchKey');
    expect(outcome(await send(oss, { method: 'DELETE', bucket, path: `/${bucket}/` }))).toBe('204');
  });

  test('ListObjectVersions pages over keys and versions, latest first', async () => {
    const second = await put('second');
    const marker = String((await object('DELETE')).headers['x-oss-version-id']);
    await send(oss, { method: 'PUT', bucket, key: 'a', body: 'x' });
    await send(oss, { method: 'PUT', bucket, key: 'z', body: 'x' });
    const all = (await onBucket('GET', { versions: '' })).text;
    expect([...all.matchAll(/<Key>([^<]*)/g)].map(([, key]) => key)).toEqual(['a', 'k', 'k', 'k', 'z']);
    expect(ids(all).slice(1, 4)).toEqual([marker, second, 'null']);
    expect([...all.matchAll(/<IsLatest>([^<]*)/g)].map(([, latest]) => latest)).toEqual([
      'true',
      'true',
      'false',
      'false',
      'true',
    ]);
    expect(all.match(/<DeleteMarker>/g)).toHaveLength(1);

    const paged: string[] = [];
    let markers: Record<string, string> = {};
    for (let page = 0; page < 10; page += 1) {
      const { text } = await onBucket('GET', { versions: '', 'max-keys': '2', ...markers });
      paged.push(...ids(text).filter((id) => id !== element(text, 'VersionIdMarker')));
      if (element(text, 'IsTruncated') === 'false') break;
      markers = {
        'key-marker': element(text, 'NextKeyMarker')!,
        'version-id-marker': element(text, 'NextVersionIdMarker')!,
      };
    }
    expect(paged).toEqual(ids(all));
    const orphan = await onBucket('GET', { versions: '', 'version-id-marker': second });
    expect(outcome(orphan)).toBe('400 InvalidArgument');
  });

  test('a copy names its source version, and makes one', async () => {
    const second = await put('second');
    await put('third');
    const copy = (source: string) =>
      send(oss, { method: 'PUT', bucket, key: 'copy', headers: { 'x-oss-copy-source': source } });
    const answer = await copy(`/${bucket}/k?versionId=${second}`);
    expect(outcome(answer)).toBe('200');
    expect(answer.headers['x-oss-copy-source-version-id']).toBe(second);
    expect(answer.headers['x-oss-version-id']).toMatch(/^CAEQ/);
    expect((await send(oss, { method: 'GET', bucket, key: 'copy' })).text).toBe('second');
    expect(outcome(await copy(`/${bucket}/k?versionId=none`))).toBe('404 NoSuchVersion');
    // oss2 repeats the version in the query.
    const headers = { 'x-oss-copy-source': `/${bucket}/k?versionId=${second}` };
    for (const [versionId, expected] of [
      [second, '200'],
      ['null', '400 InvalidArgument'],
    ] as const) {
      const spec: RawRequest = { method: 'PUT', bucket, key: 'copy', query: { versionId }, headers };
      expect(outcome(await send(oss, spec))).toBe(expected);
    }
    const marker = String((await object('DELETE')).headers['x-oss-version-id']);
    expect(outcome(await copy(`/${bucket}/k?versionId=${marker}`))).toBe('404 NoSuchKey');
  });

  test('ACL and tags belong to a version', async () => {
    const second = await put('second', { 'x-oss-tagging': 'n=2' });
    await put('third');
    const query = { versionId: second };
    expect((await object('GET', { query: { ...query, tagging: '' } })).text).toContain('<Key>n</Key>');
    expect((await object('GET', { query: { tagging: '' } })).text).not.toContain('<Key>');
    const acl = { headers: { 'x-oss-object-acl': 'public-read' }, query: { ...query, acl: '' } };
    expect((await object('PUT', acl)).headers['x-oss-version-id']).toBe(second);
    expect((await object('GET', { query: { ...query, acl: '' } })).text).toContain('public-read');
    expect((await object('GET', { query: { acl: '' } })).text).toContain('>default<');
    expect((await object('GET', { query })).text).toBe('second');
    expect((await object('GET')).text).toBe('third');
  });

  test('DeleteMultipleObjects tells of markers and versions', async () => {
    const second = await put('second');
    const body = `<Delete><Object><Key>k</Key></Object><Object><Key>k</Key><VersionId>${second}</VersionId></Object></Delete>`;
    const { text } = await onBucket('POST', { delete: '' }, body);
    expect(text).toContain('<DeleteMarker>true</DeleteMarker>');
    expect(element(text, 'DeleteMarkerVersionId')).toMatch(/^CAEQ/);
    expect(ids(text)).toEqual([second]);
    expect(outcome(await object('GET', { query: { versionId: second } }))).toBe('404 NoSuchVersion');
    expect((await object('GET', { query: { versionId: 'null' } })).text).toBe('first');
  });

  test('x-oss-forbid-overwrite has no effect', async () => {
    await put('second', { 'x-oss-forbid-overwrite': 'true' });
  });

  test('an appended object is the version null, and no append goes to anything else', async () => {
    const append = (key: string, position: number) =>
      send(oss, {
        method: 'POST',
        bucket,
        key,
        query: { append: '', position: String(position) },
        body: 'ab',
      });
    expect((await append('log', 0)).headers['x-oss-version-id']).toBe('null');
    expect((await append('log', 2)).headers['x-oss-version-id']).toBe('null');
    expect(outcome(await append('k', 5))).toBe('409 ObjectNotAppendable');
    await object('DELETE');
    expect(outcome(await append('k', 0))).toBe('409 ObjectNotAppendable');
  });
});

test('without versions: a version id that is none is refused, null names the object and is not answered', async () => {
  await put('first');
  expect(outcome(await object('DELETE', { query: { versionId: '234' } }))).toBe('400 InvalidArgument');
  const xml = '<Delete><Object><Key>k</Key><VersionId>234</VersionId></Object></Delete>';
  expect(outcome(await onBucket('POST', { delete: '' }, xml))).toBe('400 InvalidArgument');
  expect((await object('GET')).text).toBe('first');
  const deleted = await object('DELETE', { query: { versionId: 'null' } });
  expect(deleted.headers).not.toHaveProperty('x-oss-version-id');
  expect(outcome(await object('GET'))).toBe('404 NoSuchKey');
});

test('suspended: the version null is replaced, the others stay', async () => {
  await setVersioning('Enabled');
  const first = await put('first');
  await setVersioning('Suspended');
  expect(await put('second')).toBe('null');
  expect(await put('third')).toBe('null');
  expect(ids((await onBucket('GET', { versions: '' })).text)).toEqual(['null', first]);
  expect((await object('DELETE')).headers).toMatchObject({
    'x-oss-delete-marker': 'true',
    'x-oss-version-id': 'null',
  });
  expect(ids((await onBucket('GET', { versions: '' })).text)).toEqual(['null', first]);
  expect(outcome(await object('GET'))).toBe('404 NoSuchKey');
  await object('DELETE', { query: { versionId: 'null' } });
  expect((await object('GET')).text).toBe('first');
});

test('versions, markers and attributes outlive the server when they are kept in a folder', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'local-oss-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const attributes = {
    'x-oss-tagging': 'a=b',
    'x-oss-object-acl': 'public-read',
    'x-oss-server-side-encryption': 'AES256',
    'x-oss-storage-class': 'IA',
  };
  const read = async (server: LocalOss) => {
    const spec: RawRequest = { method: 'GET', bucket: 'kept', path: '/kept/', query: { versions: '' } };
    const head = await send(server, { method: 'HEAD', bucket: 'kept', key: 'k' });
    return {
      versions: (await send(server, spec)).text,
      type: head.headers['x-oss-object-type'],
      class: head.headers['x-oss-storage-class'],
      tags: head.headers['x-oss-tagging-count'],
      sse: head.headers['x-oss-server-side-encryption'],
      md5: head.headers['content-md5'],
      link: (await send(server, { method: 'GET', bucket: 'kept', key: 'link' })).text,
    };
  };
  let before: unknown;
  {
    await using server = await startOss({ dir, buckets: ['kept'] });
    await server.setVersioning('kept', 'Enabled');
    for (const body of ['first', 'second']) {
      await send(server, { method: 'PUT', bucket: 'kept', key: 'k', body, headers: attributes });
      await send(server, { method: 'PUT', bucket: 'kept', key: 'gone', body });
    }
    await send(server, { method: 'DELETE', bucket: 'kept', key: 'gone' });
    const headers = { 'x-oss-symlink-target': 'k' };
    await send(server, { method: 'PUT', bucket: 'kept', key: 'link', query: { symlink: '' }, headers });
    before = await read(server);
    expect(before).toMatchObject({ type: 'Normal', class: 'IA', tags: '1', sse: 'AES256', link: 'second' });
  }
  await using server = await startOss({ dir });
  expect(await read(server)).toEqual(before);
});
