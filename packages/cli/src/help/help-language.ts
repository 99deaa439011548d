import type { Language } from '../messages/language.js';
import { messagesOf } from '../messages/messages.js';

/** The language of the help. */
export interface HelpLanguage {
  /** A text in it. Texts are named by what they are in English. */
  readonly translate: (english: string) => string;
  /** How many columns of a terminal a text takes; undefined where each character takes one. */
  readonly displayWidth: ((text: string) => number) | undefined;
  /** What is added to an error of usage, which is told in English. */
  readonly wrongUsage: string | undefined;
}

export const english: HelpLanguage = {
  translate: (text) => text,
  displayWidth: undefined,
  wrongUsage: undefined,
};

/** Loads what help in a language needs: for English, which most programs start with, nothing. */
export async function helpLanguageOf(language: Language): Promise<HelpLanguage> {
  if (language === 'en') return english;
  const { default: displayWidth } = await import('string-width');
  const { chineseHelp } = await import('../messages/chinese-help.js');
  return {
    translate: (text) => chineseHelp[text] ?? text,
    displayWidth,
    wrongUsage: messagesOf(language).codes.ERR_USAGE,
  };
}
