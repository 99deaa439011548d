import { type ObjectTransport, ServiceError, TransportError } from '@oss-envelope/core';
import type { OssFaultRule } from '@oss-envelope/local-cloud';
import { collect, inChunks, noise, rejectionOf } from '@oss-envelope/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { bucketName, useLocalBucket } from './local-bucket.js';

const local = useLocalBucket();
const headers = { 'content-type': 'application/octet-stream' };
const bytes = noise(400_000);
const put = (transport: ObjectTransport, key: string): Promise<unknown> =>
  transport.put({ key, headers, body: { kind: 'bytes', bytes } });
const putChunks = (transport: ObjectTransport, key: string): Promise<unknown> =>
  transport.put({
    key,
    headers,
    body: { kind: 'chunks', sizeBytes: bytes.length, chunks: inChunks(bytes, 50_000) },
  });
const fetched = async (transport: ObjectTransport): Promise<Buffer> =>
  collect((await transport.get({ key: 'kept', headers: {} })).chunks);

beforeEach(async () => {
  await local.oss.putObject(bucketName, 'kept', bytes);
  local.oss.requests.clear();
});

describe('a download', () => {
  it.each<[string, OssFaultRule]>([
    ['is reset', { kind: 'reset-response', afterBytes: 100_000 }],
    ['is cut', { kind: 'truncate', afterBytes: 100_000 }],
    ['is cut before its first byte', { kind: 'truncate', afterBytes: 0 }],
    ['stalls', { kind: 'stall-response', afterBytes: 100_000 }],
  ])('that %s rejects with a TransportError that says to try again', async (_kind, rule) => {
    local.oss.faults.add(rule);
    const failure = await rejectionOf(fetched(local.transport({ idleTimeoutMs: 200 })));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ retryable: true });
    expect(local.oss.requests.length).toBe(1);
  });

  it('without a CRC-64 is taken as it is', async () => {
    local.oss.faults.add({ kind: 'no-crc' });
    expect(bytes.equals(await fetched(local.transport()))).toBe(true);
  });

  it('of a range is not compared with the CRC-64 of the whole', async () => {
    const got = await local.transport().get({ key: 'kept', headers: { range: 'bytes=5-9' } });
    expect(got.headers['x-oss-hash-crc64ecma']).toBeDefined();
    expect(await collect(got.chunks)).toEqual(bytes.subarray(5, 10));
  });

  it('says that the server ignored a range', async () => {
    local.oss.faults.add({ kind: 'ignore-range' });
    const got = await local.transport().get({ key: 'kept', headers: { range: 'bytes=5-9' } });
    expect(got.status).toBe(200);
    expect(bytes.equals(await collect(got.chunks))).toBe(true);
  });

  it('is asked for again after passing refusals and broken connections', async () => {
    local.oss.faults.add({ kind: 'status', status: 503 });
    local.oss.faults.add({ kind: 'lost-response', skip: 1 });
    expect(bytes.equals(await fetched(local.transport()))).toBe(true);
    expect(local.oss.requests.length).toBe(3);
  });

  it('keeps gzip as it is stored', async () => {
    const gzipped = Buffer.from('H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==', 'base64');
    await local.oss.putObject(bucketName, 'gzipped', gzipped, { 'content-encoding': 'gzip' });
    const got = await local.transport().get({ key: 'gzipped', headers: {} });
    expect(got.headers['content-encoding']).toBe('gzip');
    expect(await collect(got.chunks)).toEqual(gzipped);
  });

  it('releases its connection when it is cancelled, unread or half read, and when it is left early', async () => {
    const transport = local.transport();
    await local.oss.putSyntheticObject(bucketName, 'large', { sizeBytes: 50_000_000 });
    const unread = await transport.get({ key: 'large', headers: {} });
    await unread.cancel();
    await unread.cancel();
    expect(await rejectionOf(collect(unread.chunks))).toBeInstanceOf(TransportError);

    const half = await transport.get({ key: 'large', headers: {} });
    const iterator = half.chunks[Symbol.asyncIterator]();
    await iterator.next();
    await half.cancel();
    await expect(iterator.next()).rejects.toThrow(/cancelled/);

    const left = await transport.get({ key: 'large', headers: {} });
    for await (const chunk of left.chunks) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await left.cancel();
  });

  it('comes once only', async () => {
    const got = await local.transport().get({ key: 'kept', headers: {} });
    await collect(got.chunks);
    await expect(collect(got.chunks)).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await got.cancel();
  });

  it('waits for a slow consumer as long as it takes', async () => {
    await local.oss.putSyntheticObject(bucketName, 'large', { sizeBytes: 8_000_000 });
    const got = await local.transport({ idleTimeoutMs: 100 }).get({ key: 'large', headers: {} });
    let sizeBytes = 0;
    for await (const chunk of got.chunks) {
      if (sizeBytes === 0) await new Promise((resolve) => setTimeout(resolve, 300));
      sizeBytes += chunk.length;
    }
    expect(sizeBytes).toBe(8_000_000);
  });
});

