// The attacker is the transport: code of a third party, that takes bodies as it likes and answers what it likes.
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  EncryptedBucket,
  type ObjectTransport,
  type PutObjectRequest,
  type UploadBody,
} from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../packages/core/test/memory-transport.js';

const provider = rsaProvider(await rsaPair());
const content = randomBytes(5_000_000);
const formats = ['sealed', 'oss-crypto', 'client-side-encryption'] as const;

let memory: MemoryTransport;
beforeEach(() => {
  memory = new MemoryTransport();
  memory.chunkBytes = 1_000_000;
});

/** Every chunk, each kept as it came. */
async function listOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) kept.push(chunk);
  return kept;
}
/** What chunks still hold: memory that was freed has no bytes. */
const whatIsLeft = (chunks: readonly Uint8Array[]): Buffer =>
  Buffer.concat(chunks.filter(({ length }) => length > 0));
const chunksOf = (body: UploadBody): AsyncIterable<Uint8Array> =>
  body.kind === 'chunks' ? body.chunks : Readable.from([body.bytes]);

describe.each(formats)('that writes %s', (format) => {
  const bucketOver = (transport: Partial<ObjectTransport>): EncryptedBucket =>
    new EncryptedBucket({ transport: { ...memory, ...transport }, provider, format });
  /** A put over a transport that makes bytes of a body in some way. */
  const putBy = async (
    take: (body: UploadBody) => Promise<Uint8Array>,
    also: Partial<ObjectTransport> = {},
  ) => {
    const put = async (request: PutObjectRequest) =>
      memory.put({ ...request, body: { kind: 'bytes', bytes: await take(request.body) } });
    return bucketOver({ ...also, put }).put('k', Readable.from([content]), { sizeBytes: content.length });
  };
  const readBack = async (): Promise<Buffer> => Buffer.from(await (await bucketOver({}).get('k')).bytes());

  const ways: readonly (readonly [string, (body: UploadBody) => Promise<Uint8Array>])[] = [
    [
      'as the body of a fetch',
      async (body) =>
        new Uint8Array(
          await new Response(Readable.toWeb(Readable.from(chunksOf(body))) as ReadableStream).arrayBuffer(),
        ),
    ],
    ['as a Node stream', (body) => buffer(Readable.from(chunksOf(body), { highWaterMark: 20 }))],
    ['as a list of chunks', async (body) => Buffer.concat(await listOf(chunksOf(body)))],
    [
      'with two chunks asked for at once',
      async (body) => {
        const iterator = chunksOf(body)[Symbol.asyncIterator]();
        const taken: Uint8Array[] = [];
        for (;;) {
          const pair = await Promise.all([iterator.next(), iterator.next()]);
          for (const { value } of pair) if (value !== undefined) taken.push(value);
          if (pair.some(({ done }) => done)) return Buffer.concat(taken);
        }
      },
    ],
  ];
  it.each(ways)('holds: one that takes a body %s has all of it', async (_, take) => {
    await putBy(take);
    expect((await readBack()).equals(content)).toBe(true);
  });

  it('holds: one that says falsely that it takes chunks in turn is found by the sum of what was stored', async () => {
    const put = putBy(async (body) => whatIsLeft(await listOf(chunksOf(body))), {
      takesChunksInTurn: true,
    });
    await expect(put).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
  });

  it('cannot hold: nor is it found where the transport tells no sum', async () => {
    memory.crc64 = undefined;
    await putBy(async (body) => whatIsLeft(await listOf(chunksOf(body))), { takesChunksInTurn: true });
    expect((await readBack().catch(() => Buffer.of())).equals(content)).toBe(false);
  });

  it.each([
    ['nothing', async () => new Uint8Array(0)],
    [
      'the beginning',
      async (body: UploadBody) => (await buffer(Readable.from(chunksOf(body)))).subarray(0, 99),
    ],
    [
      'another byte',
      async (body: UploadBody) => {
        const bytes = await buffer(Readable.from(chunksOf(body)));
        bytes[70_000]! ^= 1;
        return bytes;
      },
    ],
  ])('holds: one that stores %s and reports success is found out', async (_, take) => {
    await expect(putBy(take)).rejects.toMatchObject({ code: 'ERR_INTEGRITY' });
  });

  it('holds: one that keeps a body and sends it again finds it spent, and no second ciphertext under its key', async () => {
    const sent: Uint8Array[] = [];
    await putBy(async (body) => {
      const whole = await buffer(Readable.from(chunksOf(body)));
      sent.push(whole);
      if (body.kind === 'chunks') {
        const more = await listOf(body.chunks).catch((): Uint8Array[] => []);
        expect(Buffer.concat(more)).toHaveLength(0);
      }
      return whole;
    });
    expect(sent).toHaveLength(1);
  });

  it('holds: one that fails once is sent other bytes under another key', async () => {
    const bodies: Buffer[] = [];
    const envelopes = new Set<string>();
    const put = async (request: PutObjectRequest) => {
      const bytes = await buffer(Readable.from(chunksOf(request.body)));
      bodies.push(bytes);
      envelopes.add(JSON.stringify(request.headers));
      if (bodies.length < 3) throw Object.assign(new Error('broken'), { code: 'ECONNRESET' });
      return memory.put({ ...request, body: { kind: 'bytes', bytes } });
    };
    const blob = new Blob([content]);
    const putting = bucketOver({ put }).put('k', blob);
    const failure = await putting.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) expect((await readBack()).equals(content)).toBe(true);
    expect(envelopes.size).toBe(bodies.length);
    for (const [index, a] of bodies.entries()) {
      for (const b of bodies.slice(index + 1)) {
        const same = a.filter((byte, at) => byte === b[at]).length;
        expect(same).toBeLessThan(a.length / 50);
      }
    }
  });
});

it('holds: a bucket has no call that goes around the encryption', () => {
  const bucket = new EncryptedBucket({ transport: memory, provider, format: 'sealed' });
  const names = new Set<string>();
  for (let level: object = bucket; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) names.add(name);
  }
  const encrypting = ['put', 'presignPut', 'reencrypt'];
  const decrypting = ['get', 'open', 'openUrl', 'verify', 'presignGet'];
  const ofEnvelopes = ['copy', 'rename', 'rewrap'];
  const withoutContent = ['callOf', 'constructor', 'delete', 'deleteMany', 'exists', 'head', 'list', 'with'];
  // Whoever adds a call says here what it does with content.
  const known = [...encrypting, ...decrypting, ...ofEnvelopes, ...withoutContent];
  expect([...names].sort()).toEqual(known.sort());
});
