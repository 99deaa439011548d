/** A JSON Web Key of an RSA key (RFC 7518 §6.3). A private one must hold all of `d`, `p`, `q`, `dp`, `dq` and `qi`. */
export interface RsaJwk {
  readonly kty?: string | undefined;
  readonly n?: string | undefined;
  readonly e?: string | undefined;
  readonly d?: string | undefined;
  readonly p?: string | undefined;
  readonly q?: string | undefined;
  readonly dp?: string | undefined;
  readonly dq?: string | undefined;
  readonly qi?: string | undefined;
}

/** The part of Web Crypto's `CryptoKey` that is used, so that no ambient types are needed. */
export interface CryptoKeyLike {
  readonly type: 'private' | 'public' | 'secret';
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** The part of Node's `KeyObject` that is used, so that no types of Node are needed. */
export interface KeyObjectLike {
  readonly type: 'private' | 'public' | 'secret';
  readonly asymmetricKeyType?: string | undefined;
  export(options: { format: 'jwk' }): object;
}

/**
 * An RSA key in any of its usual forms: PEM, DER, a JSON Web Key, Web Crypto's `CryptoKey`, or Node's `KeyObject`. A
 * `CryptoKey` that is extractable is used as key material. Its algorithm does not matter then. One that is not must
 * be for `RSA-OAEP` with SHA-1.
 *
 * PEM and DER of a public key: `PUBLIC KEY` (RFC 5280 §4.1) or `RSA PUBLIC KEY` (RFC 8017 A.1.1). Of a private key:
 * `PRIVATE KEY` (RFC 5208), `RSA PRIVATE KEY` (RFC 8017 A.1.2) or `ENCRYPTED PRIVATE KEY` (RFC 8018). On Node also
 * PEM in the older encryption with a `Proc-Type` header (RFC 1421), which pycryptodome and OpenSSL once wrote.
 *
 * A text may be PEM whose line ends are written as `\n`, turned into spaces or gone, base64 of PEM or DER, or the JSON
 * of a JSON Web Key. Bytes are those of a file: DER, or such a text. Of a PEM with several blocks, the one that is this
 * half of a pair is taken.
 */
export type RsaKeyInput = string | Uint8Array | ArrayBuffer | RsaJwk | CryptoKeyLike | KeyObjectLike;
