import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LocalOss, startOss } from '../src/index.js';
import { element, outcome, type RawAnswer, type RawRequest, send } from './raw-request.js';

interface Received {
  readonly url: string | undefined;
  readonly host: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

let oss: LocalOss;
let server: Server;
let url: string;
let received: Received[] = [];
let answer: { status: number; body: string; headers?: Record<string, string> } | 'silence';

beforeAll(async () => {
  oss = await startOss({ buckets: ['photos'] });
  server = createServer(async (request, response) => {
    const { host, 'content-type': type } = request.headers;
    received.push({ url: request.url, host, type, body: await readText(request) });
    if (answer === 'silence') return;
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-length': Buffer.byteLength(answer.body),
    });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/done`;
});

afterAll(async () => {
  await oss.close();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  received = [];
  answer = { status: 200, body: '{"Status":"OK"}' };
});

/** A variable of a callback's body. */
const variable = (name: string) => `\${${name}}`;

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

function put(callback: unknown, variables?: unknown, spec: Partial<RawRequest> = {}): Promise<RawAnswer> {
  const headers: Record<string, string> = {
    'content-type': 'text/plain',
    'x-oss-callback': base64(callback),
  };
  if (variables !== undefined) headers['x-oss-callback-var'] = base64(variables);
  return send(oss, { method: 'PUT', bucket: 'photos', key: 'a b', body: 'hello', headers, ...spec });
}

test("the callback's answer is that of the upload", async () => {
  const callbackBody = [
    `bucket=${variable('bucket')}&object=${variable('object')}&etag=${variable('etag')}&size=${variable('size')}`,
    `mimeType=${variable('mimeType')}&h=${variable('imageInfo.height')}&v=${variable('x:var')}&n=${variable('x:none')}`,
  ].join('&');
  const done = await put({ callbackUrl: url, callbackBody }, { 'x:var': 'ä&b' });
  expect(outcome(done)).toBe('200');
  expect(done.text).toBe('{"Status":"OK"}');
  expect(done.headers).toMatchObject({ 'content-type': 'application/json', etag: expect.any(String) });
  const etag = String(done.headers.etag).replaceAll('"', '');
  expect(received).toEqual([
    {
      url: '/done',
      host: new URL(url).host,
      type: 'application/x-www-form-urlencoded',
      body: `bucket=photos&object=a%20b&etag=${etag}&size=5&mimeType=text%2Fplain&h=&v=%C3%A4%26b&n=`,
    },
  ]);
});

test('as JSON, with a host of its own, in the query', async () => {
  const callbackBody = `{"object":${variable('object')},"size":${variable('size')},"v":${variable('x:var')}}`;
  const callback = {
    callbackUrl: url,
    callbackBody,
    callbackHost: 'app.example',
    callbackBodyType: 'application/json',
  };
  const query = { callback: base64(callback), 'callback-var': base64({ 'x:var': '"' }) };
  expect(outcome(await put({}, undefined, { headers: {}, query }))).toBe('200');
  expect(received).toMatchObject([{ host: 'app.example', type: 'application/json' }]);
  expect(JSON.parse(received[0]!.body)).toEqual({ object: 'a b', size: 5, v: '"' });
  const twice = await put({ callbackUrl: url, callbackBody }, undefined, { query });
  expect(outcome(twice)).toBe('400 InvalidArgument');
});

test('of CompleteMultipartUpload', async () => {
  const upload = { bucket: 'photos', key: 'big' };
  const started = await send(oss, { method: 'POST', ...upload, query: { uploads: '' } });
  const uploadId = element(started.text, 'UploadId')!;
  await send(oss, { method: 'PUT', ...upload, query: { uploadId, partNumber: '1' }, body: 'x'.repeat(10) });
  const headers = {
    'x-oss-complete-all': 'yes',
    'x-oss-callback': base64({ callbackUrl: url, callbackBody: `${variable('object')} ${variable('size')}` }),
  };
  const done = await send(oss, { method: 'POST', ...upload, query: { uploadId }, headers });
  expect(done.text).toBe('{"Status":"OK"}');
  expect(received).toMatchObject([{ body: 'big 10' }]);
  const early = await send(oss, {
    method: 'POST',
    ...upload,
    query: { uploads: '' },
    headers: { 'x-oss-callback': 'x' },
  });
  expect(outcome(early)).toBe('501 NotImplemented');
});

describe('a callback that fails', () => {
  const callback = () => ({ callbackUrl: url, callbackBody: 'x' });

  async function expectFailed(done: RawAnswer, message: string): Promise<void> {
    expect(done.status).toBe(203);
    expect(element(done.text, 'Code')).toBe('CallbackFailed');
    expect(element(done.text, 'Message')).toContain(message);
    expect(oss.requests.last()).toMatchObject({ status: 203, errorCode: 'CallbackFailed' });
    expect(Buffer.from((await oss.getObject('photos', 'a b')).bytes).toString()).toBe('hello');
  }

  beforeEach(async () => {
    await oss.deleteObject('photos', 'a b');
  });

  test('by its status, without following redirects', async () => {
    answer = { status: 500, body: '{}' };
    const done = await put(callback());
    await expectFailed(done, 'Error status : 500.');
    expect(element(done.text, 'EC')).toBe('0007-00000203');
    answer = { status: 301, body: '{}', headers: { location: url } };
    await expectFailed(await put(callback()), 'Error status : 301.');
    expect(received).toHaveLength(2);
  });

  test('by its body', async () => {
    answer = { status: 200, body: 'fine' };
    const done = await put(callback());
    await expectFailed(done, 'not valid json');
    expect(element(done.text, 'EC')).toBe('0007-00000205');
  });

  test('because nobody listens; the next URL is tried', async () => {
    const dead = 'http://127.0.0.1:1/';
    await expectFailed(await put({ callbackUrl: dead, callbackBody: 'x' }), 'ECONNREFUSED');
    expect(outcome(await put({ callbackUrl: `${dead};${url}`, callbackBody: 'x' }))).toBe('200');
  });

  test('because it takes too long', async () => {
    answer = 'silence';
    await expectFailed(await put(callback()), 'too long');
  });

  test('does not hold up the close of the server', async () => {
    const other = await startOss({ buckets: ['photos'] });
    answer = 'silence';
    const headers = { 'x-oss-callback': base64(callback()) };
    const broken = send(other, { method: 'PUT', bucket: 'photos', key: 'k', body: 'x', headers }).catch(
      () => 'broken',
    );
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const started = performance.now();
    await other.close();
    // The callback itself would be given up after five seconds.
    expect(performance.now() - started).toBeLessThan(4500);
    expect(await broken).toBe('broken');
  });
});

test.each([
  ['no JSON', 'nonsense'],
  ['no body', { callbackUrl: 'http://127.0.0.1/' }],
  ['an empty body', { callbackUrl: 'http://127.0.0.1/', callbackBody: '' }],
  ['no URL', { callbackUrl: '', callbackBody: 'x' }],
  ['a port that is none', { callbackUrl: '127.0.0.1:test', callbackBody: 'x' }],
  ['six URLs', { callbackUrl: 'localhost;'.repeat(6), callbackBody: 'x' }],
  ['another host', { callbackUrl: 'http://example.com/', callbackBody: 'x' }],
  ['an address of another machine', { callbackUrl: 'http://169.254.169.254/', callbackBody: 'x' }],
  ['a host that only begins well', { callbackUrl: 'http://127.0.0.1.example.com/', callbackBody: 'x' }],
  ['credentials before another host', { callbackUrl: 'http://localhost@example.com/', callbackBody: 'x' }],
  ['another type', { callbackUrl: 'localhost', callbackBody: 'x', callbackBodyType: 'text/plain' }],
  ['an unknown variable', { callbackUrl: 'localhost', callbackBody: variable('nonsense') }],
])('a callback with %s is refused before anything is stored', async (_name, callback) => {
  await oss.deleteObject('photos', 'a b');
  expect(outcome(await put(callback))).toBe('400 InvalidArgument');
  expect(oss.hasObject('photos', 'a b')).toBe(false);
});

test.each([
  ['what is not base64', { 'x-oss-callback': '{}' }],
  [
    'what is too long',
    { 'x-oss-callback': base64({ callbackUrl: 'localhost', callbackBody: 'x'.repeat(5000) }) },
  ],
  ['variables alone', { 'x-oss-callback-var': base64({ 'x:a': 'b' }) }],
])('%s is refused', async (_name, headers) => {
  const answered = await send(oss, { method: 'PUT', bucket: 'photos', key: 'k', body: 'x', headers });
  expect(outcome(answered)).toBe('400 InvalidArgument');
});

test.each([{ var: 'x' }, { 'x:Var': 'x' }, { 'x:var': 1 }])(
  'variables like %j are refused',
  async (variables) => {
    expect(outcome(await put({ callbackUrl: url, callbackBody: 'x' }, variables))).toBe(
      '400 InvalidArgument',
    );
  },
);
