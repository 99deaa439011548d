import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { element, outcome, type RawAnswer, type RawRequest, send } from './raw-request.js';

let oss: LocalOss;

beforeAll(async () => {
  oss = await startOss({ buckets: ['photos'] });
});

afterAll(() => oss.close());

beforeEach(async () => {
  await oss.putObject('photos', 'digits', '0123456789', {
    'content-type': 'text/plain',
    'x-oss-meta-a': '1',
  });
  await oss.putObject('photos', 'empty', '');
});

/** Sends bytes as they are and gives what comes back until the connection closes. */
async function exchange(bytes: string): Promise<string> {
  const socket = createConnection(oss.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.end(bytes);
  return readText(socket);
}

const get: RawRequest = { method: 'GET', bucket: 'photos', key: 'digits' };

describe('ranges', () => {
  const cases = [
    // range, plain status, plain body, standard status, standard body
    ['bytes=0-0', 206, '0', 206, '0'],
    ['bytes=2-4', 206, '234', 206, '234'],
    ['bytes=0-9', 206, '0123456789', 206, '0123456789'],
    ['bytes=9-9', 206, '9', 206, '9'],
    ['bytes=7-', 206, '789', 206, '789'],
    ['bytes=0-', 206, '0123456789', 206, '0123456789'],
    ['bytes=-3', 206, '789', 206, '789'],
    ['bytes=-10', 206, '0123456789', 206, '0123456789'],
    ['bytes=5-10', 200, '0123456789', 206, '56789'],
    ['bytes=-11', 200, '0123456789', 206, '0123456789'],
    ['bytes=10-', 200, '0123456789', 416, undefined],
    ['bytes=10-20', 200, '0123456789', 416, undefined],
    ['bytes=-0', 200, '0123456789', 416, undefined],
    ['bytes=0-1,4-5', 206, '01', 416, undefined],
    ['bytes=4-2', 200, '0123456789', 200, '0123456789'],
    ['bytes=a-b', 200, '0123456789', 200, '0123456789'],
    ['byte=0-4', 200, '0123456789', 200, '0123456789'],
    ['bytes=-', 200, '0123456789', 200, '0123456789'],
  ] as const;

  test.each(cases)('%s', async (range, plainStatus, plainBody, standardStatus, standardBody) => {
    for (const standard of [false, true]) {
      const headers = { range, ...(standard ? { 'x-oss-range-behavior': 'standard' } : {}) };
      const answer = await send(oss, { ...get, headers });
      const status = standard ? standardStatus : plainStatus;
      const body = standard ? standardBody : plainBody;
      expect(answer.status).toBe(status);
      if (body === undefined) {
        expect(element(answer.text, 'Code')).toBe('InvalidRange');
        expect(element(answer.text, 'ActualObjectSize')).toBe('10');
        expect(answer.headers['content-range']).toBe('bytes */10');
        continue;
      }
      expect(answer.text).toBe(body);
      expect(answer.headers['content-length']).toBe(String(body.length));
      const start = '0123456789'.indexOf(body);
      const contentRange = status === 206 ? `bytes ${start}-${start + body.length - 1}/10` : undefined;
      expect(answer.headers['content-range']).toBe(contentRange);
    }
  });

  test('of an empty object', async () => {
    const empty = { ...get, key: 'empty' };
    expect(outcome(await send(oss, { ...empty, headers: { range: 'bytes=0-0' } }))).toBe('200');
    const standard = { range: 'bytes=0-', 'x-oss-range-behavior': 'standard' };
    expect(outcome(await send(oss, { ...empty, headers: standard }))).toBe('416 InvalidRange');
  });

  test('the checksum header is that of the whole object', async () => {
    const whole = await send(oss, get);
    const part = await send(oss, { ...get, headers: { range: 'bytes=1-2' } });
    expect(part.headers['x-oss-hash-crc64ecma']).toBe(whole.headers['x-oss-hash-crc64ecma']);
  });
});

describe('conditions', () => {
  const past = new Date(Date.now() - 3_600_000).toUTCString();
  const future = new Date(Date.now() + 3_600_000).toUTCString();

  test('on get and head', async () => {
    const { etag } = await oss.getObject('photos', 'digits');
    const cases: [Record<string, string>, number][] = [
      [{ 'if-match': `"${etag}"` }, 200],
      [{ 'if-match': etag.toLowerCase() }, 200],
      [{ 'if-match': '"other"' }, 412],
      [{ 'if-none-match': `"${etag}"` }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-modified-since': past }, 200],
      [{ 'if-modified-since': future }, 304],
      [{ 'if-unmodified-since': future }, 200],
      [{ 'if-unmodified-since': past }, 412],
    ];
    for (const [headers, status] of cases) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await send(oss, { ...get, method, headers });
        expect(answer.status, JSON.stringify(headers)).toBe(status);
        if (status === 304) expect(answer.headers.etag).toBe(`"${etag}"`);
        if (status === 412 && method === 'GET') {
          expect(element(answer.text, 'Condition')?.toLowerCase()).toBe(Object.keys(headers)[0]);
        }
      }
    }
  });

  test('on the source of a copy', async () => {
    const copy = (headers: Record<string, string>) =>
      send(oss, {
        method: 'PUT',
        bucket: 'photos',
        key: 'copy',
        headers: { 'x-oss-copy-source': '/photos/digits', ...headers },
      });
    expect((await copy({ 'x-oss-copy-source-if-match': '"other"' })).status).toBe(412);
    expect((await copy({ 'x-oss-copy-source-if-unmodified-since': future })).status).toBe(200);
  });
});

