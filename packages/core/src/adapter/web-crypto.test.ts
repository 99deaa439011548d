import { afterEach, expect, it, vi } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket } from '../index.js';
import { assertWebCrypto } from './web-crypto.js';

afterEach(() => vi.unstubAllGlobals());

it('a runtime with Web Crypto will do', () => {
  expect(() => assertWebCrypto()).not.toThrow();
});

it.each([
  ['Node 18', undefined],
  ['a page over HTTP', { getRandomValues: () => {} }],
])('%s has none, and is told so when a bucket is made', (_, crypto) => {
  vi.stubGlobal('crypto', crypto);
  const make = () =>
    new EncryptedBucket({ transport: new MemoryTransport(), provider: toyProvider(1), format: 'sealed' });
  expect(make).toThrow(
    expect.objectContaining({
      code: 'ERR_ALGORITHM_NOT_SUPPORTED',
      message: expect.stringMatching(/Use Node 20\.19 or later; serve a page over https/),
    }),
  );
});
