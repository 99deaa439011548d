import { part } from '../elements.js';
import { clearProblem, showProblem } from '../problem-view.js';
import { announce } from '../texts/announcements.js';
import { say } from '../texts/speech.js';
import type { Watched } from '../watched.js';
import { showKey } from './key-card.js';
import { isLocked, type KeyKind, makeKey, openKey, openKnownPasskey } from './key-opening.js';
import type { PageKey } from './page-key.js';

/** The section in which the user makes or loads the key, and sees which one it is. */
export function startKeySection(section: HTMLElement, key: Watched<PageKey | undefined>): void {
  const heading = section.querySelector('h2');
  const choosing = part(section, 'choosing');
  const ready = part(section, 'ready');
  const problem = part(section, 'problem');
  const make = part<HTMLFormElement>(section, 'make');
  const makeButton = make.querySelector('button');
  const newPassphrase = part(section, 'new-passphrase');
  const load = part<HTMLInputElement>(section, 'load');
  const unlock = part<HTMLFormElement>(section, 'unlock');
  let lockedText = '';

  /** Takes the key that `work` gives. Then the reader stands at the heading again, above what is new. */
  async function take(work: () => Promise<PageKey>): Promise<void> {
    clearProblem(problem);
    section.ariaBusy = 'true';
    try {
      key.set(await work());
      announce('key.announce');
      heading?.focus();
    } catch (error) {
      showProblem(problem, error, 'key');
    } finally {
      section.ariaBusy = 'false';
    }
  }

  const kindOf = (): KeyKind => new FormData(make).get('kind') as KeyKind;
  make.addEventListener('change', () => {
    newPassphrase.hidden = kindOf() !== 'rsa';
  });
  make.addEventListener('submit', async (event) => {
    event.preventDefault();
    const passphrase = String(new FormData(make).get('passphrase'));
    if (makeButton === null || makeButton.ariaDisabled === 'true') return;
    // Not `disabled`: that would take the focus from who pressed it.
    makeButton.ariaDisabled = 'true';
    say(part(make, 'make-label'), 'key.making');
    await take(() => makeKey(kindOf(), passphrase === '' ? undefined : passphrase));
    makeButton.ariaDisabled = 'false';
    say(part(make, 'make-label'), 'key.make');
  });

  load.addEventListener('change', async () => {
    const texts = await Promise.all(Array.from(load.files ?? [], (file) => file.text()));
    load.value = '';
    const text = texts.join('\n');
    unlock.hidden = !isLocked(text);
    if (unlock.hidden) return take(() => openKey(text));
    clearProblem(problem);
    lockedText = text;
    unlock.querySelector('input')?.focus();
  });
  unlock.addEventListener('submit', (event) => {
    event.preventDefault();
    take(() => openKey(lockedText, String(new FormData(unlock).get('passphrase'))));
  });

  const choosePasskey = part(section, 'choose-passkey');
  choosePasskey.hidden = !('credentials' in navigator);
  choosePasskey.addEventListener('click', () => take(openKnownPasskey));

  part(section, 'change').addEventListener('click', () => {
    key.set(undefined);
    heading?.focus();
  });
  key.watch((current) => {
    choosing.hidden = current !== undefined;
    ready.hidden = current === undefined;
    // No secret stays in a field that is out of use.
    make.reset();
    unlock.reset();
    newPassphrase.hidden = unlock.hidden = true;
    lockedText = '';
    if (current !== undefined) showKey(ready, current);
  });
}
