import type { FormatName } from '@oss-envelope/core';
import type { PageKey } from '../keys/page-key.js';
import { say } from '../texts/speech.js';
import type { Watched } from '../watched.js';

/** Offers the formats that the key can write, `sealed` first, and says what another one costs. */
export function startFormatChoice(
  select: HTMLSelectElement,
  about: HTMLElement,
  key: Watched<PageKey | undefined>,
): void {
  function showAbout(): void {
    const isLimited = key.value?.formats.length === 1;
    if (select.value !== 'sealed') say(about, 'upload.format.unprotected');
    else say(about, isLimited ? 'upload.format.sealed.only' : 'upload.format.sealed.about');
    about.classList.toggle('warning', select.value !== 'sealed');
  }

  select.addEventListener('change', showAbout);
  key.watch((current) => {
    for (const option of select.options) {
      option.disabled = current !== undefined && !current.formats.includes(option.value as FormatName);
    }
    if (select.selectedOptions[0]?.disabled) select.value = 'sealed';
    showAbout();
  });
}
