import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { createConnection } from 'node:net';
import { until } from '@oss-envelope/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { element, pathOf, type RawRequest, send, signHeaders } from './raw-request.js';

let oss: LocalOss;
const content = randomBytes(1_000_000);

beforeAll(async () => {
  oss = await startOss({ buckets: ['photos'] });
  await oss.putObject('photos', 'big', content);
});

afterAll(() => oss.close());

afterEach(() => oss.faults.clear());

const get: RawRequest = { method: 'GET', bucket: 'photos', key: 'big' };
const put: RawRequest = { method: 'PUT', bucket: 'photos', key: 'new', body: content };

interface Partial {
  status: number;
  headers: Record<string, unknown>;
  received: Buffer;
  /** Code of the error that ended the answer, or how it ended. */
  end: string;
}

/** Gets as much of an answer as there is. */
function receive(spec: RawRequest, giveUpAfterMs?: number, agent: Agent | false = false): Promise<Partial> {
  const headers: Record<string, string> = { ...spec.headers };
  signHeaders(oss, spec, headers);
  return new Promise((resolve) => {
    const result: Partial = { status: 0, headers: {}, received: Buffer.alloc(0), end: 'none' };
    const request = httpRequest(
      { host: '127.0.0.1', port: oss.port, method: spec.method, path: pathOf(spec), headers, agent },
      (response) => {
        result.status = response.statusCode ?? 0;
        result.headers = response.headers;
        response.on('data', (chunk: Buffer) => {
          result.received = Buffer.concat([result.received, chunk]);
        });
        response.on('error', (error: NodeJS.ErrnoException) => {
          result.end = error.code ?? error.message;
        });
        response.on('end', () => {
          result.end = 'complete';
        });
        response.on('close', () => resolve(result));
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (result.status === 0) resolve({ ...result, end: error.code ?? error.message });
    });
    if (giveUpAfterMs !== undefined) setTimeout(() => request.destroy(), giveUpAfterMs);
    request.end(spec.body);
  });
}

