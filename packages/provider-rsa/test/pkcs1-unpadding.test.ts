import { constants, privateDecrypt } from 'node:crypto';
import { encodeBase64 } from '@oss-envelope/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { implicitRejectionKeys } from './implicit-rejection.js';
import { ports } from './ports.js';

const options = {
  passphrase: undefined,
  randomBytes: (lengthBytes: number) => crypto.getRandomValues(new Uint8Array(lengthBytes)),
  allowPkcs1DecryptionInJavaScript: true,
};

describe.each(ports)('what OpenSSL gives, on the $name port', ({ port }) => {
  test.each(implicitRejectionKeys)('$bits bits', async ({ privateKey, cases }) => {
    expect(cases.length).toBe(41);
    const key = await port.openPrivateKey(privateKey, options);
    for (const { name, ciphertext, message } of cases) {
      const opened = await key.unwrap('rsa-pkcs1', Uint8Array.from(Buffer.from(ciphertext, 'base64')));
      expect(encodeBase64(opened), name).toBe(message);
    }
  });

  test('any number at all, where this Node decrypts PKCS#1 v1.5; Node 20 refuses to', async () => {
    const { privateKey } = implicitRejectionKeys[1]!;
    const openssl = (ciphertext: Uint8Array): Uint8Array =>
      privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, ciphertext);
    if (process.versions.node.startsWith('20.')) {
      expect(() => openssl(new Uint8Array(256))).toThrow(/RSA_PKCS1_PADDING is no longer supported/);
      return;
    }
    const key = await port.openPrivateKey(privateKey, options);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 255, maxLength: 255 }), async (digits) => {
        const ciphertext = Uint8Array.from([0, ...digits]);
        expect(await key.unwrap('rsa-pkcs1', ciphertext)).toEqual(new Uint8Array(openssl(ciphertext)));
      }),
      { numRuns: 20 },
    );
  });
});
