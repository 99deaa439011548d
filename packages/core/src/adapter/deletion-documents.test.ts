import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../encoding/xml-element.js';
import { formatDeletion, parseDeletion } from './deletion-documents.js';

const answer = (document: string) => ({ status: 200, headers: {}, document });
const textOf = (keys: readonly string[]): string => new TextDecoder().decode(formatDeletion(keys).bytes);

describe('a request to delete', () => {
  it('asks to be told of each object', () => {
    expect(textOf(['a&b', '<c>'])).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>false</Quiet><Object><Key>a&amp;b</Key></Object><Object><Key>&lt;c&gt;</Key></Object></Delete>',
    );
  });

  it('has the MD5 of its bytes', () => {
    const { bytes, headers } = formatDeletion(['é']);
    const md5 = createHash('md5').update(bytes).digest('base64');
    expect(headers).toEqual({ 'content-type': 'application/xml', 'content-md5': md5 });
  });

  it('writes control characters and line breaks as references', () => {
    expect(textOf(['\u0001\t\r\n\u007f\u0085\uffff'])).toContain(
      '<Key>&#1;&#9;&#13;&#10;&#127;&#133;&#65535;</Key>',
    );
  });

  it('means the same keys when it is read', () => {
    const unit = fc.oneof(
      fc.constantFrom('&', '<', '>', ']]>', ' ', '\r', '\u0001', '&amp;', '\u{1f600}'),
      fc.string(),
    );
    const key = fc.array(unit, { minLength: 1, maxLength: 9 }).map((units) => `k${units.join('')}`);
    fc.assert(
      fc.property(key, (key) => {
        fc.pre(!key.includes('\0'));
        const read = parseXml(textOf([key]))?.children[1]?.children[0]?.text;
        expect(read).toBe(key);
      }),
    );
  });

  it('takes as many keys as OSS does', () => {
    expect(() => formatDeletion(Array.from({ length: 1000 }, (_, index) => `k${index}`))).not.toThrow();
  });

  it.each<[string, readonly string[], string]>([
    ['none', [], 'keys.length'],
    ['too many', Array.from({ length: 1001 }, (_, index) => `k${index}`), 'keys.length'],
    ['an empty one', ['a', ''], 'keys.1'],
    ['NUL', ['a\0'], 'keys.0'],
    ['half a character', ['\ud800'], 'keys.0'],
  ])('is refused for %s', (_, keys, argument) => {
    expect(() => formatDeletion(keys)).toThrow(expect.objectContaining({ argument }));
  });
});

describe('an answer', () => {
  it('names what is deleted; the rest is not', () => {
    const document =
      '<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>other</Key></Deleted></DeleteResult>';
    expect(parseDeletion(answer(document), ['a', 'b'])).toEqual([{ key: 'b', serviceCode: undefined }]);
  });

  it('may have encoded keys', () => {
    const document =
      '<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>%01%2B+</Key></Deleted></DeleteResult>';
    expect(parseDeletion(answer(document), ['\u0001+ '])).toEqual([]);
  });

  it('may say why, which counts more', () => {
    const document =
      '<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>a</Key><Code>AccessDenied</Code></Error>' +
      '<Error><Key>b</Key><Code>a secret!</Code></Error></DeleteResult>';
    expect(parseDeletion(answer(document), ['a', 'b'])).toEqual([
      { key: 'a', serviceCode: 'AccessDenied' },
      { key: 'b', serviceCode: undefined },
    ]);
  });

  it.each([
    ['Ab', 'Ab'],
    [' A.9 ', 'A.9'],
    [`A${'b'.repeat(63)}`, `A${'b'.repeat(63)}`],
    [`A${'b'.repeat(64)}`, undefined],
    ['A', undefined],
    ['9A', undefined],
    ['Ab!', undefined],
    ['', undefined],
  ])('takes for a code what looks like one: %j', (text, serviceCode) => {
    const document = `<DeleteResult><Other/><Error><Key>a</Key><Code>${text}</Code></Error></DeleteResult>`;
    expect(parseDeletion(answer(document), ['a'])).toEqual([{ key: 'a', serviceCode }]);
    const without = '<DeleteResult><Error><Key>a</Key></Error></DeleteResult>';
    expect(parseDeletion(answer(without), ['a'])).toEqual([{ key: 'a', serviceCode: undefined }]);
  });

  it.each([
    ['nothing', ''],
    ['another document', '<ListBucketResult/>'],
    ['a key that is missing', '<DeleteResult><Deleted></Deleted></DeleteResult>'],
    [
      'a key that does not decode',
      '<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>%zz</Key></Deleted></DeleteResult>',
    ],
  ])('of %s is refused', (_, document) => {
    expect(() => parseDeletion(answer(document), ['a'])).toThrow(
      expect.objectContaining({ code: 'ERR_TRANSPORT' }),
    );
  });
});