describe('the request', () => {
  test('reset-request breaks the upload and stores nothing', async () => {
    const fault = oss.faults.add({ kind: 'reset-request', afterBytes: 100_000 });
    await expect(send(oss, put)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    expect(oss.hasObject('photos', 'new')).toBe(false);
    expect(fault).toMatchObject({ hits: 1, remaining: 0 });
    const logged = oss.requests.last()!;
    expect(logged).toMatchObject({ operation: 'PutObject', status: undefined, faults: ['reset-request'] });
    expect(logged.receivedBytes).toBeGreaterThanOrEqual(100_000);
    expect(logged.receivedBytes).toBeLessThan(content.length);
    expect((await send(oss, put)).status).toBe(200);
    await oss.deleteObject('photos', 'new');
  });

  test('stall-request stops reading until the client gives up', async () => {
    oss.faults.add({ kind: 'stall-request', afterBytes: 1000 });
    const result = await receive(put, 150);
    expect(result).toMatchObject({ status: 0, end: 'ECONNRESET' });
    expect(oss.requests.last()?.receivedBytes).toBeLessThan(content.length);
    // Where the end of a connection that is not read from can be seen: see destroyWhenPeerGone.
    if (process.platform === 'linux') await oss.idle();
    expect(oss.hasObject('photos', 'new')).toBe(false);
  });

  test('lost-response carries the operation out and says nothing', async () => {
    oss.faults.add({ kind: 'lost-response' });
    await expect(send(oss, put)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(oss.hasObject('photos', 'new')).toBe(true);
    await oss.deleteObject('photos', 'new');
  });
});

describe('the response', () => {
  test('reset-response', async () => {
    oss.faults.add({ kind: 'reset-response', afterBytes: 10_000 });
    const result = await receive(get);
    expect(result).toMatchObject({ status: 200, end: 'ECONNRESET' });
    expect(result.received.length).toBeLessThanOrEqual(10_000);
    expect(oss.requests.last()?.sentBytes).toBe(10_000);
  });

  test('a reset is a reset, and truncation an orderly end, on the wire', async () => {
    await oss.createBucket('open', 'public-read');
    await oss.putObject('open', 'big', content);
    const ending = () =>
      new Promise<string>((resolve) => {
        const socket = createConnection(oss.port, '127.0.0.1');
        let end = 'none';
        socket.on('error', (error: NodeJS.ErrnoException) => {
          end = error.code ?? error.message;
        });
        socket.on('end', () => {
          end = 'end';
        });
        socket.on('close', () => resolve(end));
        socket.resume();
        socket.write('GET /open/big HTTP/1.1\r\nHost: localhost\r\n\r\n');
      });
    for (const afterBytes of [0, 10_000]) {
      oss.faults.add({ kind: 'reset-response', afterBytes });
      expect(await ending()).toBe('ECONNRESET');
      oss.faults.add({ kind: 'truncate', afterBytes });
      expect(await ending()).toBe('end');
    }
    oss.faults.add({ kind: 'lost-response' });
    expect(await ending()).toBe('ECONNRESET');
    oss.faults.add({ kind: 'reset-request' });
    expect(await ending()).toBe('ECONNRESET');
  });

  test('stall-response', async () => {
    oss.faults.add({ kind: 'stall-response', afterBytes: 10_000 });
    const result = await receive(get, 150);
    expect(result.status).toBe(200);
    expect(result.received.equals(content.subarray(0, 10_000))).toBe(true);
    await oss.idle();
  });

  test('stall-response behind the last byte is no stall: the connection is used again', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      oss.faults.add({ kind: 'stall-response', afterBytes: content.length });
      for (let nth = 0; nth < 2; nth++) {
        expect((await receive(get, undefined, agent)).received.equals(content)).toBe(true);
        await oss.idle();
      }
      expect(oss.openSockets).toBe(1);
    } finally {
      agent.destroy();
    }
  });

  test('a reset ends the answer too that waits behind on its connection', async () => {
    await oss.createBucket('open', 'public-read');
    await oss.putObject('open', 'big', content);
    oss.faults.add({ kind: 'reset-response', afterBytes: 10_000, times: 2 });
    const socket = createConnection(oss.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    const request = 'GET /open/big HTTP/1.1\r\nHost: localhost\r\n\r\n';
    socket.write(request + request);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(oss.requests.list().slice(-2)).toMatchObject([
      { operation: 'GetObject' },
      { operation: 'GetObject' },
    ]);
    await oss.idle();
  });

  test('truncate closes early', async () => {
    oss.faults.add({ kind: 'truncate', afterBytes: 10_000 });
    const result = await receive(get);
    expect(result).toMatchObject({ status: 200, end: 'ECONNRESET' });
    expect(result.headers['content-length']).toBe('1000000');
    expect(result.received.equals(content.subarray(0, 10_000))).toBe(true);
  });

  test('truncate with a Content-Length that fits is not seen by HTTP', async () => {
    oss.faults.add({ kind: 'truncate', afterBytes: 10_000, shorten: true });
    const result = await receive(get);
    expect(result).toMatchObject({ status: 200, end: 'complete' });
    expect(result.headers['content-length']).toBe('10000');
    expect(result.received.equals(content.subarray(0, 10_000))).toBe(true);
  });

  test('truncate to nothing', async () => {
    oss.faults.add({ kind: 'truncate' });
    expect(await receive(get)).toMatchObject({ status: 200, end: 'ECONNRESET', received: Buffer.alloc(0) });
  });

  test('corrupt-response flips a bit on the wire only', async () => {
    oss.faults.add({ kind: 'corrupt-response', atByte: 500_000 });
    const { body } = await send(oss, get);
    const expected = Buffer.from(content);
    expected[500_000]! ^= 1;
    expect(body.equals(expected)).toBe(true);
    expect((await send(oss, get)).body.equals(content)).toBe(true);
  });

  test('wrong-crc and no-crc', async () => {
    const right = (await oss.getObject('photos', 'big')).crc64;
    oss.faults.add({ kind: 'wrong-crc' });
    const wrong = (await send(oss, get)).headers['x-oss-hash-crc64ecma'];
    expect(wrong).toMatch(/^\d+$/);
    expect(wrong).not.toBe(right);
    oss.faults.add({ kind: 'no-crc' });
    expect((await send(oss, get)).headers['x-oss-hash-crc64ecma']).toBeUndefined();
    expect((await send(oss, get)).headers['x-oss-hash-crc64ecma']).toBe(right);
  });

  test('ignore-range', async () => {
    const headers = { range: 'bytes=1-2', 'x-oss-range-behavior': 'standard' };
    oss.faults.add({ kind: 'ignore-range' });
    const ignored = await send(oss, { ...get, headers });
    expect(ignored.status).toBe(200);
    expect(ignored.headers['content-range']).toBeUndefined();
    expect(ignored.body.equals(content)).toBe(true);
    expect((await send(oss, { ...get, headers })).status).toBe(206);
  });
});

describe('status', () => {
  test.each([
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
    [429, 'TooManyRequests'],
  ])('%i for the next two calls', async (status, code) => {
    oss.faults.add({ kind: 'status', status, times: 2, headers: { 'retry-after': '1' } });
    for (let i = 0; i < 2; i += 1) {
      const answer = await send(oss, put);
      expect(answer.status).toBe(status);
      expect(element(answer.text, 'Code')).toBe(code);
      expect(answer.headers['retry-after']).toBe('1');
      expect(oss.hasObject('photos', 'new')).toBe(false);
    }
    expect((await send(oss, put)).status).toBe(200);
    await oss.deleteObject('photos', 'new');
  });

  test('after the operation', async () => {
    oss.faults.add({ kind: 'status', status: 500, code: 'Custom', afterOperation: true });
    const answer = await send(oss, put);
    expect([answer.status, element(answer.text, 'Code')]).toEqual([500, 'Custom']);
    expect(oss.hasObject('photos', 'new')).toBe(true);
    await oss.deleteObject('photos', 'new');
  });

  test('after an operation with a body, whose bytes are not lost', async () => {
    oss.faults.add({ kind: 'status', status: 503, afterOperation: true });
    expect((await send(oss, get)).status).toBe(503);
    expect((await send(oss, get)).body.equals(content)).toBe(true);
  });

  test('redirect', async () => {
    oss.faults.add({ kind: 'redirect', origin: 'http://127.0.0.1:1' });
    const answer = await send(oss, { ...get, query: { 'response-content-type': 'a/b' } });
    expect(answer.status).toBe(307);
    expect(answer.headers.location).toBe('http://127.0.0.1:1/photos/big?response-content-type=a%2Fb');
  });

  test('skew', async () => {
    oss.faults.add({ kind: 'skew', offsetMs: 3_600_000 });
    const answer = await send(oss, get);
    expect(element(answer.text, 'Code')).toBe('RequestTimeTooSkewed');
    expect(Date.parse(answer.headers.date!) - Date.now()).toBeGreaterThan(3_590_000);
    expect((await send(oss, get)).status).toBe(200);
  });

  test('delay', async () => {
    oss.faults.add({ kind: 'delay', delayMs: 80 });
    const start = performance.now();
    expect((await send(oss, get)).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(75);
  });
});

describe('whom a fault hits', () => {
  test('by method, key, query and operation', async () => {
    const kind = 'status' as const;
    oss.faults.add({ kind, status: 500, match: { method: 'put' } });
    expect((await send(oss, get)).status).toBe(200);
    expect((await send(oss, put)).status).toBe(500);
    oss.faults.add({ kind, status: 500, match: { key: 'other' } });
    oss.faults.add({ kind, status: 500, match: { key: /^b.g$/ } });
    expect((await send(oss, { ...get, key: 'x' })).status).toBe(404);
    expect((await send(oss, get)).status).toBe(500);
    oss.faults.add({ kind, status: 500, match: { query: 'uploads' } });
    expect((await send(oss, get)).status).toBe(200);
    const uploads: RawRequest = { method: 'GET', bucket: 'photos', path: '/photos/', query: { uploads: '' } };
    expect((await send(oss, uploads)).status).toBe(500);
    oss.faults.add({ kind, status: 500, match: { operation: 'HeadObject' } });
    expect((await send(oss, get)).status).toBe(200);
    expect((await send(oss, { ...get, method: 'HEAD' })).status).toBe(500);
    oss.faults.add({ kind, status: 500, match: ({ headers }) => headers.range !== undefined });
    expect((await send(oss, get)).status).toBe(200);
    expect((await send(oss, { ...get, headers: { range: 'bytes=0-0' } })).status).toBe(500);
  });

  test('skip, times, remove and clear', async () => {
    const statuses = async (count: number) => {
      const seen: number[] = [];
      for (let i = 0; i < count; i += 1) seen.push((await send(oss, get)).status);
      return seen;
    };
    oss.faults.add({ kind: 'status', status: 503, skip: 1, times: 2 });
    expect(await statuses(4)).toEqual([200, 503, 503, 200]);
    const forever = oss.faults.add({ kind: 'status', status: 503, times: Number.POSITIVE_INFINITY });
    expect(await statuses(3)).toEqual([503, 503, 503]);
    forever.remove();
    expect(await statuses(1)).toEqual([200]);
    oss.faults.add({ kind: 'status', status: 503 });
    oss.faults.clear();
    expect(await statuses(1)).toEqual([200]);
    expect(oss.faults.list()).toEqual([]);
  });
});

describe('sockets', () => {
  test('a client that goes away leaves no socket, no request and no object', async () => {
    const headers: Record<string, string> = { 'content-length': String(content.length) };
    signHeaders(oss, put, headers);
    const before = oss.openSockets;
    const request = httpRequest({
      host: '127.0.0.1',
      port: oss.port,
      method: 'PUT',
      path: '/photos/new',
      headers,
      agent: false,
    });
    request.on('error', () => {});
    request.write(content.subarray(0, 300_000));
    await until(() => oss.activeRequests === 1);
    request.destroy();
    await oss.idle();
    await until(() => oss.openSockets === before);
    expect(oss.hasObject('photos', 'new')).toBe(false);
    expect(oss.requests.last()).toMatchObject({ status: undefined, finished: true });
  });

  test.each(['stall', 'toString', undefined])(
    'of the kind %o is refused, by the names of the kinds',
    (kind) => {
      expect(() => oss.faults.add({ kind } as never)).toThrow(/reset-request, stall-request/);
      expect(oss.faults.list()).toEqual([]);
    },
  );

  test('close ends stalled requests and idle connections', async () => {
    const other = await startOss({ buckets: ['photos'] });
    await other.putObject('photos', 'big', content);
    other.faults.add({ kind: 'stall-response', afterBytes: 10, match: { method: 'GET' } });
    other.faults.add({ kind: 'stall-request', match: { method: 'PUT' } });
    const ends = Promise.allSettled([send(other, get), send(other, put)]);
    await until(() => other.activeRequests === 2);
    await other.close();
    expect(await ends).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(other.openSockets).toBe(0);
    expect(other.activeRequests).toBe(0);
    await expect(send(other, get)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('at an operation that there is not is refused, by the names of the operations', () => {
    expect(() => oss.faults.add({ kind: 'status', status: 503, match: { operation: 'GetObjet' } })).toThrow(
      /^There is no operation "\w+": .*(GetObject|Decrypt)/,
    );
  });
});
