import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative, resolve, sep } from 'node:path';
import { UsageError } from './output/usage-error.js';

/** What a file system takes for the same name. */
export interface NameRules {
  /** `A` and `a` are one file. */
  readonly ignoresCase: boolean;
  /** An accent in the letter and one behind it are one file. */
  readonly ignoresNormalization: boolean;
}

/** Tries in a folder what its file system takes for the same name. */
export async function nameRulesOf(folder: string): Promise<NameRules> {
  const probe = await mkdtemp(join(folder, '.oss-envelope-caf\u00e9-'));
  const isThere = (name: string): Promise<boolean> =>
    stat(join(dirname(probe), name)).then(
      () => true,
      () => false,
    );
  try {
    return {
      ignoresCase: await isThere(swapCase(basename(probe))),
      ignoresNormalization: await isThere(basename(probe).normalize('NFD')),
    };
  } finally {
    await rmdir(probe);
  }
}

/** Of plain letters only, so that the other rule does not matter. */
function swapCase(name: string): string {
  return name.replace(/[a-z]|[A-Z]/g, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

/** Where the objects of a prefix go in a folder: one path for each key, and no path for two. */
export class FetchedPaths {
  readonly #folder: string;
  readonly #rules: NameRules;
  /** What each path is, by a short hash of its name: a bucket may have millions. */
  readonly #kinds = new Map<string, 'file' | 'folder'>();

  constructor(folder: string, rules: NameRules) {
    this.#folder = folder;
    this.#rules = rules;
  }

  /** Makes the folder, and looks at its file system. */
  static async open(folder: string): Promise<FetchedPaths> {
    await mkdir(folder, { recursive: true });
    return new FetchedPaths(folder, await nameRulesOf(folder));
  }

  /**
   * The path of a key, which no other key may have after this.
   *
   * @throws UsageError for a key that cannot be a file in the folder, or falls on the path of another one
   */
  file(key: string): string {
    const path = pathBelow(this.#folder, key);
    this.#foldersAbove(key);
    const name = this.#nameOf(key);
    if (this.#kinds.has(name)) throw clash(key);
    this.#kinds.set(name, 'file');
    return path;
  }

  /** The path of a key that ends with `/`, which stands for a folder. */
  folder(key: string): string {
    const inner = key.replace(/\/$/, '');
    if (inner === '') return this.#folder;
    const path = pathBelow(this.#folder, inner);
    this.#foldersAbove(`${inner}/`);
    return path;
  }

  /**
   * Makes a folder below the one that is fetched into, and those above it.
   *
   * @throws UsageError where one of them is a link: keys come from the bucket, and what is behind a link is somewhere else
   */
  async makeFolder(path: string): Promise<void> {
    let above = this.#folder;
    for (const name of relative(this.#folder, path).split(sep)) {
      above = join(above, name);
      if ((await lstat(above).catch(() => undefined))?.isSymbolicLink()) {
        throw new UsageError(
          `${above} is a link, and what is behind it is not in ${normalize(this.#folder)}. Fetch the object alone, to a name of yours.`,
        );
      }
    }
    await mkdir(path, { recursive: true });
  }

  #foldersAbove(key: string): void {
    for (let slash = key.indexOf('/'); slash !== -1; slash = key.indexOf('/', slash + 1)) {
      const name = this.#nameOf(key.slice(0, slash));
      if (this.#kinds.get(name) === 'file') throw clash(key);
      this.#kinds.set(name, 'folder');
    }
  }

  #nameOf(key: string): string {
    const cased = this.#rules.ignoresCase ? key.toUpperCase().toLowerCase() : key;
    const name = this.#rules.ignoresNormalization ? cased.normalize('NFC') : cased;
    return createHash('sha256').update(name).digest('base64').slice(0, 12);
  }
}

function clash(key: string): UsageError {
  return new UsageError(
    `The key ${JSON.stringify(key)} falls on the path of another key, as a file or a folder. Fetch it alone, to a name of yours.`,
  );
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
    !(sep === '\\' && names.some((name) => /[\\:*?"<>|]|[. ]$/.test(name)));
  const path = join(folder, key);
  const root = resolve(folder);
  if (!isFile || !resolve(path).startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw new UsageError(
      `The key ${JSON.stringify(key)} cannot be a file in ${normalize(folder)}. Fetch it alone, to a name of yours.`,
    );
  }
  return path;
}
