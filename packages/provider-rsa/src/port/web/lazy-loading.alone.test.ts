import { createPrivateKey } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pair } from '../../../test/sample-pairs.js';
import type { RsaPortOptions } from '../rsa-port.js';

// What a browser says of a file that is not there, with its address.
const notThere = (): never => {
  throw new TypeError('Failed to fetch dynamically imported module: https://user:secret@example.com/1.js');
};
const modules = ['./pkcs1-encryption.js', './pkcs1-decryption.js', '../../keys/encrypted-pkcs8.js'] as const;

/** Takes a module away, for all that is imported afterwards. */
function takeAway(module: (typeof modules)[number]): void {
  vi.doMock(module, notThere);
  vi.resetModules();
}
afterEach(() => {
  for (const module of modules) vi.doUnmock(module);
  vi.resetModules();
});

const options: RsaPortOptions = {
  passphrase: 'carpe diem',
  randomBytes: (lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
  allowPkcs1DecryptionInJavaScript: true,
};
const openPrivate = async (key: string | Uint8Array) =>
  (await import('./plain-private-key.js')).openPrivateKey(key, options);

function expectTyped(failure: unknown, code: string): void {
  expect(failure).toMatchObject({ code });
  expect((failure as Error).message).toMatch(
    /A module of this package could not be loaded\. Check the network/,
  );
  expect((failure as Error).message).not.toContain('example.com');
  expect((failure as Error).cause).toBeUndefined();
}

describe('a module that cannot be loaded is a typed error', () => {
  it('of a key that wraps by PKCS#1 v1.5, which wraps by OAEP all the same', async () => {
    takeAway('./pkcs1-encryption.js');
    const key = await (await import('./plain-public-key.js')).openPublicKey(pair.publicKey, options);
    const failure = await key.wrap('rsa-pkcs1', new Uint8Array(32)).catch((error: unknown) => error);
    expectTyped(failure, 'ERR_TRANSPORT');
    expect(failure).toMatchObject({ retryable: false });
    expect(await key.wrap('rsa-oaep-sha1', new Uint8Array(32))).toHaveLength(256);
  });

  it('of a key that unwraps by PKCS#1 v1.5, and not of the key that it could not open', async () => {
    takeAway('./pkcs1-decryption.js');
    const key = await openPrivate(pair.privateKey);
    const failure = await key.unwrap('rsa-pkcs1', new Uint8Array(256)).catch((error: unknown) => error);
    expectTyped(failure, 'ERR_TRANSPORT');
    expect(failure).toMatchObject({ retryable: false });
  });

  it('of a private key that is encrypted', async () => {
    takeAway('../../keys/encrypted-pkcs8.js');
    const sealed = createPrivateKey(pair.privateKey).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'carpe diem',
    }) as string;
    const failure = await openPrivate(sealed).catch((error: unknown) => error);
    expectTyped(failure, 'ERR_MASTER_KEY');
    expect((failure as Error).message).toMatch(
      /^privateKey is neither plain PEM.*make the provider again\.$/,
    );
  });
});
