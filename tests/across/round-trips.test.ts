import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Content, EncryptedBucket, type FormatName } from '@oss-envelope/core';
import { getToFile, putFile } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair, runs, sha256 } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { describe, expect } from 'vitest';
import { freshWorld, transports } from '../support/world.js';

const mebibyte = 1024 * 1024;
/** More than the 8 MiB of a part, always; more than the 32 MiB of one request where there is time. */
const large = Math.max(9, runs(64)) * mebibyte;
const sizes = [0, 1, 15, 16, 17, 65_535, 65_536, 65_537, mebibyte, large];
const formats: FormatName[] = ['oss-crypto', 'client-side-encryption'];
const pair = await rsaPair();
const world = freshWorld();

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const bucketOf = (format: FormatName): EncryptedBucket =>
    new EncryptedBucket({ transport: transportOf(world), provider: rsaProvider(pair), format });

  it.each(sizes)(
    '%i bytes go up and down as a Buffer, as streams and as a file',
    { timeout: 60_000 },
    async (size) => {
      const content = randomBytes(size);
      const expected = sha256(content);
      const path = join(world.folder, 'content');
      await writeFile(path, content);
      const ways: [string, () => Content, number | undefined][] = [
        ['buffer', () => content, undefined],
        ['node-stream', () => createReadStream(path), size],
        ['web-stream', () => new Blob([content]).stream(), undefined],
        ['unknown-length', () => Readable.from([content.subarray(0, 3), content.subarray(3)]), undefined],
      ];
      // Both encrypt in one way: of the largest size, one is enough but for the long tests.
      for (const format of size > mebibyte ? formats.slice(0, runs(2)) : formats) {
        const bucket = bucketOf(format);
        // The largest size is for the paths that differ most.
        for (const [key, make, sizeBytes] of size > mebibyte ? ways.slice(0, 2) : ways) {
          await bucket.put(key, make(), { sizeBytes });
          expect(sha256(await (await bucket.get(key)).bytes()), key).toBe(expected);
          const stored = await world.oss.getObject('bucket', key);
          expect(stored.bytes).toHaveLength(size);
          // One byte or none may stay as it is by chance.
          if (size > 1) expect(sha256(stored.bytes), key).not.toBe(expected);
        }
        await putFile(bucket, 'file', path);
        await getToFile(bucket, 'file', join(world.folder, 'copy'));
        expect(sha256(await readFile(join(world.folder, 'copy')))).toBe(expected);
      }
    },
  );

  it.each(formats)('in %s, ranges are parts of the plaintext', async (format) => {
    const bucket = bucketOf(format);
    const content = randomBytes(300_001);
    await bucket.put('object', content);
    const read = async (range: Parameters<EncryptedBucket['get']>[1] & object): Promise<Uint8Array> =>
      (await bucket.get('object', range)).bytes();
    for (const offsetBytes of [0, 1, 15, 16, 17, 65_537, 299_999, 300_000]) {
      for (const lengthBytes of [1, 16, 17, 100_000, undefined]) {
        const end = lengthBytes === undefined ? undefined : offsetBytes + lengthBytes;
        const part = await read({ range: { offsetBytes, lengthBytes } });
        expect(
          Buffer.compare(part, content.subarray(offsetBytes, end)),
          `${offsetBytes}+${lengthBytes}`,
        ).toBe(0);
      }
    }
    for (const lastBytes of [1, 16, 17, 300_001, 400_000]) {
      expect(Buffer.compare(await read({ range: { lastBytes } }), content.subarray(-lastBytes))).toBe(0);
    }
    world.oss.faults.add({ kind: 'ignore-range', times: 2 });
    expect(await read({ range: { offsetBytes: 777, lengthBytes: 5 } })).toEqual(
      Uint8Array.from(content.subarray(777, 782)),
    );
    expect(await read({ range: { lastBytes: 9 } })).toEqual(Uint8Array.from(content.subarray(-9)));
  });

  it('metadata, content type, conditions and overwriting behave as in OSS', async () => {
    const bucket = bucketOf('oss-crypto');
    const { etag } = await bucket.put('object', 'content', {
      metadata: { Author: 'me', note: encodeURIComponent('é中') },
      contentType: 'text/plain',
      headers: { 'cache-control': 'no-cache' },
    });
    const info = await bucket.head('object');
    expect(info).toMatchObject({
      sizeBytes: 7,
      etag,
      contentType: 'text/plain',
      metadata: { author: 'me', note: '%C3%A9%E4%B8%AD' },
      encryption: { kind: 'enveloped', envelope: { format: 'oss-crypto', contentSizeBytes: 7 } },
    });
    expect(info.lastModified).toBeInstanceOf(Date);
    expect(info.requestId).toBeTruthy();
    expect((await world.oss.getObject('bucket', 'object')).headers['cache-control']).toBe('no-cache');

    await (await bucket.get('object', { ifMatch: String(etag) })).discard();
    await expect(bucket.get('object', { ifMatch: '"other"' })).rejects.toMatchObject({ status: 412 });
    await expect(bucket.get('object', { ifNoneMatch: String(etag) })).rejects.toMatchObject({ status: 304 });
    await expect(bucket.put('object', 'again', { forbidOverwrite: true })).rejects.toMatchObject({
      name: 'ServiceError',
      status: 409,
      serviceCode: 'FileAlreadyExists',
    });
    await bucket.delete('object');
    await expect(bucket.get('object')).rejects.toMatchObject({ status: 404, serviceCode: 'NoSuchKey' });
    await expect(bucket.head('object')).rejects.toMatchObject({ status: 404 });
    await bucket.delete('object');
  });

  it.each(['a b/c', '中文/文件.txt', 'a+b%2fc', `'quotes"`, '🌞', 'a//b', 'q?x=1&y#z', 'dots../..a'])(
    'the key %j',
    async (key) => {
      const bucket = bucketOf('oss-crypto');
      await bucket.put(key, key);
      expect(await (await bucket.get(key)).text()).toBe(key);
      expect((await world.oss.getObject('bucket', key)).key).toBe(key);
      expect(await bucket.head(key)).toMatchObject({ key });
      await bucket.delete(key);
      await expect(bucket.head(key)).rejects.toMatchObject({ status: 404 });
    },
  );
});
