import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { FetchFunction, FetchTransportOptions } from '../src/index.js';

/** The bucket of these tests. */
export const bucket = 'photos';

/** Starts a local OSS for the tests of a file. Nothing that a test does to it outlives the test. */
export function useLocalOss(): { readonly oss: LocalOss; options(): FetchTransportOptions } {
  let oss: LocalOss | undefined;
  beforeAll(async () => {
    oss = await startOss({ buckets: [bucket], cnames: { 'img.example.com': bucket } });
  });
  afterEach(() => {
    oss?.faults.clear();
    oss?.requests.clear();
  });
  afterAll(() => oss?.close());
  return {
    get oss() {
      if (!oss) throw new Error('the local OSS runs only inside of tests');
      return oss;
    },
    /** Options that reach it. Retries do not wait. */
    options() {
      return {
        endpoint: this.oss.origin,
        bucket,
        region: this.oss.region,
        credentials: defaultOssAccount,
        sleep: async () => {},
      };
    },
  };
}

/** A `fetch` that connects to the local OSS whatever the URL's host, and sends that as `Host`: DNS without DNS. */
export function fetchAtPort(port: number): FetchFunction {
  return (url, init) =>
    new Promise((resolve, reject) => {
      const { host, pathname, search } = new URL(url);
      const headers = { ...(init.headers as Record<string, string>), host };
      const options = {
        host: '127.0.0.1',
        port,
        method: init.method,
        path: pathname + search,
        headers,
        agent: false,
      };
      const request = httpRequest(options, (incoming) => {
        const entries = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        const status = incoming.statusCode ?? 0;
        const body = status === 204 ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
        resolve(new Response(body, { status, headers: entries }));
      });
      request.on('error', reject);
      request.end(init.body as Uint8Array | null);
    });
}

/** Bytes that differ from place to place. */
export function patternBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff;
  return bytes;
}

/** Cuts bytes into chunks, in one buffer that is used again and again. */
export async function* reusedChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(chunkBytes);
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    const piece = bytes.subarray(offset, offset + chunkBytes);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    buffer.fill(0xee);
  }
}

/** All bytes of a download. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return new Uint8Array(Buffer.concat(list));
}

/** Fails unless the bytes are the same. `toEqual` takes seconds for a megabyte. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error('it did not reject');
}

/** Waits until something holds, at most two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not come about within two seconds');
}
