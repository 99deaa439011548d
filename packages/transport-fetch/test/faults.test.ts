import { getEventListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { EncryptedBucket, type FinishPartsRequest, type UploadBody } from '@oss-envelope/core';
import { collect, expectBytes, noise, rejectionOf, reusedChunks, until } from '@oss-envelope/test-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { type Credentials, type FetchTransportOptions, fetchTransport } from '../src/index.js';
import { bucket, useLocalOss } from './local-bucket.js';

const local = useLocalOss();

type PartToFinish = FinishPartsRequest['parts'][number];

const size = 600_000;
const bytes = noise(size);
const hour = 3_600_000;

function transportWith(options: Partial<FetchTransportOptions> = {}) {
  return fetchTransport({ ...local.options(), ...options });
}

/** A body of chunks, and whether it was left. */
function watchedChunks(sizeBytes?: number): { body: UploadBody; isLeft(): boolean } {
  let isLeft = false;
  const chunks = (async function* () {
    try {
      yield* reusedChunks(bytes, 20_000);
    } finally {
      isLeft = true;
    }
  })();
  return { body: { kind: 'chunks', sizeBytes, chunks }, isLeft: () => isLeft };
}

/** Requests since the last time. */
function countRequests(): number {
  const count = local.oss.requests.length;
  local.oss.requests.clear();
  return count;
}

async function partsOf(key: string): Promise<{ uploadId: string; parts: PartToFinish[] }> {
  const transport = transportWith();
  const { uploadId } = await transport.parts.start({ key, headers: {} });
  const parts: PartToFinish[] = [];
  for (const partNumber of [1, 2]) {
    const body = {
      kind: 'bytes',
      bytes: bytes.subarray((partNumber - 1) * 300_000, partNumber * 300_000),
    } as const;
    const stored = await transport.parts.put({ key, headers: {}, uploadId, partNumber, body });
    parts.push({ partNumber, etag: stored.headers.etag ?? '' });
  }
  countRequests();
  return { uploadId, parts };
}

/** An origin that nobody listens at. */
async function closedOrigin(): Promise<string> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

// Whatever happened, the server is left with no request of ours under way.
afterEach(async () => {
  await until(() => local.oss.activeRequests === 0);
});

describe('bytes are sent again', () => {
  it.each([
    ['503 then success', { kind: 'status', status: 503 }],
    ['429 then success', { kind: 'status', status: 429 }],
    ['500 then success', { kind: 'status', status: 500 }],
    ['a time-out of the server', { kind: 'status', status: 400, code: 'RequestTimeout' }],
    ['a reset', { kind: 'reset-request' }],
    ['a reset in the middle of the body', { kind: 'reset-request', afterBytes: 100_000 }],
    ['a lost answer', { kind: 'lost-response' }],
    ['a server that never answers', { kind: 'stall-request' }],
    ['a server that stops reading', { kind: 'stall-request', afterBytes: 100_000 }],
  ] as const)('after %s', async (_name, fault) => {
    local.oss.faults.add(fault);
    const transport = transportWith({ idleTimeoutMs: 500 });
    await transport.put({ key: 'again', headers: {}, body: { kind: 'bytes', bytes } });
    expectBytes((await local.oss.getObject(bucket, 'again')).bytes, bytes);
    expect(countRequests()).toBe(2);
    await local.oss.deleteObject(bucket, 'again');
  });

  it.each([
    ['503', { kind: 'status', status: 503 }, { code: 'ERR_SERVICE', status: 503, retryable: true }],
    ['resets', { kind: 'reset-request' }, { code: 'ERR_TRANSPORT', retryable: true }],
    ['silence', { kind: 'stall-request' }, { code: 'ERR_TRANSPORT', retryable: true }],
  ] as const)('until %s forever are too many', async (_name, fault, outcome) => {
    local.oss.faults.add({ ...fault, times: Number.POSITIVE_INFINITY });
    // Longer than the server needs to see a request, also on a busy machine.
    const idleTimeoutMs = fault.kind === 'stall-request' ? 250 : undefined;
    for (const [retries, requests] of [
      [undefined, 4],
      [1, 2],
      [0, 1],
    ] as const) {
      const transport = transportWith({ idleTimeoutMs, retries });
      const put = transport.put({ key: 'never', headers: {}, body: { kind: 'bytes', bytes } });
      expect(await rejectionOf(put)).toMatchObject(outcome);
      expect(countRequests()).toBe(requests);
    }
    expect(local.oss.hasObject(bucket, 'never')).toBe(false);
  });

  it('but not after an answer that will not change', async () => {
    for (const status of [400, 403, 404, 409, 412, 501, 505]) {
      local.oss.faults.add({ kind: 'status', status });
      const head = transportWith().put({ key: 'a', headers: {}, body: { kind: 'bytes', bytes } });
      expect(await rejectionOf(head)).toMatchObject({ code: 'ERR_SERVICE', status, retryable: false });
      expect(countRequests()).toBe(1);
    }
  });

  it('after pauses that grow, jitter, and respect Retry-After', async () => {
    const delays: number[] = [];
    const transport = transportWith({
      random: () => 0.5,
      sleep: async (delayMs) => {
        delays.push(delayMs);
      },
    });
    local.oss.faults.add({ kind: 'status', status: 503, times: 3 });
    await transport.put({ key: 'paused', headers: {}, body: { kind: 'bytes', bytes } });
    expect(delays).toEqual([100, 200, 400]);

    delays.length = 0;
    local.oss.faults.add({ kind: 'status', status: 503, headers: { 'retry-after': '7' } });
    const in9Seconds = new Date(Math.floor(Date.now() / 1000) * 1000 + 9_000).toUTCString();
    local.oss.faults.add({ kind: 'status', status: 429, headers: { 'retry-after': in9Seconds }, skip: 1 });
    await transport.put({ key: 'paused', headers: {}, body: { kind: 'bytes', bytes } });
    expect(delays[0]).toBe(7_000);
    expect(delays[1]).toBeGreaterThanOrEqual(7_000);
    expect(delays[1]).toBeLessThanOrEqual(9_000);

    delays.length = 0;
    countRequests();
    local.oss.faults.add({ kind: 'status', status: 503, headers: { 'retry-after': '3600' } });
    const put = transport.put({ key: 'paused', headers: {}, body: { kind: 'bytes', bytes } });
    expect(await rejectionOf(put)).toMatchObject({ status: 503 });
    expect(delays).toEqual([]);
    expect(countRequests()).toBe(1);
  });

  it('when the network is not there', async () => {
    let calls = 0;
    const fetch: typeof globalThis.fetch = (...request) => {
      calls++;
      return globalThis.fetch(...request);
    };
    const transport = transportWith({ endpoint: await closedOrigin(), fetch });
    const error = await rejectionOf(transport.get({ key: 'a', headers: {} }));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(String(error)).toContain('ECONNREFUSED');
    expect(calls).toBe(4);
  });
});

describe('a body of chunks is never sent twice', () => {
  it.each([
    ['503', { kind: 'status', status: 503 }, { status: 503 }],
    ['a reset', { kind: 'reset-request', afterBytes: 100_000 }, { code: 'ERR_TRANSPORT', retryable: true }],
    ['a lost answer', { kind: 'lost-response' }, { code: 'ERR_TRANSPORT', retryable: true }],
    [
      'a server that stops reading',
      { kind: 'stall-request', afterBytes: 100_000 },
      { code: 'ERR_TRANSPORT' },
    ],
  ] as const)('after %s', async (_name, fault, outcome) => {
    // Bytes that cannot be seen moving get time to move, see below.
    for (const streamsRequests of fault.kind === 'stall-request' ? [true] : [true, false]) {
      for (const sizeBytes of [size, undefined]) {
        local.oss.faults.add(fault);
        const { body, isLeft } = watchedChunks(sizeBytes);
        const transport = transportWith({ idleTimeoutMs: 150, streamsRequests });
        const error = await rejectionOf(transport.put({ key: 'once', headers: {}, body }));
        // A server that refuses early may close the connection before the refusal is read.
        expect(error).toSatisfy(
          (value) => matches(value, outcome) || matches(value, { code: 'ERR_TRANSPORT' }),
        );
        expect(countRequests()).toBe(1);
        await until(isLeft);
      }
    }
  });

  it('but sent a first time once there is a connection', async () => {
    let calls = 0;
    const nobody = await closedOrigin();
    const fetch: typeof globalThis.fetch = (url, init) => globalThis.fetch(++calls < 3 ? nobody : url, init);
    const { body } = watchedChunks(size);
    await transportWith({ fetch }).put({ key: 'late', headers: {}, body });
    expectBytes((await local.oss.getObject(bucket, 'late')).bytes, bytes);
    expect(countRequests()).toBe(1);
  });

  function matches(value: unknown, expected: object): boolean {
    return Object.entries(expected).every(
      ([name, wanted]) => (value as Record<string, unknown>)[name] === wanted,
    );
  }
});

describe('a download', () => {
  const key = 'download';
  const put = () => local.oss.putObject(bucket, key, bytes);

  it.each([
    ['is reset', { kind: 'reset-response', afterBytes: 200_000 }, 'ERR_TRANSPORT'],
    ['stalls', { kind: 'stall-response', afterBytes: 200_000 }, 'ERR_TRANSPORT'],
    ['is cut off', { kind: 'truncate', afterBytes: 200_000 }, 'ERR_TRANSPORT'],
  ] as const)('that %s ends in an error', async (_name, fault, code) => {
    await put();
    local.oss.faults.add(fault);
    const { chunks } = await transportWith({ idleTimeoutMs: 150 }).get({ key, headers: {} });
    const iterator = chunks[Symbol.asyncIterator]();
    const error = await rejectionOf(collect({ [Symbol.asyncIterator]: () => iterator }));
    expect(error).toMatchObject({ code });
    // It stays an error: only a whole body ends well.
    expect(await rejectionOf(iterator.next())).toBe(error);
    expect(countRequests()).toBe(1);
  });

  it.each([
    ['without a CRC-64', { kind: 'no-crc' }, 200],
    ['of the whole object in place of a range', { kind: 'ignore-range' }, 200],
    ['of a range, whose CRC-64 would be that of the whole', { kind: 'delay', delayMs: 0 }, 206],
    ['after 503', { kind: 'status', status: 503 }, 206],
    ['after silence', { kind: 'stall-request' }, 206],
    ['after a lost answer', { kind: 'lost-response' }, 206],
  ] as const)('%s is fine', async (_name, fault, status) => {
    await put();
    local.oss.faults.add(fault);
    const headers: Record<string, string> = fault.kind === 'no-crc' ? {} : { range: 'bytes=100-299' };
    const got = await transportWith({ idleTimeoutMs: 150 }).get({ key, headers });
    expect(got.status).toBe(status);
    expectBytes(await collect(got.chunks), status === 200 ? bytes : bytes.subarray(100, 300));
  });

  it('can be left early', async () => {
    await local.oss.putSyntheticObject(bucket, 'endless', { sizeBytes: 1e12 });
    const { chunks } = await transportWith().get({ key: 'endless', headers: {} });
    for await (const chunk of chunks) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await until(() => local.oss.activeRequests === 0);
  });

  it('can be left before it begins, and while it is waited for', async () => {
    await local.oss.putSyntheticObject(bucket, 'endless', { sizeBytes: 1e12 });
    const transport = transportWith();
    const unread = await transport.get({ key: 'endless', headers: {} });
    await unread.cancel();
    await unread.cancel();
    expect(await rejectionOf(collect(unread.chunks))).toMatchObject({ code: 'ERR_TRANSPORT' });

    const returned = await transport.get({ key: 'endless', headers: {} });
    await returned.chunks[Symbol.asyncIterator]().return?.();
    await until(() => local.oss.activeRequests === 0);

    local.oss.faults.add({ kind: 'stall-response', afterBytes: 0 });
    const stalled = await transport.get({ key: 'endless', headers: {} });
    const reading = rejectionOf(collect(stalled.chunks));
    await stalled.cancel();
    expect(await reading).toMatchObject({ code: 'ERR_TRANSPORT' });
  });

  it('can be read once', async () => {
    await put();
    const got = await transportWith().get({ key, headers: {} });
    expectBytes(await collect(got.chunks), bytes);
    await got.cancel();
    expect(await rejectionOf(collect(got.chunks))).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });

  it('waits for a slow reader', async () => {
    await local.oss.putObject(bucket, key, noise(5_000_000));
    const { chunks } = await transportWith({ idleTimeoutMs: 500 }).get({ key, headers: {} });
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      if (sizeBytes === 0) await new Promise((resolve) => setTimeout(resolve, 800));
      sizeBytes += chunk.length;
    }
    expect(sizeBytes).toBe(5_000_000);
  });
});