describe('answers', () => {
  test('a head of an error says what it is in headers', async () => {
    const answer = await send(oss, { ...get, method: 'HEAD', key: 'missing' });
    expect(answer.status).toBe(404);
    expect(answer.headers['x-oss-ec']).toBe('0026-00000001');
    const document = Buffer.from(String(answer.headers['x-oss-err']), 'base64').toString();
    expect(element(document, 'Code')).toBe('NoSuchKey');
    expect(element(document, 'RequestId')).toBe(answer.headers['x-oss-request-id']);
  });

  test('versions: only null is there', async () => {
    expect((await send(oss, { ...get, query: { versionId: 'null' } })).status).toBe(200);
    const other = await send(oss, { ...get, query: { versionId: 'CAEQ' } });
    expect(outcome(other)).toBe('404 NoSuchVersion');
  });

  test('what is not there is not pretended', async () => {
    expect(outcome(await send(oss, { ...get, method: 'PATCH' }))).toBe('405 MethodNotAllowed');
  });

  test('instants are in whole seconds, written with milliseconds of 000', async () => {
    const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/;
    const list = await send(oss, { method: 'GET', bucket: 'photos' });
    expect(element(list.text, 'LastModified')).toMatch(form);
    const late = await send(oss, { ...get, now: new Date(Date.now() - 3600_000) });
    expect(element(late.text, 'ServerTime')).toMatch(form);
  });

  test('a plus in a query is a space, an encoded one a plus', async () => {
    for (const key of ['a +b', 'a ++b']) await oss.putObject('photos', key, '');
    for (const [query, keys] of [
      ['prefix=a+%2Bb', ['a +b']],
      ['prefix=a%20%2B', ['a ++b', 'a +b']],
      ['prefix=a%2B', []],
    ] as const) {
      const spec: RawRequest = { method: 'GET', bucket: 'photos', sign: 'v1', path: `/photos/?${query}` };
      const { text } = await send(oss, spec);
      expect([...text.matchAll(/<Key>([^<]*)/g)].map(([, key]) => key)).toEqual(keys);
    }
  });

  test('list with encoding-type=url', async () => {
    await oss.createBucket('encoded');
    await oss.putObject('encoded', 'a b+&\u0001.txt', 'x');
    const listed = await send(oss, {
      method: 'GET',
      bucket: 'encoded',
      path: '/encoded/',
      query: { 'encoding-type': 'url' },
    });
    expect(element(listed.text, 'Key')).toBe('a%20b%2B%26%01.txt');
    const limit = await send(oss, {
      method: 'GET',
      bucket: 'encoded',
      path: '/encoded/',
      query: { 'max-keys': '1001' },
    });
    expect(outcome(limit)).toBe('400 InvalidArgument');
  });
});

