import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  type GetByUrlRequest,
  type ObjectTransport,
  type PresignRequest,
  ServiceError,
} from '../index.js';

let memory: MemoryTransport;
let presigned: PresignRequest[];
let opened: GetByUrlRequest[];

beforeEach(() => {
  memory = new MemoryTransport();
  presigned = [];
  opened = [];
});

/** Writes and reads all three formats. */
const provider = (mask: number) =>
  toyProvider(mask, {
    materialDescription: { mask: String(mask) },
    wraps: { 'oss-crypto': 'rsa-oaep-sha1', 'client-side-encryption': 'rsa-pkcs1', sealed: 'toy' },
    unwraps: ['rsa-oaep-sha1', 'rsa-pkcs1', 'toy'],
  });
const signature = 'x-oss-signature=secret';

function bucketOf(
  options: Partial<EncryptedBucketOptions> = {},
  changes: Partial<ObjectTransport> = {},
): EncryptedBucket {
  const transport: ObjectTransport = {
    ...memory,
    bucketName: 'photos',
    async presign(request) {
      presigned.push(request);
      const { method, headers } = request;
      return {
        url: `https://photos.example.com/${encodeURIComponent(request.key)}?${signature}`,
        method,
        headers,
        expiresAt: new Date(0),
      };
    },
    async getByUrl(request) {
      opened.push(request);
      const { headers, signal } = request;
      return memory.get({ key: decodeURIComponent(new URL(request.url).pathname.slice(1)), headers, signal });
    },
    ...changes,
  };
  return new EncryptedBucket({ transport, provider: provider(1), format: 'oss-crypto', ...options });
}

describe('a presigned upload', () => {
  it('has the envelope of its content among its headers, and takes one content', async () => {
    for (const content of [
      'abc',
      (async function* () {
        yield 'ab';
        yield 'c';
      })(),
    ]) {
      const bucket = bucketOf();
      const upload = await bucket.presignPut('k', {
        expiresSeconds: 60,
        sizeBytes: 3,
        contentType: 'text/plain',
        metadata: { colour: 'blue' },
        forbidOverwrite: true,
        headers: { 'x-oss-storage-class': 'IA' },
      });
      expect(presigned.at(-1)).toMatchObject({ method: 'PUT', key: 'k', expiresSeconds: 60 });
      expect(upload.headers).toMatchObject({
        'content-type': 'text/plain',
        'x-oss-meta-colour': 'blue',
        'x-oss-forbid-overwrite': 'true',
        'x-oss-storage-class': 'IA',
        'x-oss-meta-unencrypted-content-length': '3',
        'x-oss-meta-oss-crypto-key': expect.any(String),
      });
      const bytes = await upload.encrypt(content);
      const { 'x-oss-forbid-overwrite': _, ...headers } = upload.headers;
      await memory.put({ key: 'k', headers, body: { kind: 'bytes', bytes } });
      expect(await (await bucket.get('k')).text()).toBe('abc');
      await expect(upload.encrypt('abc')).rejects.toMatchObject({
        argument: 'content',
        operation: 'presignPut',
        key: 'k',
      });
      expect(() => upload.encryptChunks('abc')).toThrow(/never encrypts two contents/);
    }
  });

  it('shows no key', async () => {
    const upload = await bucketOf().presignPut('k', { expiresSeconds: 60 });
    expect(Object.keys(upload).sort()).toEqual(['expiresAt', 'headers', 'method', 'url']);
  });

  it('is of its size', async () => {
    const upload = await bucketOf().presignPut('k', { expiresSeconds: 60, sizeBytes: 4 });
    await expect(upload.encrypt('abc')).rejects.toMatchObject({ argument: 'sizeBytes' });
    // Nothing was encrypted: another content may still have the key.
    expect(await upload.encrypt('abcd')).toHaveLength(4);
  });

  it.each<[string, object]>([
    ['options.expiresSeconds', {}],
    ['options.expiresSeconds', { expiresSeconds: 0 }],
    ['options.expiresSeconds', { expiresSeconds: 604_801 }],
    ['options.expiresSeconds', { expiresSeconds: 1.5 }],
    ['options.partSizeBytes', { expiresSeconds: 1, partSizeBytes: 1 }],
  ])('is refused for a wrong %s', async (argument, options) => {
    const bucket = bucketOf();
    await expect(bucket.presignPut('k', options as never)).rejects.toMatchObject({ argument });
    if (argument === 'options.expiresSeconds')
      await expect(bucket.presignGet('k', options as never)).rejects.toMatchObject({ argument });
    expect(presigned).toEqual([]);
  });

  it('needs a transport that signs', async () => {
    const bucket = bucketOf({}, { presign: undefined });
    const missing = { code: 'ERR_CAPABILITY_MISSING', capability: 'presign' };
    await expect(bucket.presignPut('k', { expiresSeconds: 1 })).rejects.toMatchObject(missing);
    await expect(bucket.presignGet('k', { expiresSeconds: 1 })).rejects.toMatchObject(missing);
  });
});

