import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Call, inChunks, MemoryTransport } from '../../test/memory-transport.js';
import { crc64Of } from '../../test/plain-crc64.js';
import { sampleWriting } from '../../test/sample-writing.js';
import { toyProvider } from '../../test/toy-provider.js';
import { decryptBytes } from '../cipher/counter-mode.js';
import type { ObjectResponse, StoredPart } from '../contract/object-transport.js';
import { parseEnvelope } from '../envelope/envelope-reading.js';
import { openContentKey } from '../envelope/opened-key.js';
import { CapabilityMissingError, IntegrityError, ServiceError, TransportError } from '../errors/errors.js';
import { planParts } from './part-plan.js';
import { uploadInParts } from './part-upload.js';
import type { PutResult } from './put-result.js';
import { openSource, type Source } from './source.js';
import { startUpload } from './started-upload.js';
import type { Writing } from './writing-context.js';

const partSizeBytes = 100 * 1024;
const plaintext = randomBytes(3 * partSizeBytes + 5);
const lost = (): TransportError => new TransportError('the answer was lost', { retryable: true });
const refused = (status: number, retryable = false): ServiceError =>
  new ServiceError(`status ${status}`, { service: 'OSS', status, retryable });

let memory: MemoryTransport;
beforeEach(() => {
  memory = new MemoryTransport();
  memory.chunkBytes = 50_000;
});

async function upload(
  writing: Writing = sampleWriting(memory),
  source: Source = openSource(plaintext, undefined),
): Promise<PutResult> {
  const plan = planParts(writing.context.scheme, source.sizeBytes, partSizeBytes);
  return uploadInParts(writing, await startUpload(writing, plan, undefined), source);
}

async function expectStored(expected: Uint8Array = plaintext): Promise<void> {
  const { headers, bytes } = memory.stored();
  const state = parseEnvelope(headers);
  if (state.kind === 'plain' || state.envelope.format === 'sealed') throw new Error('the envelope is gone');
  const opened = await decryptBytes(bytes, await openContentKey(state.envelope, [toyProvider(1)]));
  expect(Buffer.compare(opened, expected)).toBe(0);
}

