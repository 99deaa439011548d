import { expect, it, vi } from 'vitest';
import { usePublicKey } from './wrapping-key.js';

it('a public key that the runtime refuses is named', async () => {
  // Node takes any numbers; other runtimes do not.
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValueOnce(new DOMException('no key', 'DataError'));
  const components = { n: new Uint8Array(256).fill(255), e: Uint8Array.of(1, 0, 1) };
  const key = usePublicKey(components, { randomBytes: (length) => new Uint8Array(length) });
  await expect(key.wrap('rsa-oaep-sha1', new Uint8Array(32))).rejects.toThrow(/^publicKey does not parse/);
});
