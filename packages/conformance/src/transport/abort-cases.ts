import type { ObjectTransport } from '@oss-envelope/core';
import { assert, assertEqual } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { collectBytes, sampleBytes } from '../sample-bytes.js';
import { bodyOfChunks, transportCase } from './transport-bench.js';
import type { TransportSubject } from './transport-subject.js';

type Call = (transport: ObjectTransport, key: string, signal: AbortSignal) => Promise<unknown>;

const uploadId = '0004B9894A22E5B1888A1E29F8236E2D';
const bytes = { kind: 'bytes', bytes: Uint8Array.of(1) } as const;
const calls: Readonly<Record<string, Call>> = {
  put: (transport, key, signal) => transport.put({ key, headers: {}, body: bytes, signal }),
  get: (transport, key, signal) => transport.get({ key, headers: {}, signal }),
  head: (transport, key, signal) => transport.head({ key, headers: {}, signal }),
  delete: (transport, key, signal) => transport.delete({ key, headers: {}, signal }),
  copy: (transport, key, signal) => transport.copy({ key, sourceKey: key, headers: {}, signal }),
  startParts: (transport, key, signal) => transport.parts.start({ key, headers: {}, signal }),
  putPart: (transport, key, signal) =>
    transport.parts.put({ key, uploadId, partNumber: 1, headers: {}, body: bytes, signal }),
  listParts: (transport, key, signal) => transport.parts.list({ key, uploadId, headers: {}, signal }),
  finishParts: (transport, key, signal) =>
    transport.parts.finish({ key, uploadId, parts: [], headers: {}, signal }),
  dropParts: (transport, key, signal) => transport.parts.drop({ key, uploadId, headers: {}, signal }),
};

/** Chunks that never end; `left` is called when nobody wants more. */
async function* endless(left: () => void, asked: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      asked();
      yield sampleBytes(1000);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    left();
  }
}

/** Aborts: before a call, while a body goes up, while one comes down. */
export const abortCases: readonly ConformanceCase<TransportSubject>[] = [
  ...Object.entries(calls).map(([name, call]) =>
    transportCase(`${name} rejects with the reason of an abort before it`, async (bench) => {
      const key = bench.key();
      const reason = new Error('enough');
      const error = await call(bench.transport, key, AbortSignal.abort(reason)).then(
        () => undefined,
        (rejection: unknown) => rejection,
      );
      assert(error === reason, "an aborted call must reject with the signal's reason");
      if (name === 'put') await bench.assertAbsent(key);
    }),
  ),
  transportCase('an abort while a body goes up gives the reason and leaves the source', async (bench) => {
    const key = bench.key();
    const reason = new Error('enough');
    const controller = new AbortController();
    let asked = 0;
    let left: () => void = () => {};
    const leaving = new Promise<void>((resolve) => {
      left = resolve;
    });
    const chunks = endless(left, () => {
      if (++asked === 3) controller.abort(reason);
    });
    const { signal } = controller;
    const error = await bench.transport.put({ key, headers: {}, body: bodyOfChunks(chunks), signal }).then(
      () => undefined,
      (rejection: unknown) => rejection,
    );
    assert(error === reason, "an aborted call must reject with the signal's reason");
    await leaving;
    await bench.assertAbsent(key);
  }),
  transportCase('an abort while a body comes down gives the reason', async (bench) => {
    const key = bench.key();
    await bench.put(key, sampleBytes(4_000_000));
    const reason = new Error('enough');
    const controller = new AbortController();
    const { chunks } = await bench.transport.get({ key, headers: {}, signal: controller.signal });
    let received = 0;
    const error = await (async () => {
      for await (const chunk of chunks) {
        received += chunk.length;
        controller.abort(reason);
      }
    })().then(
      () => undefined,
      (rejection: unknown) => rejection,
    );
    assert(error === reason, "an aborted body must reject with the signal's reason");
    assert(received < 4_000_000, 'an aborted body must not come to its end');
  }),
  transportCase('an abort after all has come does no harm', async (bench) => {
    const key = bench.key();
    const controller = new AbortController();
    const { signal } = controller;
    await bench.transport.put({ key, headers: {}, body: bytes, signal });
    const { chunks } = await bench.transport.get({ key, headers: {}, signal });
    assertEqual((await collectBytes(chunks)).length, 1, 'the size of what came back');
    controller.abort(new Error('too late'));
  }),
];