describe('uploads', () => {
  const put: RawRequest = { method: 'PUT', bucket: 'photos', key: 'new', body: 'content' };

  test('Content-MD5 is verified', async () => {
    const md5 = createHash('md5').update('content').digest('base64');
    expect(outcome(await send(oss, { ...put, headers: { 'content-md5': md5 } }))).toBe('200');
    const wrong = createHash('md5').update('other').digest('base64');
    await oss.deleteObject('photos', 'new');
    expect(outcome(await send(oss, { ...put, headers: { 'content-md5': wrong } }))).toBe('400 InvalidDigest');
    expect(outcome(await send(oss, { ...put, headers: { 'content-md5': 'x' } }))).toBe('400 InvalidDigest');
    expect(oss.hasObject('photos', 'new')).toBe(false);
  });

  test('the checksum is CRC-64/XZ in decimal', async () => {
    const answer = await send(oss, { ...put, body: '123456789' });
    expect(answer.headers['x-oss-hash-crc64ecma']).toBe(String(0x995dc9bbdf1939fan));
  });

  test('metadata names are lower-cased, and come to less than 8 KB together', async () => {
    const long = 'x'.repeat(4000);
    const headers = { 'x-oss-meta-One': long, 'x-oss-meta-two': long };
    expect(outcome(await send(oss, { ...put, headers }))).toBe('200');
    expect((await oss.getObject('photos', 'new')).headers['x-oss-meta-one']).toBe(long);
    const name = 'x-oss-meta-last';
    const rest = 8192 - 2 * ('x-oss-meta-one'.length + long.length) - name.length;
    expect(outcome(await send(oss, { ...put, headers: { ...headers, [name]: 'x'.repeat(rest - 1) } }))).toBe(
      '200',
    );
    const three = { ...headers, [name]: 'x'.repeat(rest) };
    const answer = await send(oss, { ...put, headers: three });
    expect(outcome(answer)).toBe('400 MetadataTooLarge');
    expect(element(answer.text, 'EC')).toBe('0011-00000002');
    const underscore = await send(oss, { ...put, headers: { 'x-oss-meta-a_b': '1' } });
    expect(element(underscore.text, 'EC')).toBe('0011-00000004');
  });

  test('content headers come back', async () => {
    const headers = {
      'content-type': 'text/x',
      'cache-control': 'no-cache',
      'content-disposition': 'inline',
      'content-language': 'de',
      expires: 'Thu, 01 Jan 2032 00:00:00 GMT',
    };
    await send(oss, { ...put, headers });
    expect((await send(oss, { ...get, key: 'new' })).headers).toMatchObject(headers);
  });

  test('a body must be framed', async () => {
    await oss.createBucket('open', 'public-read-write');
    const head = 'PUT /open/new HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
    expect(await exchange(`${head}\r\n`)).toMatch(/^HTTP\/1.1 411 [\s\S]*<Code>MissingContentLength</);
    expect(await exchange(`${head}Content-Length: 0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200 /);
    expect(await exchange(`${head}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 200 /,
    );
    expect(Buffer.from((await oss.getObject('open', 'new')).bytes).toString()).toBe('x');
  });

  test('keys: neither empty nor with a slash in front nor too long', async () => {
    expect(outcome(await send(oss, { ...put, key: '/slash', path: '/photos//slash' }))).toBe(
      '400 InvalidObjectName',
    );
    expect(outcome(await send(oss, { ...put, key: 'k'.repeat(1024) }))).toBe('400 InvalidObjectName');
    expect(outcome(await send(oss, { ...put, key: 'k'.repeat(1023) }))).toBe('200');
    expect(outcome(await send(oss, { ...put, bucket: 'Not-A-Bucket' }))).toBe('400 InvalidBucketName');
  });

  test('Expect: 100-continue is answered before the body is read, and not for a refused request', async () => {
    const account = { accessKeyId: 'nobody', accessKeySecret: 'x' };
    const refused = await send(oss, { ...put, headers: { expect: '100-continue' }, account });
    expect(outcome(refused)).toBe('403 InvalidAccessKeyId');
    expect(oss.requests.last()?.receivedBytes).toBe(0);
    expect(outcome(await send(oss, { ...put, headers: { expect: '100-continue' } }))).toBe('200');
  });
});

describe('multipart rules', () => {
  async function start(headers: Record<string, string> = {}): Promise<string> {
    const answer = await send(oss, {
      method: 'POST',
      bucket: 'photos',
      key: 'big',
      query: { uploads: '' },
      headers,
    });
    expect(answer.status, answer.text).toBe(200);
    return element(answer.text, 'UploadId')!;
  }

  async function part(
    uploadId: string,
    number: number,
    sizeBytes: number,
    headers: Record<string, string> = {},
  ) {
    return send(oss, {
      method: 'PUT',
      bucket: 'photos',
      key: 'big',
      query: { uploadId, partNumber: String(number) },
      body: Buffer.alloc(sizeBytes, number),
      headers,
    });
  }

  function complete(uploadId: string, parts: [number, string][], headers: Record<string, string> = {}) {
    const list = parts.map(([n, etag]) => `<Part><PartNumber>${n}</PartNumber><ETag>${etag}</ETag></Part>`);
    return send(oss, {
      method: 'POST',
      bucket: 'photos',
      key: 'big',
      query: { uploadId },
      body: list.length === 0 ? '' : `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`,
      headers,
    });
  }

  test('sizes, order, tags', async () => {
    const uploadId = await start();
    const small = String((await part(uploadId, 1, 100 * 1024 - 1)).headers.etag);
    const last = String((await part(uploadId, 2, 10)).headers.etag);
    expect(
      outcome(
        await complete(uploadId, [
          [1, small],
          [2, last],
        ]),
      ),
    ).toBe('400 EntityTooSmall');
    const first = String((await part(uploadId, 1, 100 * 1024)).headers.etag);
    expect(
      outcome(
        await complete(uploadId, [
          [2, last],
          [1, first],
        ]),
      ),
    ).toBe('400 InvalidPartOrder');
    expect(
      outcome(
        await complete(uploadId, [
          [1, small],
          [2, last],
        ]),
      ),
    ).toBe('400 InvalidPart');
    expect(
      outcome(
        await complete(uploadId, [
          [1, first],
          [3, last],
        ]),
      ),
    ).toBe('400 InvalidPart');
    const xml = await send(oss, {
      method: 'POST',
      bucket: 'photos',
      key: 'big',
      query: { uploadId },
      body: '<Complete',
    });
    expect(outcome(xml)).toBe('400 MalformedXML');
    const done = await complete(uploadId, [
      [1, first],
      [2, last],
    ]);
    expect(outcome(done)).toBe('200');
    expect(element(done.text, 'ETag')?.replaceAll('&quot;', '"')).toBe(done.headers.etag);
    expect(
      outcome(
        await complete(uploadId, [
          [1, first],
          [2, last],
        ]),
      ),
    ).toBe('404 NoSuchUpload');
  });

  test('part numbers, unknown uploads and complete-all', async () => {
    const uploadId = await start();
    expect(outcome(await part(uploadId, 0, 10))).toBe('400 InvalidArgument');
    expect(outcome(await part(uploadId, 10_001, 10))).toBe('400 InvalidArgument');
    const missing = await part('none', 1, 10);
    expect(outcome(missing)).toBe('404 NoSuchUpload');
    expect(element(missing.text, 'EC')).toBe('0042-00000104');
    const copied = await part('none', 1, 10, { 'x-oss-copy-source': '/photos/digits' });
    expect(element(copied.text, 'EC')).toBe('0042-00000311');
    const aborted = { method: 'DELETE', bucket: 'photos', key: 'big', query: { uploadId: 'none' } };
    expect(element((await send(oss, aborted)).text, 'EC')).toBe('0042-00000002');
    expect(outcome(await complete(uploadId, [], { 'x-oss-complete-all': 'yes' }))).toBe('400 InvalidPart');
    const empty = { method: 'POST', bucket: 'photos', key: 'big', query: { uploadId } };
    const none = '<CompleteMultipartUpload></CompleteMultipartUpload>';
    expect(outcome(await complete(uploadId, []))).toBe('400 MalformedXML');
    await part(uploadId, 7, 100 * 1024);
    await part(uploadId, 9, 10);
    const both = await send(oss, { ...empty, body: none, headers: { 'x-oss-complete-all': 'yes' } });
    expect(outcome(both)).toBe('400 InvalidArgument');
    expect(element(both.text, 'EC')).toBe('0042-00000216');
    expect(element(both.text, 'Message')).toMatch(/both complete all header and http body/);
    expect(outcome(await complete(uploadId, [], { 'x-oss-complete-all': 'yes' }))).toBe('200');
    expect((await oss.getObject('photos', 'big')).bytes).toHaveLength(100 * 1024 + 10);
  });

  test('a list without parts makes an empty object', async () => {
    const uploadId = await start();
    await part(uploadId, 1, 10);
    const body = '<CompleteMultipartUpload></CompleteMultipartUpload>';
    const empty = { method: 'POST', bucket: 'photos', key: 'big', query: { uploadId }, body };
    expect(outcome(await send(oss, empty))).toBe('200');
    expect(await oss.getObject('photos', 'big')).toMatchObject({
      bytes: new Uint8Array(0),
      crc64: '0',
      type: 'Multipart',
    });
  });

  test('a part may repeat what belongs to the completion, and nothing of server-side encryption', async () => {
    const uploadId = await start();
    const repeated = { 'x-oss-object-acl': 'private', 'x-oss-complete-all': 'yes' };
    expect(outcome(await part(uploadId, 1, 10, repeated))).toBe('200');
    const sse = { 'x-oss-server-side-encryption': 'AES256' };
    expect(outcome(await part(uploadId, 1, 10, sse))).toBe('400 InvalidArgument');
    const all = { 'x-oss-complete-all': 'yes' };
    expect(outcome(await complete(uploadId, [], { ...all, ...sse }))).toBe('400 InvalidArgument');
    expect(outcome(await complete(uploadId, [], all))).toBe('200');
  });

  test('ListMultipartUploads always names the last one', async () => {
    await oss.createBucket('uploads');
    const list = async (query: Record<string, string> = {}) =>
      (
        await send(oss, {
          method: 'GET',
          bucket: 'uploads',
          path: '/uploads/',
          query: { uploads: '', ...query },
        })
      ).text;
    expect(element(await list(), 'NextKeyMarker')).toBe('');
    for (const key of ['a', 'b']) {
      await send(oss, { method: 'POST', bucket: 'uploads', key, query: { uploads: '' } });
    }
    const [first, second] = oss.uploads('uploads');
    const whole = await list();
    expect(element(whole, 'IsTruncated')).toBe('false');
    expect(element(whole, 'NextKeyMarker')).toBe('b');
    expect(element(whole, 'NextUploadIdMarker')).toBe(second?.uploadId);
    const page = await list({ 'max-uploads': '1' });
    expect([element(page, 'IsTruncated'), element(page, 'NextUploadIdMarker')]).toEqual([
      'true',
      first?.uploadId,
    ]);
    const rest = await list({ 'key-marker': 'a', 'upload-id-marker': first!.uploadId });
    expect(element(rest, 'Key')).toBe('b');
    expect(
      outcome(
        await send(oss, {
          method: 'GET',
          bucket: 'uploads',
          path: '/uploads/',
          query: { uploads: '', prefix: 'p'.repeat(1024) },
        }),
      ),
    ).toBe('400 InvalidArgument');
  });

  describe('of client-side encrypted objects', () => {
    const prefix = 'x-oss-meta-client-side-encryption-';
    const envelope = {
      [`${prefix}key`]: 'a2V5',
      [`${prefix}start`]: 'c3RhcnQ=',
      [`${prefix}cek-alg`]: 'AES/CTR/NoPadding',
      [`${prefix}wrap-alg`]: 'RSA/NONE/PKCS1Padding',
    };
    const sizes = { [`${prefix}data-size`]: '204810', [`${prefix}part-size`]: '102400' };

    function without(name: string, from: Record<string, string> = { ...envelope, ...sizes }) {
      return Object.fromEntries(Object.entries(from).filter(([key]) => key !== prefix + name));
    }

    async function refusal(answer: Promise<RawAnswer>): Promise<string | undefined> {
      const { status, text } = await answer;
      if (element(text, 'EC')?.startsWith('0005-')) {
        expect(element(text, 'Code')).toBe('InvalidEncryptionRequest');
      }
      return status === 400 ? element(text, 'EC') : `status ${status}`;
    }

    const put = (headers: Record<string, string>) =>
      send(oss, { method: 'PUT', bucket: 'photos', key: 'enc', body: 'x', headers });
    const initiate = (headers: Record<string, string>) =>
      send(oss, { method: 'POST', bucket: 'photos', key: 'big', query: { uploads: '' }, headers });

    test('the four headers are required', async () => {
      const required = ['key', 'start', 'cek-alg', 'wrap-alg'];
      for (const [index, name] of required.entries()) {
        expect(await refusal(put(without(name, envelope)))).toBe(`0005-0000040${index + 1}`);
        expect(await refusal(initiate(without(name)))).toBe(`0005-0000040${index + 1}`);
      }
      expect((await put(envelope)).status).toBe(200);
    });

    test('wrap-alg rsa requires the magic number', async () => {
      const rsa = { ...envelope, [`${prefix}wrap-alg`]: 'rsa' };
      expect(await refusal(put(rsa))).toBe('0005-00000405');
      expect((await put({ ...rsa, [`${prefix}magic-number-hmac`]: 'x' })).status).toBe(200);
    });

    test('sizes are required for parts, whole numbers, and at most 10000 parts', async () => {
      expect(await refusal(initiate(without('data-size')))).toBe('0005-00000406');
      expect(await refusal(initiate(without('part-size')))).toBe('0005-00000407');
      const all = { ...envelope, ...sizes };
      expect(await refusal(initiate({ ...all, [`${prefix}data-size`]: '9x5.2' }))).toBe('0005-00000408');
      expect(await refusal(initiate({ ...all, [`${prefix}part-size`]: '1.5' }))).toBe('0005-00000409');
      expect(await refusal(initiate({ ...all, [`${prefix}data-size`]: '1024000001' }))).toBe('0005-00000410');
      expect((await initiate({ ...all, [`${prefix}data-size`]: '1024000000' })).status).toBe(200);
    });

    test('parts repeat the headers unchanged, or send none', async () => {
      const all = { ...envelope, ...sizes };
      const uploadId = await start(all);
      const codes = {
        key: 412,
        start: 413,
        'cek-alg': 414,
        'wrap-alg': 415,
        'data-size': 417,
        'part-size': 418,
      };
      for (const [name, code] of Object.entries(codes)) {
        const changed = { ...all, [prefix + name]: name.endsWith('size') ? '204811' : 'other' };
        expect(await refusal(part(uploadId, 1, 102_400, changed)), name).toBe(`0005-00000${code}`);
      }
      expect((await part(uploadId, 1, 102_400, all)).status).toBe(200);
      expect((await part(uploadId, 1, 102_400)).status).toBe(200);
      const plain = await start();
      expect(await refusal(part(plain, 1, 102_400, all))).toBe('0005-00000412');
    });

    test('part sizes and their number', async () => {
      const all = { ...envelope, ...sizes };
      const uploadId = await start(all);
      expect(await refusal(part(uploadId, 1, 102_399, all))).toBe('0005-00000419');
      expect(await refusal(part(uploadId, 3, 11, all))).toBe('0005-00000420');
      const tags: [number, string][] = [];
      for (const [number, size] of [
        [1, 102_400],
        [2, 102_400],
        [3, 10],
        [4, 102_400],
      ] as const) {
        tags.push([number, String((await part(uploadId, number, size, all)).headers.etag)]);
      }
      expect(await refusal(complete(uploadId, tags))).toBe('0005-00000411');
      const done = await complete(uploadId, tags.slice(0, 3));
      expect(done.status, done.text).toBe(200);
      expect((await oss.getObject('photos', 'big')).headers).toMatchObject(all);
    });

    test('ListParts shows what the upload was started with, except matdesc', async () => {
      const uploadId = await start({ ...envelope, ...sizes, [`${prefix}matdesc`]: '{"a":"b"}' });
      const { text } = await send(oss, { method: 'GET', bucket: 'photos', key: 'big', query: { uploadId } });
      expect(element(text, 'ClientEncryptionKey')).toBe('a2V5');
      expect(element(text, 'ClientEncryptionStart')).toBe('c3RhcnQ=');
      expect(element(text, 'ClientEncryptionCekAlg')).toBe('AES/CTR/NoPadding');
      expect(element(text, 'ClientEncryptionWrapAlg')).toBe('RSA/NONE/PKCS1Padding');
      expect(element(text, 'ClientEncryptionDataSize')).toBe('204810');
      expect(element(text, 'ClientEncryptionPartSize')).toBe('102400');
      expect(text).not.toContain('{');
    });

    test('copies keep the metadata', async () => {
      await put(envelope);
      const copy = (headers: Record<string, string>) =>
        send(oss, {
          method: 'PUT',
          bucket: 'photos',
          key: 'copied',
          headers: { 'x-oss-copy-source': '/photos/enc', ...headers },
        });
      const ontoItself = send(oss, {
        method: 'PUT',
        bucket: 'photos',
        key: 'enc',
        headers: {
          'x-oss-copy-source': '/photos/enc',
          'x-oss-metadata-directive': 'REPLACE',
          'x-oss-meta-a': '1',
        },
      });
      expect(await refusal(ontoItself)).toBe('0005-00000421');
      const replace = { 'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-a': '1' };
      expect(await refusal(copy({ ...replace, 'x-oss-meta-client-side-encryption-key': 'other' }))).toBe(
        '0005-00000421',
      );
      expect((await copy(replace)).status).toBe(200);
      expect((await oss.getObject('photos', 'copied')).headers).toMatchObject({
        ...envelope,
        'x-oss-meta-a': '1',
      });
      expect((await copy({})).status).toBe(200);
      expect((await oss.getObject('photos', 'copied')).headers).toMatchObject(envelope);
      const uploadId = await start();
      const partCopy = send(oss, {
        method: 'PUT',
        bucket: 'photos',
        key: 'big',
        query: { uploadId, partNumber: '1' },
        headers: { 'x-oss-copy-source': '/photos/enc' },
      });
      expect(await refusal(partCopy)).toBe('0042-00000309');
    });

    test('metadata of the 2018 format is ordinary', async () => {
      const headers = { 'x-oss-meta-oss-crypto-key': 'k', 'x-oss-meta-oss-wrap-alg': 'rsa' };
      expect((await put(headers)).status).toBe(200);
      expect((await initiate(headers)).status).toBe(200);
    });
  });
});

describe('what an object tells of itself', () => {
  test('Content-MD5 of what came in one request; the checksum, on every way', async () => {
    const put = await send(oss, { method: 'PUT', bucket: 'photos', key: 'new', body: 'content' });
    const md5 = createHash('md5').update('content').digest('base64');
    expect(put.headers['content-md5']).toBe(md5);
    const crc64 = put.headers['x-oss-hash-crc64ecma'];
    for (const [method, query] of [
      ['GET', {}],
      ['HEAD', {}],
      ['HEAD', { objectMeta: '' }],
    ] as const) {
      const answer = await send(oss, { method, bucket: 'photos', key: 'new', query });
      expect(answer.headers['x-oss-hash-crc64ecma']).toBe(crc64);
      expect(answer.headers['content-length']).toBe('7');
      if (!('objectMeta' in query)) expect(answer.headers['content-md5']).toBe(md5);
    }
  });
});

describe('text is compressed for a client that accepts it', () => {
  const text = 'all work and no play '.repeat(20_000);
  const accept = { 'accept-encoding': 'br, gzip;q=0.5' };

  async function put(body: string, headers: Record<string, string>): Promise<void> {
    await send(oss, { method: 'PUT', bucket: 'photos', key: 'text', body, headers });
  }
  const read = (method: string, headers: Record<string, string>) =>
    send(oss, { method, bucket: 'photos', key: 'text', headers });

  test('without ETag and length', async () => {
    for (const type of ['text/plain', 'application/json; charset=utf-8']) {
      await put(text, { 'content-type': type });
      const answer = await read('GET', accept);
      expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': type });
      expect(answer.headers).not.toHaveProperty('etag');
      expect(answer.headers).not.toHaveProperty('content-length');
      expect(answer.body.length).toBeLessThan(text.length / 10);
      expect(gunzipSync(answer.body).toString()).toBe(text);
    }
    await put('x'.repeat(1024), { 'content-type': 'text/plain' });
    expect((await read('GET', accept)).headers['content-encoding']).toBe('gzip');
  });

  test('nothing else is', async () => {
    const plain = { 'content-type': 'text/plain' };
    const cases: [string, string, Record<string, string>, Record<string, string>][] = [
      ['GET', text, plain, {}],
      ['GET', text, plain, { 'accept-encoding': 'identity' }],
      ['GET', text, plain, { 'accept-encoding': 'gzip;q=0' }],
      ['GET', text, plain, { ...accept, range: 'bytes=0-2000' }],
      ['HEAD', text, plain, accept],
      ['GET', text, { 'content-type': 'image/png' }, accept],
      ['GET', text, {}, accept],
      ['GET', 'x'.repeat(1023), plain, accept],
    ];
    for (const [method, body, stored, asked] of cases) {
      await put(body, stored);
      const answer = await read(method, asked);
      expect(answer.headers, JSON.stringify([stored, asked])).not.toHaveProperty('content-encoding');
      expect(answer.headers.etag).toBeDefined();
      expect(answer.headers['content-length']).toBeDefined();
    }
    await put(text, { ...plain, 'content-encoding': 'br' });
    expect((await read('GET', accept)).headers['content-encoding']).toBe('br');
  });

  test('from a folder as from memory, and a broken connection frees it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'local-oss-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    const bytes = randomBytes(3_000_000).toString('base64');
    await using kept = await startOss({ dir, buckets: ['photos'] });
    const spec = { bucket: 'photos', key: 'text' };
    await send(kept, { method: 'PUT', ...spec, body: bytes, headers: { 'content-type': 'text/plain' } });
    const answer = await send(kept, { method: 'GET', ...spec, headers: accept });
    expect(gunzipSync(answer.body).toString()).toBe(bytes);
    kept.faults.add({ kind: 'reset-response', afterBytes: 1000 });
    await expect(send(kept, { method: 'GET', ...spec, headers: accept })).rejects.toThrow();
    await kept.idle();
  });
});

