import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './pages.js';

describe.each(['CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md'])('%s', (page) => {
  it('names what is there', async () => {
    const text = await readFile(join(root, page), 'utf8');
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
    for (const [, script = ''] of text.matchAll(/npm run ([\w:]+)/g)) {
      expect(Object.keys(scripts), script).toContain(script);
    }
    const paths = [
      ...[...text.matchAll(/`((?:packages|tests|scripts|docs|examples)(?:\/[\w.-]+)*)`/g)].map(
        ([, path]) => path,
      ),
      ...[...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path),
      ...[...text.matchAll(/(?:node|bash|vitest run) ((?:packages|scripts|\.ci)\/[\w./-]+)/g)].map(
        ([, path]) => path,
      ),
    ].filter((path): path is string => path !== undefined && !path.includes('cloud-hsm'));
    for (const path of paths) expect(await stat(join(root, path)).catch(() => undefined), path).toBeDefined();
    expect(text).not.toContain('\t');
  });
});

describe('the forms of issues', async () => {
  const folder = join(root, '.github', 'ISSUE_TEMPLATE');
  const names = (await readdir(folder)).filter((name) => name !== 'config.yml');

  it('there are three', () => {
    expect(names.sort()).toEqual(['bug.yml', 'feature.yml', 'format.yml']);
  });

  it.each(names)('%s has what GitHub wants of a form', async (name) => {
    const text = await readFile(join(folder, name), 'utf8');
    expect(text).toMatch(/^name: .+\ndescription: .+\nlabels: \[.+\]\nbody:\n/);
    const fields = text.split(/^ {2}- type: /m).slice(1);
    const kinds = fields.map((field) => field.split('\n')[0]);
    expect(kinds.every((kind) => ['markdown', 'textarea', 'input', 'dropdown'].includes(kind ?? ''))).toBe(
      true,
    );
    const asked = fields.filter((field) => !field.startsWith('markdown'));
    expect(asked.length).toBeGreaterThanOrEqual(3);
    const ids = asked.map((field) => /^ {4}id: ([a-z]+)$/m.exec(field)?.[1] ?? expect.fail(field));
    expect(new Set(ids).size).toBe(ids.length);
    for (const field of asked) expect(field).toMatch(/^ {6}label: .+$/m);
  });
});
