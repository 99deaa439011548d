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

  it('refuse an answer without an upload id', () => {
    expect(() =>
      parseUploadId(answer('<InitiateMultipartUploadResult><UploadId/></InitiateMultipartUploadResult>')),
    ).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT' }));
  });

  it('list the parts to finish with', () => {
    expect(formatPartList([{ partNumber: 1, etag: '"A<&>"' }])).toBe(
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"A&lt;&amp;&gt;"</ETag></Part></CompleteMultipartUpload>',
    );
  });
});
