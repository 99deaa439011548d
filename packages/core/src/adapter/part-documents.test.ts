import { describe, expect, it } from 'vitest';
import { formatPartList, parsePartPage, parseUploadId } from './part-documents.js';

const answer = (document: string) => ({ status: 200, headers: {}, document });

const part =
  '<Part><PartNumber>1</PartNumber><ETag>"A"</ETag><Size>5</Size><HashCrc64ecma>7</HashCrc64ecma></Part>';

describe('multipart documents', () => {
  it('give the upload id', () => {
    expect(
      parseUploadId(
        answer(
          '<InitiateMultipartUploadResult><UploadId>0004&amp;B</UploadId></InitiateMultipartUploadResult>',
        ),
      ),
    ).toBe('0004&B');
  });

  it('give the parts, and where to go on', () => {
    expect(
      parsePartPage(answer(`<ListPartsResult><IsTruncated>false</IsTruncated>${part}</ListPartsResult>`), 0),
    ).toEqual({
      parts: [{ partNumber: 1, etag: '"A"', sizeBytes: 5, crc64: '7' }],
      nextMarker: undefined,
    });
    const page = parsePartPage(
      answer(
        '<ListPartsResult><NextPartNumberMarker>9</NextPartNumberMarker><IsTruncated>true</IsTruncated></ListPartsResult>',
      ),
      3,
    );
    expect(page).toEqual({ parts: [], nextMarker: 9 });
  });

  it.each([
    ['another document', '<ListBucketResult/>'],
    ['what is no document', 'please log in'],
    [
      'a page that leads beyond the last part',
      '<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>10001</NextPartNumberMarker></ListPartsResult>',
    ],
    [
      'a part without an ETag',
      '<ListPartsResult><Part><PartNumber>1</PartNumber><Size>5</Size></Part></ListPartsResult>',
    ],
    [
      'a part without a size',
      '<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>A</ETag></Part></ListPartsResult>',
    ],
    [
      'a part without a number',
      '<ListPartsResult><Part><Size>5</Size><ETag>A</ETag></Part></ListPartsResult>',
    ],
    ['a size that is none', `<ListPartsResult>${part.replace('5', '-5')}</ListPartsResult>`],
    [
      'a size beyond what a number holds',
      `<ListPartsResult>${part.replace('5', '9007199254740993')}</ListPartsResult>`,
    ],
    ['a page that leads nowhere', '<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>'],
    [
      'a page that leads back',
      '<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>3</NextPartNumberMarker></ListPartsResult>',
    ],
  ])('refuse %s', (_name, document) => {
    expect(() => parsePartPage(answer(document), 3)).toThrow(
      expect.objectContaining({ code: 'ERR_TRANSPORT' }),
    );
  });

  it('name what does not lead on', () => {
    const page = '<IsTruncated>true</IsTruncated><NextPartNumberMarker>3</NextPartNumberMarker>';
    expect(() => parsePartPage(answer(`<ListPartsResult>${page}</ListPartsResult>`), 3)).toThrow(
      'not the NextPartNumberMarker that',
    );
  });

  it('lead to the last part, whatever stands between', () => {
    const last =
      '<ListPartsResult><Other/><IsTruncated> true </IsTruncated><NextPartNumberMarker>10000</NextPartNumberMarker></ListPartsResult>';
    expect(parsePartPage(answer(last), 9999)).toEqual({ parts: [], nextMarker: 10_000 });
    expect(parsePartPage(answer(last.replace(' true ', 'yes')), 9999).nextMarker).toBeUndefined();
  });

  it.each([
    ['0', '0'],
    ['18446744073709551615', '18446744073709551615'],
    ['184467440737095516150', undefined],
    ['-1', undefined],
    ['1a', undefined],
    ['', undefined],
  ])('take the checksum %j for %j', (text, crc64) => {
    const page = answer(`<ListPartsResult>${part.replace('>7<', `>${text}<`)}</ListPartsResult>`);
    expect(parsePartPage(page, 0).parts).toEqual([
      { partNumber: 1, etag: '"A"', sizeBytes: 5, ...(crc64 !== undefined && { crc64 }) },
    ]);
  });

  it('refuse an answer without an upload id', () => {
    expect(() =>
      parseUploadId(answer('<InitiateMultipartUploadResult><UploadId/></InitiateMultipartUploadResult>')),
    ).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT' }));
  });

  it('list the parts to finish with', () => {
    const parts = [
      { partNumber: 1, etag: '"A<&>"' },
      { partNumber: 2, etag: 'B' },
    ];
    expect(formatPartList(parts)).toBe(
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"A&lt;&amp;&gt;"</ETag></Part>' +
        '<Part><PartNumber>2</PartNumber><ETag>B</ETag></Part></CompleteMultipartUpload>',
    );
  });
});
