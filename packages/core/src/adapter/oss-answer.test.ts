import { expect, it } from 'vitest';
import { isFromOss } from './oss-answer.js';

it.each([
  [{ etag: '"1"' }, true],
  [{ 'x-oss-request-id': 'A' }, true],
  [{ etag: '', 'x-oss-request-id': '' }, false],
  [{ 'content-type': 'text/html' }, false],
])('an answer with %j is of OSS: %s', (headers: Record<string, string>, expected) => {
  expect(isFromOss(headers)).toBe(expected);
});

it('an answer may have to have a certain mark', () => {
  expect(isFromOss({ etag: '"1"' }, ['x-oss-request-id'])).toBe(false);
  expect(isFromOss({ etag: '"1"' }, ['etag'])).toBe(true);
});
