import { memoryCheckpoint } from '@oss-envelope/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { busy, MemoryTransport } from '../../test/memory-transport.js';
import { sampleWriting } from '../../test/sample-writing.js';
import { ServiceError, TransportError } from '../errors/errors.js';
import { planParts } from './part-plan.js';
import { dropUpload, isVanishedUpload, partsOf, startUpload } from './started-upload.js';
import type { CheckpointContext, Writing } from './writing-context.js';

const refused = (status: number): ServiceError => new ServiceError('refused', { service: 'OSS', status });

let memory: MemoryTransport;
beforeEach(() => {
  memory = new MemoryTransport();
});

const planOf = ({ context }: Writing, sizeBytes: number | undefined = 300_000) =>
  planParts(context.scheme, sizeBytes, 100 * 1024);
/** With what it takes to have a checkpoint. */
const withCheckpoints = (writing: Writing): Writing => ({
  ...writing,
  context: {
    ...writing.context,
    checkpoints: {
      keys: writing.context.keys as CheckpointContext['keys'],
      load: () => import('./upload-resumption.js'),
    },
  },
});

describe('an upload that is started', () => {
  const headers = {
    'content-type': 'a/b',
    'x-oss-object-acl': 'private',
    'x-oss-forbid-overwrite': 'true',
  };

  it('has the headers of the object and its envelope', async () => {
    const writing = sampleWriting(memory, { headers });
    const upload = await startUpload(writing, planOf(writing), undefined);
    const [call] = memory.callsOf('start');
    expect(call?.headers).toMatchObject({ 'content-type': 'a/b', 'x-oss-forbid-overwrite': 'true' });
    expect(call?.headers).toHaveProperty('x-oss-meta-oss-crypto-key');
    // That goes on the request that finishes the upload.
    expect(call?.headers).not.toHaveProperty('x-oss-object-acl');
    expect(upload).toMatchObject({ uploadId: 'upload-1', checkpoint: undefined, stored: [] });
  });

  it.each([
    ['client-side-encryption', 300_000, { dataSizeBytes: 300_000, partSizeBytes: 100 * 1024 }],
    ['client-side-encryption', undefined, undefined],
    ['oss-crypto', 300_000, undefined],
  ] as const)('in %s of %s bytes announces %j', async (format, sizeBytes, parts) => {
    const writing = sampleWriting(memory, { context: { format } });
    const plan = planParts(writing.context.scheme, sizeBytes, 100 * 1024);
    const { envelope } = await startUpload(writing, plan, undefined);
    expect('parts' in envelope ? envelope.parts : undefined).toEqual(parts);
  });

  it('is not started with headers that are too large', async () => {
    const large = { 'x-oss-meta-a': 'a'.repeat(9000) };
    const writing = sampleWriting(memory, { headers: large });
    await expect(startUpload(writing, planOf(writing), undefined)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARGUMENT)$/),
    });
    expect(memory.calls).toEqual([]);
  });

  it('has a checkpoint with all headers, where there is a journal, and a size', async () => {
    const store = memoryCheckpoint();
    const journal = await store.open();
    const plain = sampleWriting(memory, { headers, sourceState: 'then' });
    const writing = withCheckpoints(plain);
    for (const [one, plan, into] of [
      [writing, planOf(writing), undefined],
      [plain, planOf(plain), journal],
      [writing, planParts(writing.context.scheme, undefined, 100 * 1024), journal],
    ] as const) {
      const upload = await startUpload(one, plan, into);
      expect(upload).toMatchObject({ checkpoint: undefined, stored: [] });
      expect(upload.uploadId).toBe([...memory.uploads.keys()].at(-1));
      expect(store.text).toBeUndefined();
    }
    const upload = await startUpload(writing, planOf(writing), journal);
    expect(upload.checkpoint?.has(1)).toBe(false);
    expect(upload.stored).toEqual([]);
    const state = JSON.parse(JSON.parse(store.text as string).state);
    expect(state).toMatchObject({
      key: 'k',
      uploadId: upload.uploadId,
      headers,
      sizeBytes: 300_000,
      partSizeBytes: 100 * 1024,
      source: 'then',
    });
    expect(state.headers).toHaveProperty('x-oss-meta-oss-crypto-key');
  });

  it('is dropped when its checkpoint cannot be begun', async () => {
    const failure = new Error('the disk is full');
    const store = memoryCheckpoint();
    store.onAppend = () => {
      throw failure;
    };
    const writing = withCheckpoints(sampleWriting(memory));
    await expect(startUpload(writing, planOf(writing), await store.open())).rejects.toBe(failure);
    expect(memory.uploads.size).toBe(0);
    expect(memory.callsOf('drop')).toHaveLength(1);
  });
});

it('the steps of an upload are those of the transport, if it has any', () => {
  expect(partsOf(memory)).toBe(memory.parts);
  memory.parts = undefined;
  expect(() => partsOf(memory)).toThrow(
    expect.objectContaining({ code: 'ERR_CAPABILITY_MISSING', capability: 'parts' }),
  );
});

describe('an upload that is dropped', () => {
  const signals: AbortSignal[] = [];
  const drop = (signal?: AbortSignal) => {
    const { parts } = memory;
    if (parts === undefined) throw new Error('there are parts');
    const transport = {
      ...memory,
      parts: {
        ...parts,
        drop: async (request: Parameters<typeof parts.drop>[0]) => {
          signals.push(request.signal as AbortSignal);
          await parts.drop(request);
        },
      },
    };
    const headers = { 'x-oss-request-payer': 'requester', 'content-type': 'a/b' };
    return dropUpload(sampleWriting(transport, { headers, signal }), 'u');
  };

  it('is asked for once, with the headers of that request, though the call was aborted', async () => {
    const aborted = AbortSignal.abort();
    for (const signal of [undefined, aborted]) {
      signals.length = 0;
      memory.calls.length = 0;
      await drop(signal);
      expect(memory.calls.map((call) => [call.operation, call.headers])).toEqual([
        ['drop', { 'x-oss-request-payer': 'requester' }],
      ]);
      expect(signals.map((given) => given.aborted)).toEqual([false]);
    }
  });

  it.each([
    ['an answer was lost', new TransportError('lost', { retryable: true }), 3],
    ['nothing can help', new TransportError('no', { retryable: false }), 1],
    ['the server refuses it', refused(403), 1],
    ['the server is busy, which the transport has tried', busy(), 1],
    ['of another error', new Error('other'), 1],
  ])('is left when %s', async (_, failure, attempts) => {
    memory.before = () => {
      throw failure;
    };
    await expect(drop()).resolves.toBeUndefined();
    expect(memory.callsOf('drop')).toHaveLength(attempts);
  });

  it('is dropped by a second try', async () => {
    let failures = 1;
    memory.before = () => {
      if (failures-- > 0) throw new TransportError('lost', { retryable: true });
    };
    await drop();
    expect(memory.callsOf('drop')).toHaveLength(2);
  });
});

it.each([
  [refused(404), true],
  [refused(403), false],
  [new TransportError('lost', { retryable: true }), false],
  [Object.assign(new Error('other'), { status: 404 }), false],
])('%s says that there is no such upload: %s', (error, expected) => {
  expect(isVanishedUpload(error)).toBe(expected);
});
