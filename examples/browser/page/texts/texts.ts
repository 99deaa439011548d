import { chinese } from './chinese.js';
import { english } from './english.js';

/** The languages of the page, by their tags of BCP 47. */
export const languages = { en: english, 'zh-CN': chinese };

export type Language = keyof typeof languages;
type Texts = typeof english;
export type TextName = keyof Texts;
/** What a text needs beside its name. */
export type TextValues<Name extends TextName> = Texts[Name] extends (values: infer Values) => string
  ? [values: Values]
  : [];
/** Texts that need nothing beside their names. */
export type PlainTextName = {
  [Name in TextName]: Texts[Name] extends string ? Name : never;
}[TextName];

/** The language to begin with: what was chosen before, or the first of the browser's that the page has. */
export function preferredLanguage(chosen: string | null, ofBrowser: readonly string[]): Language {
  if (chosen !== null && Object.hasOwn(languages, chosen)) return chosen as Language;
  for (const tag of ofBrowser) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** A text in a language. */
export function textIn<Name extends TextName>(
  language: Language,
  name: Name,
  ...[values]: TextValues<Name>
): string {
  const text = languages[language][name];
  return typeof text === 'function' ? (text as (values: unknown) => string)(values) : text;
}