describe('an upload in parts', () => {
  it('makes the object of its parts, in the order of their numbers', async () => {
    // The first part takes longest.
    memory.before = async ({ operation, partNumber = 0 }) => {
      if (operation === 'putPart')
        for (let turn = 0; turn < 40 - 10 * partNumber; turn++) await setImmediate();
    };
    const result = await upload();
    expect(memory.callsOf('putPart')).toHaveLength(4);
    expect(result).toMatchObject({ etag: memory.stored().etag, requestId: 'request' });
    expect(memory.uploads.size).toBe(0);
    await expectStored();
  });

  it('tells of bytes of plaintext as their parts arrive', async () => {
    const told: unknown[] = [];
    await upload(sampleWriting(memory, { concurrency: 1, onProgress: (progress) => told.push(progress) }));
    const totalBytes = plaintext.length;
    expect(told).toEqual(
      [1, 2, 3]
        .map((part) => ({ transferredBytes: part * partSizeBytes, totalBytes }))
        .concat([{ transferredBytes: totalBytes, totalBytes }]),
    );
  });

  it.each([1, 2, 3])('has at most %i parts under way', async (concurrency) => {
    let underWay = 0;
    let most = 0;
    memory.before = async ({ operation }) => {
      if (operation !== 'putPart') return;
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      underWay--;
    };
    await upload(sampleWriting(memory, { concurrency }));
    expect(most).toBe(concurrency);
    await expectStored();
  });

  it('sends each header of the object on the requests that it is for', async () => {
    await upload(
      sampleWriting(memory, {
        headers: {
          'content-type': 'text/plain',
          'cache-control': 'no-cache',
          'x-oss-meta-author': 'me',
          'x-oss-storage-class': 'IA',
          'x-oss-tagging': 'a=b',
          'x-oss-callback': 'callback',
          'x-oss-forbid-overwrite': 'true',
          'x-oss-object-acl': 'private',
          'x-oss-request-payer': 'requester',
          'x-oss-traffic-limit': '819200',
        },
      }),
    );
    const namesOf = (operation: Call['operation']): string[] =>
      Object.keys(memory.callsOf(operation)[0]?.headers ?? {})
        .filter((name) => !name.startsWith('x-oss-meta-oss-') && !name.startsWith('x-oss-meta-unencrypted'))
        .sort();
    expect(namesOf('start')).toEqual([
      'cache-control',
      'content-type',
      'x-oss-forbid-overwrite',
      'x-oss-meta-author',
      'x-oss-request-payer',
      'x-oss-storage-class',
      'x-oss-tagging',
    ]);
    expect(namesOf('putPart')).toEqual(['x-oss-request-payer', 'x-oss-traffic-limit']);
    expect(namesOf('finish')).toEqual([
      'x-oss-callback',
      'x-oss-forbid-overwrite',
      'x-oss-object-acl',
      'x-oss-request-payer',
    ]);
    const envelope = Object.entries(memory.stored().headers).filter(([name]) =>
      /^x-oss-meta-oss-/.test(name),
    );
    expect(envelope.length).toBeGreaterThan(2);
    for (const call of memory.callsOf('putPart'))
      expect(call.headers).toMatchObject(Object.fromEntries(envelope));
  });

  it('does not replace an object that must stay', async () => {
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    await upload(sampleWriting(memory, { headers }));
    const { etag } = memory.stored();
    await expect(upload(sampleWriting(memory, { headers }))).rejects.toMatchObject({ status: 409 });
    expect(memory.stored().etag).toBe(etag);
    expect(memory.uploads.size).toBe(0);
  });

  it('needs a transport that has parts', async () => {
    memory.parts = undefined;
    await expect(upload()).rejects.toThrow(CapabilityMissingError);
    await expect(upload()).rejects.toThrow(expect.objectContaining({ capability: 'parts' }));
  });
});

it('parts that the server has are sent again when their bytes were not recorded', async () => {
  const writing = sampleWriting(memory);
  const { scheme, transport } = writing.context;
  const plan = planParts(scheme, plaintext.length, partSizeBytes);
  const upload = await startUpload(writing, plan, undefined);
  memory.before = ({ operation }) => {
    if (operation === 'finish' || operation === 'drop') throw refused(403);
  };
  const source = openSource(plaintext, undefined);
  await expect(uploadInParts(writing, upload, source)).rejects.toThrow('403');
  memory.before = () => {};
  // The same bytes, by their ETags and sums.
  const { uploadId } = upload;
  const stored = (await transport.parts?.list({ key: 'k', uploadId, headers: {}, signal: undefined })) ?? [];
  expect(stored).toHaveLength(4);
  memory.calls.length = 0;
  await uploadInParts(writing, { ...upload, stored }, source);
  expect(memory.callsOf('putPart')).toHaveLength(4);
  await expectStored();
});

