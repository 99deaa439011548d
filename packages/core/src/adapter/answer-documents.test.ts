import { describe, expect, it } from 'vitest';
import { formatListQuery, parseObjectAcl, parseObjectPage, parseObjectTags } from './answer-documents.js';

const answer = (document: string) => ({ status: 200, headers: {}, document });

describe('lists of objects', () => {
  it('ask for keys that are percent-encoded', () => {
    expect(
      formatListQuery({
        prefix: 'a/',
        delimiter: '/',
        startAfter: 'a/b',
        continuationToken: 't',
        maxKeys: 7,
      }),
    ).toStrictEqual({
      'list-type': '2',
      'encoding-type': 'url',
      prefix: 'a/',
      delimiter: '/',
      'start-after': 'a/b',
      'continuation-token': 't',
      'max-keys': '7',
    });
    expect(formatListQuery({})).toStrictEqual({ 'list-type': '2', 'encoding-type': 'url' });
  });

  it('give objects, common prefixes and where to go on', () => {
    const page = parseObjectPage(
      answer(
        '<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>' +
          '<NextContinuationToken>Cg%2B</NextContinuationToken><Contents><Key>a%2Bb%20c+d%01%E6%96%87</Key>' +
          '<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"A"</ETag><Size>5</Size>' +
          '<StorageClass>IA</StorageClass></Contents><Contents><Key>c</Key><ETag>"B"</ETag><Size>0</Size></Contents>' +
          '<CommonPrefixes><Prefix>d%2F</Prefix></CommonPrefixes></ListBucketResult>',
      ),
    );
    expect(page).toEqual({
      objects: [
        {
          key: 'a+b c d\u0001文',
          sizeBytes: 5,
          etag: '"A"',
          lastModified: new Date('2026-01-02T03:04:05.000Z'),
          storageClass: 'IA',
        },
        { key: 'c', sizeBytes: 0, etag: '"B"', lastModified: undefined, storageClass: undefined },
      ],
      commonPrefixes: ['d/'],
      nextContinuationToken: 'Cg+',
    });
  });

  it('keep keys as they are where they are not encoded', () => {
    const document =
      '<ListBucketResult><Contents><Key>100%</Key><ETag>A</ETag><Size>1</Size></Contents></ListBucketResult>';
    expect(parseObjectPage(answer(document)).objects[0]?.key).toBe('100%');
    const encoded = document.replace('<Contents>', '<EncodingType>url</EncodingType><Contents>');
    expect(() => parseObjectPage(answer(encoded))).toThrow(
      expect.objectContaining({ code: 'ERR_TRANSPORT' }),
    );
  });

  it('end where the answer does not say that more follows', () => {
    const more = (text: string) =>
      answer(
        `<ListBucketResult><Other/><EncodingType> url </EncodingType><IsTruncated>${text}</IsTruncated>` +
          '<NextContinuationToken>%41</NextContinuationToken></ListBucketResult>',
      );
    expect(parseObjectPage(more(' true '))).toEqual({
      objects: [],
      commonPrefixes: [],
      nextContinuationToken: 'A',
    });
    for (const text of ['false', 'yes', '']) {
      expect(parseObjectPage(more(text)).nextContinuationToken).toBeUndefined();
    }
  });

  it.each(['Key', 'ETag', 'Size'])('refuse an object without %s', (name) => {
    const fields = ['Key', 'ETag', 'Size'].filter((other) => other !== name);
    const object = fields.map((field) => `<${field}>1</${field}>`).join('');
    const page = answer(`<ListBucketResult><Contents>${object}</Contents></ListBucketResult>`);
    expect(() => parseObjectPage(page)).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT' }));
  });

  it('refuse a page that is cut and does not say where to go on', () => {
    expect(() =>
      parseObjectPage(answer('<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>')),
    ).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT' }));
  });
});

describe('what HEAD does not tell', () => {
  const policy = (list: string) => answer(`<AccessControlPolicy><Owner/>${list}</AccessControlPolicy>`);

  it('is the ACL', () => {
    for (const acl of ['default', 'private', 'public-read', 'public-read-write']) {
      const list = `<AccessControlList><Grant> ${acl} </Grant></AccessControlList>`;
      expect(parseObjectAcl(policy(list))).toBe(acl);
      expect(() => parseObjectAcl(answer(`<Other>${list}</Other>`))).toThrow(/not the .* that OSS gives/);
    }
  });

  it.each([
    ['', 'AccessControlList'],
    ['<Grant>private</Grant>', 'AccessControlList'],
    ['<AccessControlList/>', 'Grant'],
    ['<AccessControlList><Grant>everyone</Grant></AccessControlList>', 'Grant'],
  ])('is no ACL in %s, which lacks a right %s', (list, name) => {
    expect(() => parseObjectAcl(policy(list))).toThrow(`not the ${name} that OSS gives`);
  });

  it('is the tags', () => {
    const tag = (key: string, value: string) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
    const set = (tags: string) => answer(`<Tagging><TagSet>${tags}</TagSet></Tagging>`);
    expect(parseObjectTags(set(`${tag('a b', ' 1 ')}${tag('__proto__', '')}`))).toEqual(
      Object.fromEntries([
        ['a b', ' 1 '],
        ['__proto__', ''],
      ]),
    );
    expect(parseObjectTags(set('<Other/><Tag><Key>a</Key></Tag>'))).toEqual({ a: '' });
    expect(() => parseObjectTags(answer('<Other><TagSet/></Other>'))).toThrow(/Tagging/);
    expect(parseObjectTags(set(''))).toEqual({});
    const between = `<Tagging><Other/><TagSet>${tag('a', '1')}</TagSet></Tagging>`;
    expect(parseObjectTags(answer(between))).toEqual({ a: '1' });
    expect(() => parseObjectTags(set('<Tag><Value>1</Value></Tag>'))).toThrow(/Key/);
    expect(() => parseObjectTags(answer('<Tagging/>'))).toThrow(/TagSet/);
  });
});
