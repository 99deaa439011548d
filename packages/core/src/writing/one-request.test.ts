import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { busy, inChunks, MemoryTransport, type StoredObject } from '../../test/memory-transport.js';
import { sampleWriting } from '../../test/sample-writing.js';
import { toyProvider } from '../../test/toy-provider.js';
import { toyScheme } from '../../test/toy-scheme.js';
import { decryptBytes } from '../cipher/counter-mode.js';
import type { FormatName } from '../contract/key-provider.js';
import type { ObjectTransport, UploadBody } from '../contract/object-transport.js';
import { parseEnvelope } from '../envelope/envelope-reading.js';
import { openContentKey } from '../envelope/opened-key.js';
import { IntegrityError, InvalidArgumentError, ServiceError, TransportError } from '../errors/errors.js';
import { isWorthALook, putBytes, scaledTo } from './one-request.js';
import type { PutResult } from './put-result.js';
import { type BytesSource, type Content, openSource } from './source.js';
import { putStream } from './stream-request.js';

let memory: MemoryTransport;
beforeEach(() => {
  memory = new MemoryTransport();
});

// Several chunks of each kind of source.
const plaintext = randomBytes(700_000);

function bytesSource(sizeBytes: number): BytesSource {
  return { kind: 'bytes', sizeBytes, bytes: plaintext.subarray(0, sizeBytes) };
}

async function storedPlaintext(): Promise<Uint8Array> {
  const { headers, bytes } = memory.stored();
  const state = parseEnvelope(headers);
  if (state.kind === 'plain' || state.envelope.format === 'sealed') throw new Error('the envelope is gone');
  return decryptBytes(bytes, await openContentKey(state.envelope, [toyProvider(1)]));
}

describe('content that comes again', () => {
  const kinds: [string, () => Content][] = [
    ['bytes', () => plaintext],
    ['a Blob', () => new Blob([plaintext])],
    ['a file', () => ({ sizeBytes: plaintext.length, open: () => inChunks(plaintext, 100_000) })],
  ];

  it.each(
    kinds.flatMap(([name, make]) =>
      (['oss-crypto', 'client-side-encryption'] as const).map((format) => [name, format, make] as const),
    ),
  )(
    'is sent again after a 503, as another ciphertext under another key: %s, %s',
    async (_, format: FormatName, make) => {
      const bodies: { headers: Record<string, string>; begin: Buffer }[] = [];
      const put: ObjectTransport['put'] = async (request) => {
        if (bodies.length === 2) return memory.put(request);
        const taken: Uint8Array[] = [];
        if (request.body.kind !== 'chunks') throw new Error('it is large');
        let takenBytes = 0;
        for await (const chunk of request.body.chunks) {
          taken.push(Uint8Array.from(chunk));
          takenBytes += chunk.length;
          if (takenBytes > 200_000) break;
        }
        bodies.push({ headers: { ...request.headers }, begin: Buffer.concat(taken) });
        throw busy();
      };
      const writing = sampleWriting({ ...memory, put }, { context: { format } });
      await putStream(writing, openSource(make(), undefined));
      bodies.push({ headers: memory.stored().headers, begin: Buffer.from(memory.stored().bytes) });
      expect(bodies).toHaveLength(3);
      const names = Object.keys(memory.stored().headers);
      const keyName = names.find((name) => /crypto-key$|encryption-key$/.test(name)) as string;
      const startName = names.find((name) => /start$/.test(name)) as string;
      expect(new Set(bodies.map(({ headers }) => headers[keyName])).size).toBe(3);
      if (format === 'client-side-encryption') {
        expect(new Set(bodies.map(({ headers }) => headers[startName])).size).toBe(3);
      }
      const begins = bodies.map(({ begin }) => begin.subarray(0, 16).toString('hex'));
      expect(new Set(begins).size).toBe(3);
      expect(Buffer.compare(await storedPlaintext(), plaintext)).toBe(0);
    },
  );

  it('fails as the last try did, and by the policy of the transport, or the usual one', async () => {
    const source = openSource(new Blob([plaintext]), undefined);
    const failure = busy();
    memory.before = () => {
      throw failure;
    };
    memory.retry = { retries: 1, sleep: async () => {}, random: () => 0 };
    await expect(putStream(sampleWriting(memory), source)).rejects.toBe(failure);
    expect(memory.puts).toHaveLength(2);
    memory.retry = undefined;
    const stopping = new AbortController();
    memory.before = () => {
      stopping.abort(failure);
      throw failure;
    };
    await expect(putStream(sampleWriting(memory, { signal: stopping.signal }), source)).rejects.toBe(failure);
    expect(memory.puts).toHaveLength(3);
  });

  it('is not sent again after a refusal, or more often than the policy says', async () => {
    const source = openSource(plaintext, undefined);
    memory.before = () => {
      throw new ServiceError('no', { service: 'OSS', status: 403 });
    };
    await expect(putStream(sampleWriting(memory), source)).rejects.toThrow('no');
    expect(memory.puts).toHaveLength(1);
    memory.before = () => {
      throw busy();
    };
    await expect(putStream(sampleWriting(memory), source)).rejects.toThrow('busy');
    expect(memory.puts).toHaveLength(5);
  });

  it('asks the provider for each key', async () => {
    let asked = 0;
    const toy = toyProvider(1);
    const provider = {
      ...toy,
      wrapKey: (request: Parameters<typeof toy.wrapKey>[0]) => {
        asked++;
        return toy.wrapKey(request);
      },
    };
    let failures = 1;
    memory.before = () => {
      if (failures-- > 0) throw busy();
    };
    await putStream(sampleWriting(memory, { context: { provider } }), openSource(plaintext, undefined));
    expect(asked).toBe(2);
  });
});

