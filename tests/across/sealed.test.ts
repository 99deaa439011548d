import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { EncryptedBucket, type KeyProvider, type ObjectTransport } from '@oss-envelope/core';
import { fileCheckpoint, getToFile, putFile } from '@oss-envelope/core/node';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { memoryCheckpoint, rsaPair, runs } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { gibibyteAt, sealedGibibyte } from '../support/sealed-gibibyte.js';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld({ maxLoggedRequests: 10_000 });
const pair = await rsaPair();
const auditor = await rsaPair(1);
const rsa = rsaProvider(pair);

let kms: LocalKms;
let kmsKey: KeyProvider;
beforeAll(async () => {
  kms = await startKms();
  const keyId = await kms.createKey({});
  kmsKey = kmsProvider({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId });
});
afterAll(() => kms.close());

const chunk = 16_384;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const sealedBytes = (size: number): number => 56 + size + 16 * (Math.floor(size / chunk) + 1);

/** The same transport to a server that does not know the header. */
function withoutRangeBehavior(transport: ObjectTransport): ObjectTransport {
  return {
    put: (request) => transport.put(request),
    get: ({ headers: { 'x-oss-range-behavior': _, ...headers }, ...request }) =>
      transport.get({ ...request, headers }),
    head: (request) => transport.head(request),
    delete: (request) => transport.delete(request),
  };
}

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  type Options = Partial<ConstructorParameters<typeof EncryptedBucket>[0]>;
  const bucketOf = (options: Options = {}): EncryptedBucket =>
    new EncryptedBucket({ transport: transportOf(world), provider: rsa, format: 'sealed', ...options });
  const stored = async (key: string) => {
    const { headers, bytes } = await world.oss.getObject('bucket', key);
    return { headers, body: bytes };
  };

  it.each([0, 1, chunk - 1, chunk, chunk + 1, 5 * chunk, 300_000])('%i bytes, in every way', async (size) => {
    const content = randomBytes(size);
    const bucket = bucketOf();
    await bucket.put('k', content);
    expect((await stored('k')).body.length).toBe(sealedBytes(size));
    const object = await bucket.get('k');
    expect(object).toMatchObject({
      authenticated: true,
      sizeBytes: size,
      storedSizeBytes: sealedBytes(size),
    });
    expect(Buffer.compare(await object.bytes(), content)).toBe(0);
    expect(await bucket.verify('k')).toMatchObject({
      sizeBytes: size,
      sizeIsProven: true,
      authenticated: true,
    });
    expect(await bucket.head('k')).toMatchObject({ sizeBytes: size, sizeIsProven: false });
    const handle = await bucket.open('k', { prefetchBytes: 10 });
    expect(handle).toMatchObject({ sizeBytes: size, sizeIsProven: true, authenticated: true });
    expect(Buffer.compare(await handle.read(3, 20_000), content.subarray(3, 20_003))).toBe(0);
    expect(await handle.read(size, 10)).toHaveLength(0);
    for (let turn = 0; turn < 12 && size > 0; turn++) {
      const offsetBytes = Math.floor(Math.random() * size);
      const lengthBytes = 1 + Math.floor(Math.random() * 40_000);
      const [range, expected] = (
        [
          [{ offsetBytes, lengthBytes }, content.subarray(offsetBytes, offsetBytes + lengthBytes)],
          [{ offsetBytes }, content.subarray(offsetBytes)],
          [{ lastBytes: lengthBytes }, content.subarray(Math.max(0, size - lengthBytes))],
        ] as const
      )[turn % 3]!;
      if (turn > 8) world.oss.faults.add({ kind: 'ignore-range' });
      expect(Buffer.compare(await (await bucket.get('k', { range })).bytes(), expected)).toBe(0);
    }
    await expect(bucket.get('k', { range: { offsetBytes: size } })).rejects.toMatchObject({
      code: 'ERR_RANGE_NOT_SATISFIABLE',
    });
  });

  // S7.
  it('a range of one byte moves one chunk', async () => {
    await bucketOf().put('k', randomBytes(3_000_000));
    world.oss.requests.clear();
    await (await bucketOf().get('k', { range: { offsetBytes: 1_234_567, lengthBytes: 1 } })).bytes();
    const [request] = world.oss.requests.of('GetObject');
    const [first, last] = /bytes=(\d+)-(\d+)/.exec(String(request?.headers.range))!.slice(1).map(Number);
    expect(last! - first! + 1).toBe(chunk + 16);
  });

  // S7. The server counts what it sends.
  it.each(['standard', 'as before'])(
    'a byte of 1 GiB costs one chunk; range behavior %s',
    async (behavior) => {
      const { headers, sizeBytes, compute } = sealedGibibyte('big', pair.publicKey);
      await world.oss.putComputedObject('bucket', 'big', { sizeBytes, compute, headers });
      const transport =
        behavior === 'standard' ? transportOf(world) : withoutRangeBehavior(transportOf(world));
      const bucket = bucketOf({ transport });
      const places: [{ offsetBytes: number; lengthBytes: number } | { lastBytes: number }, number, number][] =
        [
          [{ offsetBytes: 0, lengthBytes: 1 }, 0, 56 + chunk + 16],
          ...[chunk, 123_456_789, 2 ** 29, 2 ** 30 - chunk - 2].map(
            (at): [{ offsetBytes: number; lengthBytes: number }, number, number] => [
              { offsetBytes: at, lengthBytes: 1 },
              at,
              chunk + 16,
            ],
          ),
          // The content may end behind the last byte of a chunk: then an empty one follows, and proves it.
          [{ offsetBytes: 2 ** 29 - 1, lengthBytes: 1 }, 2 ** 29 - 1, chunk + 16 + 16],
          [{ offsetBytes: 2 ** 30 - 1, lengthBytes: 1 }, 2 ** 30 - 1, chunk + 16 + 16],
          // Where the last byte lies, only the server knows.
          [{ lastBytes: 1 }, 2 ** 30 - 1, 2 * (chunk + 16) + 16],
        ];
      for (const [range, at, mostBytes] of places) {
        world.oss.requests.clear();
        const object = await bucket.get('big', { range });
        expect(await object.bytes()).toEqual(Uint8Array.of(gibibyteAt(at)));
        const requests = world.oss.requests.list();
        expect(requests).toHaveLength(1);
        expect(requests[0]!.sentBytes).toBeLessThanOrEqual(mostBytes);
        expect(requests[0]!.sentBytes).toBeGreaterThanOrEqual(chunk + 16);
      }
    },
  );

  // S7. OSS has two ways with a range that ends behind the object (its header x-oss-range-behavior).
  it.each(['standard', 'as before'])(
    'random ranges cost no more bytes than their chunks have; range behavior %s',
    async (behavior) => {
      const content = randomBytes(20 * chunk + 5000);
      const transport =
        behavior === 'standard' ? transportOf(world) : withoutRangeBehavior(transportOf(world));
      const bucket = bucketOf({ transport, keyReuse: {} });
      await bucket.put('k', content);
      world.oss.requests.clear();
      let expectedBytes = 0;
      const one = async (): Promise<void> => {
        const offsetBytes = Math.floor(Math.random() * content.length);
        const lengthBytes = 1 + Math.floor(Math.random() * 3 * chunk);
        const expected = content.subarray(offsetBytes, offsetBytes + lengthBytes);
        const [first, last] = [offsetBytes, offsetBytes + lengthBytes - 1].map((at) =>
          Math.floor(at / chunk),
        );
        // As before, a server sends all of an object where a range ends behind it, as that of its last chunk does.
        const isWhole = behavior !== 'standard' && last! >= Math.floor(content.length / chunk);
        // The content may end behind the last byte of a chunk: then an empty one follows, and proves it.
        const isAtEdge = (offsetBytes + lengthBytes) % chunk === 0;
        expectedBytes += isWhole
          ? sealedBytes(content.length)
          : (last! - first! + 1) * (chunk + 16) + (first === 0 ? 56 : 0) + (isAtEdge ? 16 : 0);
        const object = await bucket.get('k', { range: { offsetBytes, lengthBytes } });
        expect(Buffer.compare(await object.bytes(), expected)).toBe(0);
      };
      for (let turn = 0; turn < runs(250); turn++) await Promise.all(Array.from({ length: 10 }, one));
      expect(world.oss.requests.list()).toHaveLength(runs(250) * 10);
      const sent = world.oss.requests.list().reduce((sum, { sentBytes }) => sum + sentBytes, 0);
      expect(sent).toBeGreaterThan(0);
      expect(sent).toBeLessThanOrEqual(expectedBytes);
    },
    600_000,
  );

  // S9.
  it('streams, Blobs, files, parts of known and unknown length, and downloads in ranges', async () => {
    const content = randomBytes(102_400 * 16);
    const bucket = bucketOf();
    const inParts = { partSizeBytes: 114_688, multipartThresholdBytes: 0 };
    const hashOf = async (key: string): Promise<string> => sha256(await (await bucket.get(key)).bytes());
    await bucket.put('stream', Readable.from([content]), inParts);
    await bucket.put('blob', new Blob([content]), inParts);
    await bucket.put('bytes', content, inParts);
    const path = join(world.folder, 'file');
    await writeFile(path, content);
    await putFile(bucket, 'file', path);
    for (const key of ['stream', 'blob', 'bytes', 'file']) {
      expect(await hashOf(key)).toBe(sha256(content));
      const target = join(world.folder, 'target');
      const checkpoint = fileCheckpoint(join(world.folder, 'checkpoint'));
      await getToFile(bucket, key, target, { concurrency: 3, partSizeBytes: 100_000, checkpoint });
      expect(sha256(await readFile(target))).toBe(sha256(content));
    }
    expect(world.oss.requests.of('InitiateMultipartUpload')).toHaveLength(3);
  });

  // S9. Where the size is known, the end of the body needs no part of its own.
  it.each([1, 2, 3])('%i parts that the content fills', async (parts) => {
    const partSizeBytes = 114_688;
    const content = randomBytes(parts * partSizeBytes);
    const inParts = { partSizeBytes, multipartThresholdBytes: 0 };
    await bucketOf().put('known', new Blob([content]), inParts);
    expect(world.oss.requests.of('UploadPart')).toHaveLength(parts);
    await bucketOf().put('unknown', Readable.from([content]), inParts);
    for (const key of parts === 1 ? ['known'] : ['known', 'unknown']) {
      expect(Buffer.compare(await (await bucketOf().get(key)).bytes(), content)).toBe(0);
      expect((await stored(key)).body.length).toBe(sealedBytes(content.length));
    }
  });

  // S8.
  it('an upload goes on where it stopped, under its salt; a changed source starts again', async () => {
    const content = randomBytes(114_688 * 6 + 5);
    const options = { partSizeBytes: 114_688, checkpoint: memoryCheckpoint(), concurrency: 1 };
    const fail = (): void =>
      void world.oss.faults.add({ kind: 'status', status: 403, skip: 3, match: { operation: 'UploadPart' } });
    fail();
    await expect(bucketOf().put('k', content, options)).rejects.toMatchObject({ status: 403 });
    world.oss.requests.clear();
    await bucketOf().put('k', content, options);
    expect(world.oss.requests.of('InitiateMultipartUpload')).toHaveLength(0);
    expect(world.oss.requests.of('UploadPart')).toHaveLength(4);
    expect(sha256(await (await bucketOf().get('k')).bytes())).toBe(sha256(content));

    fail();
    await expect(bucketOf().put('k', content, options)).rejects.toMatchObject({ status: 403 });
    const changed = Buffer.from(content);
    changed[0]! ^= 1;
    await bucketOf().put('k', changed, options);
    expect(sha256(await (await bucketOf().get('k')).bytes())).toBe(sha256(changed));
    expect(world.oss.uploads('bucket')).toEqual([]);
  });

  // S14, S15.
  it('several recipients, each with a master key of their own', async () => {
    const described = (keys: object) => rsaProvider({ ...keys, materialDescription: { of: 'auditor' } });
    const { publicKey } = auditor;
    await bucketOf({ recipients: [kmsKey, described({ publicKey })] }).put('k', 'shared');
    for (const provider of [rsa, kmsKey, described(auditor)]) {
      expect(await (await bucketOf({ provider }).get('k')).text()).toBe('shared');
    }
    // Who has the same kind of key and another description is told so.
    await expect(
      bucketOf({ provider: rsaProvider({ ...auditor, materialDescription: { of: 'me' } }) }).get('k'),
    ).rejects.toMatchObject({ code: 'ERR_NO_MATCHING_KEY' });
  });

  // S14, S18.
  it('many objects cost one call to write and one to read in KMS', async () => {
    const bucket = bucketOf({ provider: kmsKey });
    kms.requests.clear();
    await Promise.all(Array.from({ length: 40 }, (__, index) => bucket.put(`k${index}`, `content ${index}`)));
    const reader = bucketOf({ provider: kmsKey });
    const texts = await Promise.all(
      Array.from({ length: 40 }, async (__, index) => (await reader.get(`k${index}`)).text()),
    );
    expect(texts[39]).toBe('content 39');
    expect(kms.requests.actions).toEqual(['GenerateDataKey', 'Decrypt']);
    expect(kms.requests.of('Decrypt')[0]?.parameters.EncryptionContext).toBe('{"oss-envelope":"sealed/1"}');

    kms.requests.clear();
    const never = bucketOf({ provider: kmsKey, keyReuse: { maxObjects: 1 } });
    await never.put('a', 'a');
    await never.put('b', 'b');
    expect(kms.requests.actions).toEqual(['GenerateDataKey', 'GenerateDataKey']);
  });

  it('metadata of 8 KB and more are refused before anything is sent', async () => {
    const recipients = Array.from({ length: 8 }, (_, index) =>
      rsaProvider({ ...pair, materialDescription: { number: `${index}` } }),
    );
    const bucket = (padding: number): EncryptedBucket =>
      bucketOf({ recipients, context: { padding: 'x'.repeat(padding) } });
    await bucket(100).put('k', 'content');
    world.oss.requests.clear();
    await expect(bucket(4000).put('k', 'content')).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    expect(world.oss.requests.list()).toEqual([]);
  });
});
