import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { types } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  EncryptedBucket,
  InvalidArgumentError,
  isOssEnvelopeError,
  type OssEnvelopeError,
  ServiceError,
  TransportError,
} from '../index.js';
import { getToFile, putFile } from '../node/index.js';
import { describeError } from './described-error.js';

let memory: MemoryTransport;
let bucket: EncryptedBucket;
let folder: string;

beforeEach(async () => {
  memory = new MemoryTransport();
  memory.bucketName = 'photos';
  bucket = new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto' });
  folder = await mkdtemp(join(tmpdir(), 'described-'));
});
afterEach(() => rm(folder, { recursive: true }));

const failure = (call: Promise<unknown>): Promise<OssEnvelopeError> =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error) => error,
  );

describe('an error of a call names operation, key and bucket', () => {
  const broken = (): never => {
    throw new TransportError('It broke.', { retryable: false });
  };
  const cases: Record<string, [string, () => Promise<unknown>]> = {
    put: ['put', () => bucket.put('k', 'abc')],
    'put in parts': [
      'put',
      () => bucket.put('k', new Uint8Array(300_000), { multipartThresholdBytes: 1, partSizeBytes: 102_400 }),
    ],
    get: ['get', () => bucket.get('k')],
    open: ['open', () => bucket.open('k')],
    head: ['head', () => bucket.head('k')],
    delete: ['delete', () => bucket.delete('k')],
    getToFile: ['get', () => getToFile(bucket, 'k', join(folder, 'f'))],
    'getToFile in ranges': ['open', () => getToFile(bucket, 'k', join(folder, 'f'), { concurrency: 2 })],
  };
  it.each(Object.entries(cases))('%s', async (_, [operation, call]) => {
    memory.before = broken;
    const error = await failure(call());
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({
      name: 'TransportError',
      code: 'ERR_TRANSPORT',
      retryable: false,
      operation,
      key: 'k',
      bucket: 'photos',
      message: `${operation} "k" in the bucket photos: It broke.`,
    });
    expect(types.isNativeError(error)).toBe(true);
    expect(Object.getPrototypeOf(error)).toBe(TransportError.prototype);
    expect(error.stack).toContain(error.message);
    expect(error.stack).toContain('described-error.test');
    expect(Object.keys(error)).not.toContain('stack');
  });

  it('while content is read', async () => {
    await bucket.put('k', new Uint8Array(200_000));
    const handle = await bucket.open('k');
    memory.spoil = (response) => ({
      ...response,
      chunks: (async function* () {
        yield new Uint8Array(10);
        broken();
      })(),
    });
    const reads = [
      async () => (await bucket.get('k')).bytes(),
      async () => {
        for await (const _ of (await bucket.get('k')).chunks());
      },
      async () => new Response((await bucket.get('k')).body).text(),
      async () => handle.read(100_000, 10),
      async () => {
        for await (const _ of handle.chunks());
      },
      async () => new Response(handle.stream()).text(),
    ];
    for (const read of reads) {
      expect(await failure(read())).toMatchObject({ operation: 'read', key: 'k', bucket: 'photos' });
    }
    const sink = { write: async () => {} };
    expect(await failure(handle.download(sink))).toMatchObject({ operation: 'download', key: 'k' });
    const path = join(folder, 'f');
    expect(await failure(getToFile(bucket, 'k', path))).toMatchObject({ operation: 'read', key: 'k' });
  });

  it('when nothing was sent', async () => {
    const error = await failure(bucket.put('motto.txt', 5 as never));
    expect(error).toMatchObject({ operation: 'put', key: 'motto.txt', argument: 'content' });
    expect(error.message).toMatch(/^put "motto\.txt" in the bucket photos: content must be/);
    const nameless = await failure(bucket.get(undefined as never));
    expect(nameless.message).toMatch(/^get in the bucket photos: key must be/);
    expect(nameless).not.toHaveProperty('key');
    const handle = await bucket.put('k', 'abc').then(() => bucket.open('k'));
    expect(() => handle.chunks({ lastBytes: -1 })).toThrow(/^read "k" in the bucket photos: /);
    expect(await failure(putFile(bucket, 'k', join(folder, 'none')))).toMatchObject({ operation: 'put' });
  });

  it('without a bucket where the transport does not know it', async () => {
    memory.bucketName = undefined;
    const error = await failure(bucket.get('gone'));
    expect(error.message).toBe('get "gone": no such key');
    expect(error).not.toHaveProperty('bucket');
  });
});

