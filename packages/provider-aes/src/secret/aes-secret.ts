import { InvalidArgumentError, SecretBytes } from '@oss-envelope/core';
import {
  assertWebCrypto,
  copyBytes,
  decodeBase64,
  decodeHex,
  encodeBase64,
} from '@oss-envelope/core/adapter';

/** 32 random bytes: as they are, or as text in base64, base64url or hex. */
export type AesSecret = string | Uint8Array | ArrayBuffer | SecretBytes;

/**
 * A secret, a promise of one, or a function that gives one, such as a call of a secret manager. Undefined, as a variable
 * of the environment may be, is refused.
 */
export type AesSecretInput =
  | AesSecret
  | Promise<AesSecret>
  | (() => AesSecret | Promise<AesSecret>)
  | undefined;

const secretBytes = 32;
const hexDigits = secretBytes * 2;
/** Longer bytes are not the text of a secret, with line ends around it. */
const mostTextBytes = hexDigits + 16;
const howToMakeOne = 'Make one with generateAesSecret(), or with openssl rand -base64 32';

/**
 * A new secret, from the cryptographic source of the runtime: 32 bytes, as base64.
 *
 * @example
 * const secret = generateAesSecret();
 * secret.length; // => 44
 *
 * @throws AlgorithmNotSupportedError where the runtime has no Web Crypto
 */
export function generateAesSecret(): string {
  assertWebCrypto();
  return encodeBase64(crypto.getRandomValues(new Uint8Array(secretBytes)));
}

/**
 * The 32 bytes of a secret, in memory of their own. Text may have white space around it, as files and variables have.
 * Bytes that are not 32 are taken as such a text.
 *
 * @throws InvalidArgumentError that names `secret`, and shows nothing of it
 */
export function parseAesSecret(secret: unknown): SecretBytes {
  if (secret === undefined) {
    throw invalid(
      `must be given. If it comes from the environment, the variable is not set. ${howToMakeOne}`,
    );
  }
  const bytes = bytesOf(secret);
  if (bytes === undefined) {
    throw invalid(
      `must be 32 bytes, or their text in base64, base64url or hex; a password is no such thing. ${howToMakeOne}`,
    );
  }
  if (bytes.length !== secretBytes) {
    throw invalid(`must be ${secretBytes} bytes, and is ${bytes.length}. ${howToMakeOne}`);
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    throw invalid(`must be random, and is one byte over and over. ${howToMakeOne}`);
  }
  return new SecretBytes(bytes);
}

const invalid = (expectation: string): InvalidArgumentError =>
  new InvalidArgumentError('secret', expectation);

/** Undefined for what is neither bytes nor such a text. */
function bytesOf(secret: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof secret === 'string') return decodeSecretText(secret.trim());
  const bytes = copyBytes(secret instanceof SecretBytes ? secret.bytes : secret);
  if (bytes === undefined || bytes.length <= secretBytes || bytes.length > mostTextBytes) return bytes;
  return decodeSecretText(new TextDecoder().decode(bytes).trim()) ?? bytes;
}

/** No base64 of 32 bytes is as long as their hex. */
function decodeSecretText(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text === '') return undefined;
  if (text.length === hexDigits) return decodeHex(text);
  // RFC 4648 §5: with padding or without.
  const standard = text.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  return decodeBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
}
