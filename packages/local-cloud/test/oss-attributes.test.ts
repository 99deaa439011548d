import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { element, outcome, type RawAnswer, type RawRequest, send } from './raw-request.js';

let oss: LocalOss;
let now = new Date();

beforeAll(async () => {
  oss = await startOss({ buckets: ['photos'], now: () => now });
});

afterAll(() => oss.close());

beforeEach(async () => {
  now = new Date();
  for (const key of oss.keys('photos')) await oss.deleteObject('photos', key);
});

/** A request signed by the server's clock. */
function request(method: string, key: string, spec: Partial<RawRequest> = {}): Promise<RawAnswer> {
  return send(oss, { method, bucket: 'photos', key, now, ...spec });
}

const kms = { 'x-oss-server-side-encryption': 'KMS', 'x-oss-server-side-encryption-key-id': 'key-1' };

describe('server-side encryption, storage class and tags come back', () => {
  const headers = { ...kms, 'x-oss-storage-class': 'IA', 'x-oss-tagging': 'a%20b=c%2Bd&empty' };

  async function expectAttributes(key: string): Promise<void> {
    for (const method of ['GET', 'HEAD']) {
      expect((await request(method, key)).headers).toMatchObject({
        ...kms,
        'x-oss-storage-class': 'IA',
        'x-oss-tagging-count': '2',
      });
    }
    const tags = (await request('GET', key, { query: { tagging: '' } })).text;
    expect(tags).toContain(
      '<Tag><Key>a b</Key><Value>c+d</Value></Tag><Tag><Key>empty</Key><Value></Value></Tag>',
    );
    const list = await send(oss, {
      method: 'GET',
      bucket: 'photos',
      path: '/photos/',
      query: { prefix: key },
    });
    expect(element(list.text, 'StorageClass')).toBe('IA');
  }

  test('PutObject', async () => {
    expect((await request('PUT', 'k', { body: 'x', headers })).headers).toMatchObject(kms);
    await expectAttributes('k');
  });

  test('the encryption KMS without a key answers one; SM4 goes with KMS', async () => {
    const sm4 = { 'x-oss-server-side-encryption': 'KMS', 'x-oss-server-side-data-encryption': 'SM4' };
    const put = await request('PUT', 'k', { body: 'x', headers: sm4 });
    expect(put.headers).toMatchObject({
      ...sm4,
      'x-oss-server-side-encryption-key-id': expect.stringMatching(/./),
    });
  });

  test.each(['AES256', 'SM4', undefined])(
    'with %s no notice is taken of SM4 for the data',
    async (method) => {
      const headers = {
        'x-oss-server-side-data-encryption': 'SM4',
        ...(method === undefined ? {} : { 'x-oss-server-side-encryption': method }),
      };
      const put = await request('PUT', 'k', { body: 'x', headers });
      expect([put.status, put.headers['x-oss-server-side-encryption']]).toEqual([200, method]);
      expect(put.headers).not.toHaveProperty('x-oss-server-side-data-encryption');
    },
  );

  test('a later append changes none', async () => {
    const append = (position: string, more: Record<string, string>) =>
      request('POST', 'log', { query: { append: '', position }, body: 'x', headers: more });
    await append('0', headers);
    expect(outcome(await append('1', { 'x-oss-tagging': '%%%', 'x-oss-storage-class': 'Standard' }))).toBe(
      '200',
    );
    await expectAttributes('log');
  });

  test('AppendObject', async () => {
    const query = { append: '', position: '0' };
    expect((await request('POST', 'log', { query, body: 'x', headers })).headers).toMatchObject(kms);
    await expectAttributes('log');
  });

  test('a multipart upload', async () => {
    const started = await request('POST', 'big', { query: { uploads: '' }, headers });
    expect(started.headers).toMatchObject(kms);
    const uploadId = element(started.text, 'UploadId')!;
    const query = { uploadId, partNumber: '1' };
    // ali-oss repeats what the upload was started with.
    const repeated = { 'x-oss-tagging': headers['x-oss-tagging'] };
    const part = await request('PUT', 'big', { query, body: 'x', headers: repeated });
    expect(part.headers).toMatchObject(kms);
    const other = { 'x-oss-tagging': 'other=1' };
    expect(outcome(await request('PUT', 'big', { query, body: 'x', headers: other }))).toBe(
      '501 NotImplemented',
    );
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    const completed = { ...repeated, 'x-oss-object-acl': 'public-read' };
    const done = await request('POST', 'big', { query: { uploadId }, body, headers: completed });
    expect(outcome(done)).toBe('200');
    expect(done.headers).toMatchObject(kms);
    await expectAttributes('big');
    expect(outcome(await request('GET', 'big', { sign: 'none' }))).toBe('200');
  });

  test('CopyObject copies the tags, not the encryption, unless it is told so', async () => {
    await request('PUT', 'k', { body: 'x', headers: { ...headers, 'x-oss-object-acl': 'public-read' } });
    const source = { 'x-oss-copy-source': '/photos/k' };
    await request('PUT', 'copy', { headers: source });
    const plain = (await request('HEAD', 'copy')).headers;
    expect(plain).not.toHaveProperty('x-oss-server-side-encryption');
    expect(plain).toMatchObject({ 'x-oss-storage-class': 'Standard', 'x-oss-tagging-count': '2' });
    expect(outcome(await request('GET', 'copy', { sign: 'none' }))).toBe('403 AccessDenied');

    const replacing = { ...source, 'x-oss-tagging': 'one=1', 'x-oss-tagging-directive': 'replace', ...kms };
    expect((await request('PUT', 'copy', { headers: replacing })).headers).toMatchObject(kms);
    expect((await request('HEAD', 'copy')).headers).toMatchObject({ 'x-oss-tagging-count': '1', ...kms });
  });
});

