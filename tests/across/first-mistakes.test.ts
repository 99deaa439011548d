import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  createContentKey,
  EncryptedBucket,
  encryptBytes,
  isOssEnvelopeError,
  ServiceError,
} from '@oss-envelope/core';
import { environmentCredentials, getToFile, putFile } from '@oss-envelope/core/node';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { aesProvider } from '@oss-envelope/provider-aes';
import { ageProvider } from '@oss-envelope/provider-age';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';

// What somebody does who sees this for the first time, without the types that would have told. Each is answered by an
// error of this project that names the argument and says what to do.

const oss = await startOss({ buckets: ['photos'] });
afterAll(() => oss.close());
afterEach(() => vi.unstubAllEnvs());

const pair = await rsaPair();
const provider = rsaProvider(pair);
const credentials = { ...defaultOssAccount };
const location = { endpoint: oss.endpoint, bucket: 'photos', region: 'cn-hangzhou', credentials };
const transport = fetchTransport(location);
const client = new OSS({ ...location, ...defaultOssAccount, sldEnable: true } as OSS.Options);
const bucket = new EncryptedBucket({ transport, provider, format: 'sealed' });
await bucket.put('a', 'x');

/** What the types would have refused. */
// biome-ignore lint/suspicious/noExplicitAny: a program without types
const untyped = <T>(value: T): any => value;
const Bucket = untyped(EncryptedBucket);
const [put, get] = [untyped(bucket.put.bind(bucket)), untyped(bucket.get.bind(bucket))];
const [toFetch, toAliOss, toRsa] = [untyped(fetchTransport), untyped(aliOssTransport), untyped(rsaProvider)];
const [toKms, toKmsFetch, toAes, toAge] = [kmsProvider, kmsFetchProvider, aesProvider, ageProvider].map(
  untyped,
);
const elsewhere = (options: object) =>
  new EncryptedBucket({ transport: fetchTransport({ ...location, ...options }), provider, format: 'sealed' });

type Mistake = readonly [what: string, make: () => unknown, answer: string | RegExp];

/** Answered at once or by a rejection, with this code. */
function answered(mistakes: readonly Mistake[], code = 'ERR_INVALID_ARGUMENT'): void {
  it.each(mistakes)('%s', async (_, make, answer) => {
    const error: unknown = await (async () => make())().then(
      () => expect.fail('it was taken'),
      (reason: unknown) => reason,
    );
    expect(isOssEnvelopeError(error), String(error)).toBe(true);
    expect(error).toMatchObject({ code, message: expect.stringMatching(pattern(answer)) });
  });
}