describe('a lost answer to the end of an upload', () => {
  const losing = (failure: () => Error, spoil = () => {}) => {
    memory.after = (call, response) => {
      if (call.operation !== 'finish') return response;
      spoil();
      throw failure();
    };
  };

  it.each([
    ['was lost', lost],
    ['said that there is no such upload (any more)', () => refused(404)],
    ['said that the object is there', () => refused(409)],
    ['said "not now"', () => refused(500, true)],
  ])('that %s: the object is looked at, and has the sum of the parts', async (_, failure) => {
    losing(failure);
    const headers = { 'x-oss-request-payer': 'requester', 'x-oss-storage-class': 'IA' };
    const result = await upload(sampleWriting(memory, { headers }));
    expect(result.etag).toBe(memory.stored().etag);
    expect(memory.callsOf('head').map((call) => call.headers)).toEqual([
      { 'x-oss-request-payer': 'requester' },
    ]);
    expect(memory.callsOf('drop')).toHaveLength(0);
    await expectStored();
  });

  it.each([
    [
      'another object is there',
      () => memory.objects.set('k', { headers: {}, bytes: new Uint8Array(5), etag: '"o"' }),
    ],
    ['no object is there', () => memory.objects.delete('k')],
    [
      'the upload was finished with other parts',
      () => {
        memory.stored().bytes = memory.stored().bytes.map((byte) => byte ^ 1);
      },
    ],
    [
      'a copy of the bytes under another envelope is there',
      () => {
        memory.stored().headers['x-oss-meta-client-side-encryption-key'] = 'AAAA';
        memory.stored().headers['x-oss-meta-oss-crypto-key'] = 'AAAA';
      },
    ],
    [
      'the server gives no sums',
      () => {
        memory.givesSums = false;
      },
    ],
  ])('is a failure when %s', async (_, spoil) => {
    losing(lost, spoil);
    await expect(upload()).rejects.toThrow('the answer was lost');
    expect(memory.callsOf('head')).toHaveLength(1);
    expect(memory.callsOf('drop')).toHaveLength(1);
  });

  it('is a failure where no sums are made', async () => {
    memory.crc64 = undefined;
    losing(lost);
    await expect(upload()).rejects.toThrow('the answer was lost');
    expect(memory.callsOf('head')).toHaveLength(0);
  });

  it.each([
    ['a refusal', () => refused(403)],
    ['a failure that does not pass', () => new TransportError('no', { retryable: false })],
    ['an error of another kind', () => new TypeError('no')],
  ])('is not %s', async (_, failure) => {
    losing(failure);
    await expect(upload()).rejects.toThrow();
    expect(memory.callsOf('head')).toHaveLength(0);
  });
});

describe('what the server stored', () => {
  const answering = (operation: Call['operation'], change: (response: ObjectResponse) => ObjectResponse) => {
    memory.after = (call, response) => (call.operation === operation ? change(response) : response);
  };
  const withSum = (response: ObjectResponse): ObjectResponse => ({
    ...response,
    headers: { ...response.headers, 'x-oss-hash-crc64ecma': '1' },
  });

  it('of a part is compared', async () => {
    answering('putPart', withSum);
    await expect(upload()).rejects.toThrow(IntegrityError);
    expect(memory.callsOf('finish')).toHaveLength(0);
    expect(memory.uploads.size).toBe(0);
  });

  it('of the whole is compared with the sum of all parts', async () => {
    let crc64: string | undefined;
    answering('finish', (response) => {
      crc64 = response.headers['x-oss-hash-crc64ecma'];
      return response;
    });
    await upload();
    expect(crc64).toBe(crc64Of(memory.stored().bytes));
    answering('finish', withSum);
    await expect(upload()).rejects.toThrow(IntegrityError);
  });

  it('of a part has an ETag', async () => {
    answering('putPart', (response) => ({ ...response, headers: { 'x-oss-request-id': 'r' } }));
    await expect(upload()).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_TRANSPORT',
        retryable: false,
        message: expect.stringContaining('expose the header ETag'),
      }),
    );
  });

  it('of the whole has an ETag or a request id', async () => {
    answering('finish', (response) => ({ ...response, headers: {} }));
    await expect(upload()).rejects.toThrow(TransportError);
  });
});

