import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket, type FormatName, type KeyProvider, SecretBytes } from '../index.js';

const toy = toyProvider(1, {
  wraps: { 'oss-crypto': 'toy', sealed: 'toy' },
  unwraps: ['toy', 'rsa-oaep-sha1'],
});
const key = new SecretBytes(new Uint8Array(32).fill(7));
const wrappedKey = new Uint8Array(32).fill(6);
const wrappedStart = Uint8Array.of(5);

describe.each(['sealed', 'oss-crypto'] as const)(
  'rubbish from a provider, in the format %s',
  (format: FormatName) => {
    const memory = new MemoryTransport();
    const wraps = { ...toy.wraps, 'oss-crypto': 'rsa-oaep-sha1' };
    const bucketOf = (changes: object): EncryptedBucket => {
      const provider = { ...toy, wraps, ...changes } as KeyProvider;
      return new EncryptedBucket({ transport: memory, provider, format });
    };
    const rubbish: [string, unknown][] = [
      ['nothing', undefined],
      ['null', null],
      ['no key', { wrappedKey, wrappedStart }],
      ['null as the key', { key: null, wrappedKey, wrappedStart }],
      ['bytes as the key', { key: key.bytes, wrappedKey, wrappedStart }],
      ['a key of text', { key: { bytes: 'x'.repeat(32) }, wrappedKey, wrappedStart }],
      ['a short key', { key: new SecretBytes(new Uint8Array(31)), wrappedKey, wrappedStart }],
    ];

    it.each([
      ...rubbish,
      ['no wrapped key', { key, wrappedStart }],
      ['an empty wrapped key', { key, wrappedKey: new Uint8Array(), wrappedStart }],
      ['a wrapped key of text', { key, wrappedKey: 'abc', wrappedStart }],
      ['a wrapped key in an array', { key, wrappedKey: [1, 2], wrappedStart }],
    ])('when it wraps is told, and nothing is stored: %s', async (_, made) => {
      const putting = bucketOf({ wrapKey: async () => made }).put('k', 'content');
      await expect(putting).rejects.toMatchObject({ code: 'ERR_MASTER_KEY' });
      expect(memory.objects.size).toBe(0);
    });

    it.each(rubbish)('when it unwraps is a key that does not open: %s', async (_, opened) => {
      await bucketOf({}).put('k', 'content');
      const getting = bucketOf({ unwrapKey: async () => opened }).get('k');
      await expect(getting).rejects.toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED' });
      expect(await (await bucketOf({}).get('k')).text()).toBe('content');
      memory.objects.clear();
    });
  },
);
