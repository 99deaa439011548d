import { describe, expect, it } from 'vitest';
import type { Headers } from '../contract/object-transport.js';
import { IntegrityError, TransportError } from '../errors/errors.js';
import { assertStored, assertTaken } from './stored-check.js';

const answer = (headers: Headers) => ({ status: 200, headers });

describe('an answer that stored an object', () => {
  it.each([
    ['an ETag and the same sum', { etag: '"e"', 'x-oss-hash-crc64ecma': '7' }, '7'],
    ['an ETag alone', { etag: '"e"' }, '7'],
    ['a request id alone', { 'x-oss-request-id': 'r' }, '7'],
    ['a sum where none is made', { etag: '"e"', 'x-oss-hash-crc64ecma': '7' }, undefined],
  ])('may have %s', (_, headers, crc64) => {
    expect(() => assertStored(answer(headers), crc64)).not.toThrow();
  });

  it.each([
    ['no header of OSS', { 'content-type': 'text/html' }],
    ['a sum alone', { 'x-oss-hash-crc64ecma': '7' }],
  ])('is none with %s', (_, headers) => {
    expect(() => assertStored(answer(headers), '7')).toThrow(TransportError);
    expect(() => assertStored(answer(headers), '7')).toThrow(expect.objectContaining({ retryable: false }));
  });

  it('of another sum is a failure', () => {
    const headers = { etag: '"e"', 'x-oss-hash-crc64ecma': '8' };
    expect(() => assertStored(answer(headers), '7')).toThrow(IntegrityError);
    expect(() => assertStored(answer({ ...headers, 'x-oss-hash-crc64ecma': '' }), '7')).toThrow(
      IntegrityError,
    );
  });
});

it('a body must have been taken whole', () => {
  const tally = { plaintextBytes: 5, storedBytes: 5 };
  expect(() => assertTaken({ ...tally, isWhole: true })).not.toThrow();
  expect(() => assertTaken({ ...tally, isWhole: false })).toThrow(IntegrityError);
});
