import { part, saveAs } from '../elements.js';
import { hush, say } from '../texts/speech.js';
import { emblemOf } from './emblem.js';
import { groupsOf } from './fingerprint.js';
import type { KeyFile, PageKey } from './page-key.js';

/** Key files that were made and not saved: leaving the page now would lose them. */
const unsaved = new Set<KeyFile>();

/** Whether a key would be lost with the page. */
export const hasUnsavedKey = (): boolean => unsaved.size > 0;

/** Shows which key is in use, and asks to save one that was just made. */
export function showKey(card: HTMLElement, key: PageKey): void {
  say(part(card, 'title'), key.title);
  say(part(card, 'can'), key.canRead ? 'key.can.both' : 'key.can.write');
  showFingerprint(card, key);
  const notice = part(card, 'unsaved');
  const saved = part(card, 'saved');
  saved.hidden = true;
  notice.hidden = key.file === undefined;
  if (key.file === undefined) return;
  const { file } = key;
  unsaved.add(file);
  say(part(card, 'unsaved-text'), file.isRecovery ? 'key.unsaved.recovery' : 'key.unsaved');
  say(part(card, 'save-label'), file.isRecovery ? 'key.save.recovery' : 'key.save');
  part(card, 'save').onclick = () => {
    saveAs(new Blob([file.text], { type: 'text/plain' }), file.name);
    unsaved.delete(file);
    notice.classList.add('settled');
    saved.hidden = false;
  };
  notice.classList.remove('settled');
}

function showFingerprint(card: HTMLElement, { fingerprint }: PageKey): void {
  const digits = part(card, 'fingerprint');
  const picture = part(card, 'picture');
  const about = part(card, 'fingerprint-about');
  picture.replaceChildren();
  if ('unknown' in fingerprint) {
    digits.replaceChildren();
    say(about, fingerprint.unknown);
    return;
  }
  hush(about);
  say(about, 'key.fingerprint.about');
  digits.replaceChildren(
    ...groupsOf(fingerprint.hex).map((group) => {
      const span = document.createElement('span');
      span.textContent = group;
      return span;
    }),
  );
  picture.append(emblemOf(fingerprint.hex));
}
