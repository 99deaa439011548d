import { beforeEach, describe, expect, it } from 'vitest';
import { busy, MemoryTransport } from '../../test/memory-transport.js';
import { sampleWriting } from '../../test/sample-writing.js';
import { type Envelope, formatEnvelope } from '../envelope/envelope.js';
import { ServiceError, TransportError } from '../errors/errors.js';
import { mayBeStored, storedDespite } from './sent-object.js';
import { createKey, type Writing } from './writing-context.js';

const refused = (status: number, retryable = false) =>
  new ServiceError('refused', { service: 'OSS', status, retryable });

it.each([
  [new TransportError('lost', { retryable: true }), true],
  [new TransportError('bad certificate', { retryable: false }), false],
  [refused(409), true],
  [refused(403), false],
  [refused(404), false],
  [busy(), true],
  [Object.assign(new Error('other'), { retryable: true, status: 409 }), false],
  [undefined, false],
])('after %s the object may be stored: %s', (error, expected) => {
  expect(mayBeStored(error)).toBe(expected);
});

describe('a look after a failure', () => {
  const failure = new TransportError('lost', { retryable: true });
  let memory: MemoryTransport;
  let writing: Writing;
  let envelopes: Envelope[];
  beforeEach(async () => {
    memory = new MemoryTransport();
    const headers = { 'x-oss-request-payer': 'requester', 'content-type': 'a/b' };
    writing = sampleWriting(memory, { headers });
    envelopes = [(await createKey(writing)).envelope, (await createKey(writing)).envelope];
  });
  const triesOf = (sizeBytes = 5, crc64: string | undefined = '7') =>
    envelopes.map((envelope) => ({ envelope, sizeBytes, crc64 }));
  /** Stores five bytes under one of the envelopes; an answer may show fewer headers of it, or others. */
  const store = (index: number, shown: Record<string, string | undefined> = {}): void => {
    const headers = { ...formatEnvelope(envelopes[index] as Envelope) };
    memory.objects.set('k', { headers, bytes: new Uint8Array(5), etag: '"e"' });
    memory.after = (_, response) => ({
      ...response,
      headers: JSON.parse(
        JSON.stringify({ ...response.headers, 'x-oss-hash-crc64ecma': '7', ...shown }),
      ) as Record<string, string>,
    });
  };

  it('finds which try was stored, and gives the answer', async () => {
    store(1);
    const { sent, response } = await storedDespite(failure, writing, triesOf());
    expect(sent.envelope).toBe(envelopes[1]);
    expect(response.headers.etag).toBe('"e"');
    expect(memory.calls).toEqual([
      { operation: 'head', key: 'k', headers: { 'x-oss-request-payer': 'requester' }, partNumber: undefined },
    ]);
  });

  it.each([
    ['shows no size', { 'content-length': undefined }],
    ['shows no sum', { 'x-oss-hash-crc64ecma': undefined }],
  ])('takes the envelope for proof where the answer %s', async (_, shown) => {
    store(0, shown);
    expect((await storedDespite(failure, writing, triesOf())).sent.envelope).toBe(envelopes[0]);
  });

  it('takes the envelope for proof where no sums are made', async () => {
    store(0);
    const tries = envelopes.map((envelope) => ({ envelope, sizeBytes: 5, crc64: undefined }));
    expect((await storedDespite(failure, writing, tries)).sent.envelope).toBe(envelopes[0]);
  });

  it.each([
    ['another size', { 'content-length': '6' }],
    ['another sum', { 'x-oss-hash-crc64ecma': '8' }],
    ['another key', { 'x-oss-meta-oss-crypto-key': 'AAAA' }],
    ['half an envelope', { 'x-oss-meta-oss-crypto-start': undefined }],
  ])('is the failure where the object has %s', async (_, shown) => {
    store(0, shown);
    await expect(storedDespite(failure, writing, triesOf())).rejects.toBe(failure);
  });

  it('is the failure where there is no object', async () => {
    await expect(storedDespite(failure, writing, triesOf())).rejects.toBe(failure);
    store(0);
    await expect(storedDespite(failure, writing, [])).rejects.toBe(failure);
  });

  it.each([refused(403), busy(), failure, new Error('other')])(
    'is the failure, with what to do, where nobody can look: %s',
    async (unseen) => {
      memory.before = () => {
        throw unseen;
      };
      const told: unknown = await storedDespite(failure, writing, triesOf()).catch((error: unknown) => error);
      expect(told).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
      expect(String(told)).toContain('lost');
      expect(String(told)).toMatch(/look at the object/);
    },
  );

  it('is the reason of an abort', async () => {
    const controller = new AbortController();
    memory.before = () => {
      controller.abort('stop');
      throw refused(404);
    };
    const aborted = { ...writing, signal: controller.signal };
    await expect(storedDespite(failure, aborted, triesOf())).rejects.toBe('stop');
  });
});
