import { remember, remembered } from '../remembered.js';
import { type Language, preferredLanguage, type TextName, type TextValues, textIn } from './texts.js';

const valuesOf = new WeakMap<Element, unknown>();
let current: Language = 'en';

/** Gives an element a text. It follows the language from then on. */
export function say<Name extends TextName>(
  element: HTMLElement,
  name: Name,
  ...values: TextValues<Name>
): void {
  element.dataset.text = name;
  valuesOf.set(element, values[0]);
  speak(element);
}

/** Takes the text of an element away. */
export function hush(element: HTMLElement): void {
  delete element.dataset.text;
  element.textContent = '';
}

function speak(element: HTMLElement): void {
  const name = element.dataset.text as 'page.title';
  const text = textIn(current, name, ...([valuesOf.get(element)] as unknown as []));
  if (element.textContent !== text) element.textContent = text;
}

/** Puts everything below a node that has a text into the current language. */
export function speakAll(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>('[data-text]')) speak(element);
}

/** Puts the page into a language. */
function setLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language;
  speakAll(document);
}

/** Begins with the language that fits, and follows the switch. */
export function startSpeech(languageSwitch: HTMLFieldSetElement): void {
  setLanguage(preferredLanguage(remembered('language'), navigator.languages));
  for (const choice of languageSwitch.querySelectorAll('input')) {
    choice.checked = choice.value === current;
    choice.addEventListener('change', () => {
      remember('language', choice.value);
      setLanguage(choice.value as Language);
    });
  }
}
