import type { ListedEntry, ListedObjectEntry } from '@oss-envelope/core';
import { listingBucket, readingBucket } from '../buckets.js';
import { arrange, part } from '../elements.js';
import type { PageKey } from '../keys/page-key.js';
import { clearProblem, showProblem } from '../problem-view.js';
import { Refusal } from '../problems.js';
import { announce } from '../texts/announcements.js';
import { hush, say } from '../texts/speech.js';
import type { Watched } from '../watched.js';
import { storedRow } from './stored-row.js';

/** So many rows are shown at first, and so many more each time. */
const pageSize = 50;

/** What the section of stored files needs. */
export interface StoredSectionOptions {
  readonly key: Watched<PageKey | undefined>;
  /** What the name of every object begins with. */
  readonly prefix: string;
}

/** The section that lists what is stored, and opens it. @returns what reads the list again */
export function startStoredSection(
  section: HTMLElement,
  { key, prefix }: StoredSectionOptions,
): () => Promise<void> {
  const list = part(section, 'rows');
  const note = part(section, 'note');
  const more = part<HTMLButtonElement>(section, 'more');
  const problem = part(section, 'problem');
  const unprotected = part<HTMLInputElement>(section, 'unprotected');
  let entries: AsyncIterator<ListedEntry>;
  /** The rows that are there, by what they show: a list that is read again keeps how their checks ended. */
  let known = new Map<string, HTMLElement>();
  /** Counts the reads, so that an older one that is slow puts nothing into a newer list. */
  let latest = 0;

  function bucket() {
    if (key.value === undefined) throw new Refusal('problem.noKey');
    if (!key.value.canRead) throw new Refusal('problem.publicKey');
    return readingBucket(key.value, unprotected.checked);
  }

  /** The next objects, and whether the list is at its end. */
  async function nextObjects(): Promise<{ objects: ListedObjectEntry[]; isEnd: boolean }> {
    const objects: ListedObjectEntry[] = [];
    // A newer read has another list, out of which this one must take nothing.
    const ofThisRead = entries;
    while (objects.length < pageSize) {
      const { value, done } = await ofThisRead.next();
      if (done === true) return { objects, isEnd: true };
      if (value.kind === 'object') objects.push(value);
    }
    return { objects, isEnd: false };
  }

  function rowsOf(objects: readonly ListedObjectEntry[]): Map<string, HTMLElement> {
    const rows = objects.map((entry) => {
      const id = JSON.stringify([entry.key, entry.etag, entry.lastModified]);
      return [id, known.get(id) ?? storedRow(entry, { prefix, bucket })] as const;
    });
    return new Map(rows);
  }

  /** @param takesOver what becomes of the rows that are there */
  async function show(takesOver: 'add' | 'replace'): Promise<void> {
    latest += 1;
    const turn = latest;
    section.ariaBusy = 'true';
    clearProblem(problem);
    if (list.childElementCount === 0) say(note, 'stored.reading');
    try {
      const { objects, isEnd } = await nextObjects();
      if (turn !== latest) return;
      const rows = rowsOf(objects);
      known = takesOver === 'replace' ? rows : new Map([...known, ...rows]);
      arrange(list, [...known.values()]);
      more.hidden = isEnd;
      if (list.childElementCount === 0) say(note, 'stored.empty');
      else hush(note);
      const [first] = rows.values();
      if (takesOver === 'add' && first !== undefined) part(first, 'download').focus();
    } catch (error) {
      if (turn !== latest) return;
      hush(note);
      showProblem(problem, error, 'list');
    } finally {
      if (turn === latest) section.ariaBusy = 'false';
    }
  }

  function refresh(): Promise<void> {
    const all = listingBucket.list({ prefix, pageSize, withInfo: true });
    entries = all[Symbol.asyncIterator]();
    return show('replace');
  }

  part(section, 'refresh').addEventListener('click', async () => {
    await refresh();
    announce('stored.count', { count: list.childElementCount });
  });
  more.addEventListener('click', () => show('add'));
  return refresh;
}
