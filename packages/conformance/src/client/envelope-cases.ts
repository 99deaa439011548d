import {
  createContentKey,
  decryptBytes,
  type EncryptedBucket,
  encryptBytes,
  formatEnvelope,
  openContentKey,
  parseEnvelope,
} from '@oss-envelope/core';
import { areSameBytes, assert, assertEqual, assertRejects, assertSameBytes, codeOf } from '../assertion.js';
import type { ConformanceCase } from '../conformance-case.js';
import { concatBytes, sampleBytes } from '../sample-bytes.js';
import {
  type ClientBench,
  counterEnvelope,
  described,
  inEachFormat,
  intercepted,
  withParts,
} from './client-bench.js';
import type { ClientSubject } from './client-subject.js';

const text = 'The quick brown fox jumps over the lazy dog';
/** RFC 1321's algorithm on `text`, in base64; its hexadecimal form is 9e107d9d372bb6826bd81d3542a419d6. */
const md5OfText = 'nhB9nTcrtoJr2B01QqQZ1g==';

/** Stores the text, and gives the names of its envelope's headers by how they end. */
async function putText(
  bench: ClientBench,
): Promise<{ readonly key: string; readonly header: (suffix: string) => string }> {
  const key = bench.key();
  const { envelope } = await bench.bucket.put(key, text);
  const names = Object.keys(formatEnvelope(envelope));
  return {
    key,
    header(suffix): string {
      const name = names.find((candidate) => candidate.endsWith(suffix));
      assert(name !== undefined, `the envelope must have a header that ends in ${suffix}`);
      return name;
    },
  };
}

async function readText(bucket: EncryptedBucket, key: string): Promise<string> {
  return (await bucket.get(key)).text();
}

/** Refused as a key that does not open, or, where the traits allow it, opened as something else. */
async function assertNotReadable(bench: ClientBench, bucket: EncryptedBucket, key: string): Promise<void> {
  let bytes: Uint8Array;
  try {
    bytes = await (await bucket.get(key)).bytes();
  } catch (error) {
    const code = codeOf(error);
    // Noise of the right length can still be no start value.
    const isMalformedNoise = bench.opensAsNoise && code === 'ERR_ENVELOPE_MALFORMED';
    const namesNoKey = bench.namesMasterKey && code === 'ERR_SERVICE';
    if (code === 'ERR_KEY_UNWRAP_FAILED' || isMalformedNoise || namesNoKey) return;
    throw error;
  }
  assert(bench.opensAsNoise, 'a wrong key must be refused, and opened');
  assert(!areSameBytes(bytes, new TextEncoder().encode(text)), 'a wrong key must not give the plaintext');
}

function changedBase64(value: string): string {
  const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] as number) ^ 1;
  return btoa(String.fromCharCode(...bytes));
}

