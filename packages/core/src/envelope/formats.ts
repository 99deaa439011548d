import type { ContentScheme } from '../cipher/content-scheme.js';
import { counterMode } from '../cipher/counter-mode.js';
import type { FormatName, WrapAlgorithm } from '../contract/key-provider.js';

/** One wrap algorithm within a format. */
export interface WrapAlgorithmRow {
  readonly algorithm: WrapAlgorithm;
  /** What the header says. */
  readonly literal: string;
  /** Smallest and largest decimal start value to write; the readers of the documented format take any. */
  readonly startRange?: readonly [number, number];
}

/** All that differs between the formats. Header names and literals stand here and nowhere else. */
export interface FormatRow {
  readonly name: FormatName;
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
  /** Other spellings of the description's header: read, never written. */
  readonly otherDescriptionHeaders: readonly string[];
  /** An object with any of these has, or had, an envelope of this format. */
  readonly signs: (name: string) => boolean;
  /** How the content is stored. */
  readonly scheme: ContentScheme;
  /** What the header that names the scheme says. */
  readonly contentAlgorithm: {
    readonly writes: string;
    readonly reads: readonly string[];
    /** Whether an envelope without the header is whole. */
    readonly absentMeansDefault: boolean;
  };
  readonly wrapAlgorithms: readonly WrapAlgorithmRow[];
  /** What an absent wrap algorithm means; undefined: the envelope is not whole. */
  readonly absentWrapAlgorithm: WrapAlgorithm | undefined;
  readonly ignoresWrapAlgorithmCase: boolean;
  /** What the start value's plaintext is: the counter in decimal digits, or the first counter block itself. */
  readonly start: 'decimal' | 'counter-block';
}

const currentPrefix = 'x-oss-meta-client-side-encryption-';
const documentedSigns = new Set([
  'x-oss-meta-oss-crypto-key',
  'x-oss-meta-oss-crypto-start',
  'x-oss-meta-oss-cek-alg',
  'x-oss-meta-oss-wrap-alg',
  'x-oss-meta-oss-matdesc',
  'x-oss-meta-oss-crypto-matdesc',
]);

/** The formats, by name. */
export const formats: Readonly<Record<FormatName, FormatRow>> = {
  // Written by oss2 2.5.0 to 2.10.0 (crypto.py), documented for the Python SDK in 2018.
  'oss-crypto': {
    name: 'oss-crypto',
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
    // oss2 2.11.0 and later looks for this one.
    otherDescriptionHeaders: ['x-oss-meta-oss-crypto-matdesc'],
    signs: (name) => documentedSigns.has(name),
    scheme: counterMode,
    contentAlgorithm: {
      // The name is historical: no version ever used GCM.
      writes: 'AES/GCM/NoPadding',
      reads: ['AES/GCM/NoPadding', 'AES/CTR/NoPadding'],
      absentMeansDefault: true,
    },
    wrapAlgorithms: [
      { algorithm: 'rsa-oaep-sha1', literal: 'rsa', startRange: [1, 10] },
      // Four digits are valid base64 too, which KMS asks of a plaintext today.
      { algorithm: 'kms', literal: 'kms', startRange: [1000, 9999] },
    ],
    absentWrapAlgorithm: 'rsa-oaep-sha1',
    ignoresWrapAlgorithmCase: false,
    start: 'decimal',
  },
  // Written by oss2 from 2.11.0 on and by the Go, Java, C++ and PHP SDKs.
  'client-side-encryption': {
    name: 'client-side-encryption',
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
    otherDescriptionHeaders: [],
    signs: (name) => name.startsWith(currentPrefix),
    scheme: counterMode,
    contentAlgorithm: {
      writes: 'AES/CTR/NoPadding',
      reads: ['AES/CTR/NoPadding'],
      absentMeansDefault: false,
    },
    wrapAlgorithms: [
      { algorithm: 'rsa-pkcs1', literal: 'RSA/NONE/PKCS1Padding' },
      { algorithm: 'rsa-oaep-sha1', literal: 'RSA/NONE/OAEPWithSHA-1AndMGF1Padding' },
      { algorithm: 'kms', literal: 'KMS/ALICLOUD' },
    ],
    absentWrapAlgorithm: undefined,
    // As the Java and C++ SDKs compare.
    ignoresWrapAlgorithmCase: true,
    start: 'counter-block',
  },
};