it('gives bytes that cannot be seen moving time to move, 32 KiB a second', async () => {
  const transport = transportWith({ idleTimeoutMs: 50, retries: 0, streamsRequests: false });
  local.oss.faults.add({ kind: 'stall-request', times: 2 });
  const elapsed: number[] = [];
  for (const sizeBytes of [10, 8192]) {
    const startedAt = performance.now();
    const put = transport.put({
      key: 'grace',
      headers: {},
      body: { kind: 'bytes', bytes: bytes.subarray(0, sizeBytes) },
    });
    expect(await rejectionOf(put)).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    elapsed.push(performance.now() - startedAt);
  }
  expect(elapsed[0]).toBeGreaterThanOrEqual(45);
  expect(elapsed[1]).toBeGreaterThanOrEqual(295);
});

it('waits for a slow source', async () => {
  const chunks = (async function* () {
    for (let i = 0; i < 4; i++) {
      if (i % 2 === 1) await new Promise((resolve) => setTimeout(resolve, 500));
      yield bytes.subarray(i * 150_000, (i + 1) * 150_000);
    }
  })();
  const body: UploadBody = { kind: 'chunks', sizeBytes: size, chunks };
  await transportWith({ idleTimeoutMs: 300 }).put({ key: 'slow', headers: {}, body });
  expectBytes((await local.oss.getObject(bucket, 'slow')).bytes, bytes);
});

