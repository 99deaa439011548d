import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket, exposedHeaders, isOssEnvelopeError, type ObjectResponse } from '../index.js';
import { answeredEnvelope } from './answered-envelope.js';

let memory: MemoryTransport;
let bucket: EncryptedBucket;

beforeEach(async () => {
  memory = new MemoryTransport();
  bucket = new EncryptedBucket({ transport: memory, provider: toyProvider(1), format: 'oss-crypto' });
  await bucket.put('k', 'secret text');
});

/** What a page sees: the headers that need not be exposed (Fetch, "CORS-safelisted response-header name"), and some. */
function hide(also: RegExp): void {
  const safe = ['cache-control', 'content-length', 'content-type', 'expires', 'last-modified'];
  const shown = <T extends ObjectResponse>(response: T): T => ({
    ...response,
    headers: Object.fromEntries(
      Object.entries(response.headers).filter(([name]) => safe.includes(name) || also.test(name)),
    ),
  });
  memory.spoil = shown;
  memory.after = (_, response) => shown(response);
}

describe('an answer without ETag and request id', () => {
  it.each(['error', 'pass'] as const)(
    'is told as that, where plain objects are: %s',
    async (onPlainObject) => {
      hide(/^$/);
      for (const call of [
        () => bucket.get('k', { onPlainObject }),
        () => bucket.get('k', { onPlainObject, range: { offsetBytes: 1, lengthBytes: 2 } }),
        () => bucket.open('k', { onPlainObject }),
        () => bucket.head('k'),
      ]) {
        const error: unknown = await call().catch((thrown: unknown) => thrown);
        expect(isOssEnvelopeError(error, 'ERR_TRANSPORT')).toBe(true);
        expect(String(error)).toMatch(/neither ETag nor x-oss-request-id.*CORS rule.*exposedHeaders/s);
      }
    },
  );

  it('is read all the same where its envelope is there', async () => {
    hide(/^x-oss-meta-/);
    expect(await (await bucket.get('k')).text()).toBe('secret text');
  });

  it('does not take a plain object with an ETag along', async () => {
    hide(/^etag$/);
    await expect(bucket.get('k')).rejects.toThrow(/carries no envelope.*CORS/s);
    expect((await bucket.get('k', { onPlainObject: 'pass' })).encryption.kind).toBe('plain');
  });

  it('says what to expose for a range', async () => {
    await bucket.put('large', new Uint8Array(100));
    hide(/^(etag|x-oss-.*)$/);
    const range = { offsetBytes: 20, lengthBytes: 3 };
    await expect(bucket.get('large', { range })).rejects.toThrow(/Content-Range.*CORS/s);
  });
});

describe('exposedHeaders', () => {
  it('are enough for every format, in one request and in parts', async () => {
    for (const format of ['oss-crypto', 'client-side-encryption', 'sealed'] as const) {
      const provider = toyProvider(1, { materialDescription: { a: 'b' } });
      const writer = new EncryptedBucket({ transport: memory, provider: provider, format });
      for (const options of [{}, { multipartThresholdBytes: 1, partSizeBytes: 102_400 }]) {
        await writer.put('k', new Uint8Array(200_000), options).catch(() => {
          // The toy has no algorithm for sealed objects.
        });
        const names = Object.keys(memory.stored().headers).filter((name) => name.startsWith('x-oss-meta-'));
        expect(exposedHeaders).toEqual(expect.arrayContaining(names));
      }
    }
    expect(exposedHeaders).toEqual(expect.arrayContaining(['etag', 'x-oss-request-id', 'content-range']));
    expect(exposedHeaders).toContain('x-oss-meta-oss-envelope-key-9');
    expect(new Set(exposedHeaders).size).toBe(exposedHeaders.length);
  });
});

describe('the envelope of an answer', () => {
  const of = (headers: Record<string, string>, ...lenient: [boolean?]) =>
    answeredEnvelope({ status: 200, headers }, ...lenient);

  it('need not be there where the answer is one of OSS', () => {
    expect(of({ etag: '"e"' })).toEqual({ kind: 'plain' });
    expect(of({ 'x-oss-request-id': 'r' })).toEqual({ kind: 'plain' });
    expect(() => of({})).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT', retryable: false }));
  });

  it('is read leniently where that is asked for', () => {
    const { headers } = memory.stored();
    const length = Object.keys(headers).find((name) => name.endsWith('content-length'));
    const odd = { ...headers, [String(length)]: 'many' };
    expect(() => of(odd)).toThrow(expect.objectContaining({ code: 'ERR_ENVELOPE_MALFORMED' }));
    expect(of(odd, true).kind).toBe('enveloped');
  });
});
