import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownFiles } from '../support/own-files.js';
import { readPage, root } from './pages.js';

const page = await readPage('docs/errors.md');
const sections = [...page.matchAll(/^## `(ERR_[A-Z_]+)`\n\n`(\w+)`([\s\S]*?)(?=^## |(?![\s\S]))/gm)];

it('every code of the sources has a section, and no other', async () => {
  const codes = new Map<string, string>();
  const source = await readFile(join(root, 'packages/core/src/errors/errors.ts'), 'utf8');
  for (const [, code = '', name = ''] of source.matchAll(/^ {2}readonly (ERR_[A-Z_]+): (\w+);$/gm))
    codes.set(code, name);
  expect(codes.size).toBeGreaterThan(15);
  expect(sections.map(([, code, name]) => [code, name])).toEqual([...codes].sort());
});

it('no other file of the packages has a code that the page does not know', async () => {
  const known = sections.map(([, code]) => code);
  // What jobs say of single objects stands on their page.
  const ofJobs = [...(await readPage('docs/jobs.md')).matchAll(/`(ERR_[A-Z_]+)`/g)].map(([, code]) => code);
  for (const path of await ownFiles('packages')) {
    if (!/^packages\/(?!(cli|local-cloud)\/)[^/]+\/src\/.*(?<!\.test)\.ts$/.test(path)) continue;
    const text = await readFile(join(root, path), 'utf8');
    for (const [code] of text.matchAll(/\bERR_[A-Z_]+\b(?=['"`])/g)) {
      // Those of Node and of Undici are read here, never thrown.
      if (
        /^ERR_(MODULE_NOT_FOUND|BUFFER|HTTP|STREAM|OSSL|INVALID_(?:ARG|CHAR|PROTOCOL)|TLS|SSL|CRYPTO|REQUIRE|PACKAGE)/.test(
          code,
        )
      )
        continue;
      expect(path.startsWith('packages/jobs/') ? [...known, ...ofJobs] : known, path).toContain(code);
    }
  }
});

it('each section says what happened and what to do', () => {
  for (const [, code, , text = ''] of sections) {
    expect(text, code).toMatch(/^\*\*What happened\.\*\* \S/m);
    expect(text, code).toMatch(/^\*\*What to do\.\*\* \S/m);
  }
});
