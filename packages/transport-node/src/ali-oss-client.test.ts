import OSS from 'ali-oss';
import { expect, it } from 'vitest';
import { bucketOf, openAliOssClient } from './ali-oss-client.js';

const keys = { accessKeyId: 'id', accessKeySecret: 'secret', bucket: 'photos' };
const made = (options: object = {}): never =>
  new OSS({ region: 'oss-cn-hangzhou', secure: true, ...keys, ...options } as never) as never;
const method = (): void => {};
const methods = { authorization: method, _getReqUrl: method, _getResource: method };
const endpoint = { protocol: 'https:', hostname: 'storage.example' };
const inner = (options: object): never => ({ options: { endpoint, ...options }, ...methods }) as never;
const refused = (client: never, message: RegExp) =>
  expect(() => openAliOssClient(client)).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'client',
      message: expect.stringMatching(message),
    }),
  );

it('a client of ali-oss is taken as it is', () => {
  const client = made();
  expect(openAliOssClient(client)).toBe(client);
  const other = inner({});
  expect(openAliOssClient(other)).toBe(other);
});

it.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'client'],
  ['no methods', { options: { endpoint } }],
  ['no options', methods],
  ['null for options', { ...methods, options: null }],
  ['a text for options', { ...methods, options: 'a' }],
  ['no endpoint', { ...methods, options: {} }],
  ['null for an endpoint', { ...methods, options: { endpoint: null } }],
  ...Object.keys(methods).map((name): [string, object] => [
    `a method that is none: ${name}`,
    { ...methods, [name]: 7, options: { endpoint } },
  ]),
])('what is no client is refused: %s', (_name, client) => {
  refused(client as never, /must be a client of ali-oss 6: new OSS\(\{ … \}\)$/);
});

it('the class and the options are told what they are', () => {
  refused(OSS as never, /not the class$/);
  refused({ ...keys } as never, /made of these options$/);
});

it('a public endpoint is spoken to by https', () => {
  refused(made({ secure: false }), /must use https/);
  openAliOssClient(inner({ endpoint: { protocol: 'http:', hostname: 'localhost' } }));
  openAliOssClient(inner({ endpoint: { protocol: 'https:', hostname: 'oss-cn-hangzhou.aliyuncs.com' } }));
  refused(
    inner({ endpoint: { protocol: 'http:', hostname: 'oss-cn-hangzhou.aliyuncs.com' } }),
    /must use https/,
  );
});

it('what the transport would pass over is refused', () => {
  refused(inner({ enableProxy: true }), /enableProxy/);
  refused(inner({ urllib: {} }), /urllib/);
  openAliOssClient(inner({ enableProxy: false, urllib: undefined }));
});

it.each(['photos', 'a_b', 'a.b', '1'])('has the bucket %s', (bucket) => {
  expect(bucketOf(inner({ bucket }))).toBe(bucket);
});

it.each(['a#b', 'x@b.example/', 'a/b', 'a?b', 'a b', '..', '-a', undefined, null, ''])(
  'has no bucket by %j',
  (bucket) => {
    expect(() => bucketOf(inner({ bucket }))).toThrow(
      expect.objectContaining({
        name: 'InvalidArgumentError',
        message: expect.stringMatching(
          bucket ? /^client must have the name of a bucket/ : /^client must have a bucket:/,
        ),
      }),
    );
  },
);
