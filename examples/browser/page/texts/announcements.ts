import { part } from '../elements.js';
import { say } from './speech.js';
import type { TextName, TextValues } from './texts.js';

/** Tells something to who listens to the page: a screen reader says it when it has finished its sentence. */
export function announce<Name extends TextName>(name: Name, ...values: TextValues<Name>): void {
  // Two of the same are one change each: a region that stays as it is, is not read again.
  const line = document.createElement('p');
  say(line, name, ...values);
  const region = part(document, 'announcements');
  region.append(line);
  while (region.childElementCount > 3) region.firstElementChild?.remove();
}
