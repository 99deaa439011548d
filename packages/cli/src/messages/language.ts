import type { english } from './english.js';

/** The languages of the messages. */
export type Language = 'en' | 'zh';

/** All texts of one language. */
export interface Messages {
  readonly texts: Readonly<Record<keyof typeof english, string>>;
  /** What an error's code means, where the error itself speaks another language. */
  readonly codes: Readonly<Record<string, string>>;
}
