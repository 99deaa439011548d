import { describe, expect, it } from 'vitest';
import { toyProvider } from '../../test/toy-provider.js';
import type { KeyProvider, UnwrappedKey, WrappedKey } from '../contract/key-provider.js';
import { SecretBytes } from '../contract/secret-bytes.js';
import { KeyUnwrapError, MasterKeyError, NoMatchingKeyError } from '../errors/errors.js';
import { createContentKey } from './content-key.js';
import { openContentKey } from './opened-key.js';

const wrapping = (change: (made: WrappedKey) => WrappedKey): KeyProvider => {
  const toy = toyProvider(1);
  return { ...toy, wrapKey: async (request) => change(await toy.wrapKey(request)) };
};
const unwrapping = (change: (opened: UnwrappedKey) => UnwrappedKey): KeyProvider => {
  const toy = toyProvider(1);
  return { ...toy, unwrapKey: async (request) => change(await toy.unwrapKey(request)) };
};
const keyOf = (sizeBytes: number) => new SecretBytes(new Uint8Array(sizeBytes));

describe('a new content key', () => {
  it('is under the first wrap algorithm of the format, with what is recorded', async () => {
    const asked: unknown[] = [];
    const toy = toyProvider(1, { materialDescription: { name: 'a' } });
    const provider: KeyProvider = {
      ...toy,
      wrapKey: (request) => {
        asked.push(request);
        return toy.wrapKey(request);
      },
    };
    const { signal } = new AbortController();
    const made = await createContentKey(provider, 'client-side-encryption', {
      randomBytes: (sizeBytes) => new Uint8Array(sizeBytes).fill(9),
      contentSizeBytes: 5,
      contentMd5: 'md5',
      signal,
    });
    expect(made.envelope).toMatchObject({
      format: 'client-side-encryption',
      wrapAlgorithm: 'rsa-pkcs1',
      contentAlgorithm: 'aes-256-ctr',
      materialDescription: { name: 'a' },
      contentSizeBytes: 5,
      contentMd5: 'md5',
    });
    expect(asked).toEqual([
      { format: 'client-side-encryption', start: made.contentKey.counterBlock, signal },
    ]);
    expect(made.contentKey.dataKey.bytes).toHaveLength(32);
    const opened = await openContentKey(made.envelope, [toy], { signal });
    expect(opened.dataKey.bytes).toEqual(made.contentKey.dataKey.bytes);
    expect(opened.counterBlock).toEqual(made.contentKey.counterBlock);
  });

  it.each([0, 16, 31, 33])('of %i bytes is not used', async (sizeBytes) => {
    const provider = wrapping((made) => ({ ...made, key: keyOf(sizeBytes) }));
    await expect(createContentKey(provider, 'oss-crypto')).rejects.toThrow(MasterKeyError);
  });

  it('without its wrapped start value is not used', async () => {
    const provider = wrapping(({ wrappedStart: _, ...made }) => made);
    await expect(createContentKey(provider, 'oss-crypto')).rejects.toThrow(MasterKeyError);
  });

  it.each(['sealed', 'toString', undefined])('is not made for the format %s', async (format) => {
    await expect(createContentKey(toyProvider(1), format as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'format',
    });
  });

  it('is not made by a provider that cannot write the format', async () => {
    const provider = toyProvider(1, { wraps: { 'oss-crypto': 'rsa-oaep-sha1' } });
    await expect(createContentKey(provider, 'client-side-encryption')).rejects.toThrow(MasterKeyError);
  });
});

describe('an opened content key', () => {
  it.each([0, 16, 31, 33])('of %i bytes is the wrong one', async (sizeBytes) => {
    const { envelope } = await createContentKey(toyProvider(1), 'oss-crypto');
    const provider = unwrapping((opened) => ({ ...opened, key: keyOf(sizeBytes) }));
    await expect(openContentKey(envelope, [provider])).rejects.toThrow(KeyUnwrapError);
  });

  it('without a start value is the wrong one', async () => {
    const { envelope } = await createContentKey(toyProvider(1), 'oss-crypto');
    const provider = unwrapping(({ key }) => ({ key }));
    await expect(openContentKey(envelope, [provider])).rejects.toThrow(KeyUnwrapError);
  });

  it('is asked of the provider with the algorithm and the description, and of no other', async () => {
    const named = toyProvider(1, { materialDescription: { name: 'b' } });
    const { envelope } = await createContentKey(named, 'oss-crypto');
    const others = [
      toyProvider(1),
      toyProvider(1, { materialDescription: { name: 'b', more: 'c' } }),
      toyProvider(1, { materialDescription: { name: 'b' }, unwraps: ['kms'] }),
    ];
    await openContentKey(envelope, [...others, named]);
    expect([...others, named].map(({ unwrapped }) => unwrapped)).toEqual([0, 0, 0, 1]);
    await expect(openContentKey(envelope, others)).rejects.toThrow(/"name":"b"/);
    await expect(openContentKey(envelope, others.slice(2))).rejects.toThrow(/No provider.*'rsa-oaep-sha1'/);
    expect(others.map(({ unwrapped }) => unwrapped)).toEqual([0, 0, 0]);
    await openContentKey(envelope, others, { onUnknownDescription: 'use-provider' });
    expect(others.map(({ unwrapped }) => unwrapped)).toEqual([1, 0, 0]);
    await expect(
      openContentKey(envelope, others.slice(2), { onUnknownDescription: 'use-provider' }),
    ).rejects.toThrow(NoMatchingKeyError);
  });
});
