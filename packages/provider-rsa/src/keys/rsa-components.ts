import { decodeBase64, encodeBase64 } from '@oss-envelope/core';
import type { RsaJwk } from './rsa-key-input.js';

/** The numbers of a public key (RFC 8017 §3.1), big-endian without leading zeros. */
export interface RsaPublicComponents {
  readonly n: Uint8Array<ArrayBuffer>;
  readonly e: Uint8Array<ArrayBuffer>;
}

/** The numbers of a private key (RFC 8017 §3.2), big-endian without leading zeros. All but `n` and `e` are secret. */
export interface RsaPrivateComponents extends RsaPublicComponents {
  readonly d: Uint8Array<ArrayBuffer>;
  readonly p: Uint8Array<ArrayBuffer>;
  readonly q: Uint8Array<ArrayBuffer>;
  readonly dp: Uint8Array<ArrayBuffer>;
  readonly dq: Uint8Array<ArrayBuffer>;
  readonly qi: Uint8Array<ArrayBuffer>;
}

/** `bytes` without its leading zeros. */
export function trimLeadingZeros(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return bytes.subarray(start);
}

/** `bytes` with zeros in front, up to `lengthBytes`. */
export function padWithLeadingZeros(bytes: Uint8Array, lengthBytes: number): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(lengthBytes);
  padded.set(bytes, lengthBytes - bytes.length);
  return padded;
}

/** How many bits the number `bytes` has. */
export function bitLength(bytes: Uint8Array<ArrayBuffer>): number {
  const trimmed = trimLeadingZeros(bytes);
  return trimmed.length === 0 ? 0 : trimmed.length * 8 - (Math.clz32(trimmed[0]!) - 24);
}

/** Whether two public keys are the same key. Public numbers only: the comparison takes varying time. */
export function equalPublicComponents(a: RsaPublicComponents, b: RsaPublicComponents): boolean {
  return encodeBase64(a.n) === encodeBase64(b.n) && encodeBase64(a.e) === encodeBase64(b.e);
}

// RFC 7515 §2: base64url without padding.
function decodeBase64Url(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== 'string' || text === '' || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const standard = text.replace(/-/g, '+').replace(/_/g, '/');
  const bytes = decodeBase64(standard.padEnd(Math.ceil(text.length / 4) * 4, '='));
  return bytes === undefined ? undefined : trimLeadingZeros(bytes);
}

function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

/** The public numbers of a JSON Web Key, or `undefined` if one is missing or does not parse. */
export function publicComponentsOfJwk(jwk: RsaJwk): RsaPublicComponents | undefined {
  const n = decodeBase64Url(jwk.n);
  const e = decodeBase64Url(jwk.e);
  return n === undefined || e === undefined ? undefined : { n, e };
}

/** All numbers of a private JSON Web Key, or `undefined` if one is missing or does not parse. */
export function privateComponentsOfJwk(jwk: RsaJwk): RsaPrivateComponents | undefined {
  const shared = publicComponentsOfJwk(jwk);
  const d = decodeBase64Url(jwk.d);
  const p = decodeBase64Url(jwk.p);
  const q = decodeBase64Url(jwk.q);
  const dp = decodeBase64Url(jwk.dp);
  const dq = decodeBase64Url(jwk.dq);
  const qi = decodeBase64Url(jwk.qi);
  return shared && d && p && q && dp && dq && qi ? { ...shared, d, p, q, dp, dq, qi } : undefined;
}

/** The JSON Web Key of a public key. */
export function publicJwk(key: RsaPublicComponents): { kty: 'RSA'; n: string; e: string } {
  return { kty: 'RSA', n: encodeBase64Url(key.n), e: encodeBase64Url(key.e) };
}

/** The JSON Web Key of a private key. */
export function privateJwk(
  key: RsaPrivateComponents,
): { kty: 'RSA' } & Record<keyof RsaPrivateComponents, string> {
  const { d, p, q, dp, dq, qi } = key;
  return {
    ...publicJwk(key),
    d: encodeBase64Url(d),
    p: encodeBase64Url(p),
    q: encodeBase64Url(q),
    dp: encodeBase64Url(dp),
    dq: encodeBase64Url(dq),
    qi: encodeBase64Url(qi),
  };
}
