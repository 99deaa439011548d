import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { inChunks, MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import {
  EncryptedBucket,
  type FormatName,
  InvalidArgumentError,
  MasterKeyError,
  type Progress,
} from '../index.js';
import { UploadBucket, type UploadBucketOptions, type UploadOptions } from '../upload.js';

const provider = toyProvider(1, {
  wraps: { 'oss-crypto': 'rsa-oaep-sha1', sealed: 'toy' },
  unwraps: ['rsa-oaep-sha1', 'toy'],
});
let memory: MemoryTransport;
beforeEach(() => {
  memory = new MemoryTransport();
});
const bucketOf = (options: Partial<UploadBucketOptions> = {}): UploadBucket =>
  new UploadBucket({ transport: memory, provider, format: 'sealed', ...options });

describe('a bucket that is only written to', () => {
  it.each<FormatName>(['sealed', 'oss-crypto'])(
    'stores what an EncryptedBucket reads, in %s',
    async (format) => {
      await bucketOf({ format }).put('k', 'seize the day', { metadata: { by: 'horace' } });
      const reader = new EncryptedBucket({ transport: memory, provider, format });
      const object = await reader.get('k');
      expect(await object.text()).toBe('seize the day');
      expect(object.metadata).toEqual({ by: 'horace' });
    },
  );

  it('hears of a stream that fails while the checks of metadata are loaded', async () => {
    const stream = new PassThrough();
    const putting = bucketOf({ format: 'oss-crypto' }).put('k', stream, { metadata: { by: 'horace' } });
    // At once: without a listener the process would end.
    expect(stream.listenerCount('error')).toBeGreaterThan(0);
    const failure = new Error('the disk is gone');
    stream.destroy(failure);
    await expect(putting).rejects.toBe(failure);
  });

  it.each([
    [{ headers: { 'x-oss-meta-a': 'b' } }, /headers\.x-oss-meta-a must be left out: use the option metadata/],
    [{ headers: { Range: 'bytes=0-1' } }, /headers\.Range must be left out: use the option range/],
    [{ headers: { 'a b': 'c' } }, /headers\.a b must be named with letters/],
    // What is wrong in itself is told before what is wrong in its value.
    [{ headers: { Range: 5 } }, /headers\.Range must be left out: use the option range/],
    [{ headers: { 'cache-control': 5 } }, /headers\.cache-control must be a string/],
    [{ headers: { 'cache-control': 'é' } }, /headers\.cache-control must be printable ASCII/],
    [{ metadata: { by: 5 } }, /options\.metadata\.by must be a string/],
    [{ metadata: { 'oss-crypto-key': 'x' } }, /metadata\["oss-crypto-key"\] must have another name/],
  ] as const)('refuses %o, and gives the content up', async (options, message) => {
    const stream = new PassThrough();
    const refused = await bucketOf()
      .put('k', stream, options as UploadOptions)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidArgumentError);
    expect((refused as Error).message).toMatch(message);
    expect(stream.destroyed).toBe(true);
    expect(memory.objects.size).toBe(0);
  });

  it.each([
    { headers: { range: 'bytes=0-1' } },
    { headers: { 'cache-control': 5 } },
    { metadata: { 'a b': 'c' } },
    { metadata: { by: 5 } },
  ])('takes the content after all when it had refused %o, of which it has read nothing', async (options) => {
    const content = (async function* () {
      yield 'content';
    })();
    await expect(bucketOf().put('k', content, options as UploadOptions)).rejects.toThrow(
      InvalidArgumentError,
    );
    await bucketOf().put('k', content);
    expect(memory.objects.size).toBe(1);
  });

  it('leaves the content to the call that has it when it refuses another', async () => {
    const stream = new PassThrough();
    const first = bucketOf().put('k', stream, { metadata: { by: 'horace' } });
    await expect(bucketOf().put('k', stream, { metadata: { 'a b': 'c' } })).rejects.toThrow(
      /was read before/,
    );
    stream.end('content');
    await first;
    expect(memory.objects.size).toBe(1);
  });

  it('stores the headers and metadata that were given, whatever becomes of them', async () => {
    const options = { headers: { 'cache-control': 'no-store' }, metadata: { by: 'horace' } };
    const putting = bucketOf().put('k', 'content', options);
    options.headers['cache-control'] = 'public';
    options.metadata.by = 'virgil';
    Object.assign(options.metadata, { to: 'leuconoe' });
    await putting;
    expect(memory.puts[0]?.headers).toMatchObject({ 'cache-control': 'no-store', 'x-oss-meta-by': 'horace' });
    expect(memory.puts[0]?.headers).not.toHaveProperty('x-oss-meta-to');
  });

  it('binds sealed objects to their context and key, as an EncryptedBucket does', async () => {
    await bucketOf({ context: { tenant: '7' } }).put('k', 'content');
    const reading = { transport: memory, provider, format: 'sealed' } as const;
    const own = new EncryptedBucket({ ...reading, context: { tenant: '7' } });
    expect(await (await own.get('k')).text()).toBe('content');
    const other = new EncryptedBucket({ ...reading, context: { tenant: '8' } });
    await expect(other.get('k')).rejects.toThrow(/another context/);
  });

  it('sends large content in parts, and tells how far it is', async () => {
    const content = new Uint8Array(300_000).fill(7);
    const told: Progress[] = [];
    await bucketOf().put('k', inChunks(content, 50_000), {
      sizeBytes: content.length,
      multipartThresholdBytes: 0,
      partSizeBytes: 114_688,
      onProgress: (progress) => told.push(progress),
    });
    expect(memory.callsOf('putPart')).toHaveLength(3);
    expect(told.at(-1)).toEqual({ transferredBytes: content.length, totalBytes: content.length });
    const reader = new EncryptedBucket({ transport: memory, provider, format: 'sealed' });
    expect(await (await reader.get('k')).bytes()).toEqual(content);
  });

  it('never asks for an unwrapping', async () => {
    const { unwrapKey: _, ...writing } = provider;
    const unwrapKey = (): never => {
      throw new MasterKeyError('asked');
    };
    await bucketOf({ provider: { ...writing, unwrapKey } }).put('k', 'content');
    expect(memory.calls).toHaveLength(1);
  });

  it('refuses a checkpoint, which takes a provider that unwraps', async () => {
    const options = { checkpoint: { open: () => undefined } } as UploadOptions;
    const putting = bucketOf().put('k', 'content', options);
    await expect(putting).rejects.toThrow(InvalidArgumentError);
    await expect(putting).rejects.toThrow(/options\.checkpoint is not an option/);
    expect(memory.calls).toEqual([]);
  });

  it.each([
    ['reads', { reads: ['sealed'] }, /options\.reads is not an option/],
    ['a transport that is none', { transport: {} }, /options\.transport must be an object transport/],
    ['a context in counter mode', { format: 'oss-crypto', context: {} }, /options\.context must be left out/],
    ['two recipients of one kind', { recipients: [provider] }, /options\.recipients\[0\]/],
  ])('refuses %s', (_, options, message) => {
    expect(() => bucketOf(options as Partial<UploadBucketOptions>)).toThrow(message);
  });
});
