import { opendir } from 'node:fs/promises';
import { join, normalize, resolve, sep } from 'node:path';
import { UsageError } from './output/usage-error.js';

/** A file of a folder. */
export interface LocalFile {
  readonly path: string;
  /** Below the folder, with `/` between names as keys have it. */
  readonly relative: string;
}

/** All regular files of a folder and those below it. Links are not followed. */
export async function* filesIn(folder: string, relative = ''): AsyncGenerator<LocalFile> {
  const entries = [];
  for await (const entry of await opendir(folder)) entries.push(entry);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const name = relative + entry.name;
    if (entry.isDirectory()) yield* filesIn(path, `${name}/`);
    else if (entry.isFile()) yield { path, relative: name };
  }
}

/**
 * The path of a key below a folder. Keys come from the bucket, so one that would leave the folder is refused.
 *
 * @throws UsageError for a key that cannot be a file there
 */
export function pathBelow(folder: string, key: string): string {
  const names = key.split('/');
  const isFile =
    key !== '' &&
    !key.includes('\0') &&
    names.every((name) => name !== '' && name !== '.' && name !== '..') &&
    !(sep === '\\' && /[\\:]/.test(key));
  const path = join(folder, key);
  const root = resolve(folder);
  if (!isFile || !resolve(path).startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new UsageError(
      `The key ${JSON.stringify(key)} cannot be a file in ${normalize(folder)}. Fetch it alone, to a name of yours.`,
    );
  }
  return path;
}