/** Envelopes: whose key opens them, and what happens when they are not what they should be. */
export const envelopeCases: readonly ConformanceCase<ClientSubject>[] = [
  ...inEachFormat('a wrong master key does not read', 'reads', async (bench) => {
    const { key } = await putText(bench);
    const other = described(await bench.otherProvider(), bench.provider.materialDescription);
    await assertNotReadable(bench, bench.bucketWith({ provider: other }), key);
  }),
  ...inEachFormat('the provider is found by its material description', 'reads', async (bench) => {
    const key = bench.key();
    const named = described(bench.provider, { conformance: 'first' });
    const other = described(await bench.otherProvider(), { conformance: 'second' });
    await bench.bucketWith({ provider: named }).put(key, text);
    const bucket = bench.bucketWith({ provider: other, otherProviders: [named] });
    assertEqual(await readText(bucket, key), text, 'the text');
  }),
  ...inEachFormat(
    'an unknown material description is refused, unless that is allowed',
    'reads',
    async (bench) => {
      const { key } = await putText(bench);
      const stranger = described(bench.provider, { conformance: 'stranger' });
      const strict = bench.bucketWith({ provider: stranger });
      await assertRejects(() => strict.get(key), 'ERR_NO_MATCHING_KEY', 'an unknown material description');
      const lax = bench.bucketWith({ provider: stranger, onUnknownDescription: 'use-provider' });
      assertEqual(await readText(lax, key), text, 'the text');
    },
  ),
  ...inEachFormat('a changed wrapped key does not read', 'reads', async (bench) => {
    const { key, header } = await putText(bench);
    const name = header('-key');
    const bucket = bench.bucketWithHeaders((headers) => {
      headers[name] = changedBase64(headers[name] ?? '');
    });
    await assertNotReadable(bench, bucket, key);
  }),
  ...inEachFormat('a changed wrapped start value does not read', 'reads', async (bench) => {
    const { key, header } = await putText(bench);
    const name = header('-start');
    const bucket = bench.bucketWithHeaders((headers) => {
      headers[name] = changedBase64(headers[name] ?? '');
    });
    await assertNotReadable(bench, bucket, key);
  }),
  ...inEachFormat(
    'half an envelope is refused, also where plain objects pass',
    'does-not-read',
    async (bench) => {
      const { key, header } = await putText(bench);
      for (const suffix of ['-key', '-start']) {
        const name = header(suffix);
        const bucket = bench.bucketWithHeaders((headers) => void delete headers[name]);
        const getting = (): Promise<unknown> => bucket.get(key, { onPlainObject: 'pass' });
        await assertRejects(getting, 'ERR_ENVELOPE_MALFORMED', `an envelope without ${name}`);
      }
    },
  ),
  ...inEachFormat('headers of two formats at once are refused', 'does-not-read', async (bench) => {
    const { key } = await putText(bench);
    const bucket = bench.bucketWithHeaders((headers) => {
      headers['x-oss-meta-oss-crypto-key'] ??= 'AAAA';
      headers['x-oss-meta-client-side-encryption-key'] ??= 'AAAA';
    });
    await assertRejects(() => bucket.get(key), 'ERR_ENVELOPE_MALFORMED', 'headers of two formats');
  }),
  ...inEachFormat('unknown algorithms are refused', 'does-not-read', async (bench) => {
    const { key, header } = await putText(bench);
    for (const suffix of ['-cek-alg', '-wrap-alg']) {
      const name = header(suffix);
      const bucket = bench.bucketWithHeaders((headers) => {
        headers[name] = 'ROT13';
      });
      await assertRejects(() => bucket.get(key), 'ERR_ALGORITHM_NOT_SUPPORTED', `another value of ${name}`);
    }
  }),
  ...inEachFormat('a recorded length that differs is refused', 'does-not-read', async (bench) => {
    const { key, header } = await putText(bench);
    const name = header('-content-length');
    const bucket = bench.bucketWithHeaders((headers) => {
      headers[name] = String(text.length - 1);
    });
    await assertRejects(() => bucket.get(key), 'ERR_INTEGRITY', 'another recorded length');
  }),
  ...inEachFormat('a recorded MD5 is checked on a whole read', 'reads', async (bench) => {
    const [key, wrong] = [bench.key(), bench.key()];
    await bench.bucket.put(key, text, { contentMd5: md5OfText });
    assertEqual(await readText(bench.bucket, key), text, 'the text');
    await bench.bucket.put(wrong, text.toUpperCase(), { contentMd5: md5OfText });
    await assertRejects(() => readText(bench.bucket, wrong), 'ERR_INTEGRITY', 'another recorded MD5');
  }),
  ...inEachFormat('a body with fewer or more bytes than announced fails', 'reads', async (bench) => {
    const { key } = await putText(bench);
    const stored = await bench.stored(key);
    const bodies = { fewer: stored.slice(1), more: concatBytes([stored, Uint8Array.of(1)]) };
    for (const [how, bytes] of Object.entries(bodies)) {
      const bucket = bench.bucketBehind((response) =>
        withParts(response, { chunks: once(response.chunks, bytes) }),
      );
      await assertRejects(() => readText(bucket, key), 'ERR_INTEGRITY', `a body with ${how} bytes`);
    }
  }),
  ...inEachFormat(
    'a plain object is refused, or passed and said to be plain',
    'does-not-read',
    async (bench) => {
      const key = bench.key();
      const bytes = sampleBytes(100);
      await bench.transport.put({ key, headers: {}, body: { kind: 'bytes', bytes } });
      await assertRejects(
        () => bench.bucket.get(key),
        'ERR_ENVELOPE_MISSING',
        'an object without an envelope',
      );
      const object = await bench.bucket.get(key, { onPlainObject: 'pass' });
      assertEqual(object.encryption.kind, 'plain', 'the kind of the object');
      assertSameBytes(await object.bytes(), bytes, 'what came back');
      const part = await bench.bucketWith({ onPlainObject: 'pass' }).get(key, { range: { lastBytes: 3 } });
      assertSameBytes(await part.bytes(), bytes.subarray(97), 'the part that came back');
    },
  ),
  ...inEachFormat('head reads the envelope and unwraps nothing', 'does-not-read', async (bench) => {
    const { key } = await putText(bench);
    const sealed = described(bench.provider, bench.provider.materialDescription);
    const deaf = { ...sealed, unwrapKey: () => Promise.reject(new Error('asked for a key')) };
    const info = await bench.bucketWith({ provider: deaf }).head(key);
    assert(info.encryption.kind === 'enveloped', 'the object must have an envelope');
    assertEqual(info.encryption.envelope.format, bench.format, 'the format of the envelope');
    assertEqual(
      counterEnvelope(info.encryption.envelope).wrapAlgorithm,
      bench.provider.wraps[bench.format],
      'the wrap algorithm',
    );
    assertEqual(info.sizeBytes, text.length, "the object's size in bytes");
  }),
  ...inEachFormat(
    'an object of one format is read by a bucket that writes the other',
    'reads',
    async (bench) => {
      const { key } = await putText(bench);
      const format = bench.format === 'oss-crypto' ? 'client-side-encryption' : 'oss-crypto';
      assertEqual(await readText(bench.bucketWith({ format }), key), text, 'the text');
    },
  ),
  ...inEachFormat('the codec and the cipher read what the bucket wrote', 'reads', async (bench) => {
    const { key } = await putText(bench);
    const state = parseEnvelope(await bench.storedHeaders(key));
    assert(state.kind === 'enveloped', 'the object must have an envelope');
    const contentKey = await openContentKey(counterEnvelope(state.envelope), [bench.provider]);
    const plaintext = await decryptBytes(await bench.stored(key), contentKey);
    assertEqual(new TextDecoder().decode(plaintext), text, 'the text');
  }),
  ...inEachFormat('the bucket reads what the codec and the cipher wrote', 'reads', async (bench) => {
    const key = bench.key();
    const { envelope, contentKey } = await createContentKey(bench.provider, bench.counterFormat);
    const bytes = await encryptBytes(new TextEncoder().encode(text), contentKey);
    await bench.transport.put({ key, headers: formatEnvelope(envelope), body: { kind: 'bytes', bytes } });
    assertEqual(await readText(bench.bucket, key), text, 'the text');
  }),
  ...inEachFormat(
    'a copy on the server is read like its source',
    'reads',
    async (bench) => {
      const { key: sourceKey } = await putText(bench);
      const key = bench.key();
      await bench.transport.copy?.({ key, sourceKey, headers: {} });
      assertEqual(await readText(bench.bucket, key), text, 'the text');
    },
    ['copy'],
  ),
  ...inEachFormat('a response is released when its envelope is refused', 'does-not-read', async (bench) => {
    const { key, header } = await putText(bench);
    const name = header('-start');
    let cancelled = 0;
    const transport = intercepted(bench.transport, async (request) => {
      const response = await bench.transport.get(request);
      const headers = { ...response.headers };
      delete headers[name];
      return {
        ...withParts(response, { headers }),
        cancel: async () => {
          cancelled++;
          await response.cancel();
        },
      };
    });
    const bucket = bench.bucketWith({ transport });
    await assertRejects(() => bucket.get(key), 'ERR_ENVELOPE_MALFORMED', 'half an envelope');
    assert(cancelled > 0, 'the response of a refused object must be cancelled');
  }),
];

/** Other bytes in the place of a body, which is read to its end first, as the transport's checks need it. */
async function* once(chunks: AsyncIterable<Uint8Array>, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) assert(chunk.length > 0, 'a chunk must not be empty');
  yield bytes;
}
