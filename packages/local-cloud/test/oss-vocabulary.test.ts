import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { element, outcome, type RawRequest, send } from './raw-request.js';

let oss: LocalOss;

beforeAll(async () => {
  oss = await startOss({ buckets: ['photos'] });
});

afterAll(() => oss.close());

beforeEach(async () => {
  await oss.createBucket('photos', 'private');
  await oss.putObject('photos', 'k', 'precious');
});

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
const unknown = [
  'publicAccessBlock',
  'httpsConfig',
  'legalHold',
  'objectRetention',
  'regions',
  'cors',
  'lifecycle',
  'website',
  'policy',
  'x-oss-process',
  'x-oss-write-get-object-response',
  'nonsense',
  '__proto__',
];

/** HEAD has no body to read the code of. */
function expected(method: string): string {
  return method === 'HEAD' ? '501 undefined' : '501 NotImplemented';
}

describe('a sub-resource that is not known never runs the plain operation', () => {
  const places: [string, Partial<RawRequest>][] = [
    ['the service', { path: '/' }],
    ['a bucket', { bucket: 'photos', path: '/photos/' }],
    ['an object', { bucket: 'photos', key: 'k' }],
  ];

  test.each(places)('of %s', async (_name, place) => {
    for (const method of methods) {
      for (const name of unknown) {
        for (const value of ['', 'value']) {
          const query = { [name]: value } as Record<string, string>;
          if (name === '__proto__') Object.defineProperty(query, name, { value, enumerable: true });
          const answer = await send(oss, { ...place, method, query, body: method === 'PUT' ? '<X/>' : '' });
          expect(outcome(answer), `${method} ?${name}=${value}`).toBe(expected(method));
        }
      }
    }
    expect(Buffer.from((await oss.getObject('photos', 'k')).bytes).toString()).toBe('precious');
  });

  test('beside one that is known', async () => {
    const cases: [string, Record<string, string>, string?][] = [
      ['GET', { acl: '', nonsense: '' }],
      ['PUT', { tagging: '', legalHold: '' }],
      ['POST', { uploads: '', restore: '' }],
      ['DELETE', { versionId: 'null', objectRetention: '' }],
    ];
    for (const [method, query] of cases) {
      const answer = await send(oss, { method, bucket: 'photos', key: 'k', query });
      expect(outcome(answer), JSON.stringify(query)).toBe('501 NotImplemented');
    }
    expect(oss.hasObject('photos', 'k')).toBe(true);
  });

  test('known ones of another method or level', async () => {
    const cases: [string, string | undefined, string][] = [
      ['DELETE', undefined, 'acl'],
      ['DELETE', undefined, 'versioning'],
      ['PUT', undefined, 'uploads'],
      ['PUT', undefined, 'bucketInfo'],
      ['DELETE', 'k', 'acl'],
      ['DELETE', 'k', 'restore'],
      ['PUT', 'k', 'restore'],
      ['GET', 'k', 'uploads'],
      ['GET', 'k', 'versions'],
      ['POST', 'k', 'acl'],
    ];
    for (const [method, key, name] of cases) {
      const answer = await send(oss, {
        method,
        bucket: 'photos',
        ...(key ? { key } : { path: '/photos/' }),
        query: { [name]: '' },
      });
      expect(outcome(answer), `${method} ${key}?${name}`).toBe('501 NotImplemented');
    }
    expect(oss.hasObject('photos', 'k')).toBe(true);
  });

  test('it is refused only to those who may ask', async () => {
    const query = { publicAccessBlock: '' };
    const anonymous = await send(oss, {
      method: 'DELETE',
      bucket: 'photos',
      path: '/photos/',
      query,
      sign: 'none',
    });
    expect(outcome(anonymous)).toBe('403 AccessDenied');
  });
});

test('an ACL outlives requests for other settings, and PutBucket without one', async () => {
  const bucket = { bucket: 'photos', path: '/photos/' };
  await oss.createBucket('photos', 'public-read');
  await send(oss, { ...bucket, method: 'PUT', query: { httpsConfig: '' }, body: '<X/>' });
  expect((await send(oss, { ...bucket, method: 'GET', query: { acl: '' } })).text).toContain('public-read');
  await send(oss, { ...bucket, method: 'PUT' });
  expect((await send(oss, { ...bucket, method: 'GET', query: { acl: '' } })).text).toContain('public-read');
  const acl = { 'x-oss-acl': 'public-read-write' };
  expect(outcome(await send(oss, { ...bucket, method: 'PUT', query: { acl: '' }, headers: acl }))).toBe(
    '200',
  );
  expect((await send(oss, { ...bucket, method: 'GET', query: { acl: '' } })).text).toContain('read-write');
});

test('a form upload says that it is not there', async () => {
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  const answer = await send(oss, { method: 'POST', bucket: 'photos', path: '/photos/', headers, body: 'x' });
  expect(outcome(answer)).toBe('501 NotImplemented');
  expect(answer.text).toContain('PostObject');
  const unsigned = await fetch(`${oss.origin}/photos/`, { method: 'POST', headers, body: 'x' });
  expect([unsigned.status, await unsigned.text()]).toEqual([501, expect.stringContaining('PostObject')]);
});

