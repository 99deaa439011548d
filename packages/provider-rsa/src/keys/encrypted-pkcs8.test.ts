import { createCipheriv, createPrivateKey, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pair } from '../../test/sample-pairs.js';
import { derTag, formatDer, parseDer, parseDerSequence } from './der.js';
import { decryptPkcs8, encryptPkcs8 } from './encrypted-pkcs8.js';
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

describe('what other programs encrypted', () => {
  const secret = createPrivateKey(pair.privateKey);
  const der = new Uint8Array(secret.export({ format: 'der', type: 'pkcs8' }));
  const passphrase = 'Füße step';

  it.each(['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'])('opens: OpenSSL, %s', async (cipher) => {
    const encrypted = secret.export({ format: 'der', type: 'pkcs8', cipher, passphrase } as never);
    expect(await decryptPkcs8(Uint8Array.from(encrypted as never), passphrase)).toEqual(der);
  });

  it('and OpenSSL opens what is encrypted here', async () => {
    for (const iterations of [1, 127, 128, 255, 256, 1000, 32_768]) {
      const key = Buffer.from(await encryptPkcs8(der, passphrase, iterations));
      const opened = createPrivateKey({ key, format: 'der', type: 'pkcs8', passphrase });
      expect(opened.equals(secret)).toBe(true);
    }
  });

  const { sequence, integer, octetString, objectIdentifier } = derTag;
  const name = (identifier: string) => formatDer(objectIdentifier, Buffer.from(identifier, 'hex'));
  const pbkdf2 = '2a864886f70d01050c';
  const aes256 = '60864801650304012a';
  const salt = Buffer.alloc(8, 1);
  const iv = Buffer.alloc(16, 2);
  interface Parts {
    readonly scheme?: string;
    readonly derivation?: string;
    readonly saltTag?: number;
    readonly hasRounds?: boolean;
    readonly hasVector?: boolean;
    readonly roundsTag?: number;
    readonly more?: readonly Uint8Array[];
    readonly cipher?: string;
    readonly ivTag?: number;
    readonly contentTag?: number;
    readonly hash?: string;
    readonly content?: Uint8Array;
  }
  /** As OpenSSL does, with parts that are wrong or seldom. */
  function encrypted({
    scheme = '2a864886f70d01050d',
    derivation = pbkdf2,
    saltTag = octetString,
    roundsTag = integer,
    hasRounds = true,
    hasVector = true,
    more = [],
    cipher = aes256,
    ivTag = octetString,
    contentTag = octetString,
    hash = 'sha1',
    content = der,
  }: Parts = {}): Uint8Array<ArrayBuffer> {
    const key = pbkdf2Sync(passphrase, salt, 2, 32, hash);
    const aes = createCipheriv('aes-256-cbc', key, iv);
    const two = formatDer(roundsTag, Uint8Array.of(2));
    const rounds = [formatDer(saltTag, salt), ...(hasRounds ? [two] : []), ...more];
    const vector = hasVector ? [formatDer(ivTag, iv)] : [];
    return formatDer(
      sequence,
      formatDer(
        sequence,
        name(scheme),
        formatDer(
          sequence,
          formatDer(sequence, name(derivation), formatDer(sequence, ...rounds)),
          formatDer(sequence, name(cipher), ...vector),
        ),
      ),
      formatDer(contentTag, Buffer.concat([aes.update(content), aes.final()])),
    );
  }
  const hmac = (identifier: string) => formatDer(sequence, name(identifier), formatDer(derTag.null));

  it.each<readonly [string, Parts]>([
    ['without a function, which is HMAC-SHA-1', {}],
    ['with the length of the key', { more: [formatDer(integer, Uint8Array.of(32))] }],
    ['HMAC-SHA-1', { more: [hmac('2a864886f70d0207')] }],
    ['HMAC-SHA-256', { more: [hmac('2a864886f70d0209')], hash: 'sha256' }],
    ['HMAC-SHA-384', { more: [hmac('2a864886f70d020a')], hash: 'sha384' }],
    ['HMAC-SHA-512', { more: [hmac('2a864886f70d020b')], hash: 'sha512' }],
    [
      'a length and a function',
      { more: [formatDer(integer, Uint8Array.of(32)), hmac('2a864886f70d0209')], hash: 'sha256' },
    ],
  ])('opens: %s', async (_name, parts) => {
    expect(await decryptPkcs8(encrypted(parts), passphrase)).toEqual(der);
  });

  it.each<readonly [string, Parts]>([
    ['another scheme', { scheme: '2a864886f70d010503' }],
    ['another derivation', { derivation: '2b06010401da470411' }],
    ['another function', { more: [hmac('2a864886f70d0204')] }],
    ['a function that is none', { more: [formatDer(sequence)] }],
    ['another cipher', { cipher: '2a864886f70d0307' }],
    ['a salt that is none', { saltTag: integer }],
    ['rounds that are none', { roundsTag: octetString }],
    ['a vector that is none', { ivTag: integer }],
    ['no rounds', { hasRounds: false }],
    ['no vector', { hasVector: false }],
    ['a content that is none', { contentTag: derTag.bitString }],
  ])('is told when only Node opens it: %s', async (_name, parts) => {
    await expect(decryptPkcs8(encrypted(parts), passphrase)).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringContaining('by a scheme that only Node opens here'),
    });
  });

  it.each([new Uint8Array(0), Uint8Array.of(0x30, 0), Uint8Array.of(5, 0)])(
    'is told when it is none: %#',
    async (none) => {
      await expect(decryptPkcs8(none, passphrase)).rejects.toThrow('only Node opens here');
    },
  );

  it('does not open with another passphrase, nor to what is no key', async () => {
    const wrong = { code: 'ERR_MASTER_KEY', message: expect.stringContaining('the passphrase is wrong') };
    await expect(decryptPkcs8(encrypted(), 'another')).rejects.toMatchObject(wrong);
    const noKey = encrypted({ content: new Uint8Array(40) });
    await expect(decryptPkcs8(noKey, passphrase)).rejects.toMatchObject(wrong);
  });

  it('is told when the runtime does not derive its key', async () => {
    const many = formatDer(integer, Uint8Array.of(0));
    const none = encrypted({ more: [] });
    const at = Buffer.from(none).indexOf(Buffer.from(formatDer(integer, Uint8Array.of(2))));
    none.set(many, at);
    await expect(decryptPkcs8(none, passphrase)).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringContaining('cannot derive a key from the passphrase'),
    });
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
