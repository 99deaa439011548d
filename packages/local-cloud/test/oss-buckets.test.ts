import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { usePhotosBucket } from './photos-bucket.js';
import { element, outcome, type RawRequest, send } from './raw-request.js';

let oss: LocalOss;
usePhotosBucket((started) => {
  oss = started;
});

describe('ListBuckets', () => {
  test('pages by prefix and marker', async () => {
    await using many = await startOss({ buckets: ['b-1', 'b-2', 'b-3', 'other'] });
    const list = async (query: Record<string, string>) =>
      (await send(many, { method: 'GET', path: '/', query })).text;
    const names = (xml: string) => [...xml.matchAll(/<Name>([^<]*)/g)].map(([, name]) => name);
    const all = await list({});
    expect(names(all)).toEqual(['b-1', 'b-2', 'b-3', 'other']);
    expect(all).not.toContain('IsTruncated');
    const first = await list({ prefix: 'b-', 'max-keys': '2' });
    expect(names(first)).toEqual(['b-1', 'b-2']);
    expect(element(first, 'IsTruncated')).toBe('true');
    expect(element(first, 'NextMarker')).toBe('b-2');
    const second = await list({ prefix: 'b-', 'max-keys': '2', marker: 'b-2' });
    expect(names(second)).toEqual(['b-3']);
    expect(element(second, 'IsTruncated')).toBe('false');
    const query = { 'max-keys': '1001' };
    expect(outcome(await send(many, { method: 'GET', path: '/', query }))).toBe('400 InvalidArgument');
  });
});

test('GetBucketInfo has the elements that SDKs read', async () => {
  const query = { bucketInfo: '' };
  const { text } = await send(oss, { method: 'GET', bucket: 'photos', path: '/photos/', query });
  for (const [name, value] of Object.entries({
    AccessMonitor: 'Disabled',
    BlockPublicAccess: 'false',
    Comment: '',
    CrossRegionReplication: 'Disabled',
    DataRedundancyType: 'LRS',
    Grant: 'private',
    SSEAlgorithm: 'None',
    StorageClass: 'Standard',
    TransferAcceleration: 'Disabled',
  })) {
    expect(element(text, name), name).toBe(value);
  }
});

test('GetBucketStat counts objects and bytes, signed by either version', async () => {
  await using counted = await startOss({ buckets: ['photos'] });
  await counted.putObject('photos', 'a', 'one');
  await counted.putObject('photos', 'b', 'three');
  for (const sign of ['v1', 'v4'] as const) {
    const { text } = await send(counted, {
      method: 'GET',
      bucket: 'photos',
      path: '/photos/',
      query: { stat: '' },
      sign,
    });
    expect([element(text, 'ObjectCount'), element(text, 'Storage')]).toEqual(['2', '8']);
    expect(Number(element(text, 'LastModifiedTime'))).toBeGreaterThan(1_700_000_000);
  }
});

describe('DeleteMultipleObjects', () => {
  const remove = (xml: string, query: Record<string, string> = {}) =>
    send(oss, {
      method: 'POST',
      bucket: 'photos',
      path: '/photos/',
      query: { delete: '', ...query },
      body: xml,
    });
  const document = (key: string) =>
    `<?xml version="1.0"?><Delete><Object><Key>${key}</Key></Object></Delete>`;

  test.each([
    ['a hexadecimal reference', 'a&#x0B;b', 'a\vb'],
    ['a decimal reference', 'a&#11;b', 'a\vb'],
    ['the raw character', 'a\vb', 'a\vb'],
    ['a reference to CR', 'a&#xD;b', 'a\rb'],
    ['a reference to LF', 'a&#xA;b', 'a\nb'],
    ['a raw CR, which XML reads as LF', 'a\rb', 'a\nb'],
    ['a reference beyond 16 bits', 'a&#x1F600;b', 'a\u{1F600}b'],
    ['named references', '&lt;&amp;amp;&quot;&apos;&gt;', '<&amp;"\'>'],
    ['CDATA', '<![CDATA[a&#11;b]]>', 'a&#11;b'],
    ['spaces around it', ' a b ', ' a b '],
    ['a number', '007', '007'],
  ])('by %s deletes that key and no other', async (_name, xml, key) => {
    const others = ['ab', 'a\vb', 'a\rb', 'a\nb', 'a b', '7', 'a', 'b'].filter((other) => other !== key);
    for (const name of [key, ...others]) await oss.putObject('photos', name, 'x');
    const answer = await remove(document(xml), { 'encoding-type': 'url' });
    expect(outcome(answer)).toBe('200');
    expect(decodeURIComponent(element(answer.text, 'Key')!)).toBe(key);
    expect(oss.hasObject('photos', key)).toBe(false);
    for (const other of others) expect(oss.hasObject('photos', other), JSON.stringify(other)).toBe(true);
  });

  test.each([
    ['an unknown entity', document('a&foo;b')],
    ['an entity without its end', document('a&amp b')],
    ['a lone ampersand', document('a & b')],
    ['a reference to nothing', document('a&#;b')],
    ['a reference to NUL', document('a&#0;b')],
    ['a reference to half a pair', document('a&#xD800;b')],
    ['a reference beyond Unicode', document('a&#x110000;b')],
    ['an empty key', document('')],
    ['an element in the key', document('a<b/>c')],
    ['two keys in an object', document('a</Key><Key>b')],
    ['another root', '<Remove><Object><Key>ab</Key></Object></Remove>'],
    ['a second root', '<Delete><Object><Key>ab</Key></Object></Delete><Delete/>'],
    ['text between objects', '<Delete>ab<Object><Key>ab</Key></Object></Delete>'],
    ['an element that is not known', '<Delete><Object><Key>ab</Key><Mode>x</Mode></Object></Delete>'],
    ['no objects', '<Delete></Delete>'],
    ['1001 objects', `<Delete>${'<Object><Key>ab</Key></Object>'.repeat(1001)}</Delete>`],
    ['more than 2 MB', document('a'.repeat(2 * 1024 * 1024))],
    ['an end that is missing', '<Delete><Object><Key>ab</Key></Object>'],
    ['nothing', ''],
  ])('with %s is refused, and deletes nothing', async (_name, xml) => {
    for (const key of ['a', 'b', 'ab', 'a&foo;b', 'a & b']) await oss.putObject('photos', key, 'x');
    const before = oss.keys('photos');
    expect(outcome(await remove(xml))).toBe('400 MalformedXML');
    expect(oss.keys('photos')).toEqual(before);
  });

  test('quietly it answers nothing', async () => {
    const answer = await remove('<Delete><Quiet>true</Quiet><Object><Key>ab</Key></Object></Delete>');
    expect([outcome(answer), answer.text]).toEqual(['200', '']);
  });

  test('with another Content-MD5 it deletes nothing', async () => {
    await oss.putObject('photos', 'ab', 'x');
    const headers = { 'content-md5': createHash('md5').update('other').digest('base64') };
    const spec: RawRequest = { method: 'POST', bucket: 'photos', path: '/photos/', query: { delete: '' } };
    expect(outcome(await send(oss, { ...spec, body: document('ab'), headers }))).toBe('400 InvalidDigest');
    expect(oss.hasObject('photos', 'ab')).toBe(true);
  });
});