describe('openUrl', () => {
  it.each(['oss-crypto', 'client-side-encryption', 'sealed'] as const)(
    'decrypts what a URL gives (%s)',
    async (format) => {
      const bucket = bucketOf({ format });
      await bucket.put('a b/c', 'seize the day');
      const signed = await bucket.presignGet('a b/c', { expiresSeconds: 60 });
      for (const target of [signed.url, new URL(signed.url), signed, JSON.parse(JSON.stringify(signed))]) {
        const object = await bucket.openUrl(target);
        expect(await object.text()).toBe('seize the day');
        expect(object.key).toBe('a b/c');
        expect(object.authenticated).toBe(format === 'sealed');
      }
      const part = await bucket.openUrl(signed, { range: { offsetBytes: 6, lengthBytes: 3 } });
      expect(await part.text()).toBe('the');
      expect(opened.at(-1)?.headers).not.toHaveProperty('x-oss-range-behavior');
      expect(opened.at(-1)?.headers).toHaveProperty('range');
      await expect(bucket.openUrl(signed, { range: { offsetBytes: 99 } })).rejects.toMatchObject({
        code: 'ERR_RANGE_NOT_SATISFIABLE',
      });
    },
  );

  it('sends the headers that were signed in', async () => {
    const bucket = bucketOf();
    await bucket.put('k', 'abc');
    const signed = await bucket.presignGet('k', {
      expiresSeconds: 60,
      headers: { 'x-oss-request-payer': 'requester' },
    });
    await (await bucket.openUrl(signed, { headers: { 'x-oss-traffic-limit': '819200' } })).text();
    expect(opened[0]?.headers).toEqual({
      'x-oss-request-payer': 'requester',
      'x-oss-traffic-limit': '819200',
    });
  });

  it('reads a range though the likely format is another, without a HEAD', async () => {
    await bucketOf().put('k', 'abc');
    const bucket = bucketOf({ format: 'sealed', reads: ['sealed', 'oss-crypto'] });
    const part = await bucket.openUrl('https://photos.example.com/k', { range: { offsetBytes: 1 } });
    expect(await part.text()).toBe('bc');
    expect(memory.calls.map(({ operation }) => operation)).not.toContain('head');
  });

  it('binds a sealed object to the key of the URL, or to the one that is given', async () => {
    const bucket = bucketOf({ format: 'sealed' });
    await bucket.put('a', 'abc');
    memory.objects.set('b', memory.objects.get('a')!);
    await expect(bucket.openUrl('https://photos.example.com/b')).rejects.toMatchObject({
      code: 'ERR_OBJECT_MISMATCH',
    });
    const object = await bucket.openUrl('https://photos.example.com/b', { key: 'a' });
    expect(await object.text()).toBe('abc');
    memory.objects.set('photos/a', memory.objects.get('a')!);
    for (const [url, key] of [
      ['https://example.com/photos/a', 'a'],
      ['https://photos.example.com/photos/a', 'photos/a'],
    ] as const) {
      const failure = await bucket.openUrl(url).then(
        (object) => object.key,
        (error) => error.code,
      );
      expect(failure).toBe(key === 'a' ? 'a' : 'ERR_OBJECT_MISMATCH');
    }
  });

  it.each<[string, unknown]>([
    ['a path', '/k?x-oss-signature=secret'],
    ['another scheme', 'file:///k?x-oss-signature=secret'],
    ['nothing', undefined],
    ['a pair without a URL', { url: 1 }],
    [
      'headers that are none',
      { url: 'https://photos.example.com/k?x-oss-signature=secret', headers: { a: 1 } },
    ],
    ['a path that is not UTF-8', 'https://photos.example.com/%ff?x-oss-signature=secret'],
  ])('refuses %s, and does not repeat it', async (_, target) => {
    const error: unknown = await bucketOf()
      .openUrl(target as string)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT', operation: 'openUrl' });
    expect(String(error)).not.toContain('secret');
    expect(opened).toEqual([]);
  });

  it('says of a refusal what it may mean, and nothing of the URL', async () => {
    const getByUrl = async (): Promise<never> => {
      throw new ServiceError('OSS refused the request.', {
        service: 'OSS',
        status: 403,
        serviceCode: 'AccessDenied',
      });
    };
    const error: unknown = await bucketOf({}, { getByUrl })
      .openUrl(`https://photos.example.com/k?${signature}`)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_SERVICE', status: 403, operation: 'openUrl', key: 'k' });
    expect(String(error)).toContain(
      'OSS refused the request. Of a presigned URL it may also mean that it has expired',
    );
    expect(String(error)).not.toContain('secret');
    await expect(bucketOf({}, { getByUrl: undefined }).openUrl('https://a/k')).rejects.toMatchObject({
      code: 'ERR_CAPABILITY_MISSING',
    });
  });
});