describe('copies', () => {
  const copy = (headers: Record<string, string>, key = 'copy') =>
    send(oss, {
      method: 'PUT',
      bucket: 'photos',
      key,
      headers: { 'x-oss-copy-source': '/photos/digits', ...headers },
    });
  const head = async (key = 'copy') => (await send(oss, { method: 'HEAD', bucket: 'photos', key })).headers;

  test('the directive counts in any case; REPLACE keeps the Content-Type', async () => {
    await oss.putObject('photos', 'digits', '0123456789', {
      'content-type': 'text/x',
      'content-disposition': 'inline',
      'x-oss-meta-a': '1',
    });
    expect(outcome(await copy({ 'x-oss-metadata-directive': 'replace', 'x-oss-meta-b': '2' }))).toBe('200');
    expect(await head()).toMatchObject({ 'content-type': 'text/x', 'x-oss-meta-b': '2' });
    expect(await head()).not.toHaveProperty('x-oss-meta-a');
    expect(await head()).not.toHaveProperty('content-disposition');
    expect(outcome(await copy({ 'x-oss-metadata-directive': 'Copy', 'x-oss-meta-b': '2' }))).toBe('200');
    expect(await head()).toMatchObject({ 'content-type': 'text/x', 'x-oss-meta-a': '1' });
    expect(await head()).not.toHaveProperty('x-oss-meta-b');
    expect(outcome(await copy({ 'x-oss-metadata-directive': 'other' }))).toBe('400 InvalidArgument');
  });

  test('metadata of a copy onto itself counts without a directive', async () => {
    expect(outcome(await copy({ 'x-oss-meta-b': '2' }, 'digits'))).toBe('200');
    expect(await head('digits')).toMatchObject({ 'x-oss-meta-b': '2', 'content-type': 'text/plain' });
    expect(await head('digits')).not.toHaveProperty('x-oss-meta-a');
  });

  test('a source that is named wrongly is refused', async () => {
    for (const source of ['digits', '/photos/', '/photos/digits?acl', '/photos/%ff']) {
      expect(outcome(await copy({ 'x-oss-copy-source': source })), source).toBe('400 InvalidArgument');
    }
  });
});

