import { expect, it } from 'vitest';
import { assertFromOss, isFromOss } from './oss-answer.js';

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

it('an answer without the marks of OSS is refused', () => {
  expect(() => assertFromOss({ etag: '"1"' }, 'x-oss-request-id', 'etag')).not.toThrow();
  for (const marks of [['x-oss-request-id'], []] as const) {
    expect(() => assertFromOss({ etag: '"1"' }, ...marks)).toThrow(
      expect.objectContaining({ code: 'ERR_TRANSPORT', retryable: false }),
    );
  }
});