describe('what must not replace an object', () => {
  const headers = { 'x-oss-forbid-overwrite': 'true', 'x-oss-request-payer': 'requester' };
  const small = bytesSource(1000);
  const exclusive = (changes: Partial<ObjectTransport> = {}) =>
    sampleWriting({ ...memory, ...changes }, { headers });
  const exists = (): ServiceError =>
    new ServiceError('it exists', { service: 'OSS', status: 409, serviceCode: 'FileAlreadyExists' });
  const lost = (): TransportError => new TransportError('the answer was lost', { retryable: true });
  /** Fails the answers to puts in turn. */
  const losing = (...failures: (() => Error)[]) => {
    memory.after = (call, response) => {
      const failure = call.operation === 'put' ? failures.shift() : undefined;
      if (failure !== undefined) throw failure();
      return response;
    };
  };
  const ways: [string, (transport?: Partial<ObjectTransport>) => Promise<PutResult>][] = [
    ['bytes', (transport) => putBytes(exclusive(transport), small)],
    ['a Blob', (transport) => putStream(exclusive(transport), openSource(new Blob([plaintext]), undefined))],
    [
      'a stream that comes once',
      (transport) => putStream(exclusive(transport), openSource(inChunks(plaintext, 100_000), undefined)),
    ],
  ];

  it.each(
    ways.flatMap(([name, put]) =>
      (
        [
          ['the answer was lost', lost],
          ['the transport sent it again, and found it there', exists],
          ['the server failed after it had stored it', busy],
        ] as const
      ).map(([what, failure]) => [name, what, put, failure] as const),
    ),
  )('is stored when a HEAD shows its envelope: %s, %s', async (_, __, put, failure) => {
    losing(failure);
    const result = await put();
    expect(memory.puts).toHaveLength(1);
    expect(result).toMatchObject({ etag: memory.stored().etag, requestId: 'request' });
    const state = parseEnvelope(memory.stored().headers);
    expect(result.envelope).toEqual(state.kind === 'enveloped' && state.envelope);
    expect(memory.callsOf('head').map((call) => call.headers)).toEqual([
      { 'x-oss-request-payer': 'requester' },
    ]);
    // Without sums the envelope is proof enough: body and headers are one request.
    memory.objects.clear();
    memory.givesSums = false;
    losing(failure);
    await put({ crc64: undefined });
  });

  it.each(ways)('is refused when the object is of somebody else: %s', async (_, put) => {
    await putBytes(sampleWriting(memory), small);
    const { etag } = memory.stored();
    await expect(put()).rejects.toMatchObject({ serviceCode: 'FileAlreadyExists' });
    expect(memory.stored().etag).toBe(etag);
    // Not even when that one is of the same size, and came between.
    const changes: Record<string, () => void> = {
      'other bytes': () => {
        memory.stored().bytes = memory.stored().bytes.map((byte) => byte ^ 1);
      },
      'another size': () => {
        memory.stored().bytes = memory.stored().bytes.subarray(1);
        memory.givesSums = false;
      },
      'another key': () => {
        const names = Object.keys(memory.stored().headers).filter((name) => name.endsWith('-key'));
        expect(names).toHaveLength(1);
        memory.stored().headers[names[0] as string] = 'AAAA';
      },
    };
    for (const [what, change] of Object.entries(changes)) {
      memory.objects.clear();
      memory.after = (call, response) => {
        if (call.operation !== 'put') return response;
        change();
        throw exists();
      };
      await expect(put(), what).rejects.toMatchObject({ serviceCode: 'FileAlreadyExists' });
    }
  });

  it('is sent again when it is not there', async () => {
    const failures = [lost, busy];
    memory.before = ({ operation }) => {
      const failure = operation === 'put' ? failures.shift() : undefined;
      if (failure !== undefined) throw failure();
    };
    await putStream(exclusive(), openSource(new Blob([plaintext]), undefined));
    expect(memory.puts).toHaveLength(3);
    expect(Buffer.compare(await storedPlaintext(), plaintext)).toBe(0);
  });

  it('may have been stored by an earlier try that the server was still busy with', async () => {
    // The first try is stored only after the second one was sent, which it then refuses.
    let late: StoredObject | undefined;
    memory.after = (call, response) => {
      if (call.operation !== 'put' || late !== undefined) return response;
      late = memory.stored();
      memory.objects.clear();
      throw lost();
    };
    const put: ObjectTransport['put'] = async (request) => {
      if (late !== undefined) memory.objects.set('k', late);
      return memory.put(request);
    };
    const result = await putStream(exclusive({ put }), openSource(new Blob([plaintext]), undefined));
    expect(memory.puts).toHaveLength(2);
    expect(result.etag).toBe(late?.etag);
    const state = parseEnvelope(memory.stored().headers);
    expect(result.envelope).toEqual(state.kind === 'enveloped' && state.envelope);
    expect(Buffer.compare(await storedPlaintext(), plaintext)).toBe(0);
  });

  it.each(ways)('fails with advice when nobody can look: %s', async (_, put) => {
    losing(exists);
    const head = async (): Promise<never> => {
      throw new ServiceError('no right', { service: 'OSS', status: 403 });
    };
    await expect(put({ head })).rejects.toMatchObject({
      serviceCode: 'FileAlreadyExists',
      message: expect.stringMatching(/^it exists\. .*may have stored the object.*look at the object/),
    });
  });

  it.each(ways.slice(1))('is not looked at when not all of it had left: %s', async (_, put) => {
    const cut: ObjectTransport['put'] = async ({ body }) => {
      if (body.kind === 'chunks') for await (const _ of body.chunks) break;
      throw exists();
    };
    await expect(put({ put: cut })).rejects.toMatchObject({ serviceCode: 'FileAlreadyExists' });
    expect(memory.callsOf('head')).toHaveLength(0);
  });

  it.each(ways)('is not looked at after a failure that says that it is not there: %s', async (_, put) => {
    losing(() => new ServiceError('no', { service: 'OSS', status: 403 }));
    await expect(put()).rejects.toThrow('no');
    expect(memory.callsOf('head')).toHaveLength(0);
  });

  it('ends with the reason of an abort while it is looked at', async () => {
    losing(lost);
    const controller = new AbortController();
    const reason = new Error('enough');
    const head = async (): Promise<never> => {
      controller.abort(reason);
      throw reason;
    };
    const writing = { ...exclusive({ head }), signal: controller.signal };
    await expect(putBytes(writing, small)).rejects.toBe(reason);
  });
});