test('tags are set, read and deleted, and Last-Modified stays', async () => {
  await request('PUT', 'k', { body: 'x' });
  const modified = (await request('HEAD', 'k')).headers['last-modified'];
  now = new Date(now.getTime() + 60_000);
  const query = { tagging: '' };
  const xml = (tags: string) => `<Tagging><TagSet>${tags}</TagSet></Tagging>`;
  const tag = '<Tag><Key>a</Key><Value>1&amp;#50;</Value></Tag>';
  expect(outcome(await request('PUT', 'k', { query, body: xml(tag) }))).toBe('400 InvalidTag');
  expect(outcome(await request('PUT', 'k', { query, body: xml('<Tag><Key>a</Key></Tag>') }))).toBe(
    '400 MalformedXML',
  );
  const valid = '<Tag><Key>a</Key><Value>1&#50;</Value></Tag>';
  expect(outcome(await request('PUT', 'k', { query, body: xml(valid) }))).toBe('200');
  expect((await request('GET', 'k', { query })).text).toContain('<Value>12</Value>');
  expect((await request('HEAD', 'k')).headers).toMatchObject({
    'last-modified': modified,
    'x-oss-tagging-count': '1',
  });
  expect(outcome(await request('DELETE', 'k', { query }))).toBe('204');
  expect((await request('HEAD', 'k')).headers).not.toHaveProperty('x-oss-tagging-count');
  expect(outcome(await request('GET', 'missing', { query }))).toBe('404 NoSuchKey');
});

test("an object's ACL goes before that of its bucket", async () => {
  const acl = (value: string) =>
    request('PUT', 'k', { query: { acl: '' }, headers: { 'x-oss-object-acl': value } });
  const anonymous = async (method: string) =>
    outcome(await request(method, 'k', { sign: 'none', ...(method === 'PUT' ? { body: 'x' } : {}) }));
  await request('PUT', 'k', { body: 'x' });
  expect((await request('GET', 'k', { query: { acl: '' } })).text).toContain('<Grant>default</Grant>');
  expect(await anonymous('GET')).toBe('403 AccessDenied');
  expect(outcome(await acl('public-read'))).toBe('200');
  expect(await anonymous('GET')).toBe('200');
  expect(await anonymous('PUT')).toBe('403 AccessDenied');
  await acl('public-read-write');
  expect(await anonymous('PUT')).toBe('200');
  await oss.createBucket('open', 'public-read-write');
  const open: Partial<RawRequest> = { bucket: 'open' };
  await request('PUT', 'k', { ...open, body: 'x', headers: { 'x-oss-object-acl': 'private' } });
  expect(outcome(await request('GET', 'k', { ...open, sign: 'none' }))).toBe('403 AccessDenied');
  for (const query of [{ acl: '' }, { tagging: '' }]) {
    await request('PUT', 'free', { ...open, body: 'x' });
    expect(outcome(await request('GET', 'free', { ...open, sign: 'none', query }))).toBe('403 AccessDenied');
  }
  expect(outcome(await acl('nonsense'))).toBe('400 InvalidArgument');
  expect(outcome(await request('PUT', 'k', { query: { acl: '' } }))).toBe('400 InvalidArgument');
});

describe('symbolic links', () => {
  const link = (key: string, target: string, headers: Record<string, string> = {}) =>
    request('PUT', key, { query: { symlink: '' }, headers: { 'x-oss-symlink-target': target, ...headers } });

  test('give the bytes of their target and metadata of their own', async () => {
    const put = await request('PUT', 'ä b', { body: 'hello', headers: { 'x-oss-meta-a': 'target' } });
    expect(outcome(await link('link', encodeURIComponent('ä b'), { 'x-oss-meta-a': 'link' }))).toBe('200');
    const got = await request('GET', 'link', { headers: { range: 'bytes=1-2' } });
    expect(got.text).toBe('el');
    const head = await request('HEAD', 'link');
    expect(head.headers).toMatchObject({
      etag: put.headers.etag,
      'content-md5': put.headers['content-md5'],
      'content-length': '5',
      'x-oss-hash-crc64ecma': put.headers['x-oss-hash-crc64ecma'],
      'x-oss-object-type': 'Symlink',
      'x-oss-meta-a': 'link',
    });
    const target = await request('GET', 'link', { query: { symlink: '' } });
    expect(target.headers['x-oss-symlink-target']).toBe('%C3%A4%20b');
    expect((await request('HEAD', 'link', { query: { objectMeta: '' } })).headers['content-length']).toBe(
      '0',
    );
    await request('PUT', 'copied', { headers: { 'x-oss-copy-source': '/photos/link' } });
    expect((await request('HEAD', 'copied')).headers['x-oss-object-type']).toBe('Symlink');
  });

  test('refuse what they cannot give', async () => {
    await request('PUT', 'k', { body: 'x' });
    await link('link', 'missing');
    expect(outcome(await request('GET', 'link'))).toBe('404 SymlinkTargetNotExist');
    await link('one', 'k');
    await link('two', 'one');
    expect(outcome(await request('GET', 'two'))).toBe('400 InvalidTargetType');
    expect(outcome(await request('GET', 'k', { query: { symlink: '' } }))).toBe('400 InvalidArgument');
    expect(outcome(await request('PUT', 'k', { query: { symlink: '' } }))).toBe('400 InvalidArgument');
    expect(outcome(await link('k', 'one', { 'x-oss-forbid-overwrite': 'true' }))).toBe(
      '409 FileAlreadyExists',
    );
  });
});