function pattern(answer: string | RegExp): RegExp {
  return typeof answer === 'string' ? new RegExp(answer.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : answer;
}

describe('a bucket is made of something else', () => {
  answered([
    [
      'a client of ali-oss',
      () => new Bucket({ transport: client, provider, format: 'sealed' }),
      'not a client of ali-oss. Wrap it: aliOssTransport(client)',
    ],
    [
      'the class of ali-oss',
      () => new Bucket({ transport: OSS, provider, format: 'sealed' }),
      'aliOssTransport(client)',
    ],
    [
      'the client under its own name',
      () => new Bucket({ client, provider, format: 'sealed' }),
      'options.client is not an option: use transport: aliOssTransport(client)',
    ],
    ['two arguments', () => new Bucket(transport, provider), 'one object: { transport, provider, format }'],
    ['a client alone', () => new Bucket(client), 'one object: { transport, provider, format }'],
    ['nothing', () => new Bucket(), 'options must be an object'],
    [
      'no format',
      () => new Bucket({ transport, provider }),
      /options\.format must be 'sealed'.*it has no default/,
    ],
    [
      'the text of a key',
      () => new Bucket({ transport, provider: pair.publicKey, format: 'sealed' }),
      'rsaProvider({ publicKey })',
    ],
    [
      'a pair',
      () => new Bucket({ transport, provider: pair, format: 'sealed' }),
      'rsaProvider({ publicKey, privateKey })',
    ],
    [
      'a promise of a provider',
      () => new Bucket({ transport, provider: Promise.resolve(provider), format: 'sealed' }),
      'await it',
    ],
    [
      'a promise of a transport',
      () => new Bucket({ transport: Promise.resolve(transport), provider, format: 'sealed' }),
      'await it',
    ],
  ]);
});

describe('a transport is made of something else', () => {
  answered([
    [
      'options of ali-oss',
      () => toAliOss({ region: 'oss-cn-hangzhou', accessKeyId: 'a', accessKeySecret: 'b' }),
      'new OSS({ … }), made of these options',
    ],
    ['the class of ali-oss', () => toAliOss(OSS), 'new OSS({ … }), not the class'],
    ['nothing', () => toAliOss(), 'client must be a client of ali-oss 6: new OSS({ … })'],
    [
      'a client without a bucket',
      () =>
        new EncryptedBucket({
          transport: aliOssTransport(new OSS({ endpoint: oss.endpoint, ...defaultOssAccount })),
          provider,
          format: 'sealed',
        }).put('a', 'x'),
      'client must have a bucket: give it the option `bucket`',
    ],
    [
      'a client that takes HTTP, as it does unless told',
      () => toAliOss(new OSS({ region: 'oss-cn-hangzhou', bucket: 'photos', ...defaultOssAccount })),
      'give it the option `secure: true`',
    ],
    [
      'flat credentials',
      () => toFetch({ ...location, credentials: undefined, ...defaultOssAccount }),
      'options.accessKeyId is not an option: use credentials: { accessKeyId, accessKeySecret, securityToken }',
    ],
    [
      'no credentials',
      () => toFetch({ ...location, credentials: undefined }),
      'credentials must be { accessKeyId, accessKeySecret, securityToken? }',
    ],
    [
      'credentials of variables that are not set',
      () => toFetch({ ...location, credentials: { accessKeyId: undefined, accessKeySecret: undefined } }),
      /credentials\.accessKeyId is missing: check the variable/,
    ],
    [
      'credentials that are empty',
      () => toFetch({ ...location, credentials: { accessKeyId: '', accessKeySecret: '' } }),
      /credentials\.accessKeyId is missing/,
    ],
    [
      'the token as ali-oss calls it',
      () => toFetch({ ...location, credentials: { ...credentials, stsToken: 'x' } }),
      'the token of STS goes in securityToken',
    ],
    ['no bucket', () => toFetch({ ...location, bucket: undefined }), 'bucket must be 3 to 63'],
    [
      'no endpoint, and the region of ali-oss',
      () => toFetch({ ...location, endpoint: undefined, region: 'oss-cn-beijing' }),
      'endpoint must be a string such as "https://oss-cn-hangzhou.aliyuncs.com"',
    ],
    [
      'an endpoint that does not name its region',
      () => toFetch({ ...location, region: undefined }),
      'region must be given, such as "cn-hangzhou"',
    ],
    [
      'a public endpoint over HTTP',
      () => toFetch({ ...location, endpoint: 'http://oss-cn-hangzhou.aliyuncs.com' }),
      'endpoint must be https',
    ],
    [
      'an endpoint with the bucket in it',
      () => toFetch({ ...location, endpoint: 'https://photos.oss-cn-hangzhou.aliyuncs.com' }),
      "endpoint must not hold the bucket's name",
    ],
    ...(
      [
        ['timeout', 'idleTimeoutMs'],
        ['retryMax', 'retries'],
        ['secure', 'endpoint'],
        ['internal', 'endpoint'],
        ['cname', 'addressing'],
        ['authorizationV4', 'signatureVersion'],
        ['refreshSTSToken', 'credentials'],
        ['stsToken', 'credentials'],
        ['bucketName', 'bucket'],
      ] as const
    ).map(
      ([name, here]): Mistake => [
        `the option ${name}`,
        () => toFetch({ ...location, [name]: 1 }),
        `options.${name} is not an option: use ${here}`,
      ],
    ),
  ]);
});

describe('the server says no', () => {
  /** OSS where the bucket is in another region. */
  async function atWrongEndpoint(call: (bucket: EncryptedBucket) => Promise<unknown>): Promise<void> {
    const document =
      '<Error><Code>AccessDenied</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.</Message><Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>';
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        const inHeader = { 'x-oss-err': Buffer.from(document).toString('base64') };
        response.writeHead(403, request.method === 'HEAD' ? inHeader : {}).end(document);
      });
    }).listen(0);
    try {
      await call(elsewhere({ endpoint: `http://localhost:${(server.address() as AddressInfo).port}` }));
    } finally {
      server.close();
    }
  }
  const useBeijing = 'The bucket belongs to the endpoint oss-cn-beijing.aliyuncs.com: use that one';
  answered(
    [
      [
        'the endpoint of another region, put',
        () => atWrongEndpoint((there) => there.put('a', 'x')),
        useBeijing,
      ],
      ['the endpoint of another region, get', () => atWrongEndpoint((there) => there.get('a')), useBeijing],
      ['the endpoint of another region, head', () => atWrongEndpoint((there) => there.head('a')), useBeijing],
      [
        'a signature for another region',
        () => elsewhere({ region: 'cn-beijing' }).put('a', 'x'),
        'use the region of the bucket',
      ],
      [
        'a bucket that is not there',
        () => elsewhere({ bucket: 'no-such-bucket' }).put('a', 'x'),
        /in the bucket no-such-bucket.*NoSuchBucket.*Check the name of the bucket/,
      ],
      [
        'another secret',
        () => elsewhere({ credentials: { ...credentials, accessKeySecret: 'x' } }).get('a'),
        'Check accessKeySecret',
      ],
      [
        'another id',
        () => elsewhere({ credentials: { ...credentials, accessKeyId: 'x' } }).get('a'),
        'Check accessKeyId',
      ],
    ],
    'ERR_SERVICE',
  );
});