describe('ListBuckets', () => {
  test('pages by prefix and marker', async () => {
    await using many = await startOss({ buckets: ['b-1', 'b-2', 'b-3', 'other'] });
    const list = async (query: Record<string, string>) =>
      (await send(many, { method: 'GET', path: '/', query })).text;
    const names = (xml: string) => [...xml.matchAll(/<Name>([^<]*)/g)].map(([, name]) => name);
    const all = await list({});
    expect(names(all)).toEqual(['b-1', 'b-2', 'b-3', 'other']);
    expect(all).not.toContain('IsTruncated');
    const first = await list({ prefix: 'b-', 'max-keys': '2' });
    expect(names(first)).toEqual(['b-1', 'b-2']);
    expect(element(first, 'IsTruncated')).toBe('true');
    expect(element(first, 'NextMarker')).toBe('b-2');
    const second = await list({ prefix: 'b-', 'max-keys': '2', marker: 'b-2' });
    expect(names(second)).toEqual(['b-3']);
    expect(element(second, 'IsTruncated')).toBe('false');
    const query = { 'max-keys': '1001' };
    expect(outcome(await send(many, { method: 'GET', path: '/', query }))).toBe('400 InvalidArgument');
  });
});

test('GetBucketInfo has the elements that SDKs read', async () => {
  const query = { bucketInfo: '' };
  const { text } = await send(oss, { method: 'GET', bucket: 'photos', path: '/photos/', query });
  for (const [name, value] of Object.entries({
    AccessMonitor: 'Disabled',
    BlockPublicAccess: 'false',
    Comment: '',
    CrossRegionReplication: 'Disabled',
    DataRedundancyType: 'LRS',
    Grant: 'private',
    SSEAlgorithm: 'None',
    StorageClass: 'Standard',
    TransferAcceleration: 'Disabled',
  })) {
    expect(element(text, name), name).toBe(value);
  }
});