describe('an upload', () => {
  it('without a CRC-64 in the answer is taken as it is', async () => {
    local.oss.faults.add({ kind: 'no-crc' });
    await put(local.transport(), 'unchecked');
  });

  it.each<[string, OssFaultRule]>([
    ['a refusal that passes', { kind: 'status', status: 503 }],
    ['too many requests', { kind: 'status', status: 429 }],
    ['an internal error', { kind: 'status', status: 500 }],
    ['a reset', { kind: 'reset-request', afterBytes: 70_000 }],
    ['a lost answer', { kind: 'lost-response' }],
  ])('of bytes is repeated after %s, and one of chunks is not', async (_kind, rule) => {
    const fault = local.oss.faults.add({ ...rule, times: 2 });
    await put(local.transport(), 'repeated');
    expect(fault.hits).toBe(2);
    expect(bytes.equals((await local.oss.getObject(bucketName, 'repeated')).bytes)).toBe(true);

    const again = local.oss.faults.add(rule);
    const failure = await rejectionOf(putChunks(local.transport(), 'once'));
    expect(failure).toMatchObject({ retryable: true });
    expect(again.hits).toBe(1);
  });

  it('gives up after the last retry, with growing waits before', async () => {
    const waits: number[] = [];
    const fault = local.oss.faults.add({ kind: 'status', status: 503, times: Number.POSITIVE_INFINITY });
    const transport = local.transport({
      retries: 3,
      random: () => 0.5,
      sleep: async (delayMs) => waits.push(delayMs),
    });
    const failure = await rejectionOf(put(transport, 'never'));
    expect(failure).toBeInstanceOf(ServiceError);
    expect(failure).toMatchObject({ status: 503, retryable: true });
    expect(fault.hits).toBe(4);
    expect(waits).toEqual([100, 200, 400]);
  });

  it('is not repeated when retries is 0', async () => {
    const fault = local.oss.faults.add({ kind: 'status', status: 503, times: 5 });
    await rejectionOf(put(local.transport({ retries: 0 }), 'never'));
    expect(fault.hits).toBe(1);
  });

  it('that must not overwrite is repeated too: the client knows its object by the envelope', async () => {
    const request = {
      headers: { ...headers, 'x-oss-forbid-overwrite': 'true' },
      body: { kind: 'bytes', bytes },
    } as const;
    local.oss.faults.add({ kind: 'status', status: 503 });
    await local.transport().put({ key: 'first', ...request });
    const lost = local.oss.faults.add({ kind: 'lost-response' });
    const failure = await rejectionOf(local.transport().put({ key: 'second', ...request }));
    expect(failure).toMatchObject({ status: 409, serviceCode: 'FileAlreadyExists' });
    expect(lost.hits).toBe(1);
  });

  it.each([400, 403, 409, 501])('is not repeated after HTTP %i', async (status) => {
    const fault = local.oss.faults.add({ kind: 'status', status, times: 5 });
    const failure = await rejectionOf(put(local.transport(), 'refused'));
    expect(failure).toMatchObject({ status, retryable: false });
    expect(fault.hits).toBe(1);
  });

  it('does not follow a redirect with its body', async () => {
    local.oss.faults.add({ kind: 'redirect', origin: 'http://127.0.0.1:9' });
    const failure = await rejectionOf(put(local.transport(), 'elsewhere'));
    expect(failure).toMatchObject({ status: 307 });
    expect(failure.message).toContain('the region and the endpoint');
    expect(failure.message).not.toContain('127.0.0.1');
  });

  it("rejects with the source's own error, and stores nothing", async () => {
    const broken = new Error('the disk is gone');
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 100_000);
      throw broken;
    }
    for (const sizeBytes of [bytes.length, undefined]) {
      const failure = await rejectionOf(
        local
          .transport()
          .put({ key: 'broken', headers, body: { kind: 'chunks', sizeBytes, chunks: chunks() } }),
      );
      expect(failure).toBe(broken);
      expect(local.oss.hasObject(bucketName, 'broken')).toBe(false);
    }
  });

  it('rejects with what a source throws at once', async () => {
    const broken = new Error('no such file');
    const chunks: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        throw broken;
      },
    };
    const body = { kind: 'chunks', sizeBytes: 5, chunks } as const;
    expect(await rejectionOf(local.transport().put({ key: 'b', headers, body }))).toBe(broken);
  });

  it('waits for a slow source as long as it takes', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 100_000);
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield bytes.subarray(100_000);
    }
    const body = { kind: 'chunks', sizeBytes: bytes.length, chunks: chunks() } as const;
    await local.transport({ idleTimeoutMs: 100 }).put({ key: 'slow', headers, body });
    expect(bytes.equals((await local.oss.getObject(bucketName, 'slow')).bytes)).toBe(true);
  });
});

describe('other requests', () => {
  it.each<[string, OssFaultRule]>([
    ['a refusal that passes', { kind: 'status', status: 503 }],
    ['a lost answer', { kind: 'lost-response' }],
  ])('are repeated after %s', async (_kind, rule) => {
    const transport = local.transport();
    for (const call of [
      () => transport.head({ key: 'kept', headers: {} }),
      () => transport.copy({ key: 'copied', sourceKey: 'kept', headers: {} }),
      () => transport.delete({ key: 'copied', headers: {} }),
    ]) {
      const fault = local.oss.faults.add(rule);
      await call();
      expect(fault.hits).toBe(1);
    }
  });

  it.each(['head', 'copy', 'delete'] as const)('to %s time out when no answer comes', async (method) => {
    local.oss.faults.add({ kind: 'stall-request', times: 9 });
    const transport = local.transport({ idleTimeoutMs: 300, retries: 1 });
    const failure = await rejectionOf(transport[method]({ key: 'a', sourceKey: 'kept', headers: {} }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure.message).toContain('300 ms');
    expect(local.oss.requests.length).toBe(2);
  });

  it('refuse an answer that is not of the protocol', async () => {
    local.oss.faults.add({ kind: 'truncate', afterBytes: 40, shorten: true });
    const failure = await rejectionOf(local.transport().copy({ key: 'c', sourceKey: 'kept', headers: {} }));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ retryable: false });
  });
});
