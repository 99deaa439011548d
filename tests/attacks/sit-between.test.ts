// The attacker sits between: a proxy, a CDN, a captive portal or a false OSS, which answers what it likes.
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { EncryptedBucket, type ObjectTransport } from '@oss-envelope/core';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { memoryCheckpoint, rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flipped, outcomeOf, steal } from '../support/attacker.js';
import { type LyingProxy, type PassingAnswer, startLyingProxy } from '../support/lying-proxy.js';
import { freshWorld } from '../support/world.js';

const world = freshWorld();
const provider = rsaProvider(await rsaPair());
const content = randomBytes(30_000);
const crc = 'x-oss-hash-crc64ecma';

let proxy: LyingProxy;
beforeEach(async () => {
  proxy = await startLyingProxy(world.oss.port);
});
afterEach(() => proxy.close());

/** Transports to any origin, without repetitions. */
const transports: readonly (readonly [string, (origin: string) => ObjectTransport])[] = [
  [
    'ali-oss',
    (origin) => {
      const endpoint = origin.replace('127.0.0.1', 'localhost');
      const options = { endpoint, sldEnable: true, region: 'oss-cn-hangzhou', bucket: 'bucket' };
      const client = new OSS({ ...options, ...defaultOssAccount } as OSS.Options);
      return aliOssTransport(client, { idleTimeoutMs: 1500, retries: 0 });
    },
  ],
  [
    'fetch',
    (endpoint) =>
      fetchTransport({
        endpoint,
        bucket: 'bucket',
        region: world.oss.region,
        addressing: 'path',
        credentials: { ...defaultOssAccount },
        idleTimeoutMs: 1500,
        retries: 0,
      }),
  ],
];

type Lie = (answer: PassingAnswer) => void;
const header =
  (changes: Readonly<Record<string, string | string[] | undefined>>): Lie =>
  ({ headers }) =>
    void Object.assign(headers, changes);
const body =
  (change: (body: Buffer) => Buffer, changes = {}): Lie =>
  (answer) => {
    answer.body = change(answer.body);
    Object.assign(answer.headers, { 'content-length': String(answer.body.length) }, changes);
  };
const unmeasured = { 'content-length': undefined, [crc]: undefined };

const liesOfWhole: readonly (readonly [string, Lie])[] = [
  ['the status 206', (answer) => void Object.assign(answer, { status: 206 })],
  [
    'a range that is all of it',
    (answer) => {
      answer.status = 206;
      answer.headers['content-range'] = 'bytes 0-29999/30000';
    },
  ],
  ['the status 204', (answer) => Object.assign(answer, { status: 204, body: Buffer.of() })],
  ['the status 205', (answer) => Object.assign(answer, { status: 205, body: Buffer.of() })],
  ['the status 299', (answer) => void Object.assign(answer, { status: 299 })],
  ['another CRC-64', header({ [crc]: '1' })],
  ['a CRC-64 that is none', header({ [crc]: '0x1' })],
  ['a CRC-64 of 65 bits', header({ [crc]: '18446744073709551616' })],
  ['a flipped bit', body((bytes) => flipped(bytes, 7))],
  [
    'a flipped bit, and identity as encoding',
    body((bytes) => flipped(bytes, 7), { 'content-encoding': 'identity' }),
  ],
  [
    'a flipped bit, and an unknown encoding',
    body((bytes) => flipped(bytes, 7), { 'content-encoding': 'x-none' }),
  ],
  ['a cut body', body((bytes) => bytes.subarray(0, 100))],
  ['a cut body without CRC-64', body((bytes) => bytes.subarray(0, 100), { [crc]: undefined })],
  ['a cut body of unknown length', body((bytes) => bytes.subarray(0, 100), unmeasured)],
  ['a longer body of unknown length', body((bytes) => Buffer.concat([bytes, Buffer.alloc(50)]), unmeasured)],
  ['a body that was compressed', body((bytes) => gzipSync(bytes), { 'content-encoding': 'gzip' })],
  [
    'a body that was compressed, without sums',
    body((bytes) => gzipSync(bytes), { 'content-encoding': 'gzip', ...unmeasured }),
  ],
  ['metadata named __proto__', header({ 'x-oss-meta-__proto__': 'p', 'x-oss-meta-constructor': 'c' })],
];