describe('a call gets the options of ali-oss', () => {
  answered([
    ...(
      [
        ['mime', 'use contentType'],
        ['meta', 'use metadata'],
        ['partSize', 'did you mean partSizeBytes?'],
        ['parallel', 'use concurrency'],
        ['timeout', 'use signal: AbortSignal.timeout(60_000)'],
        ['contentLength', 'use sizeBytes'],
        ['storageClass', "use headers: { 'x-oss-storage-class': … }"],
        ['callback', "use headers: { 'x-oss-callback': … }"],
        ['progress', 'did you mean onProgress?'],
        ['checkpoint', 'fileCheckpoint(…)'],
      ] as const
    ).map(([name, advice]): Mistake => [`put with ${name}`, () => put('a', 'x', { [name]: {} }), advice]),
    [
      'a type among the headers',
      () => put('a', 'x', { headers: { 'Content-Type': 'text/plain' } }),
      'use the option contentType',
    ],
    [
      'metadata among the headers',
      () => put('a', 'x', { headers: { 'x-oss-meta-by': 'me' } }),
      'use the option metadata',
    ],
    [
      'a range among the headers',
      () => get('a', { headers: { Range: 'bytes=0-1' } }),
      'use the option range',
    ],
    ['a range as text', () => get('a', { range: 'bytes=0-1' }), '{ offsetBytes, lengthBytes }'],
    ['a file to get to', () => get('a', './a.txt'), 'options must be an object'],
    [
      'max-keys',
      async () => {
        for await (const _ of bucket.list(untyped({ 'max-keys': 10 })));
      },
      'use pageSize',
    ],
    ['expires', () => untyped(bucket).presignGet('a', { expires: 60 }), 'did you mean expiresSeconds?'],
    ['one key for many', () => untyped(bucket).deleteMany('a'), 'use delete'],
    ['a file without a bucket', () => untyped(putFile)('a', './a.txt'), 'bucket must be the first argument'],
    [
      'a transport for a bucket',
      () => untyped(getToFile)(transport, 'a', './a.txt'),
      'bucket must be the first argument',
    ],
    ['a file that is not there', () => putFile(bucket, 'a', './no-such-file'), 'ENOENT'],
  ]);
});