it('what may replace an object is looked at only after a conflict, as under a retention policy', async () => {
  const immutable = new ServiceError('immutable', {
    service: 'OSS',
    status: 409,
    serviceCode: 'FileImmutable',
  });
  memory.after = (call, response) => {
    if (call.operation === 'put') throw immutable;
    return response;
  };
  const result = await putBytes(sampleWriting(memory), bytesSource(1000));
  expect(result.etag).toBe(memory.stored().etag);
  memory.after = (call, response) => {
    if (call.operation === 'put') throw busy();
    return response;
  };
  await expect(putBytes(sampleWriting(memory), bytesSource(1000))).rejects.toThrow('busy');
  expect(memory.callsOf('head')).toHaveLength(1);
});

it.each([
  ['a stream', () => new Blob([plaintext]).stream()],
  ['a generator', () => inChunks(plaintext, 100_000)],
] as [string, () => Content][])('content that comes once is not sent again: %s', async (_, make) => {
  memory.before = () => {
    throw busy();
  };
  const source = openSource(make(), plaintext.length);
  await expect(putStream(sampleWriting(memory), source)).rejects.toMatchObject({
    code: busy().code,
    retryable: true,
    message: expect.stringMatching(/busy.* comes only once, so it was not sent again/),
  });
  expect(memory.puts).toHaveLength(1);
});

it('content that comes once has no such advice after a refusal', async () => {
  const failure = new ServiceError('no', { service: 'OSS', status: 403 });
  memory.before = () => {
    throw failure;
  };
  const source = openSource(inChunks(plaintext, 100_000), plaintext.length);
  await expect(putStream(sampleWriting(memory), source)).rejects.toBe(failure);
});

