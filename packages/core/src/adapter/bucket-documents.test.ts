import { describe, expect, it } from 'vitest';
import {
  formatUploadsQuery,
  formatVersionsQuery,
  parseOverwriteRules,
  parseReplicationRules,
  parseRetention,
  parseStatistics,
  parseUploadPage,
  parseVersioning,
  parseVersionPage,
} from './bucket-documents.js';

const answer = (document: string) => ({ status: 200, headers: {}, document });
const unexpected = expect.objectContaining({ code: 'ERR_TRANSPORT' });

describe('rules of a bucket', () => {
  it('are read as the documentation shows them', () => {
    expect(parseVersioning(answer('<VersioningConfiguration/>'))).toBeUndefined();
    const suspended = '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>';
    expect(parseVersioning(answer(suspended))).toBe('Suspended');
    expect(parseVersioning(answer(suspended.replace('Suspended', ' Enabled ')))).toBe('Enabled');
    const worm =
      '<WormConfiguration><WormId>1666E2CFB2B3418****</WormId><State>Locked</State><RetentionPeriodInDays>1' +
      '</RetentionPeriodInDays><CreationDate>2020-10-15T15:50:32</CreationDate></WormConfiguration>';
    expect(parseRetention(answer(worm))).toEqual({ state: 'Locked', days: 1 });
    const rules =
      '<OverwriteConfiguration><Rule><ID>rule-001</ID><Action>forbid</Action><Prefix>a/</Prefix><Suffix>.txt</Suffix>' +
      '<Principals><Principal>27737962156157xxxx</Principal></Principals></Rule><Rule><ID>b</ID><Prefix/><Suffix/></Rule><Other/></OverwriteConfiguration>';
    expect(parseOverwriteRules(answer(rules))).toEqual([
      { prefix: 'a/', suffix: '.txt', principals: ['27737962156157xxxx'] },
      { prefix: undefined, suffix: undefined, principals: [] },
    ]);
    const statistics =
      '<BucketStat><Storage>1600</Storage><ObjectCount>230</ObjectCount><MultipartUploadCount>40</MultipartUploadCount>' +
      '<LiveChannelCount>4</LiveChannelCount><LastModifiedTime>1643341269</LastModifiedTime></BucketStat>';
    expect(parseStatistics(answer(statistics))).toEqual({
      objectCount: 230,
      sizeBytes: 1600,
      countedAt: new Date('2022-01-28T03:41:09Z'),
    });
    for (const never of ['soon', '0', '-1', '1.5', '']) {
      const answered = answer(statistics.replace('1643341269', never));
      expect(parseStatistics(answered).countedAt).toBeUndefined();
    }
    const uncounted = statistics.replace(/<LastModifiedTime>.*<.LastModifiedTime>/, '');
    expect(parseStatistics(answer(uncounted))).toEqual({
      objectCount: 230,
      sizeBytes: 1600,
      countedAt: undefined,
    });
    expect(parseStatistics(answer(statistics.replace('1643341269', '1'))).countedAt).toEqual(new Date(1000));
    expect(() => parseStatistics(answer('<Other/>'))).toThrow(unexpected);
    expect(() => parseStatistics(answer(statistics.replace('230', '-1')))).toThrow(unexpected);
    const replication =
      '<ReplicationConfiguration><Rule><ID>r</ID><PrefixSet><Prefix>a</Prefix><Other>c</Other><Prefix/><Prefix>b</Prefix></PrefixSet>' +
      '<Destination><Bucket>target</Bucket></Destination></Rule><Rule><ID>s</ID></Rule></ReplicationConfiguration>';
    expect(parseReplicationRules(answer(replication))).toEqual([
      { targetBucket: 'target', prefixes: ['a', 'b'] },
      { targetBucket: undefined, prefixes: [] },
    ]);
  });

  it.each([
    '<html>login</html>',
    '<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>',
    '',
  ])('are not read from %s', (document) => {
    expect(() => parseVersioning(answer(document))).toThrow(unexpected);
    expect(() => parseRetention(answer(document))).toThrow(unexpected);
    expect(() => parseOverwriteRules(answer(document))).toThrow(unexpected);
    expect(() => parseReplicationRules(answer(document))).toThrow(unexpected);
  });

  it('name the status that is not known', () => {
    const text = '<VersioningConfiguration><Status>Maybe</Status></VersioningConfiguration>';
    expect(() => parseVersioning(answer(text))).toThrow('not the Status that');
  });

  it('name the days of a retention', () => {
    const text = '<WormConfiguration><State>Locked</State></WormConfiguration>';
    expect(() => parseRetention(answer(text))).toThrow(unexpected);
  });
});