describe('with', () => {
  it('changes some options and keeps the rest', async () => {
    const bucket = bucketOf({ format: 'sealed', context: { tenant: '7' } });
    await bucket.put('k', 'abc');
    await expect(bucket.with({ context: { tenant: '8' } }).get('k')).rejects.toMatchObject({
      code: 'ERR_OBJECT_MISMATCH',
    });
    await expect(bucket.with({ provider: provider(2) }).get('k')).rejects.toThrow();
    const moved = bucket.with({ provider: provider(2), otherProviders: [provider(1)] });
    expect(await (await moved.get('k')).text()).toBe('abc');
    expect(() => bucket.with({ format: 'oss-crypto' })).toThrow(/options.context/);
    const counter = bucket.with({ format: 'oss-crypto', context: undefined });
    await counter.put('c', 'abc');
    expect(memory.objects.get('c')?.headers).toHaveProperty('x-oss-meta-oss-crypto-key');
    expect(await (await bucket.get('k')).text()).toBe('abc');
  });

  it('checks what it is given as the constructor does', () => {
    expect(() => bucketOf().with({ form: 'sealed' } as never)).toThrow(/options.form/);
    expect(() => bucketOf().with({ provider: 'x' } as never)).toThrow(/options.provider/);
    expect(() => bucketOf().with({ format: undefined } as never)).toThrow(/options.format/);
  });
});

describe('what get gives', () => {
  it('is read like the body of a Response', async () => {
    const bucket = bucketOf();
    await bucket.put('k', '{"a":[1]}', { contentType: 'application/json; charset=utf-8' });
    expect(await (await bucket.get('k')).json()).toEqual({ a: [1] });
    const blob = await (await bucket.get('k')).blob();
    expect([blob.type, await blob.text()]).toEqual(['application/json; charset=utf-8', '{"a":[1]}']);
    const buffer = await (await bucket.get('k', { range: { offsetBytes: 1, lengthBytes: 3 } })).arrayBuffer();
    expect(new TextDecoder().decode(buffer)).toBe('"a"');
    expect(buffer.byteLength).toBe(3);
    const object = await bucket.get('k');
    await object.json();
    await expect(object.blob()).rejects.toMatchObject({ code: 'ERR_CONTENT_TAKEN' });
  });

  it('does not show content that is not JSON', async () => {
    const bucket = bucketOf();
    await bucket.put('k', 'my secret');
    const error: unknown = await (await bucket.get('k')).json().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SyntaxError);
    expect(String(error)).toContain('read "k" in the bucket photos');
    expect(JSON.stringify([String(error), (error as Error).stack])).not.toContain('secret');
  });
});
