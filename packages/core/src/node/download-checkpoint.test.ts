import { memoryCheckpoint } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import type { ObjectHandle } from '../client/object-handle.js';
import { DownloadCheckpoint } from './download-checkpoint.js';

const object = { key: 'k', sizeBytes: 10, etag: '"e"' };
const fresh = { version: 2, kind: 'download', ...object, partSizeBytes: 4 };
const state = (change = {}) =>
  JSON.stringify({
    version: 2,
    kind: 'download',
    key: 'k',
    etag: '"e"',
    sizeBytes: 10,
    partSizeBytes: 4,
    ...change,
  });
const range = (change = {}) => JSON.stringify({ range: 0, crc64: '7', ...change });
const refused = expect.objectContaining({ code: 'ERR_CHECKPOINT' });

async function opened(
  records: readonly string[],
  of: { key: string; sizeBytes: number; etag?: string | undefined } = object,
  partSizeBytes = 4,
) {
  const store = memoryCheckpoint(records.length === 0 ? undefined : records.join('\n'));
  const checkpoint = await DownloadCheckpoint.open(await store.open(), of as ObjectHandle, partSizeBytes);
  return { checkpoint, completed: [...checkpoint.completed], records: () => (store.text ?? '').split('\n') };
}

describe('the journal of a download', () => {
  it('begins with the state of the object, and has a record for each range', async () => {
    const { checkpoint, completed, records } = await opened([]);
    expect(completed).toEqual([]);
    await checkpoint.complete(3, '18446744073709551615');
    expect(JSON.parse(records()[0] as string)).toEqual(fresh);
    expect(records().slice(1)).toEqual(['{"range":3,"crc64":"18446744073709551615"}']);
    expect((await opened(records())).completed).toEqual([[3, '18446744073709551615']]);
  });

  it('goes on with the same object in the same ranges', async () => {
    const { completed, records } = await opened([state(), range(), range({ range: 2, crc64: '0' })]);
    expect(completed).toEqual([
      [0, '7'],
      [2, '0'],
    ]);
    expect(records()).toHaveLength(3);
  });

  it.each([
    ['another size', { ...object, sizeBytes: 11 }, 4],
    ['another ETag', { ...object, etag: '"f"' }, 4],
    ['no ETag', { key: 'k', sizeBytes: 10 }, 4],
    ['other ranges', object, 5],
  ] as const)('begins anew for an object of %s', async (_, other, partSizeBytes) => {
    const { completed, records } = await opened([state(), range()], other, partSizeBytes);
    expect(completed).toEqual([]);
    expect(records()).toHaveLength(1);
    expect(JSON.parse(records()[0] as string)).toEqual({ ...fresh, etag: '', ...other, partSizeBytes });
  });

  it('does not go on with an object that has no ETag, whose bytes may be others now', async () => {
    const unmarked = { key: 'k', sizeBytes: 10 };
    const { completed } = await opened([state({ etag: '' }), range()], unmarked);
    expect(completed).toEqual([]);
  });

  it.each([{ key: 'l' }, { key: 'l', etag: '"f"' }])('of another object is refused: %j', async (change) => {
    await expect(opened([state(change), range()])).rejects.toThrow(refused);
  });

  it.each([
    { version: 1 },
    { kind: 'upload' },
    { key: 5 },
    { etag: undefined },
    { sizeBytes: -1 },
    { sizeBytes: 1.5 },
    { partSizeBytes: -1 },
    { partSizeBytes: 1.5 },
    { more: true },
  ])('with the state %j is refused', async (change) => {
    await expect(opened([state(change)])).rejects.toThrow(refused);
  });

  it.each([
    { range: -1 },
    { range: 0.5 },
    { crc64: '' },
    { crc64: '-1' },
    { crc64: '1a' },
    { crc64: '1'.repeat(21) },
    { crc64: 7 },
    { more: true },
  ])('with the range %j is refused', async (change) => {
    await expect(opened([state(), range(change)])).rejects.toThrow(refused);
  });

  it('may be of an object without content', async () => {
    const empty = { ...object, sizeBytes: 0 };
    const { completed } = await opened([state({ sizeBytes: 0, partSizeBytes: 0 }), range()], empty, 0);
    expect(completed).toEqual([[0, '7']]);
  });

  it('has records up to a length', async () => {
    expect((await opened([state(), range().padEnd(64 * 1024, ' ')])).completed).toHaveLength(1);
    await expect(opened([state(), range().padEnd(64 * 1024 + 1, ' ')])).rejects.toThrow(refused);
    await expect(opened(['nothing of ours'])).rejects.toThrow(refused);
  });
});
