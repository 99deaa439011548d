import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import OSS from 'ali-oss';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultOssAccount, type LocalOss, startOss } from '../src/index.js';

// What the published types of ali-oss leave out.
interface MoreCalls {
  append(
    name: string,
    file: unknown,
    options?: object,
  ): Promise<{ nextAppendPosition: string; res: OSS.NormalSuccessResponse }>;
  copy(
    name: string,
    source: string,
    options?: object,
  ): Promise<{ data: { etag: string }; res: OSS.NormalSuccessResponse }>;
  listV2(
    query: object,
    options?: object,
  ): Promise<{
    objects: OSS.ObjectMeta[];
    prefixes: string[] | null;
    keyCount: number;
    isTruncated: boolean;
    nextContinuationToken: string | null;
  }>;
  getObjectMeta(name: string): Promise<{ status: number; res: OSS.NormalSuccessResponse }>;
  getBucketInfo(name: string): Promise<{ bucket: { Name: string; Location: string } }>;
  listBuckets(query?: object): Promise<{ buckets: { name: string }[] }>;
  uploadPartCopy(
    name: string,
    uploadId: string,
    number: number,
    range: string,
    source: { sourceKey: string; sourceBucketName: string },
  ): Promise<{ etag: string }>;
  putMeta(name: string, meta: object): Promise<unknown>;
}

type Client = Omit<OSS, keyof MoreCalls> & MoreCalls;

const temporary = { accessKeyId: 'STS.id', accessKeySecret: 'sts-secret', securityToken: 'token/+=1' };

const cases = [
  { name: 'V1', authorizationV4: false, account: { ...defaultOssAccount } },
  { name: 'V4', authorizationV4: true, account: { ...defaultOssAccount } },
  { name: 'V1 with a token', authorizationV4: false, account: temporary },
  { name: 'V4 with a token', authorizationV4: true, account: temporary },
];

