import type { CounterFormatName, FormatName, WrapAlgorithm } from '../contract/key-provider.js';
import { currentPrefix, formats, sealedPrefix } from './formats.js';

/** What the readers of a format in counter mode take besides what its writers write. */
export interface CounterReading {
  /** Other spellings of the description's header. */
  readonly otherDescriptionHeaders: readonly string[];
  /** What the header that names the scheme may say. */
  readonly contentAlgorithms: readonly string[];
  /** Whether an envelope without that header is whole. */
  readonly mayLackContentAlgorithm: boolean;
  /** What an absent wrap algorithm means; undefined: the envelope is not whole. */
  readonly absentWrapAlgorithm: WrapAlgorithm | undefined;
  readonly ignoresWrapAlgorithmCase: boolean;
}

const documented = formats['oss-crypto'];
const current = formats['client-side-encryption'];

/** The formats in counter mode, by name. */
export const counterReading: Readonly<Record<CounterFormatName, CounterReading>> = {
  'oss-crypto': {
    // A12: oss2 2.11.0 and later looks for this one.
    otherDescriptionHeaders: ['x-oss-meta-oss-crypto-matdesc'],
    contentAlgorithms: [documented.contentAlgorithm, 'AES/CTR/NoPadding'],
    mayLackContentAlgorithm: true,
    absentWrapAlgorithm: 'rsa-oaep-sha1',
    ignoresWrapAlgorithmCase: false,
  },
  'client-side-encryption': {
    otherDescriptionHeaders: [],
    // C3.
    contentAlgorithms: [current.contentAlgorithm],
    mayLackContentAlgorithm: false,
    absentWrapAlgorithm: undefined,
    // C4: as the Java and C++ SDKs compare.
    ignoresWrapAlgorithmCase: true,
  },
};

// A1.
const documentedSigns = new Set([
  documented.headers.key,
  documented.headers.start,
  documented.headers.contentAlgorithm,
  documented.headers.wrapAlgorithm,
  documented.headers.materialDescription,
  ...counterReading['oss-crypto'].otherDescriptionHeaders,
]);

/** Whether a name, in lower case, is of a header of a format's envelope. */
export const signs: Readonly<Record<FormatName, (name: string) => boolean>> = {
  'oss-crypto': (name) => documentedSigns.has(name),
  // C1.
  'client-side-encryption': (name) => name.startsWith(currentPrefix),
  sealed: (name) => name.startsWith(sealedPrefix),
};