const liesOfRange: readonly (readonly [string, Lie])[] = [
  ['all of it', (answer) => void Object.assign(answer, { status: 200 })],
  ['another range', header({ 'content-range': 'bytes 10-109/30000' })],
  ['a range that ends before it begins', header({ 'content-range': 'bytes 199-100/30000' })],
  ['a range of an unknown total', header({ 'content-range': 'bytes 100-199/*' })],
  ['a range beyond the total', header({ 'content-range': 'bytes 100-199/150' })],
  ['a range above 2^53', header({ 'content-range': 'bytes 100-9007199254740993/9007199254740994' })],
  ['a range in other digits', header({ 'content-range': 'bytes 1e2-199/30000' })],
  ['a range with a smaller total', header({ 'content-range': 'bytes 100-199/200' })],
  ['no range', header({ 'content-range': undefined })],
  ['a body that is too long', body((bytes) => Buffer.concat([bytes, bytes]), unmeasured)],
  ['a body that is too short', body((bytes) => bytes.subarray(0, 50), unmeasured)],
];

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (name, transportTo) => {
  const it = nextRow();
  const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;
  const bucketAt = (origin: string, format: (typeof formats)[number]): EncryptedBucket =>
    new EncryptedBucket({ transport: transportTo(origin), provider, format });
  const put = async (format: (typeof formats)[number]) => {
    await bucketAt(world.oss.origin, format).put('k', content);
    return bucketAt(proxy.origin, format);
  };
  const lieOnGet = (lie: Lie): void => {
    proxy.lie = ({ method }, answer) => void (method === 'GET' && lie(answer));
  };

  describe.each(formats)('%s', (format) => {
    it.each(liesOfWhole)(
      'holds: a whole read that is answered by %s gives the content, or an error',
      async (_, lie) => {
        const bucket = await put(format);
        lieOnGet(lie);
        const { code, bytes } = await outcomeOf(() => bucket.get('k'));
        expect(code).not.toBe('foreign');
        if (code === 'none') expect(bytes.equals(content)).toBe(true);
        expect(({} as { p?: unknown }).p).toBeUndefined();
      },
    );

    it.each(liesOfRange)(
      'holds: a range that is answered by %s gives the content, or an error',
      async (what, lie) => {
        const bucket = await put(format);
        lieOnGet(lie);
        const range = { offsetBytes: 100, lengthBytes: 100 };
        const { code, bytes } = await outcomeOf(() => bucket.get('k', { range }));
        expect(code).not.toBe('foreign');
        // In counter mode the place of a range is what the server says: another place is another keystream.
        const isBlind = format !== 'sealed' && what === 'a range with a smaller total';
        if (code === 'none' && !isBlind) expect(bytes.equals(content.subarray(100, 200)), what).toBe(true);
      },
    );

    it('holds: hidden metadata never make ciphertext pass for content', async () => {
      const bucket = await put(format);
      lieOnGet(({ headers }) => {
        for (const name of Object.keys(headers)) if (/^x-oss-|^etag$/.test(name)) delete headers[name];
      });
      for (const options of [{}, { onPlainObject: 'pass' as const }]) {
        const { code, bytes } = await outcomeOf(() => bucket.get('k', options));
        expect(code).toMatch(/^ERR_/);
        expect(bytes).toHaveLength(0);
      }
    });

    it('holds: an open object that was replaced gives no mixture, also without ETag', async () => {
      const bucket = await put(format);
      lieOnGet(({ headers }) => {
        delete headers.etag;
        delete headers[crc];
      });
      await expect(bucket.open('k')).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
      lieOnGet(() => {});
      const handle = await bucket.open('k', { prefetchBytes: 1 });
      await bucketAt(world.oss.origin, format).put('k', randomBytes(30_000));
      // The condition of the request is ignored, and the old ETag is told.
      const { etag } = handle;
      proxy.lie = (_, { headers }) => void Object.assign(headers, { etag });
      await expect(handle.read(20_000, 1000)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    });
  });

  it.each(['oss-crypto', 'client-side-encryption'] as const)(
    'cannot hold: in %s a flipped bit without a CRC-64 is content',
    async (format) => {
      const bucket = await put(format);
      lieOnGet(body((bytes) => flipped(bytes, 5), { [crc]: undefined }));
      const { code, bytes } = await outcomeOf(() => bucket.get('k'));
      expect(code).toBe('none');
      expect(bytes.equals(flipped(content, 5))).toBe(true);
    },
  );

  it('holds: a page of a captive portal is no success of a write', async () => {
    const portal = await serving((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please log in</html>');
    });
    try {
      const bucket = bucketAt(portal.origin, 'sealed');
      const parts = { partSizeBytes: 114_688, multipartThresholdBytes: 1 };
      const writes = [
        () => bucket.put('k', 'x'),
        () => bucket.delete('k'),
        () => bucket.put('k', randomBytes(300_000), parts),
        () => bucket.copy('k', 'other'),
      ];
      for (const write of writes) {
        await expect(write()).rejects.toMatchObject({
          code: expect.stringMatching(/^ERR_(TRANSPORT|SERVICE)$/),
        });
      }
      expect((await outcomeOf(() => bucket.get('k'))).code).toMatch(/^ERR_/);
    } finally {
      await portal.close();
    }
  });

  it('holds: an error document with the status of success is an error', async () => {
    const bucket = bucketAt(proxy.origin, 'sealed');
    proxy.lie = ({ method, url }, answer) => {
      // So that nothing shows that it was stored after all.
      if (method === 'HEAD') Object.assign(answer, { status: 404, headers: { 'x-oss-request-id': 'ABC' } });
      if (method !== 'POST' || !/uploadId=/.test(url ?? '')) return;
      Object.assign(answer, { status: 200, body: Buffer.from('<Error><Code>InternalError</Code></Error>') });
      answer.headers = { 'x-oss-request-id': 'ABC', 'content-type': 'application/xml' };
    };
    const parts = { partSizeBytes: 114_688, multipartThresholdBytes: 1 };
    await expect(bucket.put('k', randomBytes(300_000), parts)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(TRANSPORT|SERVICE)$/),
    });
  });

  it('holds: a success that tells another checksum or none of OSS is no success', async () => {
    const lies: Lie[] = [
      header({ [crc]: '1' }),
      ({ headers }) => {
        for (const name of Object.keys(headers)) if (/^x-oss-|^etag$/.test(name)) delete headers[name];
      },
    ];
    for (const lie of lies) {
      proxy.lie = (_, answer) => lie(answer);
      await expect(bucketAt(proxy.origin, 'sealed').put('k', 'content')).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(INTEGRITY|TRANSPORT)$/),
      });
    }
  });

  it('holds: a part that the server replaced does not end up in an object when sums are hidden', async () => {
    const bucket = bucketAt(proxy.origin, 'oss-crypto');
    const large = randomBytes(409_600);
    const options = { checkpoint: memoryCheckpoint(), partSizeBytes: 102_400, concurrency: 1 };
    world.oss.faults.add({ kind: 'status', status: 403, skip: 2, match: { operation: 'UploadPart' } });
    await expect(bucket.put('k', large, options)).rejects.toMatchObject({ code: 'ERR_SERVICE' });
    const { uploadId } = JSON.parse(
      (JSON.parse(options.checkpoint.text!.split('\n')[0]!) as { state: string }).state,
    ) as { uploadId: string };
    await transportTo(world.oss.origin).parts!.put({
      key: 'k',
      uploadId,
      partNumber: 1,
      headers: {},
      body: { kind: 'bytes', bytes: randomBytes(102_400) },
    });
    proxy.lie = ({ method }, answer) => {
      if (method === 'GET')
        body((bytes) =>
          Buffer.from(bytes.toString().replaceAll(/<HashCrc64ecma>[^<]*<\/HashCrc64ecma>/g, '')),
        )(answer);
    };
    await bucket.put('k', large, options).catch(() => bucket.put('k', large, options));
    const object = await bucketAt(world.oss.origin, 'oss-crypto').get('k');
    expect(Buffer.from(await object.bytes()).equals(large)).toBe(true);
  });

  it('holds: nobody is followed to another place, with credentials or without', async () => {
    const asked: string[] = [];
    const thief = await serving((request, response) => {
      asked.push(`${request.headers.authorization}`);
      response.writeHead(200).end();
    });
    const sender = await serving((_, response) => {
      response.writeHead(307, { location: `${thief.origin}/bucket/k` }).end();
    });
    try {
      const bucket = bucketAt(sender.origin, 'sealed');
      for (const call of [() => bucket.put('k', 'x'), () => bucket.get('k'), () => bucket.delete('k')]) {
        await expect(call()).rejects.toMatchObject({
          code: expect.stringMatching(/^ERR_(TRANSPORT|SERVICE)$/),
        });
      }
      expect(asked).toEqual([]);
    } finally {
      await thief.close();
      await sender.close();
    }
  });

  it('holds: what passes is ciphertext, and no key', async () => {
    const text = 'a text that would be seen at once';
    await bucketAt(proxy.origin, 'sealed').put('k', text);
    const { body: stored, metadata } = await steal(world.oss, 'k');
    expect(stored.toString('latin1')).not.toContain(text);
    expect(proxy.seen.length, name).toBeGreaterThan(0);
    const shown = JSON.stringify([metadata, proxy.seen.map(({ url, headers }) => [url, headers])]);
    expect(shown).not.toMatch(/PRIVATE KEY/);
    expect(shown).not.toContain(defaultOssAccount.accessKeySecret);
  });
});

