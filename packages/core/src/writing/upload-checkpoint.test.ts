import { createHmac, hkdfSync } from 'node:crypto';
import { memoryCheckpoint } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import { SecretBytes } from '../contract/secret-bytes.js';
import { checkpointPurpose, parseUpload, UploadCheckpoint, type UploadState } from './upload-checkpoint.js';

const state: UploadState = {
  key: 'k',
  uploadId: 'u',
  headers: { 'content-type': 'a/b' },
  sizeBytes: 5,
  partSizeBytes: 2,
  source: 'then',
};
const dataKey = Uint8Array.from({ length: 32 }, (_, index) => index);
const secret = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
const contentKey = { dataKey, counterBlock: new Uint8Array(16) };
const keys = { contentKey, ownSecret: new SecretBytes(secret) };
const refused = expect.objectContaining({ code: 'ERR_CHECKPOINT' });

/** The journal of an upload of which these parts were recorded. */
async function journalOf(parts: readonly (readonly [number, string])[] = [], of = keys) {
  const store = memoryCheckpoint();
  const journal = await store.open();
  const checkpoint = await UploadCheckpoint.begin(journal, state, of);
  for (const [number, text] of parts) await checkpoint.record(number, Buffer.from(text));
  const records = () => (store.text ?? '').split('\n').filter((record) => record !== '');
  return { journal, checkpoint, records };
}

/** A journal that holds these records. */
const holding = (records: readonly string[]) => ({
  records,
  append: async () => {},
  clear: async () => {},
  close: async () => {},
});

