import { chinese } from './chinese.js';
import { english } from './english.js';
import type { Language, Messages } from './language.js';

/** The texts of a language. */
export function messagesOf(language: Language): Messages {
  return language === 'zh' ? chinese : { texts: english, codes: {} };
}