describe('bytes and texts are mistaken for each other, and for other things', () => {
  answered([
    ['a key of bytes', () => put(Buffer.from('a'), 'x'), 'key must be a non-empty string'],
    ['an object for arguments', () => put({ key: 'a', body: 'x' }), 'key must be a non-empty string'],
    ['metadata of bytes', () => put('a', 'x', { metadata: { by: Buffer.from('me') } }), 'must be a string'],
    ['a type of bytes', () => put('a', 'x', { contentType: Buffer.from('a/b') }), 'must be a string'],
    ['a value to store as JSON', () => put('a', { steps: [1] }), 'JSON.stringify(value)'],
    ['a promise', () => put('a', Promise.resolve('x')), 'await it'],
    ['an answer of fetch', () => put('a', new Response('x')), 'give its body'],
    ['a form', () => put('a', new FormData()), 'give one of its files'],
    [
      'a file of multer',
      () => put('a', { originalname: 'a', buffer: Buffer.from('x') }),
      'Give the bytes in its member buffer',
    ],
    ['a list of chunks', () => put('a', [Buffer.from('x')]), 'new Blob(array)'],
    ['another view', () => put('a', new DataView(new ArrayBuffer(3))), 'new Uint8Array(view.buffer'],
    ['nothing', () => put('a', undefined), 'content must be a string, a Uint8Array'],
    [
      'numbers',
      () =>
        put(
          'a',
          (async function* () {
            yield 1;
          })(),
        ),
      'a stream of bytes or text',
    ],
    ...(
      [
        ['no next', {}],
        ['a next that is no function', { next: 5 }],
        ['a next that gives nothing', { next() {} }],
        ['a next that gives the chunk itself', { next: async () => 'x' }],
        ['a next that gives null', { next: async () => null }],
      ] as const
    ).flatMap(([what, iterator]): Mistake[] => {
      const iterable = { [Symbol.asyncIterator]: () => iterator };
      const { signal } = new AbortController();
      const answer = /content must give/;
      return [
        [`an iterator with ${what}`, () => put('a', iterable), answer],
        [`an iterator with ${what}, under a signal`, () => put('a', iterable, { signal }), answer],
        [
          `one that comes again, with ${what}`,
          () => put('a', { sizeBytes: 3, open: () => iterable }),
          answer,
        ],
      ];
    }),
    ['an iterable without an iterator', () => put('a', { [Symbol.asyncIterator]() {} }), 'content must give'],
    [
      'text to encrypt as bytes',
      async () => {
        const { contentKey } = await createContentKey(provider, 'oss-crypto');
        return untyped(encryptBytes)('x', contentKey);
      },
      /must be a Uint8Array/,
    ],
  ]);
});

/** Runs a module in a process of its own whose modules are resolved by a rule; gives the error that it prints. */
async function failureElsewhere(program: string, rule: string): Promise<Record<string, string>> {
  const hook = `export const resolve = async (name, context, next) => { ${rule}; return next(name, context); };`;
  const asUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hook))});`;
  const printing = `try { ${program} } catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`;
  const args = ['--import', asUrl(register), '--input-type=module', '--eval', printing];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  return JSON.parse(stdout) as Record<string, string>;
}

describe('the surroundings are not what they should be', () => {
  it('an old Node', async () => {
    const program = `
      delete globalThis.crypto;
      const { EncryptedBucket } = await import('@oss-envelope/core');
      const { rsaProvider } = await import('@oss-envelope/provider-rsa');
      const { fetchTransport } = await import('@oss-envelope/transport-fetch');
      const transport = fetchTransport(${JSON.stringify(location)});
      const provider = rsaProvider({ publicKey: ${JSON.stringify(pair.publicKey)} });
      new EncryptedBucket({ transport, provider, format: 'sealed' });`;
    // As Node 16 has it: without names that came later.
    const rule = `if (name === 'node:os') return { url: 'data:text/javascript,export default {}; export const homedir = 0, hostname = 0;', shortCircuit: true }`;
    expect(await failureElsewhere(program, rule)).toEqual({
      code: 'ERR_ALGORITHM_NOT_SUPPORTED',
      message: expect.stringContaining('Use Node 20.19 or later'),
    });
  });

  it('an old Node, for the command', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })`;
    const command = fileURLToPath(new URL('../../packages/cli/bin/oss-envelope.js', import.meta.url));
    const args = [
      '--import',
      `data:text/javascript,${encodeURIComponent(older)}`,
      command,
      'ls',
      'oss://photos/',
    ];
    const failure = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 1,
      stderr: 'oss-envelope: this is Node 18.20.8. Use Node 20.19 or later.\n',
    });
  });

  it('no SDK of KMS is installed', async () => {
    const program = `
      const { kmsProvider } = await import('@oss-envelope/provider-kms');
      const { createContentKey } = await import('@oss-envelope/core');
      const provider = kmsProvider({ region: 'cn-hangzhou', credentials: ${JSON.stringify(credentials)}, keyId: 'k' });
      await createContentKey(provider, 'oss-crypto');`;
    const rule = `if (name.startsWith('@alicloud/')) return next('no-such-package', context)`;
    expect(await failureElsewhere(program, rule)).toEqual({
      code: 'ERR_MASTER_KEY',
      message: expect.stringMatching(/npm install @alicloud\/kms20160120\. Or use kmsFetchProvider/),
    });
  });

  it('two copies of core', async () => {
    vi.resetModules();
    const copy = await import('@oss-envelope/core');
    const http = await import('@oss-envelope/transport-fetch');
    const rsa = await import('@oss-envelope/provider-rsa');
    expect(copy.EncryptedBucket).not.toBe(EncryptedBucket);
    const across = { transport: http.fetchTransport(location), provider: rsa.rsaProvider(pair) };
    const mixed = new EncryptedBucket({ ...across, format: 'sealed' });
    expect(await (await mixed.get('a')).text()).toBe('x');
    await expect(mixed.get('none')).rejects.toSatisfy(
      (error) =>
        error instanceof ServiceError &&
        error instanceof copy.ServiceError &&
        isOssEnvelopeError(error, 'ERR_SERVICE') &&
        copy.isOssEnvelopeError(error, 'ERR_SERVICE'),
    );
  });
});

