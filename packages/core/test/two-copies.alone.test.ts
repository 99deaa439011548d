import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as first from '../src/index.js';
import type { MemoryTransport } from './memory-transport.js';
import { toyProvider } from './toy-provider.js';

type Copy = typeof first;

// What a tree has in which two packages depend on core in two places: every module twice, with classes of its own.
let second: Copy;
let secondTransport: typeof MemoryTransport;
let secondProvider: typeof toyProvider;

beforeAll(async () => {
  vi.resetModules();
  second = await import('../src/index.js');
  ({ MemoryTransport: secondTransport } = await import('./memory-transport.js'));
  ({ toyProvider: secondProvider } = await import('./toy-provider.js'));
});

const samples = (copy: Copy): first.OssEnvelopeError[] => [
  new copy.AlgorithmNotSupportedError('x'),
  new copy.CapabilityMissingError('parts', 'x'),
  new copy.CheckpointError('x'),
  new copy.ContentTakenError('x'),
  new copy.FormatNotAllowedError('x'),
  new copy.IncompleteDeletionError('x', []),
  new copy.IntegrityError('x'),
  new copy.InvalidArgumentError('x', 'x'),
  new copy.KeyUnwrapError(),
  new copy.MalformedEnvelopeError('x'),
  new copy.MasterKeyError('x'),
  new copy.MissingEnvelopeError('x'),
  new copy.NoMatchingKeyError('x'),
  new copy.ObjectChangedError('x'),
  new copy.ObjectMismatchError('x'),
  new copy.OutOfRangeError('x', 'x'),
  new copy.RangeNotSatisfiableError('x'),
  new copy.ReencryptionNeededError('x'),
  new copy.ServiceError('x', { service: 'OSS', status: 404 }),
  new copy.TransportError('x', { retryable: true }),
];

it('the copies are two', () => {
  expect(second.EncryptedBucket).not.toBe(first.EncryptedBucket);
  expect(second.ServiceError).not.toBe(first.ServiceError);
  expect(second.SecretBytes).not.toBe(first.SecretBytes);
});

it('the samples are of every class of errors', () => {
  const isErrorClass = (value: unknown): value is new () => Error =>
    typeof value === 'function' && value.prototype instanceof Error && value !== first.OssEnvelopeError;
  const classes = Object.values(first).filter(isErrorClass);
  expect(classes.length).toBeGreaterThan(10);
  expect(new Set(samples(first).map((error) => error.constructor))).toEqual(new Set(classes));
});

describe('an error of one copy', () => {
  it('is one for the other, of its own class alone', () => {
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const) {
      for (const error of samples(from)) {
        expect(error instanceof to.OssEnvelopeError).toBe(true);
        expect(to.isOssEnvelopeError(error)).toBe(true);
        expect(to.isOssEnvelopeError(error, error.code)).toBe(true);
        expect(error instanceof Error).toBe(true);
        for (const other of samples(to)) {
          const isSame = other.code === error.code;
          expect(error instanceof (other.constructor as new () => Error)).toBe(isSame);
          expect(to.isOssEnvelopeError(error, other.code)).toBe(isSame);
        }
      }
    }
  });

  it('is not any error', () => {
    for (const value of [
      new Error('x'),
      new TypeError('x'),
      { code: 'ERR_SERVICE' },
      null,
      undefined,
      'x',
      5,
    ]) {
      expect(value instanceof first.OssEnvelopeError).toBe(false);
      expect(value instanceof first.ServiceError).toBe(false);
      expect(first.isOssEnvelopeError(value)).toBe(false);
    }
  });

  it('is not one of a class that a caller derived', () => {
    class Mine extends first.ServiceError {}
    const mine = new Mine('x', { service: 'mine' });
    expect(mine instanceof Mine).toBe(true);
    expect(mine instanceof second.ServiceError).toBe(true);
    expect(new second.ServiceError('x', { service: 'OSS' }) instanceof Mine).toBe(false);
    expect(new first.ServiceError('x', { service: 'OSS' }) instanceof Mine).toBe(false);
  });
});

describe('a secret of one copy', () => {
  it('is one for the other, and nothing else is', () => {
    const secret = new second.SecretBytes(new Uint8Array(1));
    expect(secret instanceof first.SecretBytes).toBe(true);
    expect(new first.SecretBytes(new Uint8Array(1)) instanceof second.SecretBytes).toBe(true);
    for (const value of [{ bytes: secret.bytes }, secret.bytes, null, undefined, 'x'])
      expect((value as unknown) instanceof first.SecretBytes).toBe(false);
  });
});

