import { assert, assertEqual } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { collectBytes, sampleBytes } from '../sample-bytes.js';
import { bodyOfChunks, type TransportBench, transportCase } from './transport-bench.js';
import type { OptionalCapability, TransportSubject } from './transport-subject.js';

type Call = (bench: TransportBench, key: string, signal: AbortSignal) => Promise<unknown>;

const uploadId = '0004B9894A22E5B1888A1E29F8236E2D';
const bytes = { kind: 'bytes', bytes: Uint8Array.of(1) } as const;
const calls: readonly (readonly [string, Call, OptionalCapability?])[] = [
  ['put', ({ transport }, key, signal) => transport.put({ key, headers: {}, body: bytes, signal })],
  ['get', ({ transport }, key, signal) => transport.get({ key, headers: {}, signal })],
  ['head', ({ transport }, key, signal) => transport.head({ key, headers: {}, signal })],
  ['delete', ({ transport }, key, signal) => transport.delete({ key, headers: {}, signal })],
  ['copy', ({ copy }, key, signal) => copy({ key, sourceKey: key, headers: {}, signal }), 'copy'],
  ['acl', ({ acl }, key, signal) => acl({ key, headers: {}, signal }), 'acl'],
  ['tags', ({ tags }, key, signal) => tags({ key, headers: {}, signal }), 'tags'],
  ['list', ({ list }, key, signal) => list({ prefix: key, headers: {}, signal }), 'list'],
  [
    'bucketView.versioning',
    ({ bucketView }, _key, signal) => bucketView.versioning({ headers: {}, signal }),
    'bucketView',
  ],
  [
    'bucketView.retention',
    ({ bucketView }, _key, signal) => bucketView.retention({ headers: {}, signal }),
    'bucketView',
  ],
  [
    'bucketView.listVersions',
    ({ bucketView }, key, signal) => bucketView.listVersions({ prefix: key, headers: {}, signal }),
    'bucketView',
  ],
  [
    'deleteMany',
    ({ deleteMany }, key, signal) => deleteMany({ keys: [key], headers: {}, signal }),
    'deleteMany',
  ],
  [
    'presign',
    ({ presign }, key, signal) => presign({ method: 'GET', key, headers: {}, expiresSeconds: 60, signal }),
    'presign',
  ],
  [
    'getByUrl',
    ({ getByUrl }, key, signal) => getByUrl({ url: `https://localhost:1/${key}`, headers: {}, signal }),
    'getByUrl',
  ],
  ['parts.start', ({ parts }, key, signal) => parts.start({ key, headers: {}, signal }), 'parts'],
  [
    'parts.put',
    ({ parts }, key, signal) => parts.put({ key, uploadId, partNumber: 1, headers: {}, body: bytes, signal }),
    'parts',
  ],
  ['parts.list', ({ parts }, key, signal) => parts.list({ key, uploadId, headers: {}, signal }), 'parts'],
  [
    'parts.finish',
    ({ parts }, key, signal) => parts.finish({ key, uploadId, parts: [], headers: {}, signal }),
    'parts',
  ],
  ['parts.drop', ({ parts }, key, signal) => parts.drop({ key, uploadId, headers: {}, signal }), 'parts'],
];

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
  ...calls.map(([name, call, capability]) =>
    transportCase(
      `${name} rejects with the reason of an abort before it`,
      async (bench) => {
        const key = bench.key();
        const reason = new Error('enough');
        const error = await call(bench, key, AbortSignal.abort(reason)).then(
          () => undefined,
          (rejection: unknown) => rejection,
        );
        assert(error === reason, "an aborted call must reject with the signal's reason");
        if (name === 'put') await bench.assertAbsent(key);
      },
      capability && [capability],
    ),
  ),
  transportCase('one signal for many calls has few listeners, and none afterwards', async (bench) => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const key = bench.key();
    await bench.put(key, sampleBytes(1000));
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        const { chunks } = await bench.transport.get({ key, headers: {}, signal });
        await collectBytes(chunks);
      }),
    );
    // Node warns of a leak from the eleventh on.
    assert(listeners.most <= 10, `a signal must not have more than 10 listeners, and had ${listeners.most}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assertEqual(listeners.now, 0, 'the number of listeners left on the signal');
  }),
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

/** Counts a signal's listeners, now and at most. */
function countListeners(signal: AbortSignal): { readonly now: number; readonly most: number } {
  const listening = new Set<unknown>();
  let most = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...parameters: Parameters<typeof add>) => {
    listening.add(parameters[1]);
    most = Math.max(most, listening.size);
    add(...parameters);
  };
  signal.removeEventListener = (...parameters: Parameters<typeof remove>) => {
    listening.delete(parameters[1]);
    remove(...parameters);
  };
  return {
    get now() {
      return listening.size;
    },
    get most() {
      return most;
    },
  };
}
