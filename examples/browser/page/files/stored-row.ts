import type { EncryptedBucket, GetOptions, ListedObjectEntry } from '@oss-envelope/core';
import { copyOfTemplate, part, saveAs } from '../elements.js';
import { clearProblem, showProblem } from '../problem-view.js';
import { announce } from '../texts/announcements.js';
import { say } from '../texts/speech.js';
import type { PlainTextName } from '../texts/texts.js';
import { collect } from './blob-collecting.js';
import { shareOf } from './progress-share.js';

/** The names of wrap algorithms that people know. */
const keyNames: Readonly<Record<string, string>> = { kms: 'KMS', age: 'age', aes: 'AES' };
const keyNameOf = (wrapAlgorithm: string): string =>
  keyNames[wrapAlgorithm] ?? (wrapAlgorithm.startsWith('rsa-') ? 'RSA' : wrapAlgorithm);

/** What a row needs besides its entry. */
export interface StoredRowOptions {
  /** What the name of every object begins with, which is not shown. */
  readonly prefix: string;
  /** The bucket to open the file with. @throws Refusal that says what is missing */
  readonly bucket: () => EncryptedBucket;
}

/** A stored file in the list, with what can be done with it. */
export function storedRow(entry: ListedObjectEntry, { prefix, bucket }: StoredRowOptions): HTMLElement {
  const row = copyOfTemplate('stored-row');
  const name = entry.key.startsWith(prefix) ? entry.key.slice(prefix.length) : entry.key;
  const [download, verify, cancel] = [part(row, 'download'), part(row, 'verify'), part(row, 'cancel')];
  const moving = part(row, 'moving');
  const outcome = part(row, 'outcome');
  const problem = part(row, 'problem');
  const progress = part<HTMLProgressElement>(row, 'progress');

  part(row, 'name').textContent = name;
  progress.ariaLabel = name;
  for (const about of row.querySelectorAll('[data-part="about"]')) about.textContent = name;
  say(part(row, 'size'), 'stored.size', { bytes: entry.sizeBytes ?? entry.storedSizeBytes });
  if (entry.lastModified !== undefined) {
    say(part(row, 'time'), 'stored.time', { epochMs: entry.lastModified.getTime() });
  }
  showKind(part(row, 'kind'), entry);

  /** Opens the file and has `use` do something with it; shows how far that is, and how it ended. */
  async function run(use: (options: GetOptions) => Promise<PlainTextName>): Promise<void> {
    const controller = new AbortController();
    cancel.onclick = () => controller.abort();
    clearProblem(problem);
    outcome.hidden = true;
    progress.removeAttribute('value');
    show(true);
    try {
      const text = await use({
        signal: controller.signal,
        onProgress(reached) {
          const share = shareOf(reached);
          progress.value = share;
          say(part(row, 'state'), 'stored.progress', { share });
        },
      });
      say(part(row, 'outcome-text'), text);
      outcome.hidden = false;
    } catch (error) {
      if (controller.signal.aborted) announce('stored.cancelled');
      else showProblem(problem, error, 'open');
    } finally {
      show(false);
    }
  }

  /** The buttons, or how far it is. The focus stays in the row. */
  let pressed = download;
  function show(isMoving: boolean): void {
    const active = document.activeElement;
    if (isMoving && active instanceof HTMLElement && (active === verify || active === download))
      pressed = active;
    const hadFocus = row.contains(active);
    moving.hidden = cancel.hidden = !isMoving;
    download.hidden = verify.hidden = isMoving;
    if (hadFocus) (isMoving ? cancel : pressed).focus();
  }

  download.addEventListener('click', () =>
    run(async (options) => {
      const object = await bucket().get(entry.key, options);
      // Nothing is saved before all of it has come and its checks have passed.
      saveAs(await collect(object.chunks()), name.split('/').at(-1) ?? name);
      if (!object.authenticated) return 'stored.saved.unproven';
      announce('stored.saved.announce', { name });
      return 'stored.saved';
    }),
  );
  verify.addEventListener('click', () =>
    run(async (options) => {
      const { authenticated } = await bucket().verify(entry.key, options);
      if (!authenticated) return 'stored.unproven';
      announce('stored.verified.announce', { name });
      return 'stored.verified';
    }),
  );
  return row;
}

/** How the bucket says that the file is encrypted. */
function showKind(badge: HTMLElement, { info }: ListedObjectEntry): void {
  if (info === undefined) {
    say(badge, 'stored.broken');
    return;
  }
  if (info.encryption.kind === 'plain') {
    say(badge, 'stored.plain');
    return;
  }
  const { envelope } = info.encryption;
  const wraps =
    envelope.format === 'sealed'
      ? envelope.recipients.map(({ wrapAlgorithm }) => wrapAlgorithm)
      : [envelope.wrapAlgorithm];
  badge.textContent = [envelope.format, ...new Set(wraps.map(keyNameOf))].join(' · ');
}
