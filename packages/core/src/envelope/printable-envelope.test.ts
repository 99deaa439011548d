import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket, formatEnvelope, parseEnvelope } from '../index.js';
import { printableEnvelope } from './printable-envelope.js';

describe('what is known of an object prints its bytes as base64', () => {
  it('the result of a put, a head, an object, a handle and an envelope', async () => {
    const transport = new MemoryTransport();
    const bucket = new EncryptedBucket({ transport, provider: toyProvider(1), format: 'oss-crypto' });
    const result = await bucket.put('k', 'abc');
    const key = transport.stored().headers['x-oss-meta-oss-crypto-key'] as string;
    const object = await bucket.get('k');
    const described: unknown[] = [
      result,
      await bucket.head('k'),
      object,
      await bucket.open('k'),
      parseEnvelope(transport.stored().headers),
    ];
    for (const value of described) {
      const json = JSON.stringify(value);
      expect(json).toContain(`"wrappedKey":"${key}"`);
      expect(json).not.toContain('"0":');
      expect(inspect(value, { depth: 5 })).toContain(`wrappedKey: '${key}'`);
    }
    // It can still be used as it is, and copied.
    expect(formatEnvelope(result.envelope)).toEqual(formatEnvelope(structuredClone(result.envelope)));
    expect(Object.keys(result.envelope)).not.toContain('toJSON');
  });

  it('a sealed envelope, with its recipients', () => {
    const bytes = Uint8Array.from([255, 254]);
    const recipient = {
      wrapAlgorithm: 'kms',
      wrappedKey: bytes,
      sealedDataKey: bytes,
      materialDescription: {},
    };
    const envelope = printableEnvelope({
      format: 'sealed',
      contentAlgorithm: 'aes-256-gcm',
      head: bytes,
      context: { a: 'b' },
      contextText: '{"a":"b"}',
      bound: 'key',
      recipients: [recipient],
    } as never);
    expect(JSON.parse(JSON.stringify(envelope))).toMatchObject({
      head: '//4=',
      context: { a: 'b' },
      recipients: [{ wrappedKey: '//4=', sealedDataKey: '//4=' }],
    });
  });

  it('anything else as it is', () => {
    const other = { nothing: null, size: 5, text: 'a', list: [null, true] };
    expect(JSON.parse(JSON.stringify(printableEnvelope(other)))).toEqual(other);
  });
});

describe('content that was taken before', () => {
  it('is told as that, without an argument that nobody gave', async () => {
    const transport = new MemoryTransport();
    const bucket = new EncryptedBucket({ transport, provider: toyProvider(1), format: 'oss-crypto' });
    await bucket.put('k', 'abc');
    const object = await bucket.get('k');
    await object.bytes();
    const error: unknown = await object.bytes().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_CONTENT_TAKEN', operation: 'read', key: 'k' });
    expect(error).not.toHaveProperty('argument');
    expect(String(error)).toMatch(/The content of this object was taken before/);
    expect(() => object.chunks()).toThrow(/taken before/);
  });
});
