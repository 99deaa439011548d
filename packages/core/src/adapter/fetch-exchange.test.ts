import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { releaseMemory } from '../stream/release-memory.js';
import { answerOfFetch, fetchBody } from './fetch-exchange.js';
import { fetchFailure } from './fetch-failure.js';
import { networkError } from './system-failure.js';
import { explainedFetchFailure } from './told-failure.js';

const streamOf = (chunks: AsyncIterable<Uint8Array>) =>
  fetchBody({ kind: 'chunks', sizeBytes: undefined, chunks }).body as ReadableStream<Uint8Array>;

describe('fetchBody', () => {
  it('is nothing where there is no body, and bytes as they are', () => {
    expect(fetchBody(undefined)).toEqual({});
    const bytes = new Uint8Array([1, 2]);
    expect(fetchBody({ kind: 'bytes', bytes }).body).toBe(bytes);
  });

  it('copies bytes in shared memory, which fetch refuses', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(2));
    const { body } = fetchBody({ kind: 'bytes', bytes });
    expect(body).toEqual(new Uint8Array(2));
    expect((body as Uint8Array).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('gives copies, so that a source may use its memory again', async () => {
    const memory = new Uint8Array(3);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (const value of [1, 2, 3]) yield memory.fill(value);
    }
    const all: Uint8Array[] = [];
    for await (const chunk of streamOf(chunks())) all.push(chunk);
    expect(all.map((chunk) => [...chunk])).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ]);
  });

  it('fails with the error of the source, and leaves the source when it is cancelled', async () => {
    const error = new Error('source');
    let left = 0;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        yield new Uint8Array(1);
        throw error;
      } finally {
        left++;
      }
    }
    const reader = streamOf(chunks()).getReader();
    await reader.read();
    await expect(reader.read()).rejects.toBe(error);
    const cancelled = streamOf(chunks()).getReader();
    await cancelled.read();
    await cancelled.cancel();
    expect(left).toBe(2);
  });
});

