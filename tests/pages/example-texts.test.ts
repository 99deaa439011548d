import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { languages, preferredLanguage, type TextName } from '../../examples/browser/page/texts/texts.js';

const html = await readFile(new URL('../../examples/browser/page/index.html', import.meta.url), 'utf8');
const { en, 'zh-CN': chinese } = languages;

/** Values that stand out in a text, for whatever texts need. */
const values = { bucket: 'BUCKET', key: 'KEY', name: 'NAME', count: 7, share: 0.5, bytes: 7000, epochMs: 0 };
const textsOf = (language: typeof en) =>
  Object.entries(language).map(([name, text]) => {
    const said = typeof text === 'function' ? (text as (given: typeof values) => string)(values) : text;
    return [name, said] as const;
  });

it('every text is there in both languages, and is of its language', () => {
  expect(Object.keys(chinese)).toEqual(Object.keys(en));
  expect(Object.keys(en).length).toBeGreaterThan(100);
  const numbersOnly = /^(stored\.(size|time)|upload\.size)$/;
  for (const [name, text] of textsOf(chinese)) {
    if (!numbersOnly.test(name)) expect(text, name).toMatch(/\p{Script=Han}/u);
  }
  for (const [name, text] of textsOf(en)) {
    expect(text, name).not.toMatch(/\p{Script=Han}|undefined|NaN/u);
    expect(text.trim(), name).not.toBe('');
  }
});

it('both languages say the same names and numbers', () => {
  const marks = (text: string) => (text.match(/BUCKET|KEY\b|NAME|\b7\b|50|7,000/g) ?? []).sort();
  const inEnglish = new Map(textsOf(en));
  for (const [name, text] of textsOf(chinese)) {
    if (typeof en[name as TextName] === 'function') {
      expect(marks(text), name).toEqual(marks(String(inEnglish.get(name))));
    }
  }
});

it('the HTML has texts that there are, in English, and no others', () => {
  const spoken = [...html.matchAll(/<(\w+)[^<>]*data-text="([^"]+)"[^<>]*>([^<]*)<\/\1>/g)];
  expect(spoken.length).toBeGreaterThan(50);
  expect(spoken).toHaveLength([...html.matchAll(/data-text=/g)].length);
  for (const [, , name, text] of spoken) expect(text, name).toBe(en[name as TextName]);
});

it.each([
  [null, ['zh-TW', 'en'], 'zh-CN'],
  [null, ['de', 'zh'], 'zh-CN'],
  [null, ['fr', 'en-GB', 'zh'], 'en'],
  [null, ['fr'], 'en'],
  ['zh-CN', ['en'], 'zh-CN'],
  ['en', ['zh-CN'], 'en'],
  ['tlh', ['zh-CN'], 'zh-CN'],
  ['toString', [], 'en'],
] as const)('chosen %s, of the browser %j: %s', (chosen, ofBrowser, language) => {
  expect(preferredLanguage(chosen, ofBrowser)).toBe(language);
});