describe('DeleteMultipleObjects', () => {
  const remove = (xml: string, query: Record<string, string> = {}) =>
    send(oss, {
      method: 'POST',
      bucket: 'photos',
      path: '/photos/',
      query: { delete: '', ...query },
      body: xml,
    });
  const document = (key: string) =>
    `<?xml version="1.0"?><Delete><Object><Key>${key}</Key></Object></Delete>`;

  test.each([
    ['a hexadecimal reference', 'a&#x0B;b', 'a\vb'],
    ['a decimal reference', 'a&#11;b', 'a\vb'],
    ['the raw character', 'a\vb', 'a\vb'],
    ['a reference to CR', 'a&#xD;b', 'a\rb'],
    ['a reference to LF', 'a&#xA;b', 'a\nb'],
    ['a raw CR, which XML reads as LF', 'a\rb', 'a\nb'],
    ['a reference beyond 16 bits', 'a&#x1F600;b', 'a\u{1F600}b'],
    ['named references', '&lt;&amp;amp;&quot;&apos;&gt;', '<&amp;"\'>'],
    ['CDATA', '<![CDATA[a&#11;b]]>', 'a&#11;b'],
    ['spaces around it', ' a b ', ' a b '],
    ['a number', '007', '007'],
  ])('by %s deletes that key and no other', async (_name, xml, key) => {
    const others = ['ab', 'a\vb', 'a\rb', 'a\nb', 'a b', '7', 'a', 'b'].filter((other) => other !== key);
    for (const name of [key, ...others]) await oss.putObject('photos', name, 'x');
    const answer = await remove(document(xml), { 'encoding-type': 'url' });
    expect(outcome(answer)).toBe('200');
    expect(decodeURIComponent(element(answer.text, 'Key')!)).toBe(key);
    expect(oss.hasObject('photos', key)).toBe(false);
    for (const other of others) expect(oss.hasObject('photos', other), JSON.stringify(other)).toBe(true);
  });

  test.each([
    ['an unknown entity', document('a&foo;b')],
    ['an entity without its end', document('a&amp b')],
    ['a lone ampersand', document('a & b')],
    ['a reference to nothing', document('a&#;b')],
    ['a reference to NUL', document('a&#0;b')],
    ['a reference to half a pair', document('a&#xD800;b')],
    ['a reference beyond Unicode', document('a&#x110000;b')],
    ['an empty key', document('')],
    ['an element in the key', document('a<b/>c')],
    ['two keys in an object', document('a</Key><Key>b')],
    ['another root', '<Remove><Object><Key>ab</Key></Object></Remove>'],
    ['a second root', '<Delete><Object><Key>ab</Key></Object></Delete><Delete/>'],
    ['text between objects', '<Delete>ab<Object><Key>ab</Key></Object></Delete>'],
    ['an element that is not known', '<Delete><Object><Key>ab</Key><Mode>x</Mode></Object></Delete>'],
    ['no objects', '<Delete></Delete>'],
    ['1001 objects', `<Delete>${'<Object><Key>ab</Key></Object>'.repeat(1001)}</Delete>`],
    ['more than 2 MB', document('a'.repeat(2 * 1024 * 1024))],
    ['an end that is missing', '<Delete><Object><Key>ab</Key></Object>'],
    ['nothing', ''],
  ])('with %s is refused, and deletes nothing', async (_name, xml) => {
    for (const key of ['a', 'b', 'ab', 'a&foo;b', 'a & b']) await oss.putObject('photos', key, 'x');
    const before = oss.keys('photos');
    expect(outcome(await remove(xml))).toBe('400 MalformedXML');
    expect(oss.keys('photos')).toEqual(before);
  });

  test('quietly it answers nothing', async () => {
    const answer = await remove('<Delete><Quiet>true</Quiet><Object><Key>ab</Key></Object></Delete>');
    expect([outcome(answer), answer.text]).toEqual(['200', '']);
  });

  test('with another Content-MD5 it deletes nothing', async () => {
    await oss.putObject('photos', 'ab', 'x');
    const headers = { 'content-md5': createHash('md5').update('other').digest('base64') };
    const spec: RawRequest = { method: 'POST', bucket: 'photos', path: '/photos/', query: { delete: '' } };
    expect(outcome(await send(oss, { ...spec, body: document('ab'), headers }))).toBe('400 InvalidDigest');
    expect(oss.hasObject('photos', 'ab')).toBe(true);
  });
});