describe('an answer that is lost', () => {
  it('does not make dropping parts fail', async () => {
    const { uploadId } = await partsOf('dropped');
    local.oss.faults.add({ kind: 'lost-response' });
    await transportWith().parts.drop({ key: 'dropped', headers: {}, uploadId });
    expect(countRequests()).toBe(2);
  });

  it('is asked for again when it broke off', async () => {
    const { uploadId } = await partsOf('listed');
    local.oss.faults.add({ kind: 'truncate', afterBytes: 100 });
    expect(await transportWith().parts.list({ key: 'listed', headers: {}, uploadId })).toHaveLength(2);
    expect(countRequests()).toBe(2);
    local.oss.faults.add({
      kind: 'truncate',
      afterBytes: 100,
      shorten: true,
      times: Number.POSITIVE_INFINITY,
    });
    const listed = transportWith().parts.list({ key: 'listed', headers: {}, uploadId });
    expect(await rejectionOf(listed)).toMatchObject({ code: 'ERR_TRANSPORT' });
  });
});

describe('a redirect', () => {
  it('is not followed, and says what to change', async () => {
    const { uploadId } = await partsOf('moved');
    const transport = transportWith();
    const body: UploadBody = { kind: 'bytes', bytes };
    const small: UploadBody = { kind: 'bytes', bytes: bytes.subarray(0, 10) };
    for (const call of [
      () => transport.get({ key: 'moved', headers: {} }),
      () => transport.head({ key: 'moved', headers: {} }),
      () => transport.put({ key: 'moved', headers: {}, body }),
      () => transport.put({ key: 'moved', headers: {}, body: small }),
      () => transport.put({ key: 'moved', headers: {}, body: watchedChunks(size).body }),
      () => transport.parts.list({ key: 'moved', headers: {}, uploadId }),
    ]) {
      for (const status of [301, 302, 307]) {
        local.oss.faults.add({ kind: 'redirect', status, origin: 'http://127.0.0.1:9/elsewhere' });
        const error = await rejectionOf(call());
        expect(error).toMatchObject({ code: 'ERR_SERVICE', retryable: false });
        expect(String(error)).toMatch(/redirect.*region.*endpoint/s);
        expect(String(error)).not.toContain('elsewhere');
        expect(countRequests()).toBe(1);
      }
    }
  });
});

