import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { InvalidArgumentError, MasterKeyError } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { encryptedPair, pair } from '../../test/sample-pairs.js';
import type { RsaKeyInput } from '../keys/rsa-key-input.js';
import { rsaPort as nodePort } from '../port/node/rsa-port.js';
import { rsaPort as webPort } from '../port/web/rsa-port.js';
import { rsaPublicKeyOfOn } from './rsa-public-key-of.js';

const object = createPrivateKey(pair.privateKey);
const passphrase = 'correct horse';
const encrypted = await encryptedPair(passphrase);

async function cryptoKey(extractable: boolean): Promise<CryptoKey> {
  const der = object.export({ format: 'der', type: 'pkcs8' });
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-1' };
  return await crypto.subtle.importKey('pkcs8', Uint8Array.from(der), algorithm, extractable, ['decrypt']);
}

const forms: Readonly<Record<string, RsaKeyInput>> = {
  'PKCS#8 PEM': pair.privateKey,
  'PKCS#1 DER': Uint8Array.from(object.export({ format: 'der', type: 'pkcs1' })),
  'JSON Web Key': object.export({ format: 'jwk' }),
  CryptoKey: await cryptoKey(true),
  KeyObject: object,
};

describe.each([
  ['node', nodePort],
  ['web', webPort],
] as const)('the public half by the port for %s', (_name, port) => {
  it.each(Object.keys(forms))('of %s', async (form) => {
    expect(await rsaPublicKeyOfOn(port, { privateKey: forms[form]! })).toBe(pair.publicKey);
  });

  it('of an encrypted key, with its passphrase only', async () => {
    const { privateKey, publicKey } = encrypted;
    expect(await rsaPublicKeyOfOn(port, { privateKey, passphrase })).toBe(publicKey);
    await expect(rsaPublicKeyOfOn(port, { privateKey })).rejects.toThrow(MasterKeyError);
  });

  it.each([
    [1024, 3],
    [1030, 65_537],
    [1032, 65_537],
  ])('as OpenSSL writes it, with %i bits and the exponent %i', async (modulusLength, publicExponent) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
    const expected = createPublicKey(privateKey as never).export({ format: 'pem', type: 'spki' });
    expect(await rsaPublicKeyOfOn(port, { privateKey })).toBe(expected);
  });

  it('not of a CryptoKey that is not extractable', async () => {
    const privateKey = await cryptoKey(false);
    await expect(rsaPublicKeyOfOn(port, { privateKey })).rejects.toThrow('not extractable');
  });

  it('not of a public key, nor of nothing', async () => {
    await expect(rsaPublicKeyOfOn(port, { privateKey: pair.publicKey })).rejects.toThrow(MasterKeyError);
    await expect(rsaPublicKeyOfOn(port, {} as never)).rejects.toThrow(InvalidArgumentError);
  });
});
