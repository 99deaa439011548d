import { type Content, type EncryptedObject, formatEnvelope } from '@oss-envelope/core';
import { areSameBytes, assert, assertEqual, assertRejects, assertSameBytes } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { asView, chunksOf, collectBytes, concatBytes, containsBytes, sampleBytes } from '../sample-bytes.js';
import { counterEnvelope, inEachFormat } from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

const sizes = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, 1_048_576];
const text = 'seize the day, 抓住今天, 😀';

/** The same bytes in every kind of content that every runtime has. */
const kinds: Readonly<Record<string, (bytes: Uint8Array<ArrayBuffer>) => Content>> = {
  'an ArrayBuffer': (bytes) => bytes.slice().buffer,
  'a Blob': (bytes) => new Blob([bytes]),
  'a view into a larger buffer': (bytes) => asView(bytes),
  'a web stream': (bytes) => streamOf(bytes),
  'an async iterable': (bytes) => chunksOf(bytes, 999),
};

/** Every way to read an object. */
const readings: Readonly<Record<string, (object: EncryptedObject) => Promise<Uint8Array>>> = {
  bytes: (object) => object.bytes(),
  chunks: (object) => collectBytes(object.chunks()),
  'a web stream': async (object) => new Uint8Array(await new Response(object.body).arrayBuffer()),
  text: async (object) => new TextEncoder().encode(await object.text()),
};

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const iterator = chunksOf(bytes, 999);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** What is put comes back, and is not to be seen on the way. */
export const contentCases: readonly ConformanceCase<ClientSubject>[] = [
  ...sizes.flatMap((sizeBytes) =>
    inEachFormat(`${sizeBytes} bytes come back as they went`, 'reads', async (bench) => {
      const key = bench.key();
      const bytes = sampleBytes(sizeBytes);
      await bench.bucket.put(key, bytes);
      const object = await bench.bucket.get(key);
      assertEqual(object.sizeBytes, sizeBytes, "the object's size in bytes");
      assertEqual(object.contentSizeBytes, sizeBytes, "the content's size in bytes");
      assertSameBytes(await object.bytes(), bytes, 'what came back');
    }),
  ),
  ...inEachFormat('text comes back as it went', 'reads', async (bench) => {
    const key = bench.key();
    await bench.bucket.put(key, text);
    assertEqual(await (await bench.bucket.get(key)).text(), text, 'the text');
  }),
  ...Object.entries(kinds).flatMap(([kind, contentOf]) =>
    inEachFormat(`${kind} comes back as it went`, 'reads', async (bench) => {
      const key = bench.key();
      const bytes = sampleBytes(100_001);
      await bench.bucket.put(key, contentOf(bytes));
      assertSameBytes(await (await bench.bucket.get(key)).bytes(), bytes, 'what came back');
    }),
  ),
  ...inEachFormat('a stream of a declared size comes back as it went', 'reads', async (bench) => {
    const key = bench.key();
    const bytes = sampleBytes(100_001);
    const { envelope } = await bench.bucket.put(key, streamOf(bytes), { sizeBytes: bytes.length });
    assertEqual(
      counterEnvelope(envelope).contentSizeBytes,
      bytes.length,
      'the size that the envelope records',
    );
    assertSameBytes(await (await bench.bucket.get(key)).bytes(), bytes, 'what came back');
  }),
  ...inEachFormat(
    '8 MiB, more than is encrypted in memory, come back as they went',
    'reads',
    async (bench) => {
      const key = bench.key();
      const bytes = sampleBytes(8 * 1024 * 1024);
      await bench.bucket.put(key, bytes);
      assertSameBytes(await (await bench.bucket.get(key)).bytes(), bytes, 'what came back');
    },
  ),
  ...Object.entries(readings).flatMap(([way, read]) =>
    inEachFormat(`an object is read as ${way}`, 'reads', async (bench) => {
      const key = bench.key();
      await bench.bucket.put(key, text.repeat(1000));
      const bytes = new TextEncoder().encode(text.repeat(1000));
      assertSameBytes(await read(await bench.bucket.get(key)), bytes, 'what came back');
    }),
  ),
  ...inEachFormat('content is read once', 'reads', async (bench) => {
    const key = bench.key();
    await bench.bucket.put(key, text);
    const object = await bench.bucket.get(key);
    await object.bytes();
    await assertRejects(() => object.text(), 'ERR_CONTENT_TAKEN', 'reading the content again');
  }),
  ...inEachFormat('content may be given up, left half-way or cancelled', 'reads', async (bench) => {
    const key = bench.key();
    const bytes = sampleBytes(500_000);
    await bench.bucket.put(key, bytes);
    await (await bench.bucket.get(key)).discard();
    for await (const chunk of (await bench.bucket.get(key)).chunks()) {
      assertSameBytes(chunk.slice(0, 1), bytes.slice(0, 1), 'the first byte');
      break;
    }
    await (await bench.bucket.get(key)).body.cancel();
    assertSameBytes(await (await bench.bucket.get(key)).bytes(), bytes, 'what came back');
  }),
  ...inEachFormat('what is stored is not what was put', 'does-not-read', async (bench) => {
    const key = bench.key();
    const bytes = new TextEncoder().encode(text.repeat(100));
    await bench.bucket.put(key, bytes);
    const stored = await bench.stored(key);
    assertEqual(stored.length, bytes.length, 'the length of the ciphertext in bytes');
    for (let offset = 0; offset + 16 <= bytes.length; offset += 16) {
      const block = bytes.subarray(offset, offset + 16);
      assert(!containsBytes(stored, block), 'the ciphertext must not show a block of the plaintext');
    }
  }),
  ...inEachFormat('the same content is stored otherwise each time', 'does-not-read', async (bench) => {
    const [first, second] = [bench.key(), bench.key()];
    const a = await bench.bucket.put(first, text);
    const b = await bench.bucket.put(second, text);
    assert(
      !areSameBytes(await bench.stored(first), await bench.stored(second)),
      'two ciphertexts must differ',
    );
    const [{ wrappedKey }, other] = [counterEnvelope(a.envelope), counterEnvelope(b.envelope)];
    assert(!areSameBytes(wrappedKey, other.wrappedKey), 'two wrapped keys must differ');
  }),
  ...inEachFormat('the stored headers are those of the envelope', 'does-not-read', async (bench) => {
    const key = bench.key();
    const { envelope } = await bench.bucket.put(key, text);
    assertEqual(envelope.format, bench.format, 'the format of the envelope');
    const headers = await bench.storedHeaders(key);
    for (const [name, value] of Object.entries(formatEnvelope(envelope))) {
      assertEqual(headers[name], value, `the header ${name}`);
    }
  }),
  ...inEachFormat("the caller's bytes are not changed", 'does-not-read', async (bench) => {
    const bytes = sampleBytes(100_000);
    await bench.bucket.put(bench.key(), bytes);
    assertSameBytes(bytes, sampleBytes(100_000), "the caller's bytes");
  }),
  ...inEachFormat('progress is told of both ways', 'reads', async (bench) => {
    const key = bench.key();
    const bytes = sampleBytes(100_000);
    const up: number[] = [];
    await bench.bucket.put(key, chunksOf(bytes, 10_000), {
      sizeBytes: bytes.length,
      onProgress: ({ transferredBytes }) => up.push(transferredBytes),
    });
    const down: number[] = [];
    const object = await bench.bucket.get(key, {
      onProgress: ({ transferredBytes }) => down.push(transferredBytes),
    });
    assertSameBytes(concatBytes([await object.bytes()]), bytes, 'what came back');
    assertEqual(up.at(-1), bytes.length, 'the last progress of the upload in bytes');
    assertEqual(down.at(-1), bytes.length, 'the last progress of the download in bytes');
  }),
  ...inEachFormat('eight calls at once do not mix', 'reads', async (bench) => {
    // Their refusals must all be awaited before the case ends.
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, async (_, index) => {
        const key = bench.key();
        const bytes = sampleBytes(20_000 + index, index + 1);
        await bench.bucket.put(key, bytes);
        assertSameBytes(await (await bench.bucket.get(key)).bytes(), bytes, 'what came back');
      }),
    );
    for (const result of all) if (result.status === 'rejected') throw result.reason;
  }),
];
