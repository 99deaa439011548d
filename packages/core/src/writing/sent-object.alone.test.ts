import { afterAll, expect, it, vi } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { sampleWriting } from '../../test/sample-writing.js';

// What looks at the server is loaded when it is needed, which a page may fail to do.
vi.doMock('./stored-proof.js', () => {
  throw new TypeError('Failed to fetch https://user:secret@example.com/assets/1.js');
});
vi.resetModules();
const { TransportError } = await import('../errors/errors.js');
const { storedDespite } = await import('./sent-object.js');
afterAll(() => {
  vi.doUnmock('./stored-proof.js');
  vi.resetModules();
});

const failure = new TransportError('lost', { retryable: true });

it('where the look cannot be loaded, the failure is told with what to do', async () => {
  const memory = new MemoryTransport();
  const told: unknown = await storedDespite(failure, sampleWriting(memory), []).catch(
    (error: unknown) => error,
  );
  expect(told).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
  expect(String(told)).toMatch(/lost.* could not be loaded.* Look at the object before you store it again/);
  expect(String(told)).not.toContain('example.com');
  expect(memory.calls).toEqual([]);
});

it('where the look cannot be loaded after an abort, its reason is told', async () => {
  const reason = new Error('enough');
  const writing = sampleWriting(new MemoryTransport(), { signal: AbortSignal.abort(reason) });
  await expect(storedDespite(failure, writing, [])).rejects.toBe(reason);
});