it.each([
  [plaintext.length, toyScheme.storedSize(plaintext.length)],
  [undefined, undefined],
])('a stream of %j bytes is announced as the %j that are stored', async (sizeBytes, storedBytes) => {
  const writing = sampleWriting(memory);
  const context = { ...writing.context, scheme: toyScheme };
  await putStream({ ...writing, context }, openSource(inChunks(plaintext, 100_000), sizeBytes));
  expect(memory.puts[0]?.body).toMatchObject({ kind: 'chunks', sizeBytes: storedBytes });
});

describe('a transport', () => {
  const source = () => openSource(plaintext, undefined);
  const withBody = (take: (body: UploadBody) => Promise<Uint8Array | undefined>): ObjectTransport => ({
    ...memory,
    put: async (request) => {
      const bytes = await take(request.body);
      return bytes === undefined
        ? { status: 200, headers: { etag: '"e"' } }
        : memory.put({ ...request, body: { kind: 'bytes', bytes } });
    },
  });
  const chunksOf = (body: UploadBody): AsyncIterable<Uint8Array> => {
    if (body.kind !== 'chunks') throw new Error('it is large');
    return body.chunks;
  };

  it.each([
    ['takes nothing', async () => undefined],
    [
      'takes some',
      async (body: UploadBody) => {
        for await (const _ of chunksOf(body)) return undefined;
        return undefined;
      },
    ],
  ])('that %s and reports success is refused', async (_, take) => {
    await expect(putStream(sampleWriting(withBody(take)), source())).rejects.toThrow(IntegrityError);
  });

  it.each([
    [
      'a web stream',
      async (body: UploadBody) =>
        new Uint8Array(await new Response(webStreamOf(chunksOf(body))).arrayBuffer()),
    ],
    [
      'a Node stream that reads ahead',
      async (body: UploadBody) => {
        const readable = Readable.from(chunksOf(body), { objectMode: true, highWaterMark: 20 });
        await new Promise((resolve) => readable.once('readable', resolve));
        await new Promise((resolve) => setTimeout(resolve, 20));
        return Buffer.concat(await readable.toArray());
      },
    ],
    [
      'all chunks at once',
      async (body: UploadBody) => {
        const kept: Uint8Array[] = [];
        for await (const chunk of chunksOf(body)) kept.push(chunk);
        return Buffer.concat(kept);
      },
    ],
  ])('may make of the body: %s', async (_, take) => {
    await putStream(sampleWriting(withBody(take)), source());
    expect(Buffer.compare(await storedPlaintext(), plaintext)).toBe(0);
  });

  it('that says that it takes chunks in turn has them freed', async () => {
    const kept: Uint8Array[] = [];
    const transport = {
      ...withBody(async (body) => {
        for await (const chunk of chunksOf(body)) kept.push(chunk);
        return undefined;
      }),
      takesChunksInTurn: true,
    };
    await putStream(sampleWriting(transport), source());
    expect(kept.slice(0, -1).every(({ length }) => length === 0)).toBe(true);
  });

  it('whose server stored other bytes is found out', async () => {
    memory.after = (_, response) => ({
      ...response,
      headers: { ...response.headers, 'x-oss-hash-crc64ecma': '1' },
    });
    await expect(putStream(sampleWriting(memory), source())).rejects.toThrow(IntegrityError);
    await expect(putBytes(sampleWriting(memory), bytesSource(10))).rejects.toThrow(IntegrityError);
    // Without sums there is nothing to compare.
    memory.crc64 = undefined;
    await putStream(sampleWriting(memory), source());
    await putBytes(sampleWriting(memory), bytesSource(10));
  });

  it('whose answer is not one of OSS is found out', async () => {
    memory.after = () => ({ status: 200, headers: { 'content-type': 'text/html' } });
    await expect(putStream(sampleWriting(memory), source())).rejects.toThrow(TransportError);
    await expect(putBytes(sampleWriting(memory), bytesSource(10))).rejects.toThrow(TransportError);
  });
});

function webStreamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 16 },
  );
}

