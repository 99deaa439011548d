import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage, root, sitePages } from './pages.js';

/** Figures and results, which commands write in English: the pages in Chinese say what they are, and take them in. */
const madeByCommands: readonly string[] = ['interop.md', 'performance.md'];

interface Structure {
  /** The levels of the headings, in their order; titles that are code alone are the same in both. */
  readonly headings: readonly string[];
  /** For each table its number of columns and of rows. */
  readonly tables: readonly string[];
  /** The blocks of code as they are, without the comments, which are translated. */
  readonly blocks: readonly string[];
}

/** Code without its comments: those of C in both kinds, and those of a shell and of Python. */
const withoutComments = (code: string): string =>
  code
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/ (?!=> ).*$/gm, '')
    .replace(/(^|\s)# .*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');

function structureOf(markdown: string): Structure {
  const blocks = [...markdown.matchAll(/^( *)```(\S*)\n([\s\S]*?)^\1```$/gm)].map(
    // A drawing has words of its own.
    ([, , language = '', code = '']) =>
      language === '' ? 'drawing' : `${language}\n${withoutComments(code)}`,
  );
  const prose = markdown.replace(/^( *)```[\s\S]*?^\1```$/gm, '');
  const headings = [...prose.matchAll(/^(#+) (.*)$/gm)].map(([, level = '', title = '']) =>
    /^`[^`]+`$/.test(title) ? `${level} ${title}` : level,
  );
  const tables = [...prose.matchAll(/^ *\|.*\|\n *\|[-| :]+\|\n(?: *\|.*\|(?:\n|$))*/gm)].map(([table]) => {
    const rows = table.trim().split('\n');
    const columns = (rows[0] ?? '').replace(/\\\||`[^`]*`/g, '').split('|').length - 2;
    return `${columns} columns, ${rows.length - 2} rows`;
  });
  return { headings, tables, blocks };
}

async function translatedPages(): Promise<string[]> {
  if (!existsSync(join(root, 'docs/zh'))) return [];
  const found = await readdir(join(root, 'docs/zh'), { recursive: true });
  return found.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith('.md'));
}

const original = (await sitePages()).filter((path) => path.startsWith('docs/')).map((path) => path.slice(5));
const translated = await translatedPages();

describe('the structure of a page', () => {
  const page = '# A\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```ts\nf(); // one\n```\n\n## `B`\n';

  it('stays when words and comments are translated', () => {
    const other = '# 甲\n\n| 甲 | 乙 |\n| - | - |\n| 一 | 二 |\n\n```ts\nf(); // 一\n```\n\n## `B`\n';
    expect(structureOf(other)).toEqual(structureOf(page));
    expect(structureOf(page)).toEqual({
      headings: ['#', '## `B`'],
      tables: ['2 columns, 1 rows'],
      blocks: ['ts\nf();\n'],
    });
  });

  it.each([
    ['a heading', page.replace('## ', '### ')],
    ['a heading of code', page.replace('`B`', '`C`')],
    ['a row', page.replace('| 1 | 2 |\n', '')],
    ['a column', page.replaceAll('| b |', '| b | c |')],
    ['code', page.replace('f()', 'g()')],
  ])('shows a difference in %s', (_, changed) => {
    expect(structureOf(changed)).not.toEqual(structureOf(page));
  });
});

describe('the pages in Chinese', () => {
  it('are translations of pages that are there', () => {
    expect(translated.filter((path) => !original.includes(path))).toEqual([]);
  });

  it('take in what commands have written, after some words on it', async () => {
    for (const path of madeByCommands) {
      const page = await readPage(`docs/zh/${path}`);
      expect(page, path).toContain(`<!--@include: ../${path}-->`);
      expect(page, path).toMatch(/\p{Script=Han}{4}/u);
    }
  });

  it('have the structure of the pages in English', async () => {
    for (const path of translated.filter((page) => !madeByCommands.includes(page))) {
      const ours = structureOf(await readPage(`docs/${path}`));
      expect(structureOf(await readPage(`docs/zh/${path}`)), path).toEqual(ours);
    }
  });

  it('are all there, once there is a translation', () => {
    const missing = original.filter((path) => !translated.includes(path));
    expect(missing).toEqual([]);
  });
});
