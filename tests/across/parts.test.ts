import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { CheckpointStore, FormatName, ObjectTransport, PartOperations } from '@oss-envelope/core';
import { fileCheckpoint, getToFile, putFile } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { type MemoryCheckpoint, memoryCheckpoint, rsaPair, runs, sha256 } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { describe, expect } from 'vitest';
import { bucketMaker, freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const pair = await rsaPair();
const partSizeBytes = 102_400;
const content = randomBytes(partSizeBytes * 10 + 7);
/** Fills some blocks of a file from an offset on with zeros, the first of them always. */
async function zeroSome(path: string, fromBytes: number, blockBytes: number): Promise<void> {
  const bytes = await readFile(path);
  for (let offset = fromBytes; offset < bytes.length; offset += blockBytes) {
    if (offset === fromBytes || Math.random() < 0.5)
      bytes.fill(0, offset, Math.min(offset + blockBytes, bytes.length));
  }
  await writeFile(path, bytes);
}

const inParts = { partSizeBytes, multipartThresholdBytes: 0 };

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const bucketOf = bucketMaker(world, transportOf, rsaProvider(pair));
  const operations = (operation: string): number => world.oss.requests.of(operation).length;
  /** Reads in one stream, which knows nothing of parts. */
  const hashOf = async (key: string): Promise<string> => sha256(await (await bucketOf().get(key)).bytes());
  /** Makes the n-th UploadPart of the next upload fail. */
  const failPart = (skip: number): void =>
    void world.oss.faults.add({
      kind: 'status',
      status: 403,
      code: 'AccessDenied',
      skip,
      match: { operation: 'UploadPart' },
    });

  describe.each<FormatName>(['oss-crypto', 'client-side-encryption'])('in %s', (format) => {
    it('a power cut at any byte of a checkpoint ends in the right content', {
      timeout: 300_000,
    }, async () => {
      const source = join(world.folder, 'source');
      const path = join(world.folder, 'checkpoint');
      const options = { ...inParts, concurrency: 1, checkpoint: fileCheckpoint(path) };
      await writeFile(source, content);
      for (let turn = 0; turn < 3 * runs(20, 0.05); turn++) {
        failPart(5);
        await expect(putFile(bucketOf({ format }), 'object', source, options)).rejects.toMatchObject({
          status: 403,
        });
        // What was not synced is lost; a file system may have grown the file, and filled it with zeros.
        const kept = (await stat(path)).size;
        const cutAt = Math.floor(Math.random() * (kept + 1));
        if (turn % 3 < 2) await truncate(path, cutAt);
        if (turn % 3 === 1) await truncate(path, kept);
        // The blocks of one write reach the disk in any order, so any of them may be missing.
        if (turn % 3 === 2) await zeroSome(path, cutAt, 1 + Math.floor(Math.random() * 60));
        world.oss.requests.clear();
        await putFile(bucketOf({ format }), 'object', source, options);
        expect(await hashOf('object'), `cut at ${cutAt} of ${kept}`).toBe(sha256(content));
        expect(await readdir(world.folder)).toEqual(['source']);
      }
    });

    // C11.
    it('content is sent in parts, and read back as one', async () => {
      const progress: number[] = [];
      const { envelope, etag } = await bucketOf({ format }).put('object', content, {
        ...inParts,
        metadata: { author: 'me' },
        onProgress: ({ transferredBytes }) => progress.push(transferredBytes),
      });
      expect(operations('PutObject')).toBe(0);
      expect(operations('UploadPart')).toBe(11);
      expect(etag).toMatch(/-11"$/);
      expect(await hashOf('object')).toBe(sha256(content));
      expect(progress.at(-1)).toBe(content.length);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      expect((await bucketOf().head('object')).metadata).toEqual({ author: 'me' });
      expect(world.oss.uploads('bucket')).toEqual([]);

      // The envelope's headers go with the start and, unchanged, with every part.
      const prefix = format === 'oss-crypto' ? 'x-oss-meta-oss-' : 'x-oss-meta-client-side-encryption-';
      const envelopeOf = (headers: Readonly<Record<string, string>>): [string, string][] =>
        Object.entries(headers).filter(([name]) => name.startsWith(prefix));
      const started = envelopeOf(world.oss.requests.of('InitiateMultipartUpload')[0]?.headers ?? {});
      expect(started.length).toBeGreaterThanOrEqual(4);
      for (const { headers } of world.oss.requests.of('UploadPart'))
        expect(envelopeOf(headers)).toEqual(started);
      const sizes = format === 'oss-crypto' ? undefined : { dataSizeBytes: content.length, partSizeBytes };
      expect(envelope).toMatchObject(sizes === undefined ? {} : { parts: sizes });
    });

    it.each([1, partSizeBytes - 1, partSizeBytes, partSizeBytes + 1, 2 * partSizeBytes])(
      '%i bytes',
      async (size) => {
        const bytes = content.subarray(0, size);
        await bucketOf({ format }).put('object', Readable.from([bytes]), { ...inParts, sizeBytes: size });
        expect(operations('UploadPart')).toBe(Math.ceil(size / partSizeBytes));
        expect(await hashOf('object')).toBe(sha256(bytes));
      },
    );

    it('a stream of unknown length goes up whole', async () => {
      const path = join(world.folder, 'source');
      const bytes = randomBytes(6_000_000);
      await writeFile(path, bytes);
      await bucketOf({ format }).put('object', createReadStream(path), { partSizeBytes });
      // The current format announces its length at the start of a multipart upload, so it goes in one request there.
      expect(operations('UploadPart')).toBe(
        format === 'oss-crypto' ? Math.ceil(bytes.length / partSizeBytes) : 0,
      );
      expect(await hashOf('object')).toBe(sha256(bytes));
    });
  });

  it('content above the threshold goes in parts by itself', async () => {
    await bucketOf().put('small', content, { multipartThresholdBytes: content.length });
    expect(operations('UploadPart')).toBe(0);
    await bucketOf().put('large', content, { multipartThresholdBytes: content.length - 1, partSizeBytes });
    expect(operations('UploadPart')).toBe(11);
  });

  it('no more parts are under way than allowed', async () => {
    let most = 0;
    const transport = transportOf(world);
    const parts = transport.parts as PartOperations;
    let current = 0;
    const counting: ObjectTransport = {
      ...transport,
      parts: {
        ...parts,
        put: (request) => {
          most = Math.max(most, ++current);
          return parts.put(request).finally(() => current--);
        },
      },
    };
    world.oss.faults.add({ kind: 'delay', delayMs: 20, times: 100 });
    await bucketOf({ transport: counting }).put('object', content, { ...inParts, concurrency: 4 });
    expect(most).toBe(4);
    expect(await hashOf('object')).toBe(sha256(content));
  });

  it('a failure drops the upload and stores nothing', async () => {
    failPart(4);
    const source = Readable.from([content], { objectMode: false });
    await expect(
      bucketOf().put('object', source, { ...inParts, sizeBytes: content.length }),
    ).rejects.toMatchObject({ status: 403 });
    expect(source.destroyed).toBe(true);
    expect(world.oss.uploads('bucket')).toEqual([]);
    expect(world.oss.hasObject('bucket', 'object')).toBe(false);
  });

  it('a wrong CRC-64 of a part or of the whole is an error', async () => {
    for (const operation of ['UploadPart', 'CompleteMultipartUpload']) {
      world.oss.faults.add({ kind: 'wrong-crc', match: { operation } });
      await expect(bucketOf().put('object', content, inParts)).rejects.toMatchObject({
        code: 'ERR_INTEGRITY',
      });
    }
    expect(world.oss.uploads('bucket')).toEqual([]);
  });

  it('an abort ends the upload at once and leaves nothing running', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield content;
      await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
    }
    world.oss.faults.add({ kind: 'stall-response', afterBytes: 0, match: { operation: 'UploadPart' } });
    // Nothing else ends it within a minute.
    const upload = bucketOf({ transport: transportOf(world, 60_000) }).put('object', endless(), {
      ...inParts,
      sizeBytes: content.length * 2,
      signal: controller.signal,
    });
    upload.catch(() => {});
    await expect.poll(() => operations('UploadPart')).toBeGreaterThan(2);
    const began = Date.now();
    controller.abort(reason);
    await expect(upload).rejects.toBe(reason);
    expect(Date.now() - began).toBeLessThan(10_000);
    await expect.poll(() => world.oss.requests.list().filter(({ finished }) => !finished)).toEqual([]);
    expect(world.oss.uploads('bucket')).toEqual([]);
  });

  it.each([
    [102_401, /multiple of 16/],
    [102_384, /100 KiB/],
    [0, /100 KiB/],
    [6 * 2 ** 30, /5 GiB/],
  ])('the part size %s is refused', async (size, message) => {
    const put = bucketOf().put('object', content, { ...inParts, partSizeBytes: size });
    await expect(put).rejects.toMatchObject({ argument: 'partSizeBytes', message });
    expect(world.oss.requests).toHaveLength(0);
  });

  it('more than 10,000 parts are refused before anything is sent', async () => {
    const put = bucketOf().put('object', Readable.from([content]), {
      ...inParts,
      sizeBytes: partSizeBytes * 10_000 + 1,
    });
    await expect(put).rejects.toMatchObject({ argument: 'partSizeBytes', message: /larger/ });
    expect(world.oss.requests).toHaveLength(0);
  });

  it.each([
    ['shrinks', (path: string) => truncate(path, partSizeBytes)],
    ['grows', (path: string) => appendFile(path, content)],
  ])('a file that %s while it is read stores nothing', async (_name, change) => {
    const path = join(world.folder, 'source');
    await writeFile(path, Buffer.concat(Array.from({ length: 8 }, () => content)));
    let changed: Promise<void> | undefined;
    const onProgress = (): void => {
      changed ??= change(path);
    };
    const put = putFile(bucketOf(), 'object', path, { ...inParts, concurrency: 1, onProgress });
    await expect(put).rejects.toMatchObject({ name: 'OutOfRangeError', argument: 'sizeBytes' });
    await changed;
    expect(world.oss.hasObject('bucket', 'object')).toBe(false);
    expect(world.oss.uploads('bucket')).toEqual([]);
  });

  describe('with a checkpoint', () => {
    const failOnce = async (
      checkpoint: MemoryCheckpoint,
      options: object = {},
      bucket = bucketOf(),
    ): Promise<void> => {
      failPart(4);
      const put = bucket.put('object', content, { partSizeBytes, checkpoint, concurrency: 1, ...options });
      await expect(put).rejects.toMatchObject({ status: 403 });
      world.oss.requests.clear();
    };
    const goOn = (checkpoint: CheckpointStore, options: object = {}, bucket = bucketOf()): Promise<unknown> =>
      bucket.put('object', content, { partSizeBytes, checkpoint, ...options });

    it.each<FormatName>(['oss-crypto', 'client-side-encryption'])(
      'an upload in %s goes on where it stopped',
      async (format) => {
        const checkpoint = memoryCheckpoint();
        await failOnce(checkpoint, {}, bucketOf({ format }));
        expect(world.oss.uploads('bucket')).toHaveLength(1);
        const progress: number[] = [];
        await goOn(
          checkpoint,
          {
            onProgress: ({ transferredBytes }: { transferredBytes: number }) =>
              progress.push(transferredBytes),
          },
          bucketOf({ format }),
        );
        expect(operations('InitiateMultipartUpload')).toBe(0);
        expect(operations('UploadPart')).toBe(7);
        expect(progress.at(-1)).toBe(content.length);
        expect(await hashOf('object')).toBe(sha256(content));
        expect(checkpoint.text).toBeUndefined();
        expect(world.oss.uploads('bucket')).toEqual([]);
      },
    );

    it('it holds no key, counter or plaintext', async () => {
      const checkpoint = memoryCheckpoint();
      const key = randomBytes(32);
      const provider = rsaProvider({
        ...pair,
        randomBytes: (size) => (size === 32 ? Uint8Array.from(key) : randomBytes(size)),
      });
      await failOnce(checkpoint, {}, bucketOf({ provider }));
      const text = String(checkpoint.text);
      for (const secret of [key, content.subarray(0, 32)]) {
        for (const encoding of ['base64', 'hex', 'latin1'] as const)
          expect(text).not.toContain(secret.toString(encoding));
      }
    });

    it.each([
      ['content', { sourceState: 'other' }],
      ['metadata', { metadata: { a: 'b' } }],
      ['part size', { partSizeBytes: partSizeBytes * 2 }],
    ])('another %s starts the upload again, and drops the old one', async (_name, options) => {
      const checkpoint = memoryCheckpoint();
      await failOnce(checkpoint);
      await goOn(checkpoint, options);
      expect(operations('InitiateMultipartUpload')).toBe(1);
      expect(operations('AbortMultipartUpload')).toBe(1);
      expect(await hashOf('object')).toBe(sha256(content));
      expect(world.oss.uploads('bucket')).toEqual([]);
    });

    it('changed content of the same state is found out: its parts are not encrypted under the same counter', async () => {
      for (const position of [0, partSizeBytes * 4]) {
        const checkpoint = memoryCheckpoint();
        await failOnce(checkpoint);
        const changed = Buffer.from(content);
        changed[position]! ^= 1;
        // The fifth part was recorded and failed: perhaps its bytes were seen on the way.
        const stream = Readable.from([changed]);
        const sizeBytes = changed.length;
        const put = bucketOf().put('object', stream, { partSizeBytes, checkpoint, sizeBytes });
        await expect(put).rejects.toMatchObject({ code: 'ERR_INTEGRITY', message: /changed/ });
        expect(checkpoint.text).toBeUndefined();
        expect(world.oss.uploads('bucket')).toEqual([]);
        await bucketOf().put('object', changed, { partSizeBytes, checkpoint });
        expect(await hashOf('object')).toBe(sha256(changed));
      }
    });

    it('changed content that can be read again starts again, under another key', async () => {
      const checkpoint = memoryCheckpoint();
      await failOnce(checkpoint);
      const before = checkpoint.text?.split('\n')[0];
      const changed = Buffer.from(content);
      changed[0]! ^= 1;
      await bucketOf().put('object', changed, { partSizeBytes, checkpoint });
      expect(operations('InitiateMultipartUpload')).toBe(1);
      expect(operations('AbortMultipartUpload')).toBe(1);
      const [started] = world.oss.requests.of('InitiateMultipartUpload');
      expect(before).not.toContain(String(started?.headers['x-oss-meta-oss-crypto-key']));
      expect(await hashOf('object')).toBe(sha256(changed));
      expect(world.oss.uploads('bucket')).toEqual([]);
    });

    it('a part that the server has and the checkpoint does not know starts the upload again', async () => {
      const checkpoint = memoryCheckpoint();
      await failOnce(checkpoint);
      // An older state of the checkpoint is put back.
      checkpoint.text = checkpoint.text?.split('\n').slice(0, 2).join('\n');
      await goOn(checkpoint);
      expect(operations('InitiateMultipartUpload')).toBe(1);
      expect(operations('AbortMultipartUpload')).toBe(1);
      expect(await hashOf('object')).toBe(sha256(content));
    });

    it('an upload that the server has forgotten starts again', async () => {
      const checkpoint = memoryCheckpoint();
      await failOnce(checkpoint);
      const [upload] = world.oss.uploads('bucket');
      const { parts } = transportOf(world);
      await parts?.drop({ key: 'object', uploadId: String(upload?.uploadId), headers: {} });
      await goOn(checkpoint);
      expect(operations('InitiateMultipartUpload')).toBe(1);
      expect(await hashOf('object')).toBe(sha256(content));
    });

    it('a checkpoint that was tampered with, is damaged, or is of another object is refused', async () => {
      const checkpoint = memoryCheckpoint();
      await failOnce(checkpoint);
      const good = String(checkpoint.text);
      const [first, ...others] = good.split('\n');
      const swapped = JSON.parse(String(first)) as { state: string; mac: string };
      swapped.state = swapped.state.replace(/"uploadId":"./, '"uploadId":"x');
      const otherDigest = String(others[0]).replace(/"digest":"./, '"digest":"!');
      for (const text of [
        [JSON.stringify(swapped), ...others].join('\n'),
        good.slice(1),
        '{}',
        'null',
        JSON.stringify({ state: '{}', mac: '' }),
        `${good}${' '.repeat(5_000_000)}`,
        `${good}\n${otherDigest}`,
        `${good}\n{"part":0,"digest":"${'a'.repeat(44)}"}`,
      ]) {
        checkpoint.text = text;
        await expect(goOn(checkpoint)).rejects.toMatchObject({
          code: 'ERR_CHECKPOINT',
          message: /[Dd]elete it/,
        });
        expect(checkpoint.text).toBe(text);
      }
      checkpoint.text = good;
      const other = bucketOf().put('other', content, { partSizeBytes, checkpoint });
      await expect(other).rejects.toMatchObject({ code: 'ERR_CHECKPOINT', message: /another object/ });
      await goOn(checkpoint);
      expect(await hashOf('object')).toBe(sha256(content));
    });

    it('another master key, description or format starts again', async () => {
      const provider = rsaProvider(await rsaPair(1));
      const described = rsaProvider({ ...pair, materialDescription: { key: 'new' } });
      for (const options of [
        { provider },
        { provider: described },
        { format: 'client-side-encryption' as const },
        // The old key is still there for reading. It does not wrap what is written.
        { provider, otherProviders: [rsaProvider(pair)] },
      ]) {
        const checkpoint = memoryCheckpoint();
        await failOnce(checkpoint);
        await goOn(checkpoint, {}, bucketOf(options));
        expect(operations('InitiateMultipartUpload')).toBe(1);
        expect(world.oss.uploads('bucket')).toEqual([]);
        const writer = bucketOf({ ...options, otherProviders: [] });
        expect(sha256(await (await writer.get('object')).bytes())).toBe(sha256(content));
      }
    });

    it('a store is open once at a time', async () => {
      const path = join(world.folder, 'checkpoint');
      const [first, second] = [fileCheckpoint(path), fileCheckpoint(path)];
      const journal = await first.open();
      await expect(goOn(second)).rejects.toMatchObject({
        code: 'ERR_CHECKPOINT',
        message: /uses this checkpoint/,
      });
      expect(operations('InitiateMultipartUpload')).toBe(0);
      await journal.close();
      await goOn(second);
      expect(await readdir(world.folder)).toEqual([]);
    });

    it('needs a known length', async () => {
      const put = bucketOf().put('object', Readable.from([content]), { checkpoint: memoryCheckpoint() });
      await expect(put).rejects.toMatchObject({ argument: 'sizeBytes' });
    });

    it('in a file, which only its owner can read', async () => {
      const [source, path] = [join(world.folder, 'source'), join(world.folder, 'checkpoint')];
      await writeFile(source, content);
      const options = { partSizeBytes, checkpoint: fileCheckpoint(path), concurrency: 1 };
      failPart(4);
      await expect(putFile(bucketOf(), 'object', source, options)).rejects.toMatchObject({ status: 403 });
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      world.oss.requests.clear();
      await putFile(bucketOf(), 'object', source, options);
      expect(operations('UploadPart')).toBe(7);
      expect(await hashOf('object')).toBe(sha256(content));
      expect((await readdir(world.folder)).sort()).toEqual(['source']);

      failPart(4);
      await expect(putFile(bucketOf(), 'object', source, options)).rejects.toMatchObject({ status: 403 });
      const changed = content.subarray(0, -1);
      await writeFile(source, changed);
      await putFile(bucketOf(), 'object', source, options);
      expect(await hashOf('object')).toBe(sha256(changed));
      expect(world.oss.uploads('bucket')).toEqual([]);
    });
  });

  describe('an open object', () => {
    it('serves many reads with one envelope', async () => {
      const provider = rsaProvider(pair);
      let unwraps = 0;
      const counting = {
        ...provider,
        unwrapKey: (request: Parameters<typeof provider.unwrapKey>[0]) => {
          unwraps++;
          return provider.unwrapKey(request);
        },
      };
      await bucketOf().put('object', content);
      world.oss.requests.clear();
      const object = await bucketOf({ provider: counting }).open('object');
      expect(object).toMatchObject({ sizeBytes: content.length, authenticated: false, key: 'object' });
      expect(Buffer.compare(await object.read(5, 100), content.subarray(5, 105))).toBe(0);
      expect(world.oss.requests.list().map(({ operation }) => operation)).toEqual(['GetObject']);
      for (const [offset, length] of [
        [65_530, 20],
        [500_001, 33],
        [content.length - 5, 100],
        [0, content.length],
      ] as const) {
        expect(
          Buffer.compare(await object.read(offset, length), content.subarray(offset, offset + length)),
        ).toBe(0);
      }
      expect(await object.read(content.length, 10)).toHaveLength(0);
      expect(await object.read(3, 0)).toHaveLength(0);
      expect(sha256(new Uint8Array(await new Response(object.stream()).arrayBuffer()))).toBe(sha256(content));
      const tail = await new Response(object.stream({ lastBytes: 7 })).arrayBuffer();
      expect(Buffer.compare(new Uint8Array(tail), content.subarray(-7))).toBe(0);
      expect(unwraps).toBe(1);
      expect(operations('HeadObject')).toBe(0);
      await expect(object.read(-1, 1)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
      expect(() => object.chunks({ offsetBytes: content.length })).toThrow(/beyond the end/);
    });

    it('may be empty, small, or plain', async () => {
      await bucketOf().put('empty', '');
      const empty = await bucketOf().open('empty');
      expect(empty.sizeBytes).toBe(0);
      expect(await empty.read(0, 10)).toHaveLength(0);
      expect(await new Response(empty.stream()).text()).toBe('');
      await bucketOf().put('small', 'abc');
      world.oss.faults.add({ kind: 'ignore-range' });
      expect(await (await bucketOf().open('small')).read(1, 10)).toEqual(Uint8Array.from(Buffer.from('bc')));
      await world.oss.putObject('bucket', 'plain', Buffer.from('plain'), {});
      await expect(bucketOf().open('plain')).rejects.toMatchObject({ code: 'ERR_ENVELOPE_MISSING' });
      const plain = await bucketOf().open('plain', { onPlainObject: 'pass' });
      expect(Buffer.from(await plain.read(0, 5)).toString()).toBe('plain');
    });

    it('that is overwritten is an error, never a mix', async () => {
      await bucketOf().put('object', content);
      const object = await bucketOf().open('object');
      await bucketOf().put('object', randomBytes(content.length));
      await expect(object.read(500_000, 10)).rejects.toMatchObject({
        code: 'ERR_INTEGRITY',
        message: /overwritten/,
      });
    });
  });

  describe('a download in ranges', () => {
    const ranges = { partSizeBytes: 100_000, concurrency: 4 };

    it('makes the same file', async () => {
      await bucketOf().put('object', content);
      const path = join(world.folder, 'target');
      let last = 0;
      await getToFile(bucketOf(), 'object', path, {
        ...ranges,
        onProgress: ({ transferredBytes }) => (last = transferredBytes),
      });
      expect(sha256(await readFile(path))).toBe(sha256(content));
      expect(last).toBe(content.length);
      expect(operations('GetObject')).toBe(1 + 11);
      expect(
        world.oss.requests
          .of('GetObject')
          .slice(1)
          .every(({ headers }) => headers['if-match']),
      ).toBe(true);
      await bucketOf().put('empty', '');
      await getToFile(bucketOf(), 'empty', path, ranges);
      expect(await readFile(path)).toHaveLength(0);
    });

    it('fetches a range that failed again, alone', async () => {
      await bucketOf().put('object', content);
      world.oss.faults.add({
        kind: 'reset-response',
        afterBytes: 50_000,
        skip: 3,
        match: { operation: 'GetObject' },
      });
      world.oss.faults.add({ kind: 'status', status: 503, skip: 6, match: { operation: 'GetObject' } });
      const path = join(world.folder, 'target');
      // Both may hit the same range.
      const retry = { retries: 2, sleep: async () => {}, random: Math.random };
      const transport = { ...transportOf(world), retry };
      await getToFile(bucketOf({ transport }), 'object', path, ranges);
      expect(sha256(await readFile(path))).toBe(sha256(content));
      expect(operations('GetObject')).toBe(1 + 11 + 2);
    });

    it.each([
      ['overwritten midway', async () => void (await bucketOf().put('object', randomBytes(content.length)))],
      ['changed in its bytes', async () => world.oss.corruptByte('bucket', 'object', 777_777)],
    ])('of an object %s fails, leaves no file, and spares the old one', async (_name, change) => {
      await bucketOf().put('object', content);
      const path = join(world.folder, 'target');
      await writeFile(path, 'old');
      let changed: Promise<unknown> | undefined;
      const onProgress = (): void => {
        changed ??= change();
      };
      world.oss.faults.add({
        kind: 'delay',
        delayMs: 100,
        skip: 3,
        times: 20,
        match: { operation: 'GetObject' },
      });
      await expect(
        getToFile(bucketOf(), 'object', path, { ...ranges, concurrency: 2, onProgress }),
      ).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
      await changed;
      expect(await readdir(world.folder)).toEqual(['target']);
      expect(await readFile(path, 'utf8')).toBe('old');
    });

    it('compares a recorded MD5', async () => {
      const contentMd5 = createHash('md5').update('other').digest('base64');
      await bucketOf().put('object', content, { contentMd5 });
      const path = join(world.folder, 'target');
      await expect(getToFile(bucketOf(), 'object', path, ranges)).rejects.toMatchObject({
        code: 'ERR_INTEGRITY',
        message: /MD5/,
      });
      expect(await readdir(world.folder)).toEqual([]);
    });

    it('goes on from a checkpoint, and trusts nothing that it finds', async () => {
      await bucketOf().put('object', content);
      const path = join(world.folder, 'target');
      const checkpoint = memoryCheckpoint();
      const options = { ...ranges, concurrency: 1, checkpoint };
      const failFifth = (): void =>
        void world.oss.faults.add({
          kind: 'status',
          status: 403,
          skip: 5,
          match: { operation: 'GetObject' },
        });
      failFifth();
      await expect(getToFile(bucketOf(), 'object', path, options)).rejects.toMatchObject({ status: 403 });
      const [temporary] = await readdir(world.folder);
      expect(temporary).toMatch(/^\.[0-9a-f]{16}\.part$/);
      world.oss.requests.clear();
      await getToFile(bucketOf(), 'object', path, options);
      expect(operations('GetObject')).toBe(1 + 7);
      expect(sha256(await readFile(path))).toBe(sha256(content));
      expect(await readdir(world.folder)).toEqual(['target']);
      expect(checkpoint.text).toBeUndefined();

      // A temporary file that something else wrote to: its ranges are fetched again.
      failFifth();
      await expect(getToFile(bucketOf(), 'object', path, options)).rejects.toMatchObject({ status: 403 });
      await writeFile(join(world.folder, String(temporary)), randomBytes(content.length));
      await getToFile(bucketOf(), 'object', path, options);
      expect(sha256(await readFile(path))).toBe(sha256(content));

      // Another object since: from the start.
      failFifth();
      await expect(getToFile(bucketOf(), 'object', path, options)).rejects.toMatchObject({ status: 403 });
      const other = randomBytes(content.length);
      await bucketOf().put('object', other);
      await getToFile(bucketOf(), 'object', path, options);
      expect(sha256(await readFile(path))).toBe(sha256(other));

      checkpoint.text = '{"version":1}';
      await expect(getToFile(bucketOf(), 'object', path, options)).rejects.toMatchObject({
        code: 'ERR_CHECKPOINT',
      });
      expect(await readdir(world.folder).then((names) => names.includes('target'))).toBe(true);
    });
  });
});