describe('what an error says', () => {
  it('is once, for calls within calls', async () => {
    memory.before = () => {
      throw new TransportError('It broke.', { retryable: false });
    };
    const path = new URL(import.meta.url).pathname;
    const error = await failure(putFile(bucket, 'k', path));
    expect(error.message).toBe('put "k" in the bucket photos: It broke.');
  });

  it('is of its own call, when calls fail by one error', async () => {
    const shared = new ServiceError('Denied.', { service: 'OSS', status: 403 });
    memory.before = () => {
      throw shared;
    };
    const errors = await Promise.all(['a', 'b'].map((key) => failure(bucket.get(key))));
    expect(errors.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(errors.map(({ message }) => message)).toEqual([
      'get "a" in the bucket photos: Denied.',
      'get "b" in the bucket photos: Denied.',
    ]);
    expect(shared.message).toBe('Denied.');
    expect(shared).not.toHaveProperty('key');
  });

  it('keeps a source that is another object', async () => {
    await bucket.put('source', new Uint8Array(100));
    const object = await bucket.get('source');
    await object.discard();
    memory.spoil = (response) => ({ ...response, chunks: (async function* () {})() });
    const source = await bucket.get('source');
    const error = await failure(bucket.put('target', source.chunks()));
    expect(error).toMatchObject({ code: 'ERR_INTEGRITY', operation: 'read', key: 'source' });
  });

  it('has long keys cut, and no control characters', () => {
    const told = (key: string): string => {
      const error = new TransportError('It broke.', { retryable: true });
      return (describeError(error, { operation: 'get', key }) as Error).message;
    };
    expect(told('a\nb')).toBe('get "a\\nb": It broke.');
    expect(told('k'.repeat(1000))).toBe(`get "${'k'.repeat(99)}…": It broke.`);
    expect(told('k'.repeat(100))).toBe(`get "${'k'.repeat(100)}": It broke.`);
    for (let shift = 0; shift < 7; shift++) {
      const text = told('x'.repeat(shift) + '\u0001🌞'.repeat(200));
      expect(encodeURIComponent(text)).toContain('%E2%80%A6');
      const shown: string = JSON.parse(text.slice(4, -11).replace('…', ''));
      expect('x'.repeat(shift) + '\u0001🌞'.repeat(200)).toContain(shown);
    }
  });
});

describe('errors of others stay what they are', () => {
  it('the error of a source', async () => {
    const own = new Error('mine');
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw own;
    };
    expect(await failure(bucket.put('k', source()))).toBe(own);
    expect(own.message).toBe('mine');
  });

  it('the reason of an abort, also one of this project', async () => {
    for (const reason of [new Error('enough'), new InvalidArgumentError('x', 'is wrong'), 'text']) {
      expect(await failure(bucket.get('k', { signal: AbortSignal.abort(reason) }))).toBe(reason);
    }
    const late = new TransportError('given up', { retryable: false });
    const controller = new AbortController();
    memory.before = () => {
      controller.abort(late);
      controller.signal.throwIfAborted();
    };
    expect(await failure(bucket.put('k', 'abc', { signal: controller.signal }))).toBe(late);
    expect(isOssEnvelopeError(late) && late.operation).toBeUndefined();
  });

  it('what the file system refuses', async () => {
    await bucket.put('k', 'abc');
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    memory.spoil = () => {
      throw full;
    };
    expect(await failure(getToFile(bucket, 'k', join(folder, 'f')))).toBe(full);
  });
});