describe('a wrong clock', () => {
  it.each(['v4', 'v1'] as const)('is put right once, and stays right (%s)', async (signatureVersion) => {
    const transport = transportWith({ signatureVersion, now: () => Date.now() - 20 * hour });
    const body: UploadBody = { kind: 'bytes', bytes };
    await transport.put({ key: 'clock', headers: {}, body });
    expect(local.oss.requests.list().map(({ errorCode }) => errorCode)).toEqual([
      'RequestTimeTooSkewed',
      undefined,
    ]);
    countRequests();
    await transport.head({ key: 'clock', headers: {} });
    expect(countRequests()).toBe(1);
  });

  it('is put right for the next call where the body cannot be sent again', async () => {
    const transport = transportWith({ now: () => Date.now() + 20 * hour });
    const first = await rejectionOf(
      transport.put({ key: 'clock', headers: {}, body: watchedChunks(size).body }),
    );
    expect(first).toMatchObject({ serviceCode: 'RequestTimeTooSkewed' });
    await transport.put({ key: 'clock', headers: {}, body: watchedChunks(size).body });
    expect(countRequests()).toBe(2);
  });

  it('that cannot be put right is an error', async () => {
    let offsetMs = hour;
    const skew = () => {
      offsetMs += hour;
      local.oss.faults.add({ kind: 'skew', offsetMs });
    };
    skew();
    const fetch: typeof globalThis.fetch = async (url, init) => {
      const response = await globalThis.fetch(url, init);
      skew();
      return response;
    };
    const error = await rejectionOf(transportWith({ fetch }).head({ key: 'clock', headers: {} }));
    expect(error).toMatchObject({ status: 403, serviceCode: 'RequestTimeTooSkewed' });
    expect(countRequests()).toBe(2);
  });
});