test('PutBucketAcl makes a bucket that is not there, and keeps what else a bucket is', async () => {
  const put = (bucket: string, acl: string) =>
    send(oss, { method: 'PUT', bucket, query: { acl: '' }, headers: { 'x-oss-acl': acl } });
  const info = async (bucket: string) => {
    const { text } = await send(oss, { method: 'GET', bucket, query: { bucketInfo: '' } });
    return ['Grant', 'StorageClass'].map((name) => element(text, name));
  };
  expect(await put('by-acl', 'public-read')).toMatchObject({ status: 200, headers: { location: '/by-acl' } });
  expect(await info('by-acl')).toEqual(['public-read', 'Standard']);
  const archive = { 'x-oss-storage-class': 'Archive' };
  await send(oss, { method: 'PUT', bucket: 'archive', headers: archive });
  expect((await put('archive', 'public-read')).status).toBe(200);
  expect(await info('archive')).toEqual(['public-read', 'Archive']);
});

test('a bucket is not made with a header that is not understood', async () => {
  const headers = { 'x-oss-server-side-encryption': 'AES256' };
  const answer = await send(oss, { method: 'PUT', bucket: 'not-there-yet', headers });
  expect(outcome(answer)).toBe('501 NotImplemented');
});

describe('x-oss headers', () => {
  const put: RawRequest = { method: 'PUT', bucket: 'photos', key: 'k', body: 'x' };

  test.each([
    'x-oss-object-worm-mode',
    'x-oss-server-side-encryption-context',
    'x-oss-persistent-headers',
    'x-oss-symlink-target',
    'x-oss-metadata-directive',
    'x-oss-nonsense',
  ])('%s is not for PutObject', async (name) => {
    expect(outcome(await send(oss, { ...put, headers: { [name]: 'v' } }))).toBe('501 NotImplemented');
    expect(Buffer.from((await oss.getObject('photos', 'k')).bytes).toString()).toBe('precious');
  });

  test.each([
    ['x-oss-server-side-encryption', 'nonsense', '400 InvalidEncryptionAlgorithmError'],
    ['x-oss-server-side-encryption-key-id', 'id', '400 InvalidArgument'],
    ['x-oss-server-side-data-encryption', 'AES256', '400 InvalidArgument'],
    ['x-oss-storage-class', 'Nonsense', '400 InvalidArgument'],
    ['x-oss-object-acl', 'nonsense', '400 InvalidArgument'],
    ['x-oss-tagging', 'a=b=c', '400 InvalidTag'],
    ['x-oss-tagging', 'a=b&a=c', '400 InvalidTag'],
    ['x-oss-tagging', 'a=*', '400 InvalidTag'],
    ['x-oss-tagging', `${'k'.repeat(129)}=v`, '400 InvalidTag'],
    ['x-oss-tagging', Array.from({ length: 11 }, (_, i) => `k${i}=v`).join('&'), '400 InvalidTag'],
    ['x-oss-forbid-overwrite', 'abc', '400 InvalidArgument'],
    ['x-oss-traffic-limit', '1', '400 InvalidArgument'],
    ['x-oss-traffic-limit', '838860801', '400 InvalidArgument'],
    ['x-oss-request-payer', 'somebody', '400 InvalidArgument'],
    ['if-none-match', '*', '400 NotImplemented'],
    ['if-match', '"x"', '400 NotImplemented'],
  ])('%s: %s is %s', async (name, value, refusal) => {
    expect(outcome(await send(oss, { ...put, headers: { [name]: value } }))).toBe(refusal);
    expect(Buffer.from((await oss.getObject('photos', 'k')).bytes).toString()).toBe('precious');
  });

  test('a copy may repeat its headers as ali-oss does', async () => {
    const headers: Record<string, string> = {
      'x-oss-copy-source': '/photos/k',
      'x-oss-storage-class': 'IA',
      'x-oss-copy-source-x-oss-storage-class': 'IA',
    };
    const copy: RawRequest = { method: 'PUT', bucket: 'photos', key: 'copy', headers };
    expect(outcome(await send(oss, copy))).toBe('200');
    headers['x-oss-copy-source-nonsense'] = 'x';
    expect(outcome(await send(oss, copy))).toBe('501 NotImplemented');
  });
});

test('a bucket that is not there is said before who asks', async () => {
  const nobody = { accessKeyId: 'nobody', accessKeySecret: 'x' };
  for (const spec of [{ sign: 'none' as const }, { account: nobody }]) {
    expect(outcome(await send(oss, { method: 'GET', bucket: 'missing', key: 'k', ...spec }))).toBe(
      '404 NoSuchBucket',
    );
  }
  expect(
    outcome(await send(oss, { method: 'PUT', bucket: 'missing', path: '/missing/', sign: 'none' })),
  ).toBe('403 AccessDenied');
});
