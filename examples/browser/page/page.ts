// The page's program: all that has to do with content and keys happens in this page.
import { part } from './elements.js';
import { startStoredSection } from './files/stored-section.js';
import { startUploadSection } from './files/upload-section.js';
import { hasUnsavedKey } from './keys/key-card.js';
import { startKeySection } from './keys/key-section.js';
import type { PageKey } from './keys/page-key.js';
import { showProblem } from './problem-view.js';
import { loadSettings } from './settings.js';
import { say, startSpeech } from './texts/speech.js';
import { watched } from './watched.js';

const section = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

startSpeech(section('language') as HTMLFieldSetElement);
const key = watched<PageKey | undefined>(undefined);
startKeySection(section('key'), key);

try {
  const { allowedPrefix: prefix, bucket, isLocal } = await loadSettings();
  say(part(document, 'footer'), 'page.footer', { bucket });
  part(document, 'local').hidden = !isLocal;
  const refresh = startStoredSection(section('stored'), { key, prefix });
  const isUploading = startUploadSection(section('upload'), { key, prefix, onStored: refresh });
  // Who leaves now would lose a key, or half an upload: the browser asks first.
  addEventListener('beforeunload', (event) => {
    if (hasUnsavedKey() || isUploading()) event.preventDefault();
  });
  await refresh();
} catch (error) {
  showProblem(part(section('stored'), 'problem'), error, 'list');
}
