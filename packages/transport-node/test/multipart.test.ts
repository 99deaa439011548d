import { OutOfRangeError } from '@oss-envelope/core';
import { combineCrc64, crc64, formatCrc64 } from '@oss-envelope/crc64';
import { inChunks, noise, rejectionOf } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { beforeEach, describe, expect, it } from 'vitest';
import { aliOssTransport } from '../src/index.js';
import { bucketName, useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();
const headers = { 'content-type': 'application/octet-stream', 'x-oss-meta-color': 'blue' };
const first = noise(150_000);
const second = noise(120_001);

beforeEach(() => local.oss.requests.clear());

const versions = [
  ['V1', {}],
  ['V4', { authorizationV4: true }],
] as const;
const nextRow = inTurn(versions.length);
describe.each(versions)('a multipart upload signed by %s', (_name, client) => {
  const it = nextRow();
  it('makes an object of its parts', async () => {
    const transport = local.transport({ client });
    const key = 'parts/ü +1.bin';
    const { uploadId } = await transport.parts.start({ key, headers });
    const upload = { key, headers: {}, uploadId };
    await transport.parts.put({
      ...upload,
      partNumber: 2,
      body: { kind: 'chunks', sizeBytes: second.length, chunks: inChunks(second, 50_000) },
    });
    const stored = await transport.parts.put({
      ...upload,
      partNumber: 1,
      body: { kind: 'bytes', bytes: first },
    });
    expect(stored.headers['x-oss-hash-crc64ecma']).toBe(formatCrc64(crc64(first)));
    const [one, two] = await transport.parts.list(upload);
    if (!one || !two) throw new Error('two parts must be listed');
    expect(one).toMatchObject({ partNumber: 1, etag: stored.headers.etag, sizeBytes: 150_000 });
    expect(two).toMatchObject({ partNumber: 2, sizeBytes: 120_001 });

    const finished = await transport.parts.finish({ ...upload, parts: [two, one] });
    expect(finished.headers['x-oss-hash-crc64ecma']).toBe(
      formatCrc64(combineCrc64(crc64(first), crc64(second), second.length)),
    );
    const object = await local.oss.getObject(bucketName, key);
    expect(Buffer.concat([first, second]).equals(object.bytes)).toBe(true);
    expect(object.headers).toMatchObject(headers);
    expect(local.oss.uploads(bucketName)).toEqual([]);
  });

  it('lists no part, and one part', async () => {
    const transport = local.transport({ client });
    const { uploadId } = await transport.parts.start({ key: 'many', headers });
    const upload = { key: 'many', headers: {}, uploadId };
    expect(await transport.parts.list(upload)).toEqual([]);
    const body = { kind: 'bytes', bytes: noise(1) } as const;
    await transport.parts.put({ ...upload, partNumber: 10_000, body });
    expect((await transport.parts.list(upload)).map((part) => part.partNumber)).toEqual([10_000]);
    await transport.parts.drop(upload);
    expect(local.oss.uploads(bucketName)).toEqual([]);
  });

  it('names an upload that is not there', async () => {
    const upload = { key: 'k', headers: {}, uploadId: 'none' };
    const transport = local.transport({ client });
    const body = { kind: 'bytes', bytes: first } as const;
    for (const call of [
      () => transport.parts.put({ ...upload, partNumber: 1, body }),
      () => transport.parts.list(upload),
      () => transport.parts.finish({ ...upload, parts: [{ partNumber: 1, etag: '"A"' }] }),
    ]) {
      expect(await rejectionOf(call())).toMatchObject({ status: 404, serviceCode: 'NoSuchUpload' });
    }
    await transport.parts.drop(upload);
  });
});

describe('the parts of an upload', () => {
  async function started(): Promise<{ key: string; headers: Record<string, string>; uploadId: string }> {
    const { uploadId } = await local.transport().parts.start({ key: 'k', headers });
    return { key: 'k', headers: {}, uploadId };
  }

  it('are sent again when they are bytes', async () => {
    const upload = await started();
    local.oss.faults.add({ kind: 'reset-request', afterBytes: 60_000 });
    local.oss.faults.add({ kind: 'lost-response', skip: 1 });
    const transport = local.transport();
    await transport.parts.put({ ...upload, partNumber: 1, body: { kind: 'bytes', bytes: first } });
    expect(local.oss.requests.of('UploadPart').length).toBe(3);
    const fault = local.oss.faults.add({ kind: 'status', status: 503 });
    const body = { kind: 'chunks', sizeBytes: second.length, chunks: inChunks(second, 50_000) } as const;
    await rejectionOf(transport.parts.put({ ...upload, partNumber: 2, body }));
    expect(fault.hits).toBe(1);
    await transport.parts.drop(upload);
  });

  it('are dropped even when the first answer is lost', async () => {
    const upload = await started();
    const lost = local.oss.faults.add({ kind: 'lost-response' });
    await local.transport().parts.drop(upload);
    expect(lost.hits).toBe(1);
    expect(local.oss.requests.last()?.errorCode).toBe('NoSuchUpload');
  });

  it.each([0, 10_001, 1.5])('cannot have the number %s', async (partNumber) => {
    const body = { kind: 'bytes', bytes: first } as const;
    const failure = await rejectionOf(
      local.transport().parts.put({ key: 'k', headers: {}, uploadId: 'u', partNumber, body }),
    );
    expect(failure).toBeInstanceOf(OutOfRangeError);
  });
});

it('sums bytes and parts as the server does', async () => {
  const { crc64: sums } = aliOssTransport(local.client());
  const running = sums?.create();
  running?.update(first);
  running?.update(second);
  const whole = formatCrc64(crc64(Buffer.concat([first, second])));
  expect(running?.digest()).toBe(whole);
  const parts = [first, second].map((bytes) => ({
    crc64: formatCrc64(crc64(bytes)),
    sizeBytes: bytes.length,
  }));
  expect(sums?.combine(parts)).toBe(whole);
  expect(sums?.combine([])).toBe('0');
  expect(() => sums?.combine([{ crc64: '-1', sizeBytes: 1 }])).toThrow(RangeError);
});
