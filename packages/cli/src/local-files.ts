import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** What is found in a folder: a file, or a folder below it that cannot be read. */
export type LocalEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Below the folder, with `/` between names as keys have it. */
      readonly relative: string;
    }
  | { readonly kind: 'unreadable'; readonly path: string; readonly error: unknown };

/** All regular files of a folder and those below it. Links are not followed. */
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
  }
}