describe('the journal of an upload', () => {
  it('has the state, and the digest of each part, under a key of the data key and the secret', async () => {
    const { records } = await journalOf([[1, 'one']]);
    const key = Buffer.from(hkdfSync('sha256', dataKey, secret, 'oss-envelope upload checkpoint 2', 32));
    const mac = (text: string) => createHmac('sha256', key).update(text).digest('base64');
    const text = JSON.stringify({ version: 2, kind: 'upload', ...state });
    expect(records()).toEqual([
      JSON.stringify({ state: text, mac: mac(text) }),
      JSON.stringify({ part: 1, digest: mac('one') }),
    ]);
    expect(checkpointPurpose).toBe('oss-envelope upload checkpoint');
  });

  it('is of the same key where a provider has no secret, in either form of the data key', async () => {
    const key = Buffer.from(hkdfSync('sha256', dataKey, '', 'oss-envelope upload checkpoint 2', 32));
    const mac = createHmac('sha256', key).update('one').digest('base64');
    for (const of of [dataKey, new SecretBytes(dataKey)]) {
      const own = { contentKey: { ...contentKey, dataKey: of }, ownSecret: undefined };
      const { records } = await journalOf([[1, 'one']], own as never);
      expect(records()[1]).toBe(JSON.stringify({ part: 1, digest: mac }));
    }
  });

  it('gives back what was written', async () => {
    const { records } = await journalOf([
      [1, 'one'],
      [10_000, 'last'],
    ]);
    const saved = parseUpload(holding(records()));
    expect(saved?.state).toEqual(state);
    expect([...(saved?.digests.keys() ?? [])]).toEqual([1, 10_000]);
    expect(parseUpload(holding([]))).toBeUndefined();
  });

  it('may have a part twice, with one digest', async () => {
    const { records } = await journalOf([[1, 'one']]);
    const [first, part] = records() as [string, string];
    expect(parseUpload(holding([first, part, part]))?.digests.size).toBe(1);
    const other = part.replace(/"digest":"./, '"digest":"_');
    expect(() => parseUpload(holding([first, part, other]))).toThrow(refused);
  });

  it.each<[string, (state: Record<string, unknown>) => unknown]>([
    ['of another version', () => ({ version: 1 })],
    ['of a download', () => ({ kind: 'download' })],
    ['without a key', () => ({ key: undefined })],
    ['without an upload', () => ({ uploadId: '' })],
    ['of an upload whose id is no text', () => ({ uploadId: 5 })],
    ['of an upload with too long an id', () => ({ uploadId: 'u'.repeat(1025) })],
    ['of headers that are none', () => ({ headers: { a: 5 } })],
    ['of no bytes', () => ({ sizeBytes: 0 })],
    ['of half a byte', () => ({ sizeBytes: 1.5 })],
    ['in parts of no bytes', () => ({ partSizeBytes: 0 })],
    ['in parts of half a byte', () => ({ partSizeBytes: 1.5 })],
    ['of no source', () => ({ source: undefined })],
    ['with more', () => ({ more: true })],
  ])('is refused %s', (_, change) => {
    const text = JSON.stringify({ version: 2, kind: 'upload', ...state, ...(change({}) as object) });
    expect(() => parseUpload(holding([JSON.stringify({ state: text, mac: '' })]))).toThrow(refused);
  });

  it.each([{ uploadId: 'u'.repeat(1024) }, { sizeBytes: 1 }, { partSizeBytes: 1 }, { headers: {} }])(
    'may be at the bounds: %j',
    (change) => {
      const text = JSON.stringify({ version: 2, kind: 'upload', ...state, ...change });
      const saved = parseUpload(holding([JSON.stringify({ state: text, mac: 'm' })]));
      expect(saved).toEqual({ state: { ...state, ...change }, digests: new Map(), text, mac: 'm' });
    },
  );

  it.each([
    { part: 0 },
    { part: 10_001 },
    { part: 1.5 },
    { digest: 'x'.repeat(43) },
    { digest: 'x'.repeat(45) },
    { digest: 5 },
    { more: true },
  ])('is refused with the part %j', async (change) => {
    const { records } = await journalOf();
    const part = { part: 1, digest: 'x'.repeat(44) };
    const [first] = records() as [string];
    expect(parseUpload(holding([first, JSON.stringify(part)]))?.digests.get(1)).toBe(part.digest);
    const changed = JSON.stringify({ ...part, ...change });
    expect(() => parseUpload(holding([first, changed]))).toThrow(refused);
  });

  it('has records up to a length, and nothing around them', async () => {
    const { records } = await journalOf([[1, 'one']]);
    const [first, part] = records() as [string, string];
    const padded = (sizeBytes: number) => part.padEnd(sizeBytes, ' ');
    expect(parseUpload(holding([first, padded(64 * 1024)]))?.digests.size).toBe(1);
    expect(() => parseUpload(holding([first, padded(64 * 1024 + 1)]))).toThrow(refused);
    const more = { ...JSON.parse(first), more: true };
    expect(() => parseUpload(holding([JSON.stringify(more)]))).toThrow(refused);
  });
});

describe('an upload that goes on', () => {
  const saved = async (records: readonly string[]) => {
    const upload = parseUpload(holding(records));
    if (upload === undefined) throw new Error('the journal is empty');
    return upload;
  };

  it('knows its parts by their bytes, and records new ones only', async () => {
    const { journal, records } = await journalOf([[1, 'one']]);
    const checkpoint = await UploadCheckpoint.resume(journal, await saved(records()), keys);
    expect([1, 2].map((number) => checkpoint.has(number))).toEqual([true, false]);
    expect(await checkpoint.record(1, Buffer.from('one'))).toBe('same');
    expect(await checkpoint.record(1, Buffer.from('eno'))).toBe('changed');
    expect(records()).toHaveLength(2);
    expect(await checkpoint.record(2, Buffer.from('two'))).toBe('new');
    expect(await checkpoint.record(2, Buffer.from('two'))).toBe('same');
    expect(records()).toHaveLength(3);
    await checkpoint.delete();
    expect(records()).toEqual([]);
  });

  it('must have been begun under the same keys', async () => {
    const { journal, records } = await journalOf();
    const upload = await saved(records());
    const other = new Uint8Array(32);
    for (const wrong of [
      { ...keys, contentKey: { ...contentKey, dataKey: other } },
      { ...keys, ownSecret: new SecretBytes(other) },
      { ...keys, ownSecret: undefined },
    ]) {
      await expect(UploadCheckpoint.resume(journal, upload, wrong)).rejects.toThrow(refused);
    }
    const text = upload.text.replace('"source":"then"', '"source":"now"');
    await expect(UploadCheckpoint.resume(journal, { ...upload, text }, keys)).rejects.toThrow(refused);
    await expect(UploadCheckpoint.resume(journal, upload, keys)).resolves.toBeDefined();
  });
});
