import { createHash } from 'node:crypto';
import { createConnection } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { getDigits as get, usePhotosBucket } from './photos-bucket.js';
import { element, outcome, type RawRequest, send } from './raw-request.js';

let oss: LocalOss;
usePhotosBucket((started) => {
  oss = started;
});

/** Sends bytes as they are and gives what comes back until the connection closes. */
async function exchange(bytes: string): Promise<string> {
  const socket = createConnection(oss.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.end(bytes);
  return readText(socket);
}

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
