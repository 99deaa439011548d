import type { ContentScheme } from '../cipher/content-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import { sealed } from '../cipher/sealed.js';
import type { CounterFormatName, WrapAlgorithm } from '../contract/key-provider.js';

/** One wrap algorithm within a format. */
export interface WrapAlgorithmRow {
  readonly algorithm: WrapAlgorithm;
  /** What the header says. */
  readonly literal: string;
  /** Smallest and largest decimal start value to write; the readers of the documented format take any. */
  readonly startRange?: readonly [number, number];
}

/**
 * What every format says of itself. Header names and literals stand in this table, and those that are only read in
 * `format-reading.ts`.
 */
interface AnyFormatRow {
  /** How the content is stored. */
  readonly scheme: ContentScheme;
  /** Whether a multipart upload announces the length of its plaintext when it starts. */
  readonly announcesLength: boolean;
  /** The header that differs in every object: what its key is wrapped into. */
  readonly keyHeader: string;
}

/** A format of the authenticated kind, clauses S10 to S16. */
export interface SealedFormatRow extends AnyFormatRow {
  readonly kind: 'sealed';
  readonly name: 'sealed';
  /** The value of the header `format`. */
  readonly version: string;
  readonly headers: {
    readonly format: string;
    readonly head: string;
    readonly context: string;
    readonly bound: string;
    /** Followed by the recipient's number. */
    readonly key: string;
  };
  readonly maxRecipients: number;
}

/** A format in counter mode. */
export interface CounterFormatRow extends AnyFormatRow {
  readonly kind: 'counter';
  readonly name: CounterFormatName;
  readonly headers: {
    readonly key: string;
    readonly start: string;
    readonly contentAlgorithm: string;
    readonly wrapAlgorithm: string;
    readonly materialDescription: string;
    readonly contentLength: string;
    readonly contentMd5: string;
    /** Multipart uploads only, where the format has them: the sizes of the whole and of a part, in bytes. */
    readonly parts: { readonly dataSize: string; readonly partSize: string } | undefined;
  };
  /** What the header that names the scheme says. */
  readonly contentAlgorithm: string;
  readonly wrapAlgorithms: readonly WrapAlgorithmRow[];
  /** What the start value's plaintext is: the counter in decimal digits, or the first counter block itself. */
  readonly start: 'decimal' | 'counter-block';
}

/** How the headers of `'client-side-encryption'` begin, in lower case. */
export const currentPrefix = 'x-oss-meta-client-side-encryption-';
/** How those of `'sealed'` begin. */
export const sealedPrefix = 'x-oss-meta-oss-envelope-';

/** The formats, by name. */
export const formats: Readonly<Record<CounterFormatName, CounterFormatRow>> & {
  readonly sealed: SealedFormatRow;
} = {
  // Written by oss2 2.5.0 to 2.10.0 (crypto.py), documented for the Python SDK in 2018.
  'oss-crypto': {
    kind: 'counter',
    name: 'oss-crypto',
    announcesLength: false,
    keyHeader: 'x-oss-meta-oss-crypto-key',
    headers: {
      key: 'x-oss-meta-oss-crypto-key',
      start: 'x-oss-meta-oss-crypto-start',
      contentAlgorithm: 'x-oss-meta-oss-cek-alg',
      wrapAlgorithm: 'x-oss-meta-oss-wrap-alg',
      materialDescription: 'x-oss-meta-oss-matdesc',
      contentLength: 'x-oss-meta-unencrypted-content-length',
      contentMd5: 'x-oss-meta-unencrypted-content-md5',
      parts: undefined,
    },
    scheme: counterMode,
    // A3: the name is historical, no version ever used GCM.
    contentAlgorithm: 'AES/GCM/NoPadding',
    // A4.
    wrapAlgorithms: [
      { algorithm: 'rsa-oaep-sha1', literal: 'rsa', startRange: [1, 10] },
      // A6: four digits are valid base64 too, which KMS asks of a plaintext today.
      { algorithm: 'kms', literal: 'kms', startRange: [1000, 9999] },
    ],
    start: 'decimal',
  },
  // Written by oss2 from 2.11.0 on and by the Go, Java, C++ and PHP SDKs.
  'client-side-encryption': {
    kind: 'counter',
    name: 'client-side-encryption',
    announcesLength: true,
    keyHeader: `${currentPrefix}key`,
    headers: {
      key: `${currentPrefix}key`,
      start: `${currentPrefix}start`,
      contentAlgorithm: `${currentPrefix}cek-alg`,
      wrapAlgorithm: `${currentPrefix}wrap-alg`,
      materialDescription: `${currentPrefix}matdesc`,
      contentLength: `${currentPrefix}unencrypted-content-length`,
      contentMd5: `${currentPrefix}unencrypted-content-md5`,
      parts: { dataSize: `${currentPrefix}data-size`, partSize: `${currentPrefix}part-size` },
    },
    scheme: counterMode,
    // C3.
    contentAlgorithm: 'AES/CTR/NoPadding',
    wrapAlgorithms: [
      { algorithm: 'rsa-pkcs1', literal: 'RSA/NONE/PKCS1Padding' },
      { algorithm: 'rsa-oaep-sha1', literal: 'RSA/NONE/OAEPWithSHA-1AndMGF1Padding' },
      { algorithm: 'kms', literal: 'KMS/ALICLOUD' },
    ],
    start: 'counter-block',
  },
  // Clauses S10 to S16.
  sealed: {
    kind: 'sealed',
    name: 'sealed',
    version: 'sealed/1',
    scheme: sealed,
    announcesLength: false,
    keyHeader: `${sealedPrefix}head`,
    headers: {
      format: `${sealedPrefix}format`,
      head: `${sealedPrefix}head`,
      context: `${sealedPrefix}context`,
      bound: `${sealedPrefix}bound`,
      key: `${sealedPrefix}key-`,
    },
    maxRecipients: 9,
  },
};
