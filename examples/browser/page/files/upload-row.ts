import type { FormatName, Progress } from '@oss-envelope/core';
import { writingBucket } from '../buckets.js';
import { copyOfTemplate, part } from '../elements.js';
import type { PageKey } from '../keys/page-key.js';
import { clearProblem, showProblem } from '../problem-view.js';
import { problemOf } from '../problems.js';
import { announce } from '../texts/announcements.js';
import { say } from '../texts/speech.js';
import { shareOf } from './progress-share.js';

const mebibyte = 1024 * 1024;

/** How a file is to be stored. */
export interface UploadPlan {
  readonly key: PageKey;
  readonly format: FormatName;
}

/** What a row tells its list. */
export interface UploadRowEvents {
  /** The user wants it gone. */
  readonly onRemove: (row: UploadRow) => void;
  /** The user wants it to be tried again, now. */
  readonly onRetry: (row: UploadRow) => void;
  /** It came to an end: stored, failed or cancelled. */
  readonly onEnd: (row: UploadRow) => void;
}

/** A file that is to be stored, and how far it is. */
export class UploadRow {
  readonly element: HTMLElement = copyOfTemplate('upload-row');
  /** `planned` rows are stored by the next start. */
  state: 'planned' | 'moving' | 'stored' | 'failed' = 'planned';
  readonly #file: File;
  readonly #prefix: string;
  readonly #events: UploadRowEvents;
  readonly #name: HTMLInputElement;
  #replaces = false;
  #controller = new AbortController();

  constructor(file: File, prefix: string, events: UploadRowEvents) {
    this.#file = file;
    this.#prefix = prefix;
    this.#events = events;
    this.#name = this.#part('stored-name');
    this.#name.value = file.name;
    this.#part('name').textContent = file.name;
    for (const about of this.element.querySelectorAll('[data-part="about"]')) about.textContent = file.name;
    this.#part('progress').ariaLabel = file.name;
    say(this.#part('size'), 'upload.size', { bytes: file.size });
    this.#showVisible();
    this.#name.addEventListener('input', () => this.#showVisible());
    this.#part('remove').onclick = () => events.onRemove(this);
    this.#part('cancel').onclick = () => this.#controller.abort();
    this.#part('retry').onclick = () => events.onRetry(this);
    this.#part('replace').onclick = () => {
      this.#replaces = true;
      events.onRetry(this);
    };
  }

  #part<Kind extends HTMLElement = HTMLElement>(name: string): Kind {
    return part<Kind>(this.element, name);
  }

  get #key(): string {
    return `${this.#prefix}${this.#name.value.trim()}`;
  }

  /** What others will see, before anything is sent. */
  #showVisible(): void {
    say(this.#part('visible'), 'upload.visible', { key: this.#key, bytes: this.#file.size });
  }

  /** Encrypts the file and stores it. What is under way of it is in memory: three parts, whatever the file's size. */
  async store({ key, format }: UploadPlan): Promise<void> {
    try {
      this.#controller.signal.throwIfAborted();
      await writingBucket(key, format).put(this.#key, this.#file, {
        signal: this.#controller.signal,
        forbidOverwrite: !this.#replaces,
        // A browser does not tell how far a request is, so the bar moves by parts: small ones, unless there are too many.
        multipartThresholdBytes: mebibyte,
        partSizeBytes: this.#file.size <= 100 * mebibyte ? mebibyte : undefined,
        onProgress: (progress) => this.#showProgress(progress),
      });
      this.#show('stored');
      announce('upload.stored.announce', { name: this.#file.name });
    } catch (error) {
      this.#fail(error);
    }
    this.#events.onEnd(this);
  }

  #fail(error: unknown): void {
    if (this.#controller.signal.aborted) {
      this.#show('planned');
      announce('upload.cancelled');
      return;
    }
    this.#show('failed');
    showProblem(this.#part('problem'), error, 'upload');
    this.#part('replace').hidden = problemOf(error, 'upload') !== 'problem.nameTaken';
  }

  #show(state: UploadRow['state']): void {
    const hadFocus = this.element.contains(document.activeElement);
    this.state = state;
    this.element.dataset.state = state;
    clearProblem(this.#part('problem'));
    this.#part('planned').hidden = state === 'moving' || state === 'stored';
    this.#part('moving').hidden = state !== 'moving';
    this.#part('stored').hidden = state !== 'stored';
    this.#part('cancel').hidden = state !== 'moving';
    this.#part('remove').hidden = state === 'moving';
    this.#part('retry').hidden = state !== 'failed';
    this.#part('replace').hidden = true;
    if (state === 'moving') {
      this.#part('progress').removeAttribute('value');
      say(this.#part('state'), 'upload.waiting');
    }
    // The button that was pressed may be gone.
    if (hadFocus) this.#part(state === 'moving' ? 'cancel' : 'remove').focus();
  }

  /** Shows that its turn comes. Until it is stored it can be cancelled. */
  wait(): void {
    this.#controller = new AbortController();
    this.#show('moving');
  }

  #showProgress(reached: Progress): void {
    const share = shareOf(reached);
    this.#part<HTMLProgressElement>('progress').value = share;
    say(this.#part('state'), 'upload.progress', { share, bytes: this.#file.size });
  }
}