describe('versions', () => {
  const page = (entries: string, place = '') =>
    answer(`<ListVersionsResult><EncodingType>url</EncodingType>${place}${entries}</ListVersionsResult>`);

  it('are asked for from a place on', () => {
    expect(formatVersionsQuery({ headers: {} })).toStrictEqual({ versions: '', 'encoding-type': 'url' });
    const after = { key: 'a', id: 'v' };
    expect(formatVersionsQuery({ headers: {}, prefix: 'p', after, maxEntries: 7 })).toEqual({
      versions: '',
      'encoding-type': 'url',
      prefix: 'p',
      'key-marker': 'a',
      'version-id-marker': 'v',
      'max-keys': '7',
    });
  });

  it('are asked for behind a key without an id', () => {
    const query = { versions: '', 'encoding-type': 'url', 'key-marker': 'a' };
    expect(formatVersionsQuery({ headers: {}, after: { key: 'a', id: undefined } })).toStrictEqual(query);
  });

  it.each([
    '<Version><Key>a</Key><VersionId>1</VersionId></Version>',
    '<Version><Key>a</Key><Size>1</Size></Version>',
    '<DeleteMarker><VersionId>1</VersionId></DeleteMarker>',
    '<DeleteMarker><Key>a</Key></DeleteMarker>',
  ])('need what tells them apart: not %s', (entry) => {
    expect(() => parseVersionPage(page(entry), undefined)).toThrow(unexpected);
    expect(() => parseVersionPage(answer('<Other/>'), undefined)).toThrow(unexpected);
  });

  it('pass over what is not known, and a time that is none', () => {
    const entry =
      '<Other/><DeleteMarker><Key>a</Key><VersionId>1</VersionId><LastModified>once</LastModified></DeleteMarker>';
    const { versions, next } = parseVersionPage(page(entry), undefined);
    expect(versions).toMatchObject([{ key: 'a', isLatest: false, lastModified: undefined }]);
    expect(next).toBeUndefined();
  });

  it('keep their order, delete markers among them', () => {
    const found = parseVersionPage(
      page(
        '<DeleteMarker><Key>a%20b</Key><VersionId>V2</VersionId><IsLatest> true </IsLatest></DeleteMarker>' +
          '<Version><Key>a+b</Key><VersionId>null</VersionId><IsLatest>false</IsLatest>' +
          '<LastModified>2026-01-02T03:04:05.000Z</LastModified><Size>9</Size></Version>',
        '<IsTruncated>true</IsTruncated><NextKeyMarker>a%20b</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>',
      ),
      undefined,
    );
    expect(found.versions).toEqual([
      {
        kind: 'delete-marker',
        key: 'a b',
        versionId: 'V2',
        isLatest: true,
        lastModified: undefined,
        sizeBytes: 0,
      },
      {
        kind: 'object',
        key: 'a b',
        versionId: 'null',
        isLatest: false,
        lastModified: new Date('2026-01-02T03:04:05.000Z'),
        sizeBytes: 9,
      },
    ]);
    expect(found.next).toEqual({ key: 'a b', id: 'null' });
  });

  it('lead on, or are refused', () => {
    const cut = (key: string, id: string) =>
      page(
        '',
        `<IsTruncated>true</IsTruncated><NextKeyMarker>${key}</NextKeyMarker><NextVersionIdMarker>${id}</NextVersionIdMarker>`,
      );
    const after = { key: '\u{1f600}', id: '2' };
    for (const [key, id] of [
      ['%F0%9F%98%80', '2'],
      ['%EF%BF%BD', '9'],
      ['', ''],
    ] as const) {
      expect(() => parseVersionPage(cut(key, id), after)).toThrow(unexpected);
    }
    expect(parseVersionPage(cut('%F0%9F%98%80', '3'), after).next?.id).toBe('3');
    const first = { key: 'a', id: undefined };
    expect(parseVersionPage(cut('a', ' 1 '), first).next).toEqual({ key: 'a', id: '1' });
    expect(parseVersionPage(cut('b', ''), first).next).toEqual({ key: 'b', id: undefined });
    expect(() => parseVersionPage(cut('a', ''), first)).toThrow('not the NextKeyMarker that');
    expect(parseVersionPage(cut('b', '2'), { key: 'a', id: '2' }).next).toEqual({ key: 'b', id: '2' });
  });
});

describe('uploads', () => {
  it('are asked for, and read', () => {
    const after = { key: 'a', id: '1' };
    expect(formatUploadsQuery({ headers: {}, after, maxEntries: 2 })).toEqual({
      uploads: '',
      'encoding-type': 'url',
      'key-marker': 'a',
      'upload-id-marker': '1',
      'max-uploads': '2',
    });
    const document =
      '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><NextKeyMarker>b</NextKeyMarker>' +
      '<Upload><Key>b</Key><UploadId>0004</UploadId><Initiated>2026-01-02T03:04:05.000Z</Initiated></Upload></ListMultipartUploadsResult>';
    expect(parseUploadPage(answer(document), after)).toEqual({
      uploads: [{ key: 'b', uploadId: '0004', initiatedAt: new Date('2026-01-02T03:04:05.000Z') }],
      next: undefined,
    });
    expect(() => parseUploadPage(answer('<Other/>'), undefined)).toThrow(unexpected);
    for (const missing of ['Key', 'UploadId']) {
      const cut = document.replace(new RegExp(`<${missing}>[^<]*</${missing}>`), '');
      expect(() => parseUploadPage(answer(cut), undefined)).toThrow(unexpected);
    }
    expect(formatUploadsQuery({ headers: {}, prefix: 'p' })).toEqual({
      uploads: '',
      'encoding-type': 'url',
      prefix: 'p',
    });
    const next = '<NextUploadIdMarker>0004</NextUploadIdMarker>';
    const cut = document.replace('false', ' true ').replace('</NextKeyMarker>', `</NextKeyMarker>${next}`);
    expect(parseUploadPage(answer(cut), after).next).toEqual({ key: 'b', id: '0004' });
    expect(parseUploadPage(answer(cut.replace(' true ', 'yes')), after).next).toBeUndefined();
  });
});