describe('answerOfFetch', () => {
  /** A body that gives one chunk and then does as told. */
  const bodyThen = (next: (controller: ReadableStreamDefaultController<Uint8Array>) => unknown) => {
    let isFirst = true;
    return new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (!isFirst) return next(controller) as undefined;
          isFirst = false;
          controller.enqueue(new Uint8Array([7]));
        },
      },
      { highWaterMark: 0 },
    );
  };

  it('has the status, the headers as text, and the body', async () => {
    const headers = { 'X-Oss-Meta-Name': 'Ã¤', ETag: '"1"' };
    const answer = answerOfFetch(new Response(new Uint8Array([1, 2]), { status: 206, headers }));
    expect(answer).toMatchObject({ status: 206, headers: { etag: '"1"', 'x-oss-meta-name': 'ä' } });
    expect(answer.isDecoded).toBe(false);
    expect([...((await answer.read()) ?? [])]).toEqual([1, 2]);
    expect(await answer.read()).toBeUndefined();
    expect(await answer.read()).toBeUndefined();
  });

  describe('owns its chunks', () => {
    const sizeBytes = 200_000;
    const headers = { 'content-length': String(sizeBytes) };
    const content = new Uint8Array(sizeBytes).fill(7);

    it('where they come from a stream of bytes, which keeps none of them', async () => {
      const answer = answerOfFetch(new Response(content, { headers }));
      expect(answer.chunksAreOwned).toBe(true);
      for (let chunk = await answer.read(); chunk; chunk = await answer.read()) releaseMemory(chunk);
      expect(content.every((byte) => byte === 7)).toBe(true);
    });

    it('also when somebody else reads a clone', async () => {
      const response = new Response(content, { headers });
      const other = response.clone();
      const answer = answerOfFetch(response);
      expect(answer.chunksAreOwned).toBe(true);
      const bytes = other.bytes?.() ?? other.arrayBuffer().then((buffer) => new Uint8Array(buffer));
      for (let chunk = await answer.read(); chunk; chunk = await answer.read()) releaseMemory(chunk);
      expect(Buffer.compare(await bytes, content)).toBe(0);
    });

    it('not where a stream hands on what it was given', () => {
      const shared = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(content),
      });
      expect(answerOfFetch(new Response(shared, { headers })).chunksAreOwned).toBe(false);
    });

    it('not where there are few bytes, and freeing them gains nothing', () => {
      const little = { 'content-length': '1000' };
      expect(answerOfFetch(new Response(new Uint8Array(1000), { headers: little })).chunksAreOwned).toBe(
        false,
      );
      expect(answerOfFetch(new Response(content)).chunksAreOwned).toBe(false);
    });
  });

  it('of no body is at its end', async () => {
    expect(await answerOfFetch(new Response(null, { status: 204 })).read()).toBeUndefined();
  });

  it.each([
    ['gzip', true],
    ['identity', false],
  ])('with the Content-Encoding %s is decoded: %s', (encoding, isDecoded) => {
    const response = new Response(gzipSync('x'), { headers: { 'content-encoding': encoding } });
    expect(answerOfFetch(response).isDecoded).toBe(isDecoded);
  });

  it('fails for good when the body breaks off, and tells nothing of the reason', async () => {
    const answer = answerOfFetch(new Response(bodyThen((body) => body.error(new Error('secret')))));
    await answer.read();
    const error = await answer.read().catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(String(error)).not.toMatch(/secret|Content-Encoding/);
    await expect(answer.read()).rejects.toBe(error);
  });

  it('says so when a decoded body breaks off', async () => {
    const headers = { 'content-encoding': 'gzip' };
    const answer = answerOfFetch(
      new Response(
        bodyThen((body) => body.error(new Error())),
        { headers },
      ),
    );
    await answer.read();
    await expect(answer.read()).rejects.toThrow(/Content-Encoding/);
  });

  it("fails with the signal's reason after an abort", async () => {
    const controller = new AbortController();
    const body = bodyThen((body) => body.error(controller.signal.reason));
    const answer = answerOfFetch(new Response(body), controller.signal);
    await answer.read();
    controller.abort('enough');
    await expect(answer.read()).rejects.toBe('enough');
  });

  it('that is cancelled rejects the read that waits, and those after it', async () => {
    const answer = answerOfFetch(new Response(bodyThen(() => new Promise(() => {}))));
    await answer.read();
    const waiting = answer.read();
    const error = new Error('cancelled');
    answer.cancel(error);
    answer.cancel(new Error('again'));
    await expect(waiting).rejects.toBe(error);
    await expect(answer.read()).rejects.toBe(error);
  });
});

describe.each([
  ['fetchFailure', async (error: unknown) => fetchFailure(error)],
  ['explainedFetchFailure', explainedFetchFailure],
] as const)('%s', (_, failureOf) => {
  it('tells the code of the first cause that has one, and no address', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:80'), { code: 'ECONNREFUSED' });
    const error = await failureOf(new TypeError('fetch failed', { cause }));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.message).toContain('(ECONNREFUSED)');
    expect(error.message).not.toContain('10.1.2.3');
  });

  it('knows a redirect that was refused', async () => {
    const cause = new Error('unexpected redirect');
    expect(await failureOf(new TypeError('fetch failed', { cause }))).toMatchObject({ code: 'ERR_SERVICE' });
  });

  it.each([undefined, null, 'text', { code: 'no code' }])('is of no code for %s', async (thrown) => {
    expect(await failureOf(thrown)).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
  });

  it('ends for causes in a circle', async () => {
    const error: { message: string; cause?: unknown } = { message: 'x' };
    error.cause = error;
    expect((await failureOf(error)).code).toBe('ERR_TRANSPORT');
  });

  it.each(['ECONNRESET', 'ENOTFOUND', 'ERR_SOMETHING_ELSE', undefined])(
    'says of the code %s what the transport of Node says',
    async (code) => {
      const { message, retryable } = networkError(code);
      expect(await failureOf(Object.assign(new Error('x'), { code }))).toMatchObject({ message, retryable });
    },
  );
});
