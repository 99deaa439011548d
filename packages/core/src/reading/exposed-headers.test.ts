import { expect, it } from 'vitest';
import { exposedHeaders } from './exposed-headers.js';

it('a page is shown what a bucket reads of an answer, and each envelope', () => {
  const ofEnvelopes = exposedHeaders.filter((name) => name.startsWith('x-oss-meta-'));
  expect(exposedHeaders.filter((name) => !ofEnvelopes.includes(name))).toEqual([
    'content-length',
    'content-range',
    'content-type',
    'date',
    'etag',
    'last-modified',
    'x-oss-ec',
    'x-oss-hash-crc64ecma',
    'x-oss-object-type',
    'x-oss-request-id',
    'x-oss-version-id',
  ]);
  expect(ofEnvelopes.length).toBeGreaterThan(10);
  expect(Object.isFrozen(exposedHeaders)).toBe(true);
});