describe('rules of a bucket', () => {
  const day = 24 * 60 * 60 * 1000;
  const get = (on: LocalOss, query: Record<string, string>, sign: 'v1' | 'v4' = 'v4') =>
    send(on, { method: 'GET', bucket: 'photos', path: '/photos/', query, sign });

  test('where nothing is set, each is a 404', async () => {
    await using none = await startOss({ buckets: ['photos'] });
    for (const [name, code] of [
      ['worm', 'NoSuchWORMConfiguration'],
      ['overwriteConfig', 'NoSuchOverwriteConfiguration'],
      ['replication', 'NoSuchReplicationConfiguration'],
    ] as const) {
      expect(outcome(await get(none, { [name]: '' })), name).toBe(`404 ${code}`);
      expect(outcome(await get(none, { [name]: '' }, 'v1')), name).toBe(`404 ${code}`);
    }
  });

  test('a retention policy keeps objects for its days', async () => {
    let now = new Date('2026-11-27T00:00:00Z');
    await using kept = await startOss({ buckets: ['photos'], now: () => now });
    for (const key of ['old', 'other']) await kept.putObject('photos', key, 'x');
    await kept.setRules('photos', {
      retention: { id: '1666E2CFB2B3418', state: 'Locked', days: 2, createdAt: now },
    });
    const ask = async (method: string, key: string, more: Record<string, unknown> = {}) =>
      outcome(await send(kept, { method, bucket: 'photos', key, now, ...more }));
    const document = await send(kept, {
      method: 'GET',
      bucket: 'photos',
      path: '/photos/',
      query: { worm: '' },
      now,
    });
    expect(element(document.text, 'State')).toBe('Locked');
    expect(element(document.text, 'RetentionPeriodInDays')).toBe('2');

    const copy = { headers: { 'x-oss-copy-source': '/photos/other' } };
    expect(await ask('PUT', 'old', { body: 'y' })).toBe('409 FileImmutable');
    expect(await ask('PUT', 'old', copy)).toBe('409 FileImmutable');
    expect(await ask('DELETE', 'old')).toBe('409 FileImmutable');
    const removal = '<Delete><Object><Key>old</Key></Object></Delete>';
    const many = {
      method: 'POST',
      bucket: 'photos',
      path: '/photos/',
      query: { delete: '' },
      body: removal,
      now,
    };
    expect((await send(kept, many)).text).not.toContain('<Deleted>');
    expect(kept.hasObject('photos', 'old')).toBe(true);
    // What is new may be written, and read.
    expect(await ask('PUT', 'new', { body: 'y' })).toBe('200');
    expect(await ask('GET', 'old')).toBe('200');
    now = new Date(now.getTime() + 2 * day);
    expect(await ask('PUT', 'old', { body: 'y' })).toBe('200');
    expect(await ask('DELETE', 'other')).toBe('204');
  });

  test('a rule against overwriting holds for what fits its prefix and its suffix', async () => {
    await using fixed = await startOss({ buckets: ['photos'] });
    await fixed.setRules('photos', { overwriting: [{ id: 'rule-1', prefix: 'a/', suffix: '.txt' }] });
    const put = async (key: string) =>
      outcome(await send(fixed, { method: 'PUT', bucket: 'photos', key, body: 'x' }));
    expect(element((await get(fixed, { overwriteConfig: '' })).text, 'Suffix')).toBe('.txt');
    for (const key of ['a/1.txt', 'a/1.png', 'b/1.txt']) expect(await put(key)).toBe('200');
    expect(await put('a/1.txt')).toBe('409 FileAlreadyExists');
    expect(await put('a/1.png')).toBe('200');
    expect(await put('b/1.txt')).toBe('200');
  });

  test('replication is told', async () => {
    await using sending = await startOss({ buckets: ['photos'] });
    await sending.setRules('photos', {
      replication: [{ id: 'r', prefixes: ['a/'], targetBucket: 'copies' }],
    });
    const { text } = await get(sending, { replication: '' });
    expect([element(text, 'Prefix'), element(text, 'Bucket'), element(text, 'Status')]).toEqual([
      'a/',
      'copies',
      'doing',
    ]);
  });
});
