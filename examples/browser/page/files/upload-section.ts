import type { FormatName } from '@oss-envelope/core';
import { arrange, part } from '../elements.js';
import type { PageKey } from '../keys/page-key.js';
import { announce } from '../texts/announcements.js';
import { hush, say } from '../texts/speech.js';
import type { PlainTextName } from '../texts/texts.js';
import type { Watched } from '../watched.js';
import { acceptDroppedFiles } from './dropped-files.js';
import { startFormatChoice } from './format-choice.js';
import { UploadRow } from './upload-row.js';

/** What the section for uploads needs. */
export interface UploadSectionOptions {
  readonly key: Watched<PageKey | undefined>;
  /** What the name of every object begins with. */
  readonly prefix: string;
  /** Called when a file has been stored. */
  readonly onStored: () => void;
}

/** The section in which files are chosen, named, encrypted and stored. @returns whether an upload is under way */
export function startUploadSection(
  section: HTMLElement,
  { key, prefix, onStored }: UploadSectionOptions,
): () => boolean {
  const list = part(section, 'rows');
  const input = part<HTMLInputElement>(section, 'files');
  const start = part<HTMLButtonElement>(section, 'start');
  const startAbout = part(section, 'start-about');
  const format = part<HTMLSelectElement>(section, 'format');
  let rows: UploadRow[] = [];
  /** Rows are stored one after another: the parts of one are several requests at once already. */
  let queue: Promise<void> = Promise.resolve();

  const planned = (): UploadRow[] => rows.filter(({ state }) => state === 'planned');

  function obstacle(): PlainTextName | undefined {
    if (key.value === undefined) return 'upload.needsKey';
    return planned().length === 0 ? 'upload.needsFiles' : undefined;
  }

  function showStart(): void {
    const name = obstacle();
    say(start, 'upload.start', { count: planned().length });
    // It can be reached all the same, so that what is missing is read.
    start.ariaDisabled = String(name !== undefined);
    const isDone = name === 'upload.needsFiles' && rows.length > 0;
    if (name === undefined || isDone) hush(startAbout);
    else say(startAbout, name);
  }

  function add(files: readonly File[]): void {
    const added = files.map(
      (file) => new UploadRow(file, prefix, { onRemove: remove, onRetry: (row) => store([row]), onEnd }),
    );
    rows = [...rows.filter(({ state }) => state !== 'stored'), ...added];
    arrange(
      list,
      rows.map(({ element }) => element),
    );
    if (added.length > 0) announce('upload.listed', { count: added.length });
    showStart();
  }

  function remove(row: UploadRow): void {
    const index = rows.indexOf(row);
    rows = rows.filter((other) => other !== row);
    row.element.remove();
    // The focus goes to the neighbour, or to where files come from.
    const neighbour = rows[index] ?? rows[index - 1];
    (neighbour === undefined ? input : part(neighbour.element, 'remove')).focus();
    showStart();
  }

  function onEnd({ state }: UploadRow): void {
    showStart();
    if (state === 'stored') onStored();
  }

  function store(waiting: readonly UploadRow[]): void {
    const current = key.value;
    if (current === undefined) return;
    const plan = { key: current, format: format.value as FormatName };
    for (const row of waiting) {
      row.wait();
      queue = queue.then(() => row.store(plan));
    }
    showStart();
  }

  input.addEventListener('change', () => {
    add(Array.from(input.files ?? []));
    input.value = '';
  });
  acceptDroppedFiles(part(section, 'drop'), add);
  start.addEventListener('click', () => {
    if (obstacle() === undefined) store(planned());
  });
  startFormatChoice(format, part(section, 'format-about'), key);
  key.watch(showStart);
  return () => rows.some(({ state }) => state === 'moving');
}
