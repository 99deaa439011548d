import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { blocksOf } from './page-program.js';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: object;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('what the pages import is there', async () => {
  const packages: string[] = [];
  for (const name of await readdir(join(root, 'packages'))) {
    const manifest = await readFile(join(root, 'packages', name, 'package.json'), 'utf8');
    const { private: isPrivate, exports } = JSON.parse(manifest) as { private?: boolean; exports?: object };
    // The command line is a program: nothing is imported from it.
    if (!isPrivate && exports !== undefined && '.' in exports) packages.push(name);
  }
  it.each(packages)('packages/%s/README.md', async (name) => {
    const markdown = await readFile(join(root, 'packages', name, 'README.md'), 'utf8');
    const imports = blocksOf(markdown).flatMap((block) => [
      ...block.matchAll(/import \{([^}]+)\} from '(@oss-envelope\/[^']+)'/g),
    ]);
    expect(imports.length).toBeGreaterThan(0);
    for (const [, names, module] of imports) {
      const exported = Object.keys((await import(module as string)) as object);
      for (const imported of (names as string)
        .split(',')
        .map((text) => text.trim())
        .filter((text) => text !== '' && !text.startsWith('type '))) {
        expect(exported, `${module} has no ${imported}`).toContain(imported);
      }
    }
  });
});

describe('a README as its package carries it', async () => {
  const names = (await readdir(join(root, 'packages'))).sort();
  const published = await Promise.all(
    names.map(async (name) => {
      const [readme, manifest] = await Promise.all(
        ['README.md', 'package.json'].map((file) => readFile(join(root, 'packages', name, file), 'utf8')),
      );
      return { name, readme: readme ?? '', manifest: JSON.parse(manifest ?? '') as Manifest };
    }),
  );
  const theirs = published.filter(({ manifest }) => !manifest.private);

  it.each(theirs)('packages/$name says what to install, with what it stands on', ({ readme, manifest }) => {
    const commands = [...readme.matchAll(/^(?:npm install|npx) .*$/gm)].flatMap(([line]) => line.split(' '));
    const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
    const peers = Object.keys(manifest.peerDependencies ?? {}).filter((peer) => !optional.includes(peer));
    expect(commands).toEqual(expect.arrayContaining([manifest.name, ...peers]));
  });

  it.each(theirs)('packages/$name has links that work outside of the repository', ({ readme }) => {
    expect([...readme.matchAll(/\]\((?!https:|#)[^)]*\)/g)].map(([link]) => link)).toEqual([]);
  });
});
