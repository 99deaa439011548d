import { describe, expect, it } from 'vitest';
import { SecretBytes } from '../contract/secret-bytes.js';
import { TransportError } from '../errors/errors.js';
import { createSealedProvider, type KeyService } from './sealed-provider.js';

const labelText = 'oss-envelope/sealed/1';

/** Adds one to each byte, and puts the label before them. */
function service(changes: Partial<KeyService> = {}): KeyService {
  return {
    wrapAlgorithm: 'hsm',
    encrypt: async (key, label) => Uint8Array.from([...label, ...key.map((byte) => byte + 1)]),
    async decrypt(wrapped, label) {
      if (Buffer.compare(wrapped.subarray(0, label.length), label) !== 0) throw new Error('secret reason');
      return wrapped.slice(label.length).map((byte) => byte - 1);
    },
    ...changes,
  };
}

describe('createSealedProvider', () => {
  it('declares its own name, in the one format', () => {
    const materialDescription = { key: 'a' };
    expect(createSealedProvider(service({ materialDescription }))).toMatchObject({
      materialDescription,
      wraps: { sealed: 'hsm' },
      unwraps: ['hsm'],
    });
    expect(createSealedProvider(service()).materialDescription).toEqual({});
  });

  it.each(['wrapAlgorithm', 'encrypt', 'decrypt'] as const)('names a missing %s', (name) => {
    expect(() => createSealedProvider(service({ [name]: undefined }))).toThrow(`service.${name}`);
  });

  it('wraps the key that it is given, or a fresh one, bound to the format', async () => {
    const provider = createSealedProvider(service());
    const given = new SecretBytes(new Uint8Array(32).fill(4));
    const { key, wrappedKey } = await provider.wrapKey({ format: 'sealed', key: given });
    expect(key).toBe(given);
    expect(Buffer.from(wrappedKey).subarray(0, 21).toString()).toBe(labelText);
    const opened = await provider.unwrapKey({ format: 'sealed', wrapAlgorithm: 'hsm', wrappedKey });
    expect(opened.key.bytes).toEqual(given.bytes);
    const [a, b] = await Promise.all([1, 2].map(() => provider.wrapKey({ format: 'sealed' })));
    expect(a?.key.bytes).toHaveLength(32);
    expect(a?.key.bytes).not.toEqual(b?.key.bytes);
  });

  it('refuses other formats, other names and a context', async () => {
    const provider = createSealedProvider(service());
    const unsupported = { code: 'ERR_ALGORITHM_NOT_SUPPORTED' };
    const request = { format: 'sealed', wrapAlgorithm: 'hsm', wrappedKey: new Uint8Array(40) } as const;
    await expect(provider.wrapKey({ format: 'oss-crypto' })).rejects.toMatchObject(unsupported);
    await expect(provider.unwrapKey({ ...request, format: 'oss-crypto' })).rejects.toMatchObject(unsupported);
    await expect(provider.unwrapKey({ ...request, wrapAlgorithm: 'kms' })).rejects.toMatchObject(unsupported);
    const context = { a: 'b' };
    const invalid = { code: 'ERR_INVALID_ARGUMENT', argument: 'context' };
    await expect(provider.wrapKey({ format: 'sealed', context })).rejects.toMatchObject(invalid);
    await expect(provider.unwrapKey({ ...request, context })).rejects.toMatchObject(invalid);
    await provider.wrapKey({ format: 'sealed', context: {} });
  });

  it('says no reason for what does not open, but hands on errors of this project', async () => {
    const request = { format: 'sealed', wrapAlgorithm: 'hsm', wrappedKey: new Uint8Array(40) } as const;
    const error = await createSealedProvider(service())
      .unwrapKey(request)
      .catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED' });
    expect(error).not.toHaveProperty('cause');
    const lost = new TransportError('lost', { retryable: true });
    const provider = createSealedProvider(service({ decrypt: () => Promise.reject(lost) }));
    await expect(provider.unwrapKey(request)).rejects.toBe(lost);
  });

  it('gives the reason of an abort, before and while the service works', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const provider = createSealedProvider(
      service({
        async encrypt(key) {
          controller.abort('enough');
          return key;
        },
      }),
    );
    const request = { format: 'sealed', wrapAlgorithm: 'hsm', wrappedKey: new Uint8Array(40) } as const;
    await expect(provider.wrapKey({ format: 'sealed', signal })).rejects.toBe('enough');
    const aborted = AbortSignal.abort('too late');
    await expect(provider.wrapKey({ format: 'sealed', signal: aborted })).rejects.toBe('too late');
    await expect(provider.unwrapKey({ ...request, signal: aborted })).rejects.toBe('too late');
    const later = new AbortController();
    const waiting = createSealedProvider(
      service({
        async decrypt() {
          later.abort('enough');
          throw new Error('the service was aborted');
        },
      }),
    );
    await expect(waiting.unwrapKey({ ...request, signal: later.signal })).rejects.toBe('enough');
  });
});
