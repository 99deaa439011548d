import { lstat, opendir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from './output/usage-error.js';

/** What is found in a folder: a file, a folder below it that cannot be read, or what is neither. */
export type LocalEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Below the folder, with `/` between names as keys have it. */
      readonly relative: string;
    }
  | { readonly kind: 'unreadable'; readonly path: string; readonly error: unknown }
  /** A link, which is not followed, a pipe or a device. */
  | { readonly kind: 'other'; readonly path: string };

/** All regular files of a folder and those below it, and whatever else is there. Links are not followed. */
export async function* filesIn(folder: string, relative = ''): AsyncGenerator<LocalEntry> {
  const entries = [];
  try {
    for await (const entry of await opendir(folder)) entries.push(entry);
  } catch (error) {
    yield { kind: 'unreadable', path: folder, error };
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const name = relative + entry.name;
    if (entry.isDirectory()) yield* filesIn(path, `${name}/`);
    else if (entry.isFile()) yield { kind: 'file', path, relative: name };
    else yield { kind: 'other', path };
  }
}

/**
 * Checks that a file may take the place of a path: what is there is a file, or nothing. A link of the system, such as
 * `/dev/stdout`, leads to one at times, and would be gone for all programs.
 *
 * @throws UsageError when it may not
 */
export async function assertReplaceable(path: string): Promise<void> {
  const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;
  const found = await stat(path).catch(() => undefined);
  if ((found === undefined || found.isFile()) && !(isLink && resolve(path).startsWith('/dev/'))) return;
  throw new UsageError(`${path} is no file that could be replaced. Name a file, or - for standard output.`);
}

/** Whether two paths lead to one file, by links too. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}
