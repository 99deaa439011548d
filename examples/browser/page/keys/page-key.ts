import type { FormatName, KeyProvider } from '@oss-envelope/core';
import type { PlainTextName } from '../texts/texts.js';

/** A file that the user must keep, or lose what was encrypted. */
export interface KeyFile {
  readonly name: string;
  /** A secret. */
  readonly text: string;
  /** Whether it stands in for a passkey, rather than being the key itself. */
  readonly isRecovery: boolean;
}

/** The key that the page works with. */
export interface PageKey {
  readonly provider: KeyProvider;
  /** What the page calls it. */
  readonly title: PlainTextName;
  /** Whether it opens files. It encrypts them in any case. */
  readonly canRead: boolean;
  /** The formats that it can write. */
  readonly formats: readonly FormatName[];
  /** SHA-256 of what is public of it, in hex; or why there is none. */
  readonly fingerprint: { readonly hex: string } | { readonly unknown: PlainTextName };
  /** Of a key that was just made. */
  readonly file?: KeyFile;
}