describe('a failure', () => {
  const failing = (partNumber: number, failure: Error) => {
    memory.before = (call) => {
      if (call.operation === 'putPart' && call.partNumber === partNumber) throw failure;
    };
  };

  it('of a part ends the upload and the source, and drops what is there', async () => {
    const failure = refused(403);
    failing(2, failure);
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield plaintext;
      } finally {
        ended = true;
      }
    }
    await expect(upload(sampleWriting(memory), openSource(endless(), undefined))).rejects.toBe(failure);
    expect(ended).toBe(true);
    expect(memory.uploads.size).toBe(0);
  });

  it('of a part ends the wait for a source that gives no more', async () => {
    const failure = refused(403);
    failing(1, failure);
    async function* silent(): AsyncGenerator<Uint8Array> {
      // One part, and no more: only the failure can end the wait.
      yield plaintext.subarray(0, partSizeBytes);
      await new Promise(() => {});
    }
    await expect(upload(sampleWriting(memory), openSource(silent(), undefined))).rejects.toBe(failure);
  });

  it('of the source is what is thrown, when no part is under way any more', async () => {
    const failure = new Error('the disk is gone');
    let underWay = 0;
    memory.before = async ({ operation }) => {
      if (operation !== 'putPart') return;
      underWay++;
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      underWay--;
    };
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield plaintext.subarray(0, 2 * partSizeBytes);
      throw failure;
    }
    await expect(upload(sampleWriting(memory), openSource(broken(), undefined))).rejects.toBe(failure);
    expect(underWay).toBe(0);
    expect(memory.uploads.size).toBe(0);
  });

  it('to drop the upload is tried three times, and does not hide the first failure', async () => {
    const failure = refused(403);
    const drops: string[] = [];
    memory.before = ({ operation }) => {
      if (operation === 'putPart') throw failure;
      if (operation === 'drop') {
        drops.push('drop');
        throw lost();
      }
    };
    await expect(upload()).rejects.toBe(failure);
    expect(drops).toHaveLength(3);
  });

  it('by abort is the reason', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    memory.before = ({ operation }) => {
      if (operation === 'putPart') controller.abort(reason);
    };
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield plaintext;
      await new Promise(() => {});
    }
    const writing = sampleWriting(memory, { signal: controller.signal });
    await expect(upload(writing, openSource(silent(), undefined))).rejects.toBe(reason);
    expect(memory.uploads.size).toBe(0);
  });
});

it('content of unknown length is sent until it ends, with sums or without', async () => {
  await upload(sampleWriting(memory), openSource(inChunks(plaintext, 7_777), undefined));
  await expectStored();
  memory.objects.clear();
  memory.crc64 = undefined;
  await upload(sampleWriting(memory), openSource(inChunks(plaintext, 7_777), undefined));
  await expectStored();
});

describe('an upload that replaces what must not be lost', () => {
  const listing = (change: (parts: readonly StoredPart[]) => readonly StoredPart[]) => {
    const { parts } = memory;
    if (parts === undefined) throw new Error('there are parts');
    memory.parts = { ...parts, list: async (request) => change(await parts.list(request)) };
  };
  const headers = { 'x-oss-request-payer': 'requester', 'content-type': 'a/b' };

  it('is compared with what the server lists, and then replaces it', async () => {
    const beforeReplacing = vi.fn(async () => {
      expect(memory.callsOf('putPart')).toHaveLength(4);
      expect(memory.callsOf('list').map((call) => call.headers)).toEqual([
        { 'x-oss-request-payer': 'requester' },
      ]);
      expect(memory.callsOf('finish')).toEqual([]);
    });
    await upload(sampleWriting(memory, { headers, beforeReplacing }));
    expect(beforeReplacing).toHaveBeenCalledTimes(1);
    await expectStored();
    memory.calls.length = 0;
    await upload();
    expect(memory.callsOf('list')).toEqual([]);
  });

  it('may be listed without sums', async () => {
    const beforeReplacing = async (): Promise<void> => {};
    listing((parts) => parts.map((part) => ({ ...part, crc64: undefined })));
    await upload(sampleWriting(memory, { beforeReplacing }));
    listing((parts) => parts.map((part) => ({ ...part, crc64: '1' })));
    memory.crc64 = undefined;
    await upload(sampleWriting(memory, { beforeReplacing }));
    await expectStored();
  });

  it.each<[string, (parts: readonly StoredPart[]) => readonly StoredPart[]]>([
    ['a part less', (parts) => parts.slice(1)],
    ['a part more', (parts) => [...parts, { ...(parts[0] as StoredPart), partNumber: 5 }]],
    ['another number', (parts) => parts.map((part) => ({ ...part, partNumber: part.partNumber + 1 }))],
    ['another size', (parts) => parts.map((part) => ({ ...part, sizeBytes: 5 }))],
    ['another ETag of one', ([part, ...rest]) => [{ ...(part as StoredPart), etag: '"x"' }, ...rest]],
    ['another sum of one', ([part, ...rest]) => [{ ...(part as StoredPart), crc64: '1' }, ...rest]],
  ])('replaces nothing when the server lists %s', async (_, change) => {
    listing(change);
    const beforeReplacing = vi.fn(async () => {});
    await expect(upload(sampleWriting(memory, { beforeReplacing }))).rejects.toThrow(IntegrityError);
    expect(beforeReplacing).not.toHaveBeenCalled();
    expect(memory.callsOf('finish')).toEqual([]);
    expect(memory.uploads.size).toBe(0);
  });

  it('replaces nothing when it may not any more', async () => {
    const failure = new Error('it has changed');
    const beforeReplacing = () => Promise.reject(failure);
    await expect(upload(sampleWriting(memory, { beforeReplacing }))).rejects.toBe(failure);
    expect(memory.objects.size).toBe(0);
    expect(memory.uploads.size).toBe(0);
  });
});