describe('a key is something else', () => {
  const readable = 'Pass the content of the key file, which begins with -----BEGIN, not its path';
  answered(
    [
      ['the path of a public key', () => toRsa({ publicKey: 'keys/public.pem' }), readable],
      ['the path of a private key', () => toRsa({ privateKey: '/home/me/private.pem' }), readable],
      ['a path as bytes', () => toRsa({ publicKey: Buffer.from('keys/public.pem') }), readable],
      ['a variable that is empty', () => toRsa({ publicKey: '' }), 'Check that the variable or file'],
      [
        'a private key for a public one',
        () => toRsa({ publicKey: pair.privateKey }),
        'Pass it as privateKey',
      ],
      [
        'a public key for reading',
        () => toRsa({ privateKey: pair.publicKey }),
        'a public key, which cannot unwrap',
      ],
      [
        'a private key for writing',
        () =>
          new EncryptedBucket({
            transport,
            provider: rsaProvider({ privateKey: pair.privateKey }),
            format: 'sealed',
          }).put('a', 'x'),
        'Give it one (publicKey for RSA',
      ],
    ],
    'ERR_MASTER_KEY',
  );
  answered(
    [
      [
        'no private key for reading',
        () =>
          new EncryptedBucket({
            transport,
            provider: rsaProvider({ publicKey: pair.publicKey }),
            format: 'sealed',
          }).get('a'),
        'A public key or a recipient only writes',
      ],
    ],
    'ERR_NO_MATCHING_KEY',
  );
  answered(
    [
      [
        'a new pair before the old one, both without a description',
        async () => {
          const fresh = rsaProvider(await rsaPair(1));
          return bucket.with({ provider: fresh, otherProviders: [provider] }).get('a');
        },
        'Of several keys with one materialDescription, or with none, only the first is tried',
      ],
    ],
    'ERR_KEY_UNWRAP_FAILED',
  );
  answered([
    [
      'a variable for a secret that is not set',
      () => toAes({ secret: undefined }),
      'the variable is not set',
    ],
    ['a text alone', () => toRsa(pair.publicKey), 'options must be an object'],
    [
      'a promise of a pair',
      () => toRsa(Promise.resolve(pair)),
      'options must be an object, not a promise: await it',
    ],
    ['a password for a secret', () => toAes({ secret: 'my password' }), 'a password is no such thing'],
    ['a path for a secret', () => toAes({ secret: './secret.key' }), 'secret must be 32 bytes'],
    ['a path for an identity', () => toAge({ identities: './me.key' }), "'AGE-SECRET-KEY-PQ-1…'"],
    [
      'flat credentials for KMS',
      () => toKms({ region: 'cn-hangzhou', ...defaultOssAccount, keyId: 'k' }),
      'use credentials',
    ],
    [
      'flat credentials for KMS by fetch',
      () => toKmsFetch({ region: 'cn-hangzhou', ...defaultOssAccount, keyId: 'k' }),
      'use credentials',
    ],
    [
      'KMS over HTTP',
      () => toKms({ endpoint: 'http://kms.cn-hangzhou.aliyuncs.com', credentials, keyId: 'k' }),
      'must not be plain HTTP',
    ],
    [
      'an environment without credentials',
      () => {
        for (const name of ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_ID']) vi.stubEnv(name, undefined);
        return environmentCredentials();
      },
      'set ALIBABA_CLOUD_ACCESS_KEY_ID',
    ],
  ]);
});
