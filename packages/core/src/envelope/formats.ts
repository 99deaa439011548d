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

/** What every format says of itself. Header names and literals stand in this table and nowhere else. */
interface AnyFormatRow {
  /** How the content is stored. */
  readonly scheme: ContentScheme;
  /** Whether a name, in lower case, is of a header of this format's envelope. */
  readonly signs: (name: string) => boolean;
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
  /** Other spellings of the description's header: read, never written. */
  readonly otherDescriptionHeaders: readonly string[];
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

const sealedPrefix = 'x-oss-meta-oss-envelope-';

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
    // A12: oss2 2.11.0 and later looks for this one.
    otherDescriptionHeaders: ['x-oss-meta-oss-crypto-matdesc'],
    // A1.
    signs: (name) => documentedSigns.has(name),
    scheme: counterMode,
    contentAlgorithm: {
      // A3: the name is historical, no version ever used GCM.
      writes: 'AES/GCM/NoPadding',
      reads: ['AES/GCM/NoPadding', 'AES/CTR/NoPadding'],
      absentMeansDefault: true,
    },
    // A4.
    wrapAlgorithms: [
      { algorithm: 'rsa-oaep-sha1', literal: 'rsa', startRange: [1, 10] },
      // A6: four digits are valid base64 too, which KMS asks of a plaintext today.
      { algorithm: 'kms', literal: 'kms', startRange: [1000, 9999] },
    ],
    absentWrapAlgorithm: 'rsa-oaep-sha1',
    ignoresWrapAlgorithmCase: false,
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
    otherDescriptionHeaders: [],
    // C1.
    signs: (name) => name.startsWith(currentPrefix),
    scheme: counterMode,
    // C3.
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
    // C4: as the Java and C++ SDKs compare.
    ignoresWrapAlgorithmCase: true,
    start: 'counter-block',
  },
  // Clauses S10 to S16.
  sealed: {
    kind: 'sealed',
    name: 'sealed',
    version: 'sealed/1',
    scheme: sealed,
    signs: (name) => name.startsWith(sealedPrefix),
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
