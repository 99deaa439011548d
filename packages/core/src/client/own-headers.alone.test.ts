import { PassThrough } from 'node:stream';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';

/** How what checks headers and metadata is loaded. */
let load: () => Promise<void> = async () => {};
vi.doMock('./own-headers.js', async (original) => {
  await load();
  return await original();
});
afterAll(() => {
  vi.doUnmock('./own-headers.js');
  vi.resetModules();
});

let memory: MemoryTransport;
let stream: PassThrough;
beforeEach(() => {
  vi.resetModules();
  memory = new MemoryTransport();
  stream = new PassThrough();
});

async function putting(signal?: AbortSignal): Promise<unknown> {
  const { UploadBucket } = await import('./upload-bucket.js');
  const bucket = new UploadBucket({ transport: memory, provider: toyProvider(7), format: 'oss-crypto' });
  return bucket.put('k', stream, { metadata: { by: 'horace' }, signal });
}

it('an abort is heard while the checks of metadata are loaded', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  load = () => {
    controller.abort(reason);
    return new Promise(() => {});
  };
  await expect(putting(controller.signal)).rejects.toBe(reason);
  expect(stream.destroyed).toBe(true);
  expect(memory.calls).toEqual([]);
});

it('checks that cannot be loaded are a typed error, and the content is given up', async () => {
  load = async () => {
    throw new TypeError('Failed to fetch https://user:secret@example.com/assets/1.js');
  };
  const failure = await putting().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ERR_TRANSPORT', retryable: false, operation: 'put', key: 'k' });
  expect((failure as Error).message).not.toContain('example.com');
  expect(stream.destroyed).toBe(true);
  expect(memory.calls).toEqual([]);
});
