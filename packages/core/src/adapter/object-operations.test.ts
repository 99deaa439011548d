import { beforeEach, describe, expect, it } from 'vitest';
import type { Headers } from '../contract/object-transport.js';
import { ServiceError, TransportError } from '../errors/errors.js';
import { createObjectTransport } from './object-operations.js';
import type { CompleteObjectTransport, OssAnswer } from './oss-request.js';
import { retryPolicy } from './retry.js';

const documentTimeoutMs = 40;
const pauseMs = 5;
const request = { key: 'k', headers: {} };
const upload = { ...request, uploadId: 'u' };
const body = { kind: 'bytes', bytes: new Uint8Array(1) } as const;

/** What was cancelled, and how often the body was asked for more. */
let cancelled: Error | undefined;
let reads: number;
beforeEach(() => {
  cancelled = undefined;
  reads = 0;
});

/** A transport to a server whose answers come a byte at a time, each within the time that a silence may last. */
function dripping(status: number, headers: Headers = {}): CompleteObjectTransport {
  const send = async (): Promise<OssAnswer> => {
    let fail: (error: Error) => void = () => {};
    return {
      status,
      headers: { 'x-oss-request-id': 'r', etag: '"e"', ...headers },
      read: () =>
        new Promise((resolve, reject) => {
          reads++;
          fail = reject;
          setTimeout(() => resolve(Uint8Array.of(0x20)), pauseMs);
        }),
      cancel: (error) => {
        cancelled = error;
        fail(error);
      },
    };
  };
  return createObjectTransport(send, {
    bucket: () => 'b',
    retry: retryPolicy({ retries: 0 }),
    documentTimeoutMs,
  });
}

/** How a call ends. It is left alone after a time in which no call may go on. */
async function endOf(call: Promise<unknown>): Promise<unknown> {
  const late = new Promise((resolve) => setTimeout(resolve, 50 * documentTimeoutMs, 'it is still waiting'));
  return Promise.race([call.catch((error: unknown) => error), late]);
}

type Call = readonly [string, (transport: CompleteObjectTransport) => Promise<unknown>];
const calls: readonly Call[] = [
  ['put', (transport) => transport.put({ ...request, body })],
  ['head', (transport) => transport.head(request)],
  ['delete', (transport) => transport.delete(request)],
  ['deleteMany', (transport) => transport.deleteMany({ keys: ['k'], headers: {} })],
  ['copy', (transport) => transport.copy({ ...request, sourceKey: 'j' })],
  ['list', (transport) => transport.list({ headers: {} })],
  ['acl', (transport) => transport.acl(request)],
  ['tags', (transport) => transport.tags(request)],
  ['parts.start', (transport) => transport.parts.start(request)],
  ['parts.put', (transport) => transport.parts.put({ ...upload, partNumber: 1, body })],
  ['parts.list', (transport) => transport.parts.list(upload)],
  ['parts.finish', (transport) => transport.parts.finish({ ...upload, parts: [] })],
  ['parts.drop', (transport) => transport.parts.drop(upload)],
];

describe('an answer that comes a byte at a time and does not end', () => {
  it.each(calls)('ends %s in time', async (_, call) => {
    const error = await endOf(call(dripping(200)));
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining('after 40 ms') });
    expect(cancelled).toBe(error);
    expect(reads).toBeGreaterThan(1);
  });

  const all: readonly Call[] = [...calls, ['get', (transport) => transport.get(request)]];
  it.each(all)('is told by its status when it refuses %s', async (_, call) => {
    const error = await endOf(call(dripping(403)));
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ status: 403 });
    expect(cancelled).toBeInstanceOf(TransportError);
    expect(reads).toBeGreaterThan(1);
  });

  it('is not waited for after an abort', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const send = async (): Promise<OssAnswer> => ({
      status: 403,
      headers: {},
      read: async () => {
        controller.abort(reason);
        throw new TransportError('broken', { retryable: false });
      },
      cancel: () => {},
    });
    const transport = createObjectTransport(send, {
      bucket: () => 'b',
      retry: retryPolicy(),
      documentTimeoutMs,
    });
    await expect(transport.head({ ...request, signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('parts without end', () => {
  const page = (first: number, count: number, nextMarker: number): string =>
    `<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>${nextMarker}</NextPartNumberMarker>${Array.from(
      { length: count },
      (_, index) => `<Part><PartNumber>${first + index}</PartNumber><ETag>"e"</ETag><Size>1</Size></Part>`,
    ).join('')}</ListPartsResult>`;

  function listing(pageAfter: (marker: number) => string): {
    readonly list: Promise<unknown>;
    readonly asked: () => number;
  } {
    let asked = 0;
    const transport = createObjectTransport(
      async ({ query }) => {
        // A list without end must fail here, and not hang.
        if (asked++ > 11_000) throw new Error('asked without end');
        const text = pageAfter(Number(query['part-number-marker']));
        const chunks = [new TextEncoder().encode(text)];
        return {
          status: 200,
          headers: { 'x-oss-request-id': 'r' },
          read: async () => chunks.shift(),
          cancel: () => {},
        };
      },
      { bucket: () => 'b', retry: retryPolicy({ retries: 0 }), documentTimeoutMs },
    );
    return { list: transport.parts.list(upload), asked: () => asked };
  }

  it.each([
    ['that leads back', (marker: number) => page(marker + 1, 1, marker), 1],
    ['that leads beyond the last part', (marker: number) => page(marker + 1, 1, 10_001), 1],
    ['with too many parts', (marker: number) => page(1, 5_001, marker + 1), 2],
  ])('end at a page %s', async (_, pageAfter, pages) => {
    const { list, asked } = listing(pageAfter);
    await expect(list).rejects.toBeInstanceOf(TransportError);
    expect(asked()).toBe(pages);
  });

  it('end with the last number, when no page has any', async () => {
    const { list, asked } = listing((marker) => page(1, 0, marker + 1));
    await expect(list).rejects.toBeInstanceOf(TransportError);
    expect(asked()).toBe(10_001);
  });
});
