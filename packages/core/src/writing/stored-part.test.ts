import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isPartOf } from './stored-part.js';

const bytes = new TextEncoder().encode('the bytes of a part');
const md5 = createHash('md5').update(bytes).digest('hex');
const listed = { partNumber: 1, etag: '"x"', sizeBytes: bytes.length };

describe('a part that the server lists', () => {
  it.each([
    ['has the same CRC-64, whatever its ETag', { crc64: '7' }, '7'],
    ['has the same MD5 as ETag', { etag: `"${md5.toUpperCase()}"` }, '7'],
    ['has the same MD5 as bare ETag', { etag: md5 }, undefined],
    ['has the same MD5 as ETag, and a CRC-64 that cannot be compared', { etag: md5, crc64: '7' }, undefined],
  ])('is the same when it %s', async (_, shown, crc64) => {
    expect(await isPartOf(bytes, crc64, { ...listed, ...shown })).toBe(true);
  });

  it.each([
    ['shows nothing', {}, '7'],
    ['has another CRC-64', { crc64: '8', etag: md5 }, '7'],
    ['has another size', { crc64: '7', etag: md5, sizeBytes: bytes.length - 1 }, '7'],
    ['has another MD5 as ETag', { etag: `"${md5.replace(/./, 'g')}"` }, '7'],
    ['has another number as ETag', { etag: `"${'0'.repeat(32)}"` }, undefined],
    ['has its MD5 in a longer ETag', { etag: `"${md5}-1"` }, '7'],
    ['has its MD5 at the end of an ETag', { etag: `0${md5}` }, '7'],
    ['has an empty ETag', { etag: '' }, '7'],
  ])('is sent again when it %s', async (_, shown, crc64) => {
    expect(await isPartOf(bytes, crc64, { ...listed, ...shown })).toBe(false);
  });
});
