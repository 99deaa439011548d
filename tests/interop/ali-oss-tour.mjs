// Every operation that the local OSS has, done by ali-oss and checked: what drivers/python/oss2_tour.py is for oss2.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import OSS from 'ali-oss';

const content = Buffer.from(Array.from({ length: 256_000 }, (_, index) => index % 256));
const partSizeBytes = 100 * 1024;
const text = async (url, init) => {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text() };
};
const fails = (status, promise) => assert.rejects(promise, (error) => error.status === status);
const names = ({ objects }) => (objects ?? []).map(({ name }) => name);

/** The operations in their order; each may leave in `place` what the next ones need. */
const operations = {
  PutBucket: ({ client, bucket }) => client.putBucket(bucket),
  ListBuckets: async ({ client, bucket }) => {
    const { buckets } = await client.listBuckets({ prefix: bucket });
    assert.deepEqual(
      buckets.map(({ name }) => name),
      [bucket],
    );
    client.useBucket(bucket);
  },
  GetBucketInfo: async ({ client, bucket, region }) => {
    const { bucket: info } = await client.getBucketInfo(bucket);
    assert.equal(info.Name, bucket);
    assert.equal(info.Location, `oss-${region}`);
  },
  GetBucketLocation: async ({ client, bucket, region }) =>
    assert.equal((await client.getBucketLocation(bucket)).location, `oss-${region}`),
  GetBucketAcl: async ({ client, bucket }) =>
    assert.equal((await client.getBucketACL(bucket)).acl, 'private'),
  PutObject: async ({ client }) => {
    const headers = { 'Cache-Control': 'no-cache' };
    await client.put('a/one +%&.bin', content, { mime: 'text/plain', meta: { made: 'here' }, headers });
    await client.putStream('a/ключ', Readable.from([Buffer.from('two')]));
  },
  GetObject: async ({ client }) => {
    const { content: found, res } = await client.get('a/one +%&.bin');
    assert.ok(found.equals(content));
    assert.equal(res.headers['x-oss-meta-made'], 'here');
    assert.equal((await client.get('a/ключ')).content.toString(), 'two');
  },
  'GetObject, range': async ({ client }) => {
    const get = (range) =>
      client.get('a/one +%&.bin', { headers: { Range: range, 'x-oss-range-behavior': 'standard' } });
    const part = await get('bytes=1000-2000');
    assert.ok(part.content.equals(content.subarray(1000, 2001)));
    assert.equal(part.res.headers['content-range'], `bytes 1000-2000/${content.length}`);
    assert.ok((await get('bytes=-10')).content.equals(content.subarray(-10)));
    await fails(416, get(`bytes=${content.length}-`));
  },
  'GetObject, conditions': async ({ client }) => {
    const { etag } = (await client.head('a/one +%&.bin')).res.headers;
    // ali-oss takes a 304 for a success.
    const same = await client
      .get('a/one +%&.bin', { headers: { 'If-None-Match': etag } })
      .catch((error) => error);
    assert.equal(same.res?.status ?? same.status, 304);
    await fails(412, client.get('a/one +%&.bin', { headers: { 'If-Match': '"0"' } }));
  },
  'GetObject, absent': ({ client }) =>
    assert.rejects(client.get('absent'), ({ status, code }) => status === 404 && code === 'NoSuchKey'),
  'PutObject, forbidOverwrite': ({ client }) =>
    fails(409, client.put('a/ключ', Buffer.alloc(0), { headers: { 'x-oss-forbid-overwrite': 'true' } })),
  HeadObject: async ({ client }) => {
    const { meta, res } = await client.head('a/one +%&.bin');
    assert.equal(meta.made, 'here');
    assert.equal(res.headers['content-length'], String(content.length));
    assert.equal(res.headers['x-oss-object-type'], 'Normal');
  },
  GetObjectMeta: async ({ client }) =>
    assert.equal(
      (await client.getObjectMeta('a/one +%&.bin')).res.headers['content-length'],
      String(content.length),
    ),
  CopyObject: async ({ client }) => {
    await client.copy('copy', 'a/one +%&.bin');
    assert.equal((await client.head('copy')).meta.made, 'here');
    await client.putMeta('copy', { made: 'there' });
    assert.equal((await client.head('copy')).meta.made, 'there');
    assert.ok((await client.get('copy')).content.equals(content));
  },
  AppendObject: async ({ client }) => {
    const { nextAppendPosition } = await client.append('log', Buffer.from('first,'));
    await client.append('log', Buffer.from('second'), { position: nextAppendPosition });
    assert.equal((await client.get('log')).content.toString(), 'first,second');
    await fails(409, client.append('log', Buffer.from('x'), { position: 3 }));
  },
  ListObjects: async ({ client }) => {
    const top = await client.list({ delimiter: '/', 'max-keys': 100 });
    assert.deepEqual([names(top), top.prefixes], [['copy', 'log'], ['a/']]);
    const rest = await client.list({ marker: 'a/one +%&.bin', 'max-keys': 1 });
    assert.deepEqual(names(rest), ['a/ключ']);
    assert.equal(rest.isTruncated, true);
  },
  ListObjectsV2: async ({ client }) => {
    const first = await client.listV2({ prefix: 'a/', 'max-keys': 1 });
    assert.deepEqual(names(first), ['a/one +%&.bin']);
    const token = first.nextContinuationToken;
    assert.deepEqual(names(await client.listV2({ prefix: 'a/', 'continuation-token': token })), ['a/ключ']);
  },
  InitiateMultipartUpload: async (place) => {
    place.uploadId = (
      await place.client.initMultipartUpload('parts', { meta: { made: 'in parts' } })
    ).uploadId;
  },
  UploadPart: async (place) => {
    place.parts = [await place.client.uploadPart('parts', place.uploadId, 1, content, 0, partSizeBytes)];
  },
  UploadPartCopy: async (place) => {
    const source = { sourceKey: 'copy', sourceBucketName: place.bucket };
    const range = `${partSizeBytes}-${content.length - 1}`;
    place.parts.push(await place.client.uploadPartCopy('parts', place.uploadId, 2, range, source));
  },
  ListParts: async ({ client, uploadId, parts }) => {
    const listed = await client.listParts('parts', uploadId);
    assert.deepEqual(
      listed.parts.map(({ PartNumber, ETag, Size }) => [PartNumber, ETag, Size]),
      parts.map(({ etag }, index) => [
        String(index + 1),
        etag,
        String(index === 0 ? partSizeBytes : content.length - partSizeBytes),
      ]),
    );
  },
  ListMultipartUploads: async ({ client, uploadId }) => {
    const { uploads } = await client.listUploads({ 'max-uploads': 10 });
    assert.deepEqual(
      uploads.map((upload) => [upload.name, upload.uploadId]),
      [['parts', uploadId]],
    );
  },
  CompleteMultipartUpload: async ({ client, uploadId, parts }) => {
    const list = parts.map(({ etag }, index) => ({ number: index + 1, etag }));
    await client.completeMultipartUpload('parts', uploadId, list);
    const { content: found, res } = await client.get('parts');
    assert.ok(found.equals(content));
    assert.equal(res.headers['x-oss-meta-made'], 'in parts');
  },
  AbortMultipartUpload: async ({ client }) => {
    const { uploadId } = await client.initMultipartUpload('parts');
    await client.abortMultipartUpload('parts', uploadId);
    await fails(404, client.listParts('parts', uploadId));
  },
  'presigned, PutObject': async ({ sign }) => {
    const headers = { 'Content-Type': 'text/plain' };
    const { status } = await text(await sign('PUT', 'signed url', headers), {
      method: 'PUT',
      headers,
      body: 'by url',
    });
    assert.equal(status, 200);
  },
  'presigned, GetObject': async ({ sign }) =>
    assert.deepEqual(await text(await sign('GET', 'signed url', {})), { status: 200, text: 'by url' }),
  DeleteObject: async ({ client }) => {
    assert.equal((await client.delete('signed url')).res.status, 204);
    assert.equal((await client.delete('signed url')).res.status, 204);
  },
  DeleteMultipleObjects: async ({ client, bucket }) => {
    await fails(409, client.deleteBucket(bucket));
    const keys = names(await client.list({ 'max-keys': 100 }));
    const { deleted } = await client.deleteMulti(keys);
    assert.deepEqual(
      deleted.map(({ Key }) => Key),
      keys,
    );
  },
  DeleteBucket: async ({ client, bucket }) => {
    await client.deleteBucket(bucket);
    await fails(404, client.getBucketInfo(bucket));
  },
};

/** Does every operation with one signature; says what came of each, in order. */
export async function aliOssTour({ oss, temporary }, signature, bucket) {
  const { accessKeyId, accessKeySecret, securityToken } =
    signature === 'temporary keys' ? temporary : { ...defaultOssAccount };
  const authorizationV4 = signature !== 'V1';
  const client = new OSS({
    ...{ accessKeyId, accessKeySecret, bucket, authorizationV4 },
    ...{ endpoint: oss.endpoint, sldEnable: true, region: `oss-${oss.region}` },
    ...(securityToken === undefined
      ? {}
      : { stsToken: securityToken, refreshSTSToken: async () => temporary, refreshSTSTokenInterval: 1e9 }),
  });
  const sign = async (method, key, headers) =>
    authorizationV4
      ? client.signatureUrlV4(method, 60, { headers }, key)
      : client.signatureUrl(key, { method, expires: 60, ...headers });
  const place = { client, bucket, region: oss.region, sign };
  const done = [];
  for (const [operation, run] of Object.entries(operations)) {
    try {
      await run(place);
      done.push({ operation });
    } catch (error) {
      done.push({ operation, error: `${error.name}: ${error.message}` });
    }
  }
  return done;
}