describe('a client of one copy with the transport and the provider of the other', () => {
  let memory: MemoryTransport;
  let bucket: first.EncryptedBucket;
  beforeEach(() => {
    memory = new secondTransport();
    memory.chunkBytes = 100_000;
    bucket = new first.EncryptedBucket({
      transport: memory,
      provider: secondProvider(1),
      format: 'client-side-encryption',
    });
  });

  it('stores and reads', async () => {
    const bytes = randomBytes(300_000);
    await bucket.put('k', bytes);
    await bucket.put('parts', bytes, { multipartThresholdBytes: 0, partSizeBytes: 102_400 });
    for (const key of ['k', 'parts']) {
      const object = await bucket.get(key);
      expect(Buffer.compare(await object.bytes(), bytes)).toBe(0);
      const handle = await bucket.open(key);
      expect(Buffer.compare(await handle.read(250_000, 10), bytes.subarray(250_000, 250_010))).toBe(0);
    }
  });

  it('takes its secrets', async () => {
    const secret = new second.SecretBytes(new Uint8Array(32).fill(5));
    const key = { dataKey: secret, counterBlock: new Uint8Array(16) };
    const encrypted = await first.encryptBytes(new Uint8Array(5), key);
    expect(await second.decryptBytes(encrypted, key)).toEqual(new Uint8Array(5));
    const { contentKey, envelope } = await first.createContentKey(secondProvider(1), 'oss-crypto');
    expect(contentKey.dataKey).toBeInstanceOf(second.SecretBytes);
    const opened = await second.openContentKey(envelope, [toyProvider(1)]);
    expect(opened.dataKey.bytes).toEqual(contentKey.dataKey.bytes);
  });

  it('sends again after its passing failures', async () => {
    const failures: Error[] = [
      new second.ServiceError('busy', { service: 'OSS', status: 503, retryable: true }),
      new second.TransportError('reset', { retryable: true }),
    ];
    memory.before = () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    };
    const bytes = randomBytes(5_000_000);
    await bucket.put('k', bytes);
    expect(memory.puts).toHaveLength(3);
    failures.push(new second.TransportError('reset', { retryable: true }));
    const handle = await bucket.open('k').catch(() => bucket.open('k'));
    failures.push(new second.TransportError('reset', { retryable: true }));
    const target = Buffer.alloc(bytes.length);
    const write = async (offset: number, chunk: Uint8Array): Promise<void> => void target.set(chunk, offset);
    await handle.download({ write }, { partSizeBytes: 1_000_000 });
    expect(Buffer.compare(target, bytes)).toBe(0);
  });

  it('understands its refusals', async () => {
    await expect(bucket.get('nothing')).rejects.toThrow(first.ServiceError);
    await bucket.put('k', 'abc');
    await expect(bucket.get('k', { range: { offsetBytes: 5 } })).rejects.toThrow(
      first.RangeNotSatisfiableError,
    );
    // An empty object is opened by a 416.
    await bucket.put('empty', '');
    expect((await bucket.open('empty')).sizeBytes).toBe(0);
    const handle = await bucket.open('k', { prefetchBytes: 1 });
    await bucket.put('k', 'def');
    await expect(handle.read(1, 1)).rejects.toThrow(/overwritten/);
    // The answer to the end of an upload is lost.
    memory.after = ({ operation }, response) => {
      if (operation === 'finish') throw new second.TransportError('lost', { retryable: true });
      return response;
    };
    const looks = memory.callsOf('head').length;
    await bucket.put('k', randomBytes(200_000), { multipartThresholdBytes: 0, partSizeBytes: 102_400 });
    expect(memory.callsOf('head')).toHaveLength(looks + 1);
  });

  it('hands on the failures of a provider', async () => {
    const provider = { ...secondProvider(1), unwrapKey: () => Promise.reject(new second.KeyUnwrapError()) };
    await bucket.put('k', 'abc');
    const other = new first.EncryptedBucket({ transport: memory, provider, format: 'oss-crypto' });
    await expect(other.get('k')).rejects.toThrow(first.KeyUnwrapError);
  });
});
