import { MasterKeyError } from '@oss-envelope/core';
import { decodeHex, encodeHex } from '@oss-envelope/core/adapter';
import { type DerValue, derTag, formatDer, parseDer, parseDerSequence } from './der.js';
import { passphraseWrong } from './key-errors.js';
import { privateHalf } from './key-half.js';
import { bytesToNumber } from './modular-arithmetic.js';

// RFC 8018 A.4 and A.2, B.1.2; NIST's AES identifiers.
const pbes2 = '2a864886f70d01050d';
const pbkdf2 = '2a864886f70d01050c';
const hmacSha256 = '2a864886f70d0209';
const aes256Cbc = '60864801650304012a';
const hashByHmac: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d0207', 'SHA-1'],
  [hmacSha256, 'SHA-256'],
  ['2a864886f70d020a', 'SHA-384'],
  ['2a864886f70d020b', 'SHA-512'],
]);
const keyBitsByCipher: ReadonlyMap<string, number> = new Map([
  ['608648016503040102', 128],
  ['608648016503040116', 192],
  [aes256Cbc, 256],
]);

/** OWASP's recommendation for PBKDF2 with HMAC-SHA-256 (Password Storage Cheat Sheet, 2023). */
const recommendedIterations = 600_000;

/**
 * Decrypts an EncryptedPrivateKeyInfo (RFC 5208 §6) with Web Crypto: PBES2 with PBKDF2 and AES-CBC (RFC 8018 §6.2), as
 * OpenSSL writes it by default. The result is the DER of a PrivateKeyInfo.
 *
 * @throws MasterKeyError for a wrong passphrase, another scheme, or DER that is broken
 */
export async function decryptPkcs8(
  der: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const scheme = parseScheme(der);
  const key = await deriveKey(passphrase, scheme, 'decrypt');
  const plain = await crypto.subtle
    .decrypt({ name: 'AES-CBC', iv: scheme.iv }, key, scheme.ciphertext)
    .catch(() => undefined);
  const content = plain === undefined ? undefined : new Uint8Array(plain);
  // One wrong passphrase in 256 leaves bytes that end like padding.
  if (content === undefined || parseDerSequence(content) === undefined) {
    throw passphraseWrong(privateHalf);
  }
  return content;
}

/**
 * Encrypts a PrivateKeyInfo as an EncryptedPrivateKeyInfo (RFC 5208 §6): PBES2 with PBKDF2-HMAC-SHA-256 and
 * AES-256-CBC, which Node, OpenSSL and pycryptodome open.
 *
 * @param iterations of PBKDF2
 */
export async function encryptPkcs8(
  der: Uint8Array<ArrayBuffer>,
  passphrase: string,
  iterations: number = recommendedIterations,
): Promise<Uint8Array<ArrayBuffer>> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const key = await deriveKey(passphrase, { salt, iterations, hash: 'SHA-256', keyBits: 256 }, 'encrypt');
  const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, der));
  const { sequence, octetString, objectIdentifier } = derTag;
  const algorithm = (identifier: string, parameters: Uint8Array): Uint8Array =>
    formatDer(sequence, formatDer(objectIdentifier, decodeHex(identifier)!), parameters);
  const derivation = formatDer(
    sequence,
    formatDer(octetString, salt),
    formatInteger(iterations),
    algorithm(hmacSha256, formatDer(derTag.null)),
  );
  return formatDer(
    sequence,
    algorithm(
      pbes2,
      formatDer(sequence, algorithm(pbkdf2, derivation), algorithm(aes256Cbc, formatDer(octetString, iv))),
    ),
    formatDer(octetString, ciphertext),
  );
}

interface KeyDerivation {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly hash: string;
  readonly keyBits: number;
}

interface Scheme extends KeyDerivation {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

function parseScheme(der: Uint8Array<ArrayBuffer>): Scheme {
  const [algorithm, ciphertext] = parseDerSequence(der) ?? [];
  const scheme = parseAlgorithm(algorithm, pbes2);
  const [derivation, cipher] = scheme ?? [];
  const [salt, iterations, ...more] = parseAlgorithm(derivation, pbkdf2) ?? [];
  const [cipherName, iv] = sequenceOf(cipher);
  // A key length may follow, which says what the cipher says; without a function, it is HMAC-SHA-1.
  const hmac = more.find(({ tag }) => tag === derTag.sequence);
  const hash = hmac === undefined ? 'SHA-1' : hashByHmac.get(identifierOf(sequenceOf(hmac)[0]));
  const keyBits = keyBitsByCipher.get(identifierOf(cipherName));
  if (
    ciphertext?.tag !== derTag.octetString ||
    salt?.tag !== derTag.octetString ||
    iterations?.tag !== derTag.integer ||
    iv?.tag !== derTag.octetString ||
    hash === undefined ||
    keyBits === undefined
  ) {
    throw new MasterKeyError(
      'privateKey is encrypted by a scheme that only Node opens here. Encrypt it again with openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE.',
    );
  }
  return {
    salt: salt.content,
    iterations: Number(bytesToNumber(iterations.content)),
    hash,
    keyBits,
    iv: iv.content,
    ciphertext: ciphertext.content,
  };
}

function sequenceOf(value: DerValue | undefined): readonly DerValue[] {
  return value?.tag === derTag.sequence ? (parseDer(value.content) ?? []) : [];
}

function identifierOf(value: DerValue | undefined): string {
  return value?.tag === derTag.objectIdentifier ? encodeHex(value.content) : '';
}

// The parameters of an AlgorithmIdentifier, if it is the expected one and they are a sequence.
function parseAlgorithm(value: DerValue | undefined, identifier: string): readonly DerValue[] | undefined {
  const [name, parameters] = sequenceOf(value);
  return identifierOf(name) === identifier ? sequenceOf(parameters) : undefined;
}

function formatInteger(value: number): Uint8Array {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  // The first bit is the sign.
  return formatDer(derTag.integer, decodeHex(even >= '8' ? `00${even}` : even)!);
}

async function deriveKey(
  passphrase: string,
  { salt, iterations, hash, keyBits }: KeyDerivation,
  use: 'encrypt' | 'decrypt',
): Promise<CryptoKey> {
  try {
    const secret = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(passphrase),
      'PBKDF2',
      false,
      ['deriveBits'],
    );
    const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', salt, iterations, hash }, secret, keyBits);
    return await crypto.subtle.importKey('raw', bits, 'AES-CBC', false, [use]);
  } catch {
    throw new MasterKeyError(
      `This runtime cannot derive a key from the passphrase (PBKDF2, ${hash}, ${iterations} iterations, AES-${keyBits}); some edge runtimes limit the iterations. Use a key that is not encrypted, from a secret store.`,
    );
  }
}