describe('browsers', () => {
  test('preflights are allowed and answers are exposed', async () => {
    const url = `${oss.endpoint}/photos/digits`;
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://page.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-oss-meta-a,authorization',
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('http://page.example');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('x-oss-meta-a,authorization');
    const answer = await send(oss, { ...get, headers: { origin: 'http://page.example' } });
    expect(answer.headers['access-control-allow-origin']).toBe('http://page.example');
    const exposed = String(answer.headers['access-control-expose-headers']).split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining(['etag', 'x-oss-meta-a', 'x-oss-hash-crc64ecma', 'content-length']),
    );
  });
});

describe('malformed requests', () => {
  test.each([
    ['not HTTP', 'nonsense\r\n\r\n', '400'],
    [
      'a path that is not UTF-8',
      'GET /photos/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      '400',
    ],
    ['a broken escape', 'GET /photos/%4 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', '400'],
    ['a broken query', 'GET /photos/a?%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', '400'],
    [
      'a prototype name',
      'GET /photos/__proto__?__proto__=1 HTTP/1.1\r\nHost: __proto__\r\nConnection: close\r\n\r\n',
      '403',
    ],
    [
      'two lengths',
      'PUT /photos/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      '400',
    ],
    [
      'a length beside chunks',
      'PUT /photos/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
    ],
    ['a body that ends early', 'PUT /photos/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nab', '403'],
    ['a long header', `GET /photos/a HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, '400'],
  ])('%s', async (_name, bytes, status) => {
    const text = await exchange(bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(element(text, 'RequestId')).toBe(/x-oss-request-id: (\w+)/i.exec(text)?.[1]);
    expect(element(text, 'Code')).toBeDefined();
    expect((await send(oss, get)).status).toBe(200);
  });

  test('a body bomb of entities is not expanded', async () => {
    const body = '<!DOCTYPE d [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>';
    const answer = await send(oss, {
      method: 'POST',
      bucket: 'photos',
      path: '/photos/',
      query: { delete: '' },
      body,
    });
    expect(outcome(answer)).toBe('400 MalformedXML');
  });
});

describe('the log', () => {
  test('says what happened', async () => {
    oss.requests.clear();
    await send(oss, {
      method: 'PUT',
      bucket: 'photos',
      key: 'logged',
      body: 'twelve bytes',
      query: { 'x-oss-request-payer': 'requester' },
    });
    await send(oss, { ...get, key: 'missing' });
    await oss.idle();
    expect(oss.requests.list()).toMatchObject([
      {
        method: 'PUT',
        path: '/photos/logged',
        bucket: 'photos',
        key: 'logged',
        query: { 'x-oss-request-payer': 'requester' },
        operation: 'PutObject',
        status: 200,
        receivedBytes: 12,
        headers: { authorization: expect.stringMatching(/^OSS4-HMAC-SHA256 /) },
        finished: true,
      },
      { operation: 'GetObject', status: 404, errorCode: 'NoSuchKey' },
    ]);
    expect(oss.requests.of('PutObject')).toHaveLength(1);
  });

  test('is bounded', async () => {
    await using small = await startOss({ buckets: ['photos'], maxLoggedRequests: 3 });
    for (let i = 0; i < 8; i += 1) await send(small, { ...get, key: `k${i}` });
    expect(small.requests.list().map(({ key }) => key)).toEqual(['k5', 'k6', 'k7']);
    expect(small.requests).toHaveLength(3);
  });
});