describe('an expired token', () => {
  let issued = 0;

  async function issueToken(): Promise<Credentials> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const credentials = {
      accessKeyId: `STS.${++issued}`,
      accessKeySecret: 'sts-secret',
      securityToken: `token${issued}`,
    };
    local.oss.accounts.add({ ...credentials });
    return credentials;
  }

  it.each([
    ['SecurityTokenExpired', () => local.oss.accounts.expire(`STS.${issued}`)],
    ['InvalidAccessKeyId', () => local.oss.accounts.remove(`STS.${issued}`)],
    [
      'InvalidSecurityToken',
      () =>
        local.oss.accounts.add({
          accessKeyId: `STS.${issued}`,
          accessKeySecret: 'sts-secret',
          securityToken: 'x',
        }),
    ],
  ])('is replaced once, for many calls (%s)', async (code, end) => {
    const transport = transportWith({ credentials: issueToken });
    await transport.put({ key: 'token', headers: {}, body: { kind: 'bytes', bytes } });
    const before = issued;
    end();
    countRequests();
    const heads = Array.from({ length: 10 }, () => transport.head({ key: 'token', headers: {} }));
    for (const head of await Promise.all(heads)) expect(head.status).toBe(200);
    expect(issued).toBe(before + 1);
    const codes = local.oss.requests.list().map(({ errorCode }) => errorCode);
    expect(codes.filter((one) => one === code).length).toBeGreaterThanOrEqual(1);
    expect(codes.filter((one) => one === undefined)).toHaveLength(10);
    expect(codes.length).toBeLessThanOrEqual(20);
  });

  it('is replaced for the next call where the body cannot be sent again', async () => {
    const transport = transportWith({ credentials: issueToken });
    await transport.head({ key: 'token', headers: {} });
    local.oss.accounts.expire(`STS.${issued}`);
    countRequests();
    const first = await rejectionOf(
      transport.put({ key: 'token', headers: {}, body: watchedChunks(size).body }),
    );
    expect(first).toMatchObject({ serviceCode: 'SecurityTokenExpired' });
    await transport.put({ key: 'token', headers: {}, body: watchedChunks(size).body });
    expect(countRequests()).toBe(2);
  });

  it('that is not replaced is an error, after one more try', async () => {
    const credentials = await issueToken();
    local.oss.accounts.expire(credentials.accessKeyId);
    const fixed = transportWith({ credentials });
    expect(await rejectionOf(fixed.head({ key: 'token', headers: {} }))).toMatchObject({ status: 403 });
    expect(countRequests()).toBe(1);
    const stubborn = transportWith({ credentials: () => credentials });
    expect(await rejectionOf(stubborn.head({ key: 'token', headers: {} }))).toMatchObject({ status: 403 });
    expect(countRequests()).toBe(2);
  });

  it('rejects when the function throws, without what it throws', async () => {
    const failure = new Error('the STS server is down: sts-secret');
    const transport = transportWith({
      credentials: () => {
        throw failure;
      },
    });
    const error = await rejectionOf(transport.head({ key: 'token', headers: {} }));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT' });
    expect(String(error)).not.toContain('sts-secret');
    expect(countRequests()).toBe(0);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('before the call sends nothing', async () => {
    const transport = transportWith();
    const signal = AbortSignal.abort(reason);
    const { body, isLeft } = watchedChunks(size);
    expect(await rejectionOf(transport.put({ key: 'a', headers: {}, body, signal }))).toBe(reason);
    expect(await rejectionOf(transport.head({ key: 'a', headers: {}, signal }))).toBe(reason);
    expect(countRequests()).toBe(0);
    expect(isLeft()).toBe(false); // its generator never began, so there was nothing to leave
  });

  it('ends what waits for an answer', async () => {
    local.oss.faults.add({ kind: 'stall-request', times: 3 });
    const transport = transportWith();
    for (const call of [
      (signal: AbortSignal) => transport.get({ key: 'a', headers: {}, signal }),
      (signal: AbortSignal) =>
        transport.put({ key: 'a', headers: {}, body: { kind: 'bytes', bytes }, signal }),
      (signal: AbortSignal) =>
        transport.put({ key: 'a', headers: {}, body: watchedChunks(size).body, signal }),
    ]) {
      const controller = new AbortController();
      const rejection = rejectionOf(call(controller.signal));
      await until(() => local.oss.activeRequests === 1);
      controller.abort(reason);
      expect(await rejection).toBe(reason);
      await until(() => local.oss.activeRequests === 0);
      expect(countRequests()).toBe(1);
    }
  });

  it('ends an upload whose source gives nothing', async () => {
    for (const streamsRequests of [true, false]) {
      const controller = new AbortController();
      let returned = 0;
      const chunks: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise(() => {}),
          return: async () => ({ done: true, value: ++returned }),
        }),
      };
      const body: UploadBody = { kind: 'chunks', sizeBytes: undefined, chunks };
      const put = transportWith({ streamsRequests }).put({
        key: 'a',
        headers: {},
        body,
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(reason), 50);
      expect(await rejectionOf(put)).toBe(reason);
      expect(returned).toBe(1);
    }
  });

  it('ends a download', async () => {
    await local.oss.putSyntheticObject(bucket, 'endless', { sizeBytes: 1e12 });
    const controller = new AbortController();
    const { chunks } = await transportWith().get({ key: 'endless', headers: {}, signal: controller.signal });
    const reading = (async () => {
      for await (const chunk of chunks) if (chunk.length > 0) controller.abort(reason);
    })();
    expect(await rejectionOf(reading)).toBe(reason);
  });

  it('ends a download that nobody reads', async () => {
    await local.oss.putSyntheticObject(bucket, 'endless', { sizeBytes: 1e12 });
    const controller = new AbortController();
    await transportWith().get({ key: 'endless', headers: {}, signal: controller.signal });
    controller.abort(reason);
    await until(() => local.oss.activeRequests === 0);
  });

  it('ends a pause between retries', async () => {
    local.oss.faults.add({ kind: 'status', status: 503, headers: { 'retry-after': '15' } });
    const controller = new AbortController();
    const transport = transportWith({ sleep: undefined });
    const rejection = rejectionOf(transport.head({ key: 'a', headers: {}, signal: controller.signal }));
    await until(() => local.oss.requests.last()?.finished === true);
    controller.abort(reason);
    expect(await rejection).toBe(reason);
    expect(countRequests()).toBe(1);
  });

  it('does not wait for credentials', async () => {
    const controller = new AbortController();
    const transport = transportWith({ credentials: () => new Promise<Credentials>(() => {}) });
    const rejection = rejectionOf(transport.head({ key: 'a', headers: {}, signal: controller.signal }));
    controller.abort(reason);
    expect(await rejection).toBe(reason);
  });

  it('does not wait for a fetch that is deaf to it', async () => {
    const controller = new AbortController();
    const transport = transportWith({ fetch: () => new Promise<Response>(() => {}) });
    const rejection = rejectionOf(transport.head({ key: 'a', headers: {}, signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 20);
    expect(await rejection).toBe(reason);
  });

  it('leaves no listener behind', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const transport = transportWith();
    await transport.put({ key: 'listen', headers: {}, body: { kind: 'bytes', bytes }, signal });
    await collect((await transport.get({ key: 'listen', headers: {}, signal })).chunks);
    await (await transport.get({ key: 'listen', headers: {}, signal })).cancel();
    await rejectionOf(transport.head({ key: 'missing', headers: {}, signal }));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

it('reads every answer to its end, so that connections serve again', async () => {
  await local.oss.putObject(bucket, 'small', 'abc');
  const transport = transportWith();
  await until(() => local.oss.activeRequests === 0);
  const before = local.oss.openSockets;
  for (let i = 0; i < 30; i++) {
    await rejectionOf(transport.get({ key: 'missing', headers: {} }));
    await rejectionOf(transport.head({ key: 'missing', headers: {} }));
    await transport.put({ key: 'small', headers: {}, body: { kind: 'bytes', bytes: bytes.subarray(0, 3) } });
    await collect((await transport.get({ key: 'small', headers: {} })).chunks);
    await transport.delete({ key: 'none', headers: {} });
  }
  expect(local.oss.openSockets - before).toBeLessThanOrEqual(1);
});

it('passes 304 and 416 on as refusals', async () => {
  await local.oss.putObject(bucket, 'small', 'abc');
  const transport = transportWith();
  const { headers } = await transport.head({ key: 'small', headers: {} });
  const unchanged = transport.get({ key: 'small', headers: { 'if-none-match': headers.etag! } });
  expect(await rejectionOf(unchanged)).toMatchObject({ code: 'ERR_SERVICE', status: 304 });
  const outside = transport.get({
    key: 'small',
    headers: { range: 'bytes=5-9', 'x-oss-range-behavior': 'standard' },
  });
  expect(await rejectionOf(outside)).toMatchObject({ status: 416, serviceCode: 'InvalidRange' });
});

it('checks its options', () => {
  expect(() => transportWith({ retry: 3 } as never)).toThrow('options.retry is not an option');
  for (const [name, value] of [
    ['retries', -1],
    ['retries', 1.5],
    ['idleTimeoutMs', 0],
    ['maxBufferedUploadBytes', Number.NaN],
  ] as const) {
    expect(() => transportWith({ [name]: value })).toThrow(
      expect.objectContaining({ argument: `options.${name}` }),
    );
  }
});

it('stops an upload that is refused while it goes on', async () => {
  let isLeft = false;
  let takenBytes = 0;
  const chunks = (async function* () {
    try {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        takenBytes += size;
        yield bytes;
      }
    } finally {
      isLeft = true;
    }
  })();
  const body: UploadBody = { kind: 'chunks', sizeBytes: undefined, chunks };
  const transport = transportWith({ credentials: { accessKeyId: 'unknown', accessKeySecret: 'x' } });
  const error = await rejectionOf(transport.put({ key: 'refused', headers: {}, body }));
  expect(error).toMatchObject({ code: 'ERR_SERVICE', serviceCode: 'InvalidAccessKeyId' });
  await until(() => isLeft && local.oss.activeRequests === 0);
  const stoppedAtBytes = takenBytes;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(takenBytes).toBe(stoppedAtBytes);
});

it('repeats an upload that forbids overwriting too: the client knows its own object by the envelope', async () => {
  const transport = transportWith();
  const headers = { 'x-oss-forbid-overwrite': 'true' };
  local.oss.faults.add({ kind: 'lost-response' });
  const lost = transport.put({ key: 'lock', headers, body: { kind: 'bytes', bytes } });
  expect(await rejectionOf(lost)).toMatchObject({ serviceCode: 'FileAlreadyExists' });
  expect(countRequests()).toBe(2);
  expect(local.oss.hasObject(bucket, 'lock')).toBe(true);

  local.oss.faults.add({ kind: 'status', status: 503, times: 2 });
  const again = transport.put({ key: 'lock', headers, body: { kind: 'bytes', bytes } });
  expect(await rejectionOf(again)).toMatchObject({ serviceCode: 'FileAlreadyExists' });
  expect(countRequests()).toBe(3);
});

describe('an object that is stored with a Content-Encoding', () => {
  const headers = { 'content-encoding': 'gzip' };

  it('comes undone, as fetch has it, and is not compared with what OSS knows of it', async () => {
    await local.oss.putObject(bucket, 'zipped', gzipSync(bytes), headers);
    const got = await transportWith().get({ key: 'zipped', headers: {} });
    expectBytes(await collect(got.chunks), bytes);
  });

  it('is read by a bucket, which does not compare its length either', async () => {
    await local.oss.putObject(bucket, 'zipped', gzipSync(bytes), headers);
    const unused = { materialDescription: {}, wraps: {}, unwraps: [] };
    const provider = { ...unused, wrapKey: rejectionOf, unwrapKey: rejectionOf } as never;
    const reader = new EncryptedBucket({
      transport: transportWith(),
      provider,
      format: 'sealed',
      onPlainObject: 'pass',
    });
    expectBytes(await (await reader.get('zipped')).bytes(), bytes);
  });

  it('and is not of that encoding, says so', async () => {
    await local.oss.putObject(bucket, 'zipped', bytes, headers);
    const { chunks } = await transportWith().get({ key: 'zipped', headers: {} });
    const error = await rejectionOf(collect(chunks));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT' });
    expect(String(error)).toContain('Content-Encoding');
  });
});

describe('a strange server', () => {
  let end = (): void => {};
  afterEach(() => end());

  /** A transport to a server that does as told with each connection. */
  async function against(serve: (socket: Socket) => void, options: Partial<FetchTransportOptions> = {}) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    end = () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    };
    const { port } = server.address() as AddressInfo;
    return transportWith({ endpoint: `http://127.0.0.1:${port}`, ...options });
  }

  it.each(['put', 'delete', 'copy', 'start'] as const)(
    'that answers with a login page is no success of %s',
    async (method) => {
      const page = '<html>please log in</html>';
      const transport = await against((socket) =>
        socket.on('data', () =>
          socket.end(
            `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
          ),
        ),
      );
      const calls = {
        put: () =>
          transport.put({ key: 'k', headers: {}, body: { kind: 'bytes', bytes: bytes.subarray(0, 9) } }),
        delete: () => transport.delete({ key: 'k', headers: {} }),
        copy: () => transport.copy({ key: 'k', sourceKey: 's', headers: {} }),
        start: () => transport.parts.start({ key: 'k', headers: {} }),
      };
      const error = await rejectionOf(calls[method]());
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
      expect(error.message).toContain('login page');
      expect(error.message).not.toContain('please');
    },
  );

  it.each([
    ['400 Bad Request', { status: 400 }],
    ['200 OK', { code: 'ERR_TRANSPORT' }],
  ])('that drips an answer of %s does not hold a call for long', async (line, expected) => {
    const transport = await against(
      (socket) => {
        socket.once('data', () => {
          socket.write(`HTTP/1.1 ${line}\r\nx-oss-request-id: A\r\n\r\n`);
          const drip = setInterval(() => socket.write(' '), 20);
          socket.on('close', () => clearInterval(drip));
        });
      },
      { idleTimeoutMs: 300, retries: 0 },
    );
    const startedMs = Date.now();
    expect(await rejectionOf(transport.delete({ key: 'k', headers: {} }))).toMatchObject(expected);
    expect(Date.now() - startedMs).toBeLessThan(20_000);
  });

  it('that sets the clock by ages does not end later calls', async () => {
    const xml = '<Error><Code>RequestTimeTooSkewed</Code></Error>';
    const transport = await against((socket) =>
      socket.on('data', () =>
        socket.end(
          `HTTP/1.1 403 Forbidden\r\nDate: Sat, 12 Sep 275760 00:00:00 GMT\r\nContent-Length: ${xml.length}\r\n\r\n${xml}`,
        ),
      ),
    );
    for (let i = 0; i < 2; i++) {
      const error = await rejectionOf(transport.get({ key: 'k', headers: {} }));
      expect(error).toMatchObject({ serviceCode: 'RequestTimeTooSkewed' });
    }
  });

  it.each([0, 1_000, 8_000_000])('that closes a kept connection gets %i bytes again', async (sizeBytes) => {
    let connections = 0;
    const transport = await against((socket) => {
      connections++;
      let isUsed = false;
      let wanted = -1;
      let taken = 0;
      socket.on('data', (data) => {
        if (isUsed) return void socket.resetAndDestroy();
        if (wanted < 0) {
          const head = data.toString('latin1');
          wanted = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0) + head.indexOf('\r\n\r\n') + 4;
        }
        taken += data.length;
        if (taken < wanted) return;
        isUsed = true;
        socket.write('HTTP/1.1 200 OK\r\nETag: "A"\r\nx-oss-request-id: A\r\nContent-Length: 0\r\n\r\n');
      });
    });
    await transport.put({ key: 'first', headers: {}, body: { kind: 'bytes', bytes: noise(5) } });
    await transport.put({ key: 'second', headers: {}, body: { kind: 'bytes', bytes: noise(sizeBytes) } });
    expect(connections).toBe(2);
  });
});
