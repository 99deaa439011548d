import { describe, expect, it } from 'vitest';
import { derTag, parseDer, parseDerSequence } from './der.js';
import { encryptPkcs8 } from './encrypted-pkcs8.js';
import { bytesToNumber } from './modular-arithmetic.js';
import { parsePem } from './pem.js';
import { generateRsaKeyPair } from './rsa-key-pair.js';

describe('the encryption of a private key', () => {
  it('takes 600,000 rounds of PBKDF2 unless told otherwise (OWASP, Password Storage Cheat Sheet)', async () => {
    const { privateKey } = await generateRsaKeyPair({ modulusBits: 2048, passphrase: 'correct horse' });
    const pem = parsePem(privateKey);
    if (pem.kind === 'broken') throw new Error(pem.cause);
    expect(iterationsOf(pem.blocks[0]!.bytes)).toBe(600_000n);
  });

  it('takes the rounds that it is told', async () => {
    expect(iterationsOf(await encryptPkcs8(Uint8Array.of(0x30, 0), 'x', 130))).toBe(130n);
  });
});

/** EncryptedPrivateKeyInfo > PBES2 > PBKDF2 > iterations (RFC 8018 A.2 and A.4). */
function iterationsOf(der: Uint8Array<ArrayBuffer>): bigint {
  const [algorithm] = parseDerSequence(der)!;
  const [, schemes] = parseDer(algorithm!.content)!;
  const [derivation] = parseDer(schemes!.content)!;
  const [, parameters] = parseDer(derivation!.content)!;
  const iterations = parseDer(parameters!.content)!.find(({ tag }) => tag === derTag.integer);
  return bytesToNumber(iterations!.content);
}