test('an archived object is read only while it is restored', async () => {
  const restore = (body?: string, key = 'k') =>
    request('POST', key, { query: { restore: '' }, ...(body === undefined ? {} : { body }) });
  const days = (count: number) => `<RestoreRequest><Days>${count}</Days></RestoreRequest>`;
  await request('PUT', 'k', { body: 'cold', headers: { 'x-oss-storage-class': 'Archive' } });
  await request('PUT', 'warm', { body: 'x' });
  expect(outcome(await restore(undefined, 'warm'))).toBe('400 OperationNotSupported');
  expect(outcome(await restore(undefined, 'missing'))).toBe('404 NoSuchKey');

  const copy = { headers: { 'x-oss-copy-source': '/photos/k' } };
  expect(outcome(await request('GET', 'k'))).toBe('403 InvalidObjectState');
  expect(outcome(await request('PUT', 'copy', copy))).toBe('403 InvalidObjectState');
  expect((await request('HEAD', 'k')).headers).not.toHaveProperty('x-oss-restore');
  expect(outcome(await restore(days(8)))).toBe('400 MalformedXML');
  const tier = '<RestoreRequest><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>';
  expect(outcome(await restore(tier))).toBe('400 MalformedXML');
  expect(outcome(await restore(days(2)))).toBe('202');
  expect(outcome(await restore())).toBe('409 RestoreAlreadyInProgress');
  expect((await request('HEAD', 'k')).headers['x-oss-restore']).toBe('ongoing-request="true"');
  const list = await send(oss, { method: 'GET', bucket: 'photos', path: '/photos/', now });
  expect(element(list.text, 'RestoreInfo')).toBe('ongoing-request=&quot;true&quot;');
  expect(outcome(await request('GET', 'k'))).toBe('403 InvalidObjectState');

  now = new Date(now.getTime() + 61_000);
  expect((await request('GET', 'k')).text).toBe('cold');
  expect((await request('HEAD', 'k')).headers['x-oss-restore']).toMatch(
    /^ongoing-request="false", expiry-date="/,
  );
  expect(outcome(await request('PUT', 'copy', copy))).toBe('200');
  expect(outcome(await restore(days(1)))).toBe('200');
  now = new Date(now.getTime() + 24 * 3_600_000 + 1000);
  expect(outcome(await request('GET', 'k'))).toBe('403 InvalidObjectState');
});

test('the priority of a restoration is for the cold classes', async () => {
  await request('PUT', 'k', { body: 'cold', headers: { 'x-oss-storage-class': 'ColdArchive' } });
  const restore = (tier: string) => {
    const body = `<RestoreRequest><Days>3</Days><JobParameters><Tier>${tier}</Tier></JobParameters></RestoreRequest>`;
    return request('POST', 'k', { query: { restore: '' }, body });
  };
  expect(outcome(await restore('Fast'))).toBe('400 InvalidArgument');
  const answer = await restore('Expedited');
  expect(outcome(answer)).toBe('202');
  expect(answer.headers['x-oss-object-restore-priority']).toBe('Expedited');
});

test('objects take the storage class of their bucket', async () => {
  const body = '<CreateBucketConfiguration><StorageClass>Archive</StorageClass></CreateBucketConfiguration>';
  const spec: Partial<RawRequest> = { bucket: 'cold', path: '/cold/' };
  expect(outcome(await send(oss, { method: 'PUT', ...spec, body }))).toBe('200');
  expect(
    element((await send(oss, { method: 'GET', ...spec, query: { bucketInfo: '' } })).text, 'StorageClass'),
  ).toBe('Archive');
  await request('PUT', 'k', { bucket: 'cold', body: 'x' });
  expect(outcome(await request('GET', 'k', { bucket: 'cold' }))).toBe('403 InvalidObjectState');
  const nonsense = body.replace('Archive', 'Nonsense');
  expect(outcome(await send(oss, { method: 'PUT', ...spec, body: nonsense }))).toBe('400 InvalidArgument');
});
