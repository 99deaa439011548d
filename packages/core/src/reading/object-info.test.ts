import { expect, it } from 'vitest';
import { describeObject } from './object-info.js';

const plain = { kind: 'plain' } as const;
const described = (headers: Record<string, string>, sizes = {}) =>
  describeObject('k', { status: 200, headers }, plain, {
    sizeBytes: undefined,
    storedSizeBytes: undefined,
    ...sizes,
  });

it('an answer about an object says what it is', () => {
  const headers = {
    'content-type': 'a/b',
    etag: '"e"',
    'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
    'x-oss-meta-author': 'me',
    'x-oss-request-id': 'r',
    'x-oss-version-id': 'v',
  };
  expect(described(headers, { sizeBytes: 5, storedSizeBytes: 7 })).toEqual({
    key: 'k',
    encryption: plain,
    sizeBytes: 5,
    sizeIsProven: false,
    storedSizeBytes: 7,
    metadata: { author: 'me' },
    contentType: 'a/b',
    etag: '"e"',
    versionId: 'v',
    lastModified: new Date('2026-01-01T00:00:00Z'),
    requestId: 'r',
  });
});

it.each([{}, { 'last-modified': 'once' }])('an answer may say little: %j', (headers) => {
  expect(described(headers)).toMatchObject({ metadata: {}, lastModified: undefined, etag: undefined });
});
