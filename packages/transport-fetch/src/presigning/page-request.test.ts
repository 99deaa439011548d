import { InvalidArgumentError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { assertSignable, type SignableOperation } from './page-request.js';

const all: readonly SignableOperation[] = [
  'copy',
  'delete',
  'drop-parts',
  'get',
  'head',
  'list',
  'parts',
  'put',
];
type Names = readonly string[];
const requestOf = (method: string, query: Names = [], headers: Names = [], key = 'k') => ({
  method,
  key,
  query: Object.fromEntries(query.map((name) => [name, '1'])),
  headers: Object.fromEntries(headers.map((name) => [name, '1'])),
});
const take =
  (request: unknown, allow = all) =>
  () =>
    assertSignable(request, allow);

const requests: readonly (readonly [SignableOperation, ReturnType<typeof requestOf>])[] = [
  ['put', requestOf('PUT')],
  ['put', requestOf('PUT', [], ['content-type', 'x-oss-meta-a', 'x-oss-forbid-overwrite'])],
  ['get', requestOf('GET')],
  ['get', requestOf('GET', ['versionId'], ['range', 'x-oss-range-behavior'])],
  ['head', requestOf('HEAD')],
  ['head', requestOf('HEAD', ['versionId'])],
  ['delete', requestOf('DELETE')],
  ['delete', requestOf('DELETE', ['versionId'])],
  ['parts', requestOf('POST', ['uploads'], ['x-oss-storage-class'])],
  ['parts', requestOf('PUT', ['partNumber', 'uploadId'])],
  ['parts', requestOf('GET', ['uploadId'])],
  ['parts', requestOf('GET', ['uploadId', 'max-parts', 'part-number-marker'])],
  ['parts', requestOf('POST', ['uploadId'])],
  ['drop-parts', requestOf('DELETE', ['uploadId'])],
  ['list', requestOf('GET', ['list-type'], [], '')],
  [
    'list',
    requestOf(
      'GET',
      ['list-type', 'continuation-token', 'delimiter', 'encoding-type', 'max-keys', 'prefix', 'start-after'],
      [],
      '',
    ),
  ],
  ['copy', requestOf('PUT', [], ['x-oss-copy-source'])],
  [
    'copy',
    requestOf(
      'PUT',
      [],
      [
        'X-Oss-Copy-Source',
        'x-oss-copy-source-if-match',
        'x-oss-copy-source-if-unmodified-since',
        'x-oss-metadata-directive',
        'x-oss-tagging-directive',
      ],
    ),
  ],
];

describe.each(requests)('%s: %j', (operation, request) => {
  it('is signed where it is allowed, and only there', () => {
    expect(take(request, [operation])).not.toThrow();
    const others = all.filter((name) => name !== operation);
    expect(take(request, others)).toThrow(InvalidArgumentError);
    expect(take(request, others)).toThrow(expect.objectContaining({ argument: 'request' }));
    expect(take(request, others)).toThrow(`It is '${operation}'`);
  });
});

describe('what no transport asks for is not signed', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['another method', requestOf('OPTIONS')],
    ['no method', { key: 'k', query: {}, headers: {} }],
    ['a bare POST', requestOf('POST')],
    ['an ACL', requestOf('PUT', ['acl'])],
    ['an ACL beside a version', requestOf('GET', ['versionId', 'acl'])],
    ['a version of what is put', requestOf('PUT', ['versionId'])],
    ['a part without its number', requestOf('PUT', ['uploadId'])],
    ['uploads beside an upload', requestOf('POST', ['uploads', 'uploadId'])],
    ['a list of a key', requestOf('GET', ['list-type'])],
    ['an object without a key', requestOf('GET', [], [], '')],
    ['a part that is copied', requestOf('PUT', ['partNumber', 'uploadId'], ['x-oss-copy-source'])],
    ['a copy by another method', requestOf('OPTIONS', [], ['x-oss-copy-source'])],
    ['a GET that is copied', requestOf('GET', [], ['x-oss-copy-source'])],
    ['a key that is no text', { ...requestOf('GET'), key: 5 }],
    ['a query that is a list', { ...requestOf('GET'), query: [] }],
    ['a query that is null', { ...requestOf('GET'), query: null }],
    ['a query that is a text', { ...requestOf('GET'), query: '' }],
    ['a query with a number', { ...requestOf('GET'), query: { versionId: 5 } }],
    ['headers with a number', { ...requestOf('GET'), headers: { range: 5 } }],
    ['no headers', { ...requestOf('GET'), headers: undefined }],
  ])('%s', (_, request) => {
    expect(take(request)).toThrow(InvalidArgumentError);
    expect(take(request)).toThrow(expect.objectContaining({ argument: 'request' }));
  });

  it.each([
    ['x-oss-object-acl'],
    ['x-oss-callback'],
    ['X-Oss-Object-Acl'],
    ['x-oss-metadata-directive'],
    ['x-oss-copy-source-if-match'],
    ['x-oss-meta'],
  ])('the header %s', (name) => {
    expect(take(requestOf('PUT', [], ['content-type', name]))).toThrow(
      expect.objectContaining({ argument: 'request.headers' }),
    );
  });
});
