import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateRsaKeyPair } from '../src/index.js';
import { derTag, formatDer } from '../src/keys/der.js';
import { decryptPkcs8, encryptPkcs8 } from '../src/keys/encrypted-pkcs8.js';
import { formatPem, parsePem } from '../src/keys/pem.js';
import { ports, providerOn } from './ports.js';

test('makes a pair of 3072 bits, with the public exponent 65537', async () => {
  const pair = await generateRsaKeyPair();
  const key = createPublicKey(pair.publicKey);
  expect(key.asymmetricKeyDetails).toEqual({ modulusLength: 3072, publicExponent: 65537n });
  expect(createPublicKey(createPrivateKey(pair.privateKey)).equals(key)).toBe(true);
});

test.each([1024, 2047, 8192, '2048'])('refuses a size of %j', async (modulusBits) => {
  await expect(generateRsaKeyPair({ modulusBits: modulusBits as never })).rejects.toMatchObject({
    code: 'ERR_OUT_OF_RANGE',
    argument: 'modulusBits',
  });
});

// Before a pair is made, which takes long.
test.each(['', 7, null])('refuses the passphrase %j, of every size', async (passphrase) => {
  for (const modulusBits of [2048, 3072, 4096] as const)
    await expect(generateRsaKeyPair({ modulusBits, passphrase: passphrase as never })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      argument: 'passphrase',
    });
});

describe.each(ports)('a pair with a passphrase, on the $name port', ({ port }) => {
  test.each(['correct horse', 'Füße 步'])('opens with %j', async (passphrase) => {
    const pair = await generateRsaKeyPair({ modulusBits: 2048, passphrase });
    expect(pair.privateKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const provider = providerOn(port, { ...pair, passphrase });
    const made = await provider.wrapKey({ format: 'oss-crypto', start: new Uint8Array([0x37]) });
    const opened = await provider.unwrapKey({
      format: 'oss-crypto',
      wrapAlgorithm: 'rsa-oaep-sha1',
      ...made,
    });
    expect(opened.key.bytes).toEqual(made.key.bytes);
  });
});

describe('encrypted PKCS#8', () => {
  const secret = formatDer(
    derTag.sequence,
    formatDer(
      derTag.octetString,
      Uint8Array.from({ length: 1200 }, (_, index) => index % 251),
    ),
  );
  const short = formatDer(derTag.sequence, formatDer(derTag.octetString, new Uint8Array(40)));

  test.each([1, 127, 128, 255, 32768])('is its own inverse with %i iterations', async (iterations) => {
    const der = await encryptPkcs8(secret, 'x', iterations);
    expect(await decryptPkcs8(der, 'x')).toEqual(secret);
  });

  test('differs each time', async () => {
    const [a, b] = [await encryptPkcs8(secret, 'x', 1), await encryptPkcs8(secret, 'x', 1)];
    expect(a).not.toEqual(b);
  });

  test('refuses it cut short anywhere, and whatever a changed byte makes of it', async () => {
    const der = await encryptPkcs8(short, 'x', 1);
    for (let at = 0; at < der.length; at++) {
      await expect(decryptPkcs8(der.slice(0, at), 'x'), `cut at ${at}`).rejects.toMatchObject({
        code: 'ERR_MASTER_KEY',
      });
      const changed = Uint8Array.from(der);
      changed[at]! ^= 0x40;
      // CBC is not authenticated: what still is DER inside may be other bytes.
      const result = await decryptPkcs8(changed, 'x').catch((error: unknown) => error);
      if (!(result instanceof Uint8Array)) expect(result).toMatchObject({ code: 'ERR_MASTER_KEY' });
    }
  });
});

test('PEM is its own inverse, and is what OpenSSL writes', async () => {
  const { publicKey } = await generateRsaKeyPair({ modulusBits: 2048 });
  const pem = parsePem(publicKey);
  const block = pem.kind === 'blocks' ? pem.blocks[0]! : expect.fail(pem.cause);
  expect(formatPem(block.label, block.bytes)).toBe(publicKey);
  expect(createPublicKey(publicKey).export({ type: 'spki', format: 'pem' })).toBe(publicKey);
  for (const text of [
    '',
    'x',
    '-----BEGIN A-----\n',
    '-----BEGIN A-----\n-----END A-----',
    publicKey.replace('END', 'ND'),
  ]) {
    expect(parsePem(text).kind).toBe('broken');
  }
});