/** A server that answers everything in one way. */
async function serving(handler: Parameters<typeof createServer>[1]): Promise<{
  readonly origin: string;
  close(): Promise<void>;
}> {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => handler?.(request, response as never));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

describe('a certificate that nobody vouches for', () => {
  const account = { credentials: { accessKeyId: 'a', accessKeySecret: 'b' } };
  const endpoint = 'https://oss-cn-hangzhou.aliyuncs.com';
  const location = { endpoint, bucket: 'bucket', region: 'cn-hangzhou', ...account };
  const makers: readonly (readonly [string, (options: object) => unknown])[] = [
    ['kmsProvider', (options) => kmsProvider({ region: 'cn-hangzhou', keyId: 'k', ...account, ...options })],
    [
      'kmsFetchProvider',
      (options) => kmsFetchProvider({ region: 'cn-hangzhou', keyId: 'k', ...account, ...options }),
    ],
    ['fetchTransport', (options) => fetchTransport({ ...location, ...options })],
  ];
  const switches = ['rejectUnauthorized', 'insecure', 'ignoreSSL', 'verify', 'checkServerIdentity'];

  it.each(makers)('holds: no option of %s has it taken', (_, make) => {
    expect(() => make({})).not.toThrow();
    for (const name of switches)
      expect(() => make({ [name]: name === 'ignoreSSL' || name === 'insecure' })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', message: expect.stringContaining(name) }),
      );
  });

  it.each(makers.slice(0, 2))(
    'holds: nor is a connection to KMS without one, beyond this machine, by %s',
    (_, make) => {
      expect(() => make({ endpoint: 'http://oss.example.com' })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    },
  );
});
