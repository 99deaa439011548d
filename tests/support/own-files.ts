import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Folders that other tools make, or that are not part of a clone. */
const notOurs = /^(node_modules|dist|api|\..*)$/;

/**
 * The files below a folder of the project, in no order, with `/` between names. Does not look into what other tools make:
 * there are more files in it than in all of the project.
 *
 * @param folder - by its path from the root, which the results begin with
 */
export async function ownFiles(folder: string): Promise<string[]> {
  const entries = await readdir(`${root}/${folder}`, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return notOurs.test(entry.name) ? [] : ownFiles(path);
      return [path];
    }),
  );
  return found.flat();
}
