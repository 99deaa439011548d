import { decodeBase64Url, encodeBase64Url, equalBytes } from '@oss-envelope/core/adapter';
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

/** Whether two public keys are the same key. */
export function equalPublicComponents(a: RsaPublicComponents, b: RsaPublicComponents): boolean {
  return equalBytes(a.n, b.n) && equalBytes(a.e, b.e);
}

/** The number of a member of a JSON Web Key (RFC 7518 §6.3), or undefined when it is missing or no base64url. */
function numberOf(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  const bytes = typeof text === 'string' && text !== '' ? decodeBase64Url(text) : undefined;
  return bytes && trimLeadingZeros(bytes);
}

/** The public numbers of a JSON Web Key, or `undefined` if one is missing or does not parse. */
export function publicComponentsOfJwk(jwk: RsaJwk): RsaPublicComponents | undefined {
  const n = numberOf(jwk.n);
  const e = numberOf(jwk.e);
  return n === undefined || e === undefined ? undefined : { n, e };
}

/** All numbers of a private JSON Web Key, or `undefined` if one is missing or does not parse. */
export function privateComponentsOfJwk(jwk: RsaJwk): RsaPrivateComponents | undefined {
  const shared = publicComponentsOfJwk(jwk);
  const d = numberOf(jwk.d);
  const p = numberOf(jwk.p);
  const q = numberOf(jwk.q);
  const dp = numberOf(jwk.dp);
  const dq = numberOf(jwk.dq);
  const qi = numberOf(jwk.qi);
  const key = shared && d && p && q && dp && dq && qi ? { ...shared, d, p, q, dp, dq, qi } : undefined;
  return key && fits(key) ? key : undefined;
}

/** Whether no number of a private key is longer than the modulus (RFC 8017 §3.2: each is below it). */
export function fits({ n, d, p, q, dp, dq, qi }: RsaPrivateComponents): boolean {
  return [d, p, q, dp, dq, qi].every((number) => number.length <= n.length);
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