describe.each(cases)('ali-oss, $name', ({ authorizationV4, account }) => {
  let oss: LocalOss;
  let client: Client;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oss-local-'));
    oss = await startOss({ accounts: [{ ...defaultOssAccount }, temporary], dir: join(folder, 'data') });
  });

  afterAll(async () => {
    await oss.close();
    await rm(folder, { recursive: true });
  });

  let bucket = 0;
  beforeEach(async () => {
    bucket += 1;
    await oss.createBucket(`bucket-${bucket}`);
    client = new OSS({
      accessKeyId: account.accessKeyId,
      accessKeySecret: account.accessKeySecret,
      ...('securityToken' in account
        ? {
            stsToken: account.securityToken,
            refreshSTSToken: async () => account,
            refreshSTSTokenInterval: 1e9,
          }
        : {}),
      bucket: `bucket-${bucket}`,
      endpoint: oss.endpoint,
      sldEnable: true,
      region: 'oss-cn-hangzhou',
      authorizationV4,
    } as unknown as OSS.Options) as unknown as Client;
  });

  test('put a buffer, a stream and a file; get, getStream and head', async () => {
    const content = randomBytes(300_000);
    const file = join(folder, 'source.bin');
    await writeFile(file, content);
    const names = ['buffer.txt', 'stream with length', 'stream/without length', 'file.bin'];
    await client.put(names[0]!, content, { meta: { Who: 'me', uid: 1, pid: 2 } as never });
    await client.putStream(names[1]!, Readable.from([content]), { contentLength: content.length } as never);
    await client.putStream(names[2]!, Readable.from([content.subarray(0, 7), content.subarray(7)]));
    await client.put(names[3]!, file);
    for (const name of names) {
      expect((await client.get(name)).content.equals(content)).toBe(true);
      const { stream, res } = await client.getStream(name);
      expect((await buffer(stream as Readable)).equals(content)).toBe(true);
      const { etag, crc64 } = await oss.getObject(`bucket-${bucket}`, name);
      expect(res.headers).toMatchObject({ etag: `"${etag}"`, 'x-oss-hash-crc64ecma': crc64 });
    }
    const head = await client.head(names[0]!);
    expect(head.meta).toMatchObject({ who: 'me', uid: '1', pid: '2' });
    expect(head.res.headers).toMatchObject({
      'content-length': '300000',
      'content-type': 'text/plain',
      'x-oss-object-type': 'Normal',
      'x-oss-request-id': expect.stringMatching(/^[0-9A-F]{24}$/),
    });
  });

  test('an empty object', async () => {
    await client.put('empty', Buffer.alloc(0));
    expect((await client.get('empty')).content).toHaveLength(0);
    expect((await client.head('empty')).res.headers).toMatchObject({
      'content-length': '0',
      etag: '"D41D8CD98F00B204E9800998ECF8427E"',
      'x-oss-hash-crc64ecma': '0',
    });
  });

  test('keys of every kind', async () => {
    const keys = [
      'a b+c.txt',
      '中文/日本語.txt',
      '100%25.txt',
      "it's (1)!*.txt",
      'emoji 🙂',
      'a//b',
      'q?x=1&y#z',
      'é~_-.',
    ];
    for (const key of keys) {
      await client.put(key, Buffer.from(key));
      expect((await client.get(key)).content.toString(), key).toBe(key);
    }
    expect(oss.keys(`bucket-${bucket}`)).toEqual([...keys].sort());
    const listed = await client.list({ 'max-keys': 100 }, {});
    expect(listed.objects.map(({ name }) => name).sort()).toEqual([...keys].sort());
    await client.deleteMulti(keys);
    expect(oss.keys(`bucket-${bucket}`)).toEqual([]);
  });

  test('ranges and conditions', async () => {
    await client.put('k', Buffer.from('0123456789'));
    const part = await client.get('k', { headers: { Range: 'bytes=2-4' } });
    expect(part.res.status).toBe(206);
    expect(part.content.toString()).toBe('234');
    expect(part.res.headers).toMatchObject({ 'content-range': 'bytes 2-4/10' });
    await expect(client.get('k', { headers: { 'If-Match': '"x"' } })).rejects.toMatchObject({
      status: 412,
      code: 'PreconditionFailed',
    });
  });

  test('errors carry code, request id and EC', async () => {
    await expect(client.get('missing')).rejects.toMatchObject({
      status: 404,
      code: 'NoSuchKey',
      ecCode: '0026-00000001',
      requestId: expect.stringMatching(/^[0-9A-F]{24}$/),
    });
    client.useBucket('no-such-bucket');
    await expect(client.get('missing')).rejects.toMatchObject({ status: 404, code: 'NoSuchBucket' });
    await expect(client.head('missing')).rejects.toMatchObject({ status: 404 });
  });

  test('delete and getObjectMeta', async () => {
    await client.put('k', Buffer.from('content'), { meta: { a: 'b' } as never });
    const meta = await client.getObjectMeta('k');
    expect(meta.res.headers).toMatchObject({ 'content-length': '7' });
    expect(meta.res.headers).not.toHaveProperty('x-oss-meta-a');
    expect((await client.delete('k')).res.status).toBe(204);
    expect((await client.delete('k')).res.status).toBe(204);
    await expect(client.head('k')).rejects.toMatchObject({ code: 'NoSuchKey' });
  });

  test('deleteMulti, in full and quietly', async () => {
    for (const key of ['a', 'b & <c>', 'd"\'']) await client.put(key, Buffer.from(key));
    const { deleted } = await client.deleteMulti(['a', 'b & <c>']);
    expect(deleted).toEqual([{ Key: 'a' }, { Key: 'b & <c>' }]);
    expect((await client.deleteMulti(['d"\''], { quiet: true })).deleted).toEqual([]);
    expect(oss.keys(`bucket-${bucket}`)).toEqual([]);
  });

  test('copy, with the metadata of the source and with its own', async () => {
    await client.put('source é', Buffer.from('content'), { meta: { a: '1' } as never, mime: 'text/x-a' });
    await client.copy('kept', 'source é');
    expect((await client.head('kept')).meta).toEqual({ a: '1' });
    expect((await client.head('kept')).res.headers).toMatchObject({ 'content-type': 'text/x-a' });
    await client.copy('replaced', 'source é', { meta: { b: '2' } });
    expect((await client.head('replaced')).meta).toEqual({ b: '2' });
    await client.putMeta('replaced', { c: '3' });
    expect((await client.head('replaced')).meta).toEqual({ c: '3' });
    expect((await client.get('replaced')).content.toString()).toBe('content');
    await expect(client.copy('x', 'missing')).rejects.toMatchObject({ code: 'NoSuchKey' });
    await client.delete('source é');
    expect((await client.get('kept')).content.toString()).toBe('content');
  });

  test('list with prefix, delimiter, marker and pages', async () => {
    for (const key of ['a/1', 'a/2', 'b', 'c/1', 'd']) await client.put(key, Buffer.from(key));
    const all = await client.list({ delimiter: '/', 'max-keys': 100 }, {});
    expect(all.objects.map(({ name }) => name)).toEqual(['b', 'd']);
    expect(all.prefixes).toEqual(['a/', 'c/']);
    const seen: string[] = [];
    let marker: string | undefined;
    do {
      const page = await client.list({ delimiter: '/', 'max-keys': 1, ...(marker ? { marker } : {}) }, {});
      seen.push(...(page.prefixes ?? []), ...page.objects.map(({ name }) => name));
      marker = page.nextMarker ?? undefined;
      expect(page.isTruncated).toBe(marker !== undefined);
    } while (marker !== undefined && seen.length < 10);
    expect(seen).toEqual(['a/', 'b', 'c/', 'd']);
    const inside = await client.list({ prefix: 'a/', 'max-keys': 100 }, {});
    expect(inside.objects.map(({ name, size, etag }) => [name, size, etag])).toEqual([
      ['a/1', 3, `"${(await oss.getObject(`bucket-${bucket}`, 'a/1')).etag}"`],
      ['a/2', 3, `"${(await oss.getObject(`bucket-${bucket}`, 'a/2')).etag}"`],
    ]);
  });

  test('listV2 with pages, start-after and owner', async () => {
    const keys = ['a/1', 'a/2', 'b', 'c/1', 'd'];
    for (const key of keys) await client.put(key, Buffer.from(key));
    const seen: string[] = [];
    let token: string | null = null;
    do {
      const page: Awaited<ReturnType<Client['listV2']>> = await client.listV2({
        'max-keys': 2,
        ...(token === null ? {} : { 'continuation-token': token }),
      });
      expect(page.keyCount).toBe(page.objects.length);
      seen.push(...page.objects.map(({ name }) => name));
      token = page.nextContinuationToken;
    } while (token !== null && seen.length < 10);
    expect(seen).toEqual(keys);
    const after = await client.listV2({ 'start-after': 'b', delimiter: '/', 'fetch-owner': 'true' });
    expect(after.objects.map(({ name }) => name)).toEqual(['d']);
    expect(after.prefixes).toEqual(['c/']);
    expect(after.objects[0]?.owner).toMatchObject({ id: expect.any(String) });
  });

  test('multipartUpload of a buffer and of a file', async () => {
    const content = randomBytes(350 * 1024);
    const file = join(folder, 'multipart.bin');
    await writeFile(file, content);
    for (const [name, source] of [
      ['from-buffer', content],
      ['from-file', file],
    ] as const) {
      const result = await client.multipartUpload(name, source, {
        partSize: 100 * 1024,
        parallel: 3,
        meta: { a: '1', uid: 1, pid: 1 } as never,
      });
      const object = await oss.getObject(`bucket-${bucket}`, name);
      expect(Buffer.from(object.bytes).equals(content)).toBe(true);
      expect(object.etag).toMatch(/^[0-9A-F]{32}-4$/);
      expect((result as unknown as { etag: string }).etag).toBe(`"${object.etag}"`);
      expect(object.headers['x-oss-meta-a']).toBe('1');
      expect(object.type).toBe('Multipart');
      await client.put('whole', content);
      expect(object.crc64).toBe((await oss.getObject(`bucket-${bucket}`, 'whole')).crc64);
      expect((await client.get(name)).content.equals(content)).toBe(true);
    }
    expect(oss.uploads(`bucket-${bucket}`)).toEqual([]);
  });

  test('the multipart calls one by one', async () => {
    const content = randomBytes(250 * 1024);
    const { uploadId } = await client.initMultipartUpload('parts', { meta: { a: '1' } as never });
    const first = await client.uploadPart('parts', uploadId, 1, content, 0, 128 * 1024);
    const second = await client.uploadPart('parts', uploadId, 2, content, 128 * 1024, content.length);
    const listed = await client.listParts('parts', uploadId, {} as never);
    expect(listed.parts as unknown).toMatchObject([
      { PartNumber: '1', ETag: first.etag, Size: String(128 * 1024), HashCrc64ecma: expect.any(String) },
      { PartNumber: '2', ETag: second.etag, Size: String(122 * 1024) },
    ]);
    const paged = await client.listParts('parts', uploadId, {
      'max-parts': 1,
      'part-number-marker': 1,
    } as never);
    expect(paged.parts as unknown).toMatchObject({ PartNumber: '2' });
    const uploads = await client.listUploads({ 'max-uploads': 10 });
    expect(uploads.uploads).toMatchObject([{ name: 'parts', uploadId }]);
    await client.completeMultipartUpload('parts', uploadId, [
      { number: 1, etag: first.etag },
      { number: 2, etag: second.etag },
    ]);
    expect((await client.get('parts')).content.equals(content)).toBe(true);
    await expect(client.listParts('parts', uploadId, {} as never)).rejects.toMatchObject({
      code: 'NoSuchUpload',
    });
  });

  test('abort', async () => {
    const { uploadId } = await client.initMultipartUpload('aborted');
    await client.uploadPart('aborted', uploadId, 1, randomBytes(1000), 0, 1000);
    await client.abortMultipartUpload('aborted', uploadId);
    expect(oss.uploads(`bucket-${bucket}`)).toEqual([]);
    await expect(client.abortMultipartUpload('aborted', uploadId)).rejects.toMatchObject({
      code: 'NoSuchUpload',
    });
    expect(oss.hasObject(`bucket-${bucket}`, 'aborted')).toBe(false);
  });

  test('uploadPartCopy', async () => {
    const content = randomBytes(250 * 1024);
    await client.put('source', content);
    const { uploadId } = await client.initMultipartUpload('copied');
    const source = { sourceKey: 'source', sourceBucketName: `bucket-${bucket}` };
    const first = await client.uploadPartCopy('copied', uploadId, 1, `0-${150 * 1024 - 1}`, source);
    const second = await client.uploadPartCopy(
      'copied',
      uploadId,
      2,
      `${150 * 1024}-${content.length - 1}`,
      source,
    );
    await client.completeMultipartUpload('copied', uploadId, [
      { number: 1, etag: first.etag },
      { number: 2, etag: second.etag },
    ]);
    const copied = await oss.getObject(`bucket-${bucket}`, 'copied');
    expect(Buffer.from(copied.bytes).equals(content)).toBe(true);
    expect(copied.crc64).toBe((await oss.getObject(`bucket-${bucket}`, 'source')).crc64);
  });

  test('append', async () => {
    const first = await client.append('log', Buffer.from('one '), { meta: { a: '1' } });
    expect(first.nextAppendPosition).toBe('4');
    const second = await client.append('log', Buffer.from('two'), { position: '4' });
    expect(second.nextAppendPosition).toBe('7');
    expect((await client.get('log')).content.toString()).toBe('one two');
    await oss.putObject(`bucket-${bucket}`, 'whole', 'one two');
    const whole = await oss.getObject(`bucket-${bucket}`, 'whole');
    expect(second.res.headers).toMatchObject({ 'x-oss-hash-crc64ecma': whole.crc64 });
    await expect(client.append('log', Buffer.from('x'), { position: '4' })).rejects.toMatchObject({
      status: 409,
      code: 'PositionNotEqualToLength',
      message: 'Position is not equal to file length',
    });
    await client.put('normal', Buffer.from('x'));
    await expect(client.append('normal', Buffer.from('x'), { position: '1' })).rejects.toMatchObject({
      code: 'ObjectNotAppendable',
    });
  });

  test('buckets', async () => {
    await client.putBucket('made-here');
    expect((await client.listBuckets()).buckets.map(({ name }) => name)).toContain('made-here');
    expect((await client.getBucketInfo('made-here')).bucket).toMatchObject({
      Name: 'made-here',
      Location: 'oss-cn-hangzhou',
    });
    client.useBucket('made-here');
    await client.put('k', Buffer.from('x'));
    await expect(client.deleteBucket('made-here')).rejects.toMatchObject({ code: 'BucketNotEmpty' });
    await client.delete('k');
    await client.deleteBucket('made-here');
    await expect(client.getBucketInfo('made-here')).rejects.toMatchObject({ code: 'NoSuchBucket' });
  });

  test('x-oss-forbid-overwrite', async () => {
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    await client.put('once', Buffer.from('first'), { headers: { ...headers } });
    await expect(
      client.put('once', Buffer.from('second'), { headers: { ...headers } }),
    ).rejects.toMatchObject({
      status: 409,
      code: 'FileAlreadyExists',
    });
    expect((await client.get('once')).content.toString()).toBe('first');
  });
});