describe('bytes that change their number while they are stored', () => {
  it.each([0, 1])('are not stored, at whatever point it happens (%i)', async (point) => {
    for (const sizeBytes of [1000, plaintext.length]) {
      const bytes = Uint8Array.from(plaintext.subarray(0, sizeBytes));
      const transfer = (): void => void structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      const toy = toyProvider(1);
      const provider = {
        ...toy,
        wrapKey: async (request: Parameters<typeof toy.wrapKey>[0]) => {
          if (point === 0) transfer();
          else setImmediate(transfer);
          await new Promise((resolve) => setTimeout(resolve, 5));
          return toy.wrapKey(request);
        },
      };
      const writing = sampleWriting(memory, { context: { provider } });
      const source = openSource(bytes, undefined);
      const putting =
        sizeBytes > 1000 ? putStream(writing, source) : putBytes(writing, source as BytesSource);
      await expect(putting).rejects.toThrow(InvalidArgumentError);
      expect(memory.objects.size).toBe(0);
    }
  });
});

it.each([
  [100, 116, 58, 50],
  [100, 116, 0, 0],
  [100, 116, 1, 0],
  [100, 116, 116, 100],
  [100, 116, 117, 100],
  [0, 16, 16, 0],
  [0, 0, 0, 0],
])('of %i bytes, stored as %i, %i stand for %i', (plaintextBytes, storedBytes, sentBytes, expected) => {
  const tell = vi.fn();
  scaledTo(plaintextBytes, storedBytes, tell)(sentBytes);
  expect(tell.mock.calls).toEqual([[expected]]);
});

it.each([
  ['a lost answer', new TransportError('lost', { retryable: true }), false, true],
  ['a server that is busy', busy(), false, true],
  ['a conflict', new ServiceError('no', { service: 'OSS', status: 409 }), true, true],
  ['a refusal', new ServiceError('no', { service: 'OSS', status: 403 }), false, false],
  ['another error', new Error('no'), false, false],
])('after %s the object is looked for if it may not be sent again', (_, error, replaceable, exclusive) => {
  expect(isWorthALook(sampleWriting(memory), error)).toBe(replaceable);
  const headers = { 'x-oss-forbid-overwrite': 'true' };
  expect(isWorthALook(sampleWriting(memory, { headers }), error)).toBe(exclusive);
});

describe('one request of bytes', () => {
  it('has the MD5 of what is stored where it replaces what must not be lost, once all is ready', async () => {
    const beforeReplacing = vi.fn(async () => expect(memory.puts).toEqual([]));
    await putBytes(sampleWriting(memory, { beforeReplacing }), bytesSource(1000));
    expect(beforeReplacing).toHaveBeenCalledTimes(1);
    const md5 = createHash('md5').update(memory.stored().bytes).digest('base64');
    expect(memory.puts[0]?.headers).toMatchObject({
      'content-md5': md5,
      'content-type': 'application/octet-stream',
    });
    await putBytes(sampleWriting(memory), bytesSource(1000));
    expect(memory.puts[1]?.headers).not.toHaveProperty('content-md5');
    const failure = new Error('it has changed');
    const refusing = sampleWriting(memory, { beforeReplacing: () => Promise.reject(failure) });
    await expect(putBytes(refusing, bytesSource(1000))).rejects.toBe(failure);
    expect(memory.puts).toHaveLength(2);
  });

  it('tells of its bytes as they are sent, and when all are there', async () => {
    const { put } = memory;
    const transport = {
      ...memory,
      put: async (request: Parameters<typeof put>[0]) => {
        if (request.body.kind === 'bytes') request.body.onSent?.(500);
        return put(request);
      },
    };
    const onProgress = vi.fn();
    await putBytes(sampleWriting(transport, { onProgress }), bytesSource(1000));
    expect(onProgress.mock.calls).toEqual([
      [{ transferredBytes: 500, totalBytes: 1000 }],
      [{ transferredBytes: 1000, totalBytes: 1000 }],
    ]);
    await putBytes(sampleWriting(transport), bytesSource(1000));
  });

  it('is given the signal, and not sent with headers that are too large', async () => {
    const { signal } = new AbortController();
    await putBytes(sampleWriting(memory, { signal }), bytesSource(10));
    expect(memory.puts[0]).toMatchObject({ key: 'k', signal });
    const headers = { 'x-oss-meta-a': 'a'.repeat(9000) };
    await expect(putBytes(sampleWriting(memory, { headers }), bytesSource(10))).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARGUMENT)$/),
    });
    expect(memory.puts).toHaveLength(1);
  });

  it('records the size of the plaintext', async () => {
    const { envelope } = await putBytes(sampleWriting(memory), bytesSource(10));
    expect(envelope).toMatchObject({ contentSizeBytes: 10 });
  });

  it('records the MD5 of the plaintext that it is given', async () => {
    const contentMd5 = createHash('md5').update(plaintext.subarray(0, 10)).digest('base64');
    const { envelope } = await putBytes(sampleWriting(memory, { contentMd5 }), bytesSource(10));
    expect(envelope).toMatchObject({ contentMd5 });
  });
});