it('tells of the bytes of parts under way as they are sent', async () => {
  const { parts } = memory;
  if (parts === undefined) throw new Error('there are parts');
  const half = partSizeBytes / 2;
  memory.parts = {
    ...parts,
    put: async (request) => {
      if (request.body.kind === 'bytes') request.body.onSent?.(half);
      return parts.put(request);
    },
  };
  const told: number[] = [];
  const onProgress = vi.fn(({ transferredBytes }) => void told.push(transferredBytes));
  await upload(sampleWriting(memory, { concurrency: 1, onProgress }));
  expect(told).toEqual([
    half,
    partSizeBytes,
    partSizeBytes + half,
    2 * partSizeBytes,
    2 * partSizeBytes + half,
    3 * partSizeBytes,
    // The last part has five bytes, which is all that can have been sent of it.
    3 * partSizeBytes + 5,
    3 * partSizeBytes + 5,
  ]);
  expect(onProgress).toHaveBeenLastCalledWith({
    transferredBytes: plaintext.length,
    totalBytes: plaintext.length,
  });
});

it('of a source whose length is not known the last part is told as long as it is', async () => {
  const told: unknown[] = [];
  const writing = sampleWriting(memory, { concurrency: 1, onProgress: (progress) => told.push(progress) });
  await upload(writing, openSource(inChunks(plaintext, 50_000), undefined));
  expect(told).toEqual(
    [1, 2, 3]
      .map((part) => ({ transferredBytes: part * partSizeBytes, totalBytes: undefined }))
      .concat([{ transferredBytes: plaintext.length, totalBytes: undefined }]),
  );
});

it('an object whose callback failed is stored: its upload is not dropped', async () => {
  const failure = new ServiceError('callback', {
    service: 'OSS',
    status: 203,
    serviceCode: 'CallbackFailed',
  });
  memory.after = (call, response) => {
    if (call.operation === 'finish') throw failure;
    return response;
  };
  await expect(upload()).rejects.toBe(failure);
  expect(memory.callsOf('drop')).toEqual([]);
  memory.after = (call, response) => {
    if (call.operation === 'finish')
      throw new ServiceError('other', { service: 'OSS', status: 403, serviceCode: 'AccessDenied' });
    return response;
  };
  await expect(upload()).rejects.toMatchObject({ serviceCode: 'AccessDenied' });
  expect(memory.callsOf('drop')).toHaveLength(1);
});
