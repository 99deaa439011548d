import type { KeyProvider, ObjectTransport } from '@oss-envelope/core';
import { SecretBytes, ServiceError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';
import { pacedProvider } from './paced-provider.js';
import { pacedTransport } from './paced-transport.js';
import { ownLimit } from './request-limit.js';

const response = { status: 200, headers: {} };

/** A transport whose methods need their object, and whose bucket changes. */
class OwnTransport {
  #calls: string[] = [];
  bucketName = 'photos';
  failures = 0;
  get calls(): readonly string[] {
    return this.#calls;
  }
  #call(name: string): typeof response {
    this.#calls.push(name);
    if (this.failures-- > 0) {
      throw new ServiceError('Slow down.', { service: 'OSS', status: 503, retryable: true, retryAfterMs: 0 });
    }
    return response;
  }
  put = async () => this.#call('put');
  async get() {
    return this.#call('get') as never;
  }
  async head() {
    return this.#call('head');
  }
  async delete() {
    return this.#call('delete');
  }
  async copy() {
    return this.#call('copy');
  }
  async presign() {
    this.#calls.push('presign');
    return 'url' as never;
  }
  async laterCall() {
    return this.#call('laterCall');
  }
  readonly parts = {
    start: async () => {
      this.#call('start');
      return { uploadId: '1' };
    },
    put: async () => this.#call('part'),
    list: async () => [],
    finish: async () => this.#call('finish'),
    drop: async () => {},
  };
}

function paced(limit = 1000): { own: OwnTransport; pace: Pace; transport: ObjectTransport } {
  const own = new OwnTransport();
  const pace = new Pace(ownLimit(limit));
  return { own, pace, transport: pacedTransport(own, pace) };
}

const request = { key: 'k', headers: {} };
const bytes = { kind: 'bytes', bytes: new Uint8Array(1) } as const;
const chunks = { kind: 'chunks', sizeBytes: 0, chunks: (async function* () {})() } as const;

describe('a paced transport', () => {
  it('has what the transport has, and nothing else', async () => {
    const { own, transport, pace } = paced();
    expect(transport.bucketName).toBe('photos');
    own.bucketName = 'others';
    expect(transport.bucketName).toBe('others');
    expect(transport.list).toBeUndefined();
    expect(transport.deleteMany).toBeUndefined();
    expect('acl' in transport).toBe(false);
    expect(transport.retry).toBe(pace.retry);
    expect(transport.crc64).toBeUndefined();
    const crc64 = { create: () => 0 as never, combine: () => '0' };
    expect(pacedTransport({ ...transport, crc64 }, pace).crc64).toBe(crc64);
  });

  it('makes each call of the transport, at the pace', async () => {
    const { own, transport } = paced(20);
    const startedAt = performance.now();
    const calls = Array.from({ length: 4 }, async () => {
      await transport.put({ ...request, body: bytes });
      await transport.get(request);
      await transport.head(request);
      await transport.delete(request);
      await transport.copy?.({ ...request, sourceKey: 'k' });
      await transport.parts?.put({ ...request, uploadId: '1', partNumber: 1, body: bytes });
      await (transport as unknown as OwnTransport).laterCall();
    });
    await Promise.all(calls);
    expect(new Set(own.calls)).toEqual(
      new Set(['put', 'get', 'head', 'delete', 'copy', 'part', 'laterCall']),
    );
    // 28 calls of which one is free, 50 ms each.
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
  });

  it('lets through at once what sends nothing', async () => {
    const { own, transport } = paced(1);
    await transport.head(request);
    const startedAt = performance.now();
    for (let times = 0; times < 5; times++) {
      await transport.presign?.({ ...request, method: 'GET', expiresSeconds: 1 });
    }
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect(own.calls.length).toBe(6);
  });

  it('sends again what was refused, but no chunks that came once', async () => {
    const { own, transport } = paced();
    own.failures = 1;
    await transport.put({ ...request, body: bytes });
    expect(own.calls).toEqual(['put', 'put']);
    own.failures = 1;
    await expect(transport.put({ ...request, body: chunks })).rejects.toMatchObject({ status: 503 });
    expect(own.calls.length).toBe(3);
  });

  it('works for a frozen transport', async () => {
    const { transport, pace } = paced();
    const frozen = Object.freeze({ ...transport });
    expect(await pacedTransport(frozen, pace).head(request)).toBe(response);
  });
});

describe('a paced provider', () => {
  const key = new SecretBytes(new Uint8Array(32));
  const provider: KeyProvider = {
    materialDescription: { name: 'photos' },
    wraps: { sealed: 'kms' },
    unwraps: ['kms'],
    bindsContext: true,
    async wrapKey() {
      return { key, wrappedKey: this.materialDescription.name ? new Uint8Array(1) : new Uint8Array(0) };
    },
    unwrapKey: async () => ({ key }),
  };

  it('is the provider, at a pace: a start value is a call of its own', async () => {
    const paced = pacedProvider(provider, new Pace(ownLimit(20)));
    expect(paced).toMatchObject({ materialDescription: { name: 'photos' }, bindsContext: true });
    expect(paced.deriveSecret).toBeUndefined();
    expect((await paced.wrapKey({ format: 'sealed' })).wrappedKey.length).toBe(1);
    const startedAt = performance.now();
    for (let times = 0; times < 5; times++) {
      await paced.unwrapKey({
        format: 'oss-crypto',
        wrapAlgorithm: 'kms',
        wrappedKey: new Uint8Array(1),
        wrappedStart: new Uint8Array(1),
      });
    }
    expect(performance.now() - startedAt).toBeGreaterThan(380);
  });

  it('makes what is derived where the provider does', async () => {
    const paced = pacedProvider({ ...provider, deriveSecret: async () => key }, new Pace(ownLimit(1)));
    expect(await paced.deriveSecret?.('checkpoint')).toBe(key);
  });
});
