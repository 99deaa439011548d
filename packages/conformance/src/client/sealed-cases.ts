import { assert, assertEqual, assertRejects, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { chunksOf, concatBytes, sampleBytes, withFlippedBit } from '../sample-bytes.js';
import { type ClientBench, clientCase } from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

const chunkBytes = 16_384;
const sizes = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 100_001];

function sealedCase(
  name: string,
  run: (bench: ClientBench) => Promise<void>,
): ConformanceCase<ClientSubject> {
  return clientCase('sealed', name, 'reads', run);
}

/** Stores bytes of somebody else's in the place of an object, with its metadata. */
async function replace(bench: ClientBench, key: string, like: string, bytes: Uint8Array): Promise<void> {
  const stored = await bench.storedHeaders(like);
  const headers = Object.fromEntries(
    Object.entries(stored).filter(([header]) => header.startsWith('x-oss-meta-')),
  );
  await bench.transport.put({ key, headers, body: { kind: 'bytes', bytes: new Uint8Array(bytes) } });
}

/** What a read hands on before it fails with IntegrityError. */
async function releasedBytes(bench: ClientBench, key: string): Promise<number> {
  let released = 0;
  await assertRejects(
    async () => {
      for await (const chunk of (await bench.bucket.get(key)).chunks()) released += chunk.length;
    },
    'ERR_INTEGRITY',
    'reading what was changed',
  );
  return released;
}

/** The authenticated format, over every pair of transport and provider. */
export const sealedCases: readonly ConformanceCase<ClientSubject>[] = [
  sealedCase('content of every size comes back, authenticated', async (bench) => {
    for (const size of sizes) {
      const key = bench.key();
      const bytes = sampleBytes(size);
      await bench.bucket.put(key, chunksOf(bytes, 10_000), { sizeBytes: size });
      const object = await bench.bucket.get(key);
      assertEqual(object.authenticated, true, 'whether the object is authenticated');
      assertEqual(object.sizeBytes, size, 'the size of the plaintext in bytes');
      assertSameBytes(await object.bytes(), bytes, `the ${size} bytes that came back`);
      const verified = await bench.bucket.verify(key);
      assertEqual(verified.sizeIsProven, true, 'whether the size is proven');
    }
  }),
  sealedCase('100 ranges are those of the plaintext', async (bench) => {
    const bytes = sampleBytes(3 * chunkBytes);
    const key = bench.key();
    await bench.bucket.put(key, bytes);
    const handle = await bench.bucket.open(key, { prefetchBytes: 1 });
    assertEqual(handle.sizeIsProven, true, 'whether the size of an open object is proven');
    for (let turn = 0; turn < 100; turn++) {
      const offsetBytes = (turn * 7919) % bytes.length;
      const lengthBytes = 1 + ((turn * 104_729) % 30_000);
      const expected = bytes.slice(offsetBytes, offsetBytes + lengthBytes);
      const got =
        turn % 2 === 0
          ? await handle.read(offsetBytes, lengthBytes)
          : await (await bench.bucket.get(key, { range: { offsetBytes, lengthBytes } })).bytes();
      assertSameBytes(got, expected, `${lengthBytes} bytes from ${offsetBytes}`);
    }
  }),
  sealedCase('no byte of a changed chunk is handed on', async (bench) => {
    const key = bench.key();
    await bench.bucket.put(key, sampleBytes(3 * chunkBytes + 5));
    const stored = await bench.stored(key);
    for (const [at, most] of [
      [60, 0],
      [56 + chunkBytes + 16, chunkBytes],
      [stored.length - 1, 3 * chunkBytes],
    ] as const) {
      await replace(bench, key, key, withFlippedBit(stored, at));
      const released = await releasedBytes(bench, key);
      assert(released <= most, `${released} bytes were handed on, and ${most} had been verified`);
    }
    const cut = stored.slice(0, 56 + 2 * (chunkBytes + 16));
    await replace(bench, key, key, cut);
    assert((await releasedBytes(bench, key)) === 0, 'a body that cannot be is not read at all');
  }),
  sealedCase('an object in the place of another does not open', async (bench) => {
    const [first, second] = [bench.key(), bench.key()];
    await bench.bucket.put(first, 'the first');
    await bench.bucket.put(second, 'the second');
    await replace(bench, first, second, await bench.stored(second));
    await assertRejects(() => bench.bucket.get(first), 'ERR_OBJECT_MISMATCH', 'reading a swapped object');
    const text = await (await bench.bucket.get(first, { sealedAs: second })).text();
    assertEqual(text, 'the second', 'the text under the key that it was stored as');
  }),
  sealedCase('an object in counter mode does not take its place', async (bench) => {
    const key = bench.key();
    const format = Object.keys(bench.provider.wraps).find((name) => name !== 'sealed');
    if (format === undefined) return;
    await bench.bucketWith({ format: format as 'oss-crypto' }).put(key, 'counter mode');
    await assertRejects(() => bench.bucket.get(key), 'ERR_FORMAT_NOT_ALLOWED', 'reading it as sealed');
  }),
  sealedCase('a context is required, and named when it differs', async (bench) => {
    const key = bench.key();
    await bench.bucketWith({ context: { tenant: '7', kind: 'invoice' } }).put(key, 'text');
    const reader = bench.bucketWith({ context: { tenant: '7' } });
    assertEqual(await (await reader.get(key)).text(), 'text', 'the text');
    const other = bench.bucketWith({ context: { tenant: '8' } });
    const error = await assertRejects(() => other.get(key), 'ERR_OBJECT_MISMATCH', 'another context');
    assert(error.message.includes('tenant'), 'the error must name the pair');
  }),
  sealedCase('objects at the same time share what may be shared, and no key', async (bench) => {
    const keys = Array.from({ length: 8 }, () => bench.key());
    await Promise.all(keys.map((key) => bench.bucket.put(key, `content of ${key}`)));
    const texts = await Promise.all(keys.map(async (key) => (await bench.bucket.get(key)).text()));
    for (const [index, key] of keys.entries()) assertEqual(texts[index], `content of ${key}`, 'the text');
    const bodies = await Promise.all(keys.map((key) => bench.stored(key)));
    const salts = new Set(bodies.map((body) => concatBytes([body.slice(0, 24)]).join(',')));
    assertEqual(salts.size, keys.length, 'the number of salts');
  }),
];
