import { assert, assertEqual, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import type { FaultEffect } from '../fault-control.js';
import { chunksOf, collectBytes, sampleBytes } from '../sample-bytes.js';
import { faultCase, type TransportBench } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

const sizeBytes = 300_000;
const half = sizeBytes / 2;
/** Where uploads cannot be seen moving, a transport waits the longer the more it sends. */
const fewBytes = 30_000;
const unavailable = { kind: 'status', status: 503, code: 'ServiceUnavailable' } as const;
/** More than any transport retries. */
const always = 1000;

async function withStored(
  bench: TransportBench,
): Promise<{ readonly key: string; readonly bytes: Uint8Array }> {
  const key = bench.key();
  const bytes = sampleBytes(sizeBytes);
  await bench.put(key, bytes);
  return { key, bytes };
}

/** A fault of a download's body: reading must fail, and the connection be released. */
function brokenBodyCase(name: string, effect: FaultEffect): ConformanceCase<TransportSubject> {
  return faultCase(name, async (bench) => {
    const { key } = await withStored(bench);
    await bench.faults.add({ ...effect, match: { key, method: 'GET' }, times: always });
    await bench.rejects(() => bench.read(key), 'ERR_TRANSPORT', 'reading a body that breaks off');
    await bench.assertReleased(key);
  });
}

/** A fault that a retry mends: bytes are sent again where the transport retries, chunks never. */
function mendedUploadCases(
  name: string,
  effect: FaultEffect,
  code: 'ERR_TRANSPORT' | 'ERR_SERVICE',
  uploadBytes = sizeBytes,
): ConformanceCase<TransportSubject>[] {
  return [
    faultCase(`${name} under bytes: they are sent again where the transport retries`, async (bench) => {
      const key = bench.key();
      const bytes = sampleBytes(uploadBytes);
      await bench.faults.add({ ...effect, match: { key, method: 'PUT' } });
      if (bench.traits.retries === 0) {
        await bench.rejects(() => bench.put(key, bytes), code, `${name} under bytes`);
        await bench.assertRequests('PUT', key, 1);
        return;
      }
      await bench.put(key, bytes);
      assertSameBytes(await bench.read(key), bytes, 'what came back');
      await bench.assertRequests('PUT', key, 2);
    }),
    faultCase(`${name} under chunks: they are never sent again`, async (bench) => {
      const key = bench.key();
      const chunks = chunksOf(sampleBytes(uploadBytes), 5000);
      await bench.faults.add({ ...effect, match: { key, method: 'PUT' } });
      await bench.rejects(() => bench.putChunks(key, chunks, uploadBytes), code, `${name} under chunks`);
      await bench.assertRequests('PUT', key, 1);
      await bench.assertReleased(key);
    }),
  ];
}

/** What a transport does when the server or the network fails. */
export const faultCases: readonly ConformanceCase<TransportSubject>[] = [
  ...mendedUploadCases('a reset', { kind: 'reset-request', afterBytes: 1000 }, 'ERR_TRANSPORT'),
  ...mendedUploadCases('a stall', { kind: 'stall-request', afterBytes: 1000 }, 'ERR_TRANSPORT', fewBytes),
  ...mendedUploadCases('a 503', unavailable, 'ERR_SERVICE'),
  faultCase('a lost answer to bytes: they are sent again where the transport retries', async (bench) => {
    const key = bench.key();
    await bench.faults.add({ kind: 'lost-response', match: { key, method: 'PUT' } });
    if (bench.traits.retries === 0) {
      await bench.rejects(() => bench.put(key, sampleBytes(10)), 'ERR_TRANSPORT', 'a lost answer');
    } else {
      await bench.put(key, sampleBytes(10));
    }
    assertSameBytes(await bench.read(key), sampleBytes(10), 'what came back');
    await bench.assertRequests('PUT', key, bench.traits.retries === 0 ? 1 : 2);
  }),
  faultCase('a 503 that stays is refused after as many requests as declared', async (bench) => {
    const { key } = await withStored(bench);
    await bench.faults.add({ ...unavailable, match: { key, method: 'GET' }, times: always });
    const error = await bench.refused(() => bench.get(key), 503, 'a 503 that stays');
    assertEqual(error.serviceCode, 'ServiceUnavailable', 'the service code');
    assertEqual(error.retryable, true, 'whether the same request may succeed later');
    await bench.assertRequests('GET', key, bench.traits.retries + 1);
  }),
  faultCase('a 403 is refused after one request', async (bench) => {
    const { key } = await withStored(bench);
    const match = { key, method: 'GET' };
    await bench.faults.add({ kind: 'status', status: 403, code: 'AccessDenied', match, times: always });
    const error = await bench.refused(() => bench.get(key), 403, 'a 403');
    assertEqual(error.serviceCode, 'AccessDenied', 'the service code');
    assertEqual(error.retryable, false, 'whether the same request may succeed later');
    await bench.assertRequests('GET', key, 1);
    await bench.assertReleased(key);
  }),
  brokenBodyCase('a body that is reset half-way fails to be read', {
    kind: 'reset-response',
    afterBytes: half,
  }),
  brokenBodyCase('a body that stalls half-way fails to be read', {
    kind: 'stall-response',
    afterBytes: half,
  }),
  brokenBodyCase('a body that ends half-way fails to be read', { kind: 'truncate', afterBytes: half }),
  faultCase('checksums are handed on as they came, and compared by the client', async (bench) => {
    const { key, bytes } = await withStored(bench);
    await bench.faults.add({ kind: 'wrong-crc', match: { key }, times: 2 });
    const got = await bench.get(key);
    assertSameBytes(await collectBytes(got.chunks), bytes, 'what came back');
    const { headers } = await bench.put(key, bytes);
    const head = await bench.transport.head({ key, headers: {} });
    for (const answered of [got.headers, headers]) {
      const crc64 = answered['x-oss-hash-crc64ecma'];
      assert(crc64 !== undefined, 'the header x-oss-hash-crc64ecma must be handed on');
      assert(crc64 !== head.headers['x-oss-hash-crc64ecma'], 'the header must be the one that was sent');
    }
  }),
  faultCase('a server that gives no CRC-64 is believed', async (bench) => {
    const key = bench.key();
    await bench.faults.add({ kind: 'no-crc', match: { key }, times: 2 });
    await bench.put(key, sampleBytes(1000));
    assertSameBytes(await bench.read(key), sampleBytes(1000), 'what came back');
  }),
  faultCase('a part of an object is not held to the CRC-64 of the whole', async (bench) => {
    const { key, bytes } = await withStored(bench);
    const response = await bench.get(key, { range: 'bytes=5-9', 'x-oss-range-behavior': 'standard' });
    assert(
      response.headers['x-oss-hash-crc64ecma'] !== undefined,
      'the server must give a CRC-64 with a range',
    );
    assertSameBytes(await collectBytes(response.chunks), bytes.subarray(5, 10), 'what came back');
  }),
  faultCase('a redirect is not followed', async (bench) => {
    const { key } = await withStored(bench);
    const { origin } = bench.faults;
    await bench.faults.add({ kind: 'redirect', origin, match: { key, method: 'GET' } });
    await bench.rejects(() => bench.get(key), ['ERR_SERVICE', 'ERR_TRANSPORT'], 'a redirect');
    await bench.assertRequests('GET', key, 1);
    const target = bench.key();
    await bench.faults.add({ kind: 'redirect', origin, match: { key: target, method: 'PUT' } });
    const putting = (): Promise<unknown> => bench.put(target, sampleBytes(1000));
    await bench.rejects(putting, ['ERR_SERVICE', 'ERR_TRANSPORT'], 'a redirect of an upload');
    await bench.assertAbsent(target);
  }),
  faultCase('a wrong clock is put right, where that is declared, and refused otherwise', async (bench) => {
    const { key, bytes } = await withStored(bench);
    const match = { key, method: 'GET' };
    await bench.faults.add({ kind: 'skew', offsetMs: 3_600_000, match, times: always });
    if (bench.traits.correctsClock) {
      assertSameBytes(await bench.read(key), bytes, 'what came back');
      await bench.assertRequests('GET', key, 2);
      return;
    }
    const error = await bench.refused(() => bench.get(key), 403, 'a request at the wrong time');
    assertEqual(error.serviceCode, 'RequestTimeTooSkewed', 'the service code');
  }),
  faultCase('a body that is given up releases its connection', async (bench) => {
    const { key } = await withStored(bench);
    await bench.faults.add({
      kind: 'stall-response',
      afterBytes: half,
      match: { key, method: 'GET' },
      times: 2,
    });
    const response = await bench.get(key);
    await response.cancel();
    await bench.assertReleased(key);
    const { chunks } = await bench.get(key);
    for await (const chunk of chunks) {
      assert(chunk.length > 0, 'a chunk must not be empty');
      break;
    }
    await bench.assertReleased(key);
  }),
  faultCase('an abort releases the connection of a body that comes down', async (bench) => {
    const { key } = await withStored(bench);
    await bench.faults.add({ kind: 'stall-response', afterBytes: half, match: { key, method: 'GET' } });
    const reason = new Error('enough');
    const controller = new AbortController();
    const { chunks } = await bench.transport.get({ key, headers: {}, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    const error = await collectBytes(chunks).then(
      () => undefined,
      (rejection: unknown) => rejection,
    );
    assert(error === reason, "an aborted body must reject with the signal's reason");
    await bench.assertReleased(key);
  }),
  faultCase('an abort releases the connection of a request without an answer', async (bench) => {
    const key = bench.key();
    await bench.faults.add({ kind: 'stall-request', match: { key, method: 'PUT' } });
    const reason = new Error('enough');
    const controller = new AbortController();
    const body = { kind: 'bytes', bytes: sampleBytes(10) } as const;
    setTimeout(() => controller.abort(reason), 50);
    const error = await bench.transport.put({ key, headers: {}, body, signal: controller.signal }).then(
      () => undefined,
      (rejection: unknown) => rejection,
    );
    assert(error === reason, "an aborted call must reject with the signal's reason");
    await bench.assertReleased(key);
    await bench.assertAbsent(key);
  }),
];
