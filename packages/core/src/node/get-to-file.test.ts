import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryCheckpoint } from '@oss-envelope/test-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket } from '../client/encrypted-bucket.js';
import {
  CheckpointError,
  IntegrityError,
  InvalidArgumentError,
  OutOfRangeError,
  TransportError,
} from '../errors/errors.js';
import { getToFile } from './get-to-file.js';
import { putFile } from './put-file.js';

const plaintext = randomBytes(10_000);
const gone = new TransportError('gone', { retryable: false });
let folder: string;
let path: string;
let memory: MemoryTransport;
let bucket: EncryptedBucket;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'get-to-file-'));
  path = join(folder, 'file');
  memory = new MemoryTransport();
  memory.chunkBytes = 997;
  bucket = new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto' });
  await bucket.put('k', plaintext);
});
afterEach(() => rm(folder, { recursive: true }));

const ways = [
  ['in one request', () => ({})],
  ['in ranges', () => ({ concurrency: 3, partSizeBytes: 1000 })],
  ['with a checkpoint', () => ({ checkpoint: memoryCheckpoint(), partSizeBytes: 1000 })],
] as const;

describe.each(ways)('a download to a file %s', (name, options) => {
  it('has all bytes, the mode of what it replaces, and leaves nothing beside it', async () => {
    await writeFile(path, 'old');
    await chmod(path, 0o600);
    await getToFile(bucket, 'k', path, options());
    expect(Buffer.compare(await readFile(path), plaintext)).toBe(0);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it.each([
    ['sealed', true],
    ['oss-crypto', false],
    ['client-side-encryption', false],
    ['plain', false],
  ] as const)(
    'says whether the content of an object in %s is authenticated',
    async (format, authenticated) => {
      const wraps = { sealed: 'toy', 'oss-crypto': 'rsa-oaep-sha1', 'client-side-encryption': 'rsa-pkcs1' };
      const provider = toyProvider(1, { wraps, unwraps: Object.values(wraps) });
      const written = format === 'plain' ? 'sealed' : format;
      const other = new EncryptedBucket({
        transport: memory,
        provider,
        format: written,
        onPlainObject: 'pass',
      });
      if (format === 'plain') {
        const body = { kind: 'bytes', bytes: Uint8Array.from(plaintext) } as const;
        await memory.put({ key: 'k', headers: {}, body });
      } else {
        await other.put('k', plaintext);
      }
      const fetched = await getToFile(other, 'k', path, options());
      expect(fetched).toMatchObject({ key: 'k', authenticated });
      expect(Buffer.compare(await readFile(path), plaintext)).toBe(0);
    },
  );

  it('leaves the file that was there, and nothing beside it, when the content is not right', async () => {
    await writeFile(path, 'old');
    memory.stored().bytes[5000]! ^= 1;
    memory.spoil = (response) => ({
      ...response,
      headers: { ...response.headers, 'x-oss-hash-crc64ecma': '1' },
    });
    await expect(getToFile(bucket, 'k', path, options())).rejects.toThrow(IntegrityError);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('leaves a temporary file after a failure only where it may go on', async () => {
    let gets = 0;
    memory.spoil = (response) => {
      if (++gets < (name === 'in one request' ? 1 : 4)) return response;
      return {
        ...response,
        chunks: (async function* () {
          for await (const chunk of response.chunks) {
            yield chunk;
            throw gone;
          }
        })(),
      };
    };
    await expect(getToFile(bucket, 'k', path, options())).rejects.toThrow(gone.message);
    expect(await readdir(folder)).toHaveLength(name === 'with a checkpoint' ? 1 : 0);
  });

  it.each([
    ['a folder that is not there', () => join(folder, 'none', 'file')],
    ['a folder', () => folder],
  ])('refuses %s as its target', async (_, target) => {
    memory.calls.length = 0;
    await expect(getToFile(bucket, 'k', target(), options())).rejects.toThrow(InvalidArgumentError);
    expect(memory.calls).toHaveLength(0);
  });
});

describe('a checkpoint of a download', () => {
  const stopAt = (count: number): void => {
    let gets = 0;
    memory.before = ({ operation }) => {
      if (operation === 'get' && ++gets === count) throw gone;
    };
  };
  const options = (checkpoint = memoryCheckpoint()) => ({ checkpoint, concurrency: 1, partSizeBytes: 1000 });

  it('goes on with the ranges that are not there', async () => {
    const resumable = options();
    stopAt(6);
    await expect(getToFile(bucket, 'k', path, resumable)).rejects.toThrow(gone.message);
    memory.before = () => {};
    memory.gets.length = 0;
    await getToFile(bucket, 'k', path, resumable);
    expect(memory.gets).toHaveLength(1 + 6);
    expect(Buffer.compare(await readFile(path), plaintext)).toBe(0);
    expect(resumable.checkpoint.text).toBeUndefined();
  });

  it('does not trust bytes in the file that are not what they were', async () => {
    const resumable = options();
    stopAt(6);
    await expect(getToFile(bucket, 'k', path, resumable)).rejects.toThrow(gone.message);
    const [name] = await readdir(folder);
    const temporary = join(folder, name as string);
    const begun = await readFile(temporary);
    begun[1500]! ^= 1;
    await writeFile(temporary, begun);
    memory.before = () => {};
    memory.gets.length = 0;
    await getToFile(bucket, 'k', path, resumable);
    expect(memory.gets.map(({ headers }) => headers.range)).toContain('bytes=1000-1999');
    expect(Buffer.compare(await readFile(path), plaintext)).toBe(0);
  });

  it('starts again when the object is another', async () => {
    const resumable = options();
    stopAt(6);
    await expect(getToFile(bucket, 'k', path, resumable)).rejects.toThrow(gone.message);
    memory.before = () => {};
    const other = randomBytes(9_500);
    await bucket.put('k', other);
    await getToFile(bucket, 'k', path, resumable);
    expect(Buffer.compare(await readFile(path), other)).toBe(0);
  });

  it('of another object, or that is none, is refused', async () => {
    const resumable = options();
    stopAt(6);
    await expect(getToFile(bucket, 'k', path, resumable)).rejects.toThrow(gone.message);
    memory.before = () => {};
    await bucket.put('other', plaintext);
    await expect(getToFile(bucket, 'other', path, resumable)).rejects.toThrow(CheckpointError);
    resumable.checkpoint.text = '{}';
    await expect(getToFile(bucket, 'k', path, resumable)).rejects.toThrow(CheckpointError);
  });
});

describe('two downloads to one path', () => {
  it('with stores of their own do not mix: one has the file, and the other is told', async () => {
    const older = memory.stored();
    const newer = randomBytes(10_000);
    await bucket.put('k', newer);
    const states = { older, newer: memory.stored() };
    const { get } = memory;
    const ofState = (state: 'older' | 'newer'): EncryptedBucket => {
      const own = new MemoryTransport();
      own.objects.set('k', states[state]);
      const transport = {
        ...own,
        get: async (request: Parameters<typeof get>[0]) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          return own.get(request);
        },
      };
      return new EncryptedBucket({ transport, provider: toyProvider(1), format: 'oss-crypto' });
    };
    const download = (state: 'older' | 'newer') =>
      getToFile(ofState(state), 'k', path, { checkpoint: memoryCheckpoint(), partSizeBytes: 1000 });
    const results = await Promise.allSettled([download('older'), download('newer')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons[0]).toBeInstanceOf(CheckpointError);
    const expected = results[0]?.status === 'fulfilled' ? plaintext : newer;
    expect(Buffer.compare(await readFile(path), expected)).toBe(0);
    expect(await readdir(folder)).toEqual(['file']);
  });
});

describe('options', () => {
  it.each([
    [{ concurrency: 2, partSizeBytes: 0 }, OutOfRangeError],
    [{ concurrency: 2, partSizeBytes: -1 }, OutOfRangeError],
    [{ concurrency: 2, partSizeBytes: 1 }, OutOfRangeError],
    [{ partSizeBytes: 999 }, OutOfRangeError],
    [{ concurrency: 2, partSizeBytes: 1.5 }, InvalidArgumentError],
    [{ concurrency: 0 }, OutOfRangeError],
    [{ concurrency: 2, range: { offsetBytes: 1 } }, InvalidArgumentError],
    [{ concurency: 2 }, InvalidArgumentError],
    [{ partSizeBytes: 'x' }, InvalidArgumentError],
    [{ checkpoint: 'a path' }, InvalidArgumentError],
    [null, InvalidArgumentError],
    [5, InvalidArgumentError],
  ])('%j are refused', async (options, kind) => {
    await expect(getToFile(bucket, 'k', path, options as never)).rejects.toThrow(kind);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([undefined, 5, '', 'a\0b', new URL('file:///tmp/x'), Buffer.from('x')])(
    'the path %j is refused, and nothing is asked for',
    async (wrong) => {
      const asked = memory.calls.length;
      await expect(getToFile(bucket, 'k', wrong as string)).rejects.toThrow(InvalidArgumentError);
      await expect(putFile(bucket, 'k', wrong as string)).rejects.toThrow(InvalidArgumentError);
      expect(memory.calls).toHaveLength(asked);
    },
  );

  it('of a put are refused', async () => {
    await writeFile(path, plaintext);
    for (const options of [null, 5, { concurency: 2 }]) {
      await expect(putFile(bucket, 'k', path, options as never)).rejects.toThrow(InvalidArgumentError);
    }
  });
});

describe('a file that is put', () => {
  it('comes back', async () => {
    await writeFile(path, plaintext);
    await putFile(bucket, 'f', path);
    expect(Buffer.compare(await (await bucket.get('f')).bytes(), plaintext)).toBe(0);
  });

  it('is sent again after a 503, read again', async () => {
    const large = randomBytes(5_000_000);
    await writeFile(path, large);
    let failures = 1;
    const { put } = memory;
    const transport = {
      ...memory,
      put: async (request: Parameters<typeof put>[0]) => {
        if (failures-- === 0 || request.body.kind === 'bytes') return put(request);
        let taken = 0;
        for await (const _ of request.body.chunks) if (++taken > 5) break;
        throw new TransportError('reset', { retryable: true });
      },
    };
    const flaky = new EncryptedBucket({ transport, provider: toyProvider(1), format: 'oss-crypto' });
    await putFile(flaky, 'f', path);
    memory.chunkBytes = 500_000;
    expect(Buffer.compare(await (await bucket.get('f')).bytes(), large)).toBe(0);
  });

  it('must be one that can be read', async () => {
    await expect(putFile(bucket, 'f', path)).rejects.toThrow(/ENOENT/);
    await expect(putFile(bucket, 'f', folder)).rejects.toThrow(InvalidArgumentError);
  });

  it('must not be a pipe, which is not waited for', async () => {
    execFileSync('mkfifo', [path]);
    const putting = putFile(bucket, 'f', path);
    // One that waits ends when somebody writes.
    let hasWaited = false;
    const timer = setTimeout(() => {
      hasWaited = true;
      void writeFile(path, '');
    }, 2000);
    await expect(putting).rejects.toThrow(/must name a file, not/);
    expect(hasWaited).toBe(false);
    clearTimeout(timer);
  });
});
