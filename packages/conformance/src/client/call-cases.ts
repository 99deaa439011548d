import type { Content } from '@oss-envelope/core';
import { assert, assertEqual, assertRejects, rejectionOf } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { chunksOf, sampleBytes } from '../sample-bytes.js';
import { inEachFormat } from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

/** A web stream that gives some chunks and then nothing, or an error; it records that it was cancelled. */
function hangingStream(then: 'hang' | Error): {
  readonly stream: ReadableStream<Uint8Array>;
  readonly started: Promise<void>;
  readonly cancelled: Promise<void>;
} {
  let start: () => void = () => {};
  let cancel: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const cancelled = new Promise<void>((resolve) => {
    cancel = resolve;
  });
  let given = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller): Promise<void> | void {
        if (given++ < 3) {
          controller.enqueue(sampleBytes(1000));
          return;
        }
        start();
        if (then !== 'hang') throw then;
        return new Promise(() => {});
      },
      cancel: () => cancel(),
    },
    { highWaterMark: 0 },
  );
  return { stream, started, cancelled };
}

/** Metadata, conditions, aborts, failing sources and callers' mistakes. */
export const callCases: readonly ConformanceCase<ClientSubject>[] = [
  ...inEachFormat('metadata and content type come back', 'reads', async (bench) => {
    const key = bench.key();
    const metadata = { Colour: 'blue green', 'two-words': 'x=y; z' };
    const put = await bench.bucket.put(key, 'abc', { metadata, contentType: 'text/plain' });
    const info = await bench.bucket.head(key);
    const object = await bench.bucket.get(key);
    await object.discard();
    for (const shown of [info, object]) {
      assertEqual(
        JSON.stringify(Object.entries(shown.metadata).sort()),
        '[["colour","blue green"],["two-words","x=y; z"]]',
        'the metadata',
      );
      assertEqual(shown.contentType, 'text/plain', 'the content type');
      assertEqual(shown.etag, put.etag, 'the etag');
      assert(shown.etag !== undefined && shown.etag !== '', 'there must be an etag');
      assert(shown.lastModified instanceof Date, 'there must be a time of the last change');
      assert(typeof shown.requestId === 'string', 'there must be a request id');
    }
  }),
  ...inEachFormat('conditions hold, or are refused', 'reads', async (bench) => {
    const key = bench.key();
    const { etag } = await bench.bucket.put(key, 'abc');
    assert(etag !== undefined, 'there must be an etag');
    const other = '"00000000000000000000000000000000"';
    const past = new Date(Date.now() - 86_400_000);
    const future = new Date(Date.now() + 3_600_000);
    for (const [status, condition] of [
      [412, { ifMatch: other }],
      [304, { ifNoneMatch: etag }],
      [412, { ifUnmodifiedSince: past }],
      [304, { ifModifiedSince: future }],
    ] as const) {
      for (const call of [() => bench.bucket.get(key, condition), () => bench.bucket.head(key, condition)]) {
        const error = await assertRejects(call, 'ERR_SERVICE', JSON.stringify(condition));
        assertEqual(error.status, status, `the status for ${JSON.stringify(condition)}`);
      }
    }
    const held = { ifMatch: etag, ifNoneMatch: other, ifModifiedSince: past, ifUnmodifiedSince: future };
    assertEqual(await (await bench.bucket.get(key, held)).text(), 'abc', 'the text');
  }),
  ...inEachFormat('an object is replaced, unless that is forbidden', 'reads', async (bench) => {
    const key = bench.key();
    await bench.bucket.put(key, 'one');
    await bench.bucket.put(key, 'two');
    const replacing = (): Promise<unknown> => bench.bucket.put(key, 'three', { forbidOverwrite: true });
    const error = await assertRejects(replacing, 'ERR_SERVICE', 'replacing where that is forbidden');
    assertEqual(error.status, 409, 'the status');
    assertEqual(await (await bench.bucket.get(key)).text(), 'two', 'the text');
  }),
  ...inEachFormat(
    'what is not there is refused with 404, and deleting it succeeds',
    'does-not-read',
    async (bench) => {
      const key = bench.key();
      await bench.bucket.put(key, 'abc');
      await bench.bucket.delete(key);
      for (const call of [() => bench.bucket.get(key), () => bench.bucket.head(key)]) {
        const error = await assertRejects(call, 'ERR_SERVICE', 'what is not there');
        assertEqual(error.status, 404, 'the status');
      }
      await bench.bucket.delete(key);
    },
  ),
  ...inEachFormat('an abort before a call is its error', 'does-not-read', async (bench) => {
    const key = bench.key();
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    for (const call of [
      () => bench.bucket.put(key, 'abc', { signal }),
      () => bench.bucket.get(key, { signal }),
      () => bench.bucket.head(key, { signal }),
      () => bench.bucket.delete(key, { signal }),
    ]) {
      assert((await rejectionOf(call, 'an aborted call')) === reason, 'an abort must reject with its reason');
    }
    await bench.assertAbsent(key);
  }),
  ...inEachFormat(
    'an abort of an upload is its error, and destroys the stream',
    'does-not-read',
    async (bench) => {
      const key = bench.key();
      const reason = new Error('enough');
      const controller = new AbortController();
      const { stream, started, cancelled } = hangingStream('hang');
      const putting = rejectionOf(
        () => bench.bucket.put(key, stream, { signal: controller.signal }),
        'an aborted upload',
      );
      await started;
      controller.abort(reason);
      assert((await putting) === reason, 'an abort must reject with its reason');
      await cancelled;
      await bench.assertAbsent(key);
    },
  ),
  ...inEachFormat('an abort of a download is the error of reading', 'reads', async (bench) => {
    const key = bench.key();
    await bench.bucket.put(key, sampleBytes(4_000_000));
    const reason = new Error('enough');
    const controller = new AbortController();
    const object = await bench.bucket.get(key, { signal: controller.signal });
    const reading = async (): Promise<void> => {
      for await (const chunk of object.chunks()) if (chunk.length > 0) controller.abort(reason);
    };
    assert(
      (await rejectionOf(reading, 'an aborted download')) === reason,
      'an abort must reject with its reason',
    );
  }),
  ...inEachFormat('an error of the stream is the error of the call', 'does-not-read', async (bench) => {
    const key = bench.key();
    const failure = new Error('the disk is gone');
    const { stream } = hangingStream(failure);
    const error = await rejectionOf(() => bench.bucket.put(key, stream), 'a failing stream');
    assert(error === failure, "the call must reject with the stream's error");
    await bench.assertAbsent(key);
  }),
  ...inEachFormat(
    'a stream is destroyed when the call fails before it is read',
    'does-not-read',
    async (bench) => {
      const { stream, cancelled } = hangingStream('hang');
      const putting = (): Promise<unknown> => bench.bucket.put('../x', stream);
      await assertRejects(putting, 'ERR_INVALID_ARGUMENT', 'a key with a dot segment');
      await cancelled;
    },
  ),
  ...inEachFormat('a stream that is not of its declared size is refused', 'does-not-read', async (bench) => {
    for (const sizeBytes of [999, 1001]) {
      const key = bench.key();
      const content: Content = chunksOf(sampleBytes(1000), 300);
      const putting = (): Promise<unknown> => bench.bucket.put(key, content, { sizeBytes });
      await assertRejects(putting, 'ERR_OUT_OF_RANGE', 'a stream of another size');
      await bench.assertAbsent(key);
    }
  }),
  ...inEachFormat(
    'metadata that cannot be stored are refused before anything is sent',
    'does-not-read',
    async (bench) => {
      const key = bench.key();
      for (const metadata of [{ 'oss-crypto-key': 'x' }, { a: 'é' }, { 'a b': 'x' }]) {
        const putting = (): Promise<unknown> => bench.bucket.put(key, 'abc', { metadata });
        await assertRejects(putting, 'ERR_INVALID_ARGUMENT', `the metadata ${JSON.stringify(metadata)}`);
      }
      const large = (): Promise<unknown> =>
        bench.bucket.put(key, 'abc', { metadata: { a: 'x'.repeat(8000) } });
      await assertRejects(large, 'ERR_OUT_OF_RANGE', 'metadata of more than 8 KB');
      await bench.assertAbsent(key);
    },
  ),
  ...inEachFormat('a key with odd characters names the same object everywhere', 'reads', async (bench) => {
    for (const suffix of [' a+b', '/文件', '-😀', '%2f', `'"`, '?a=b&c#d']) {
      const key = bench.key(suffix);
      await bench.bucket.put(key, 'abc');
      assertEqual(await (await bench.bucket.get(key)).text(), 'abc', 'the text');
      await bench.bucket.delete(key);
      await bench.assertAbsent(key);
    }
  }),
];
