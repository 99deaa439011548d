// What docs/security.md promises is what the attacks show: every row has its cases, and every case that is named is there.
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { formatPromises, masterKeyPromises } from '../attacks/promises.js';
import { readPage } from './pages.js';

const folder = new URL('../attacks/', import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith('.test.ts'));
const sources = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
const titles = sources.flatMap((source) =>
  [...source.matchAll(/'((?:holds|cannot hold): [^']*)'/g)].map(([, title = '']) => title),
);
const page = await readPage('docs/security.md');

/** The rows of the table whose head begins so, cells trimmed. */
function rowsBelow(head: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|') && line.includes(head));
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}
const rows = rowsBelow("`'oss-crypto'`, `'client-side-encryption'`");

/** Words by which a cell says that something is not protected, and those by which it promises. */
const limits = /^(not noticed|opens|in the clear|an error 404|the same$|see the next)/;
const promisesSomething = /^(yes|refused|committed|one key|-$)|authenticated$/;

describe('what each format protects', () => {
  it('has the same rows as the cases', () => {
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.map(([what]) => what)).toEqual(Object.keys(formatPromises));
  });

  it.each(rows)('%s', (what, sealed, counter) => {
    const { sealed: ofSealed, counter: ofCounter } = formatPromises[what!]!;
    for (const [cell, cases] of [
      [sealed!, ofSealed],
      [counter!, ofCounter],
    ] as const) {
      expect(cases.length).toBeGreaterThan(0);
      for (const title of cases) expect(titles).toContain(title);
      const isLimit = limits.test(cell);
      const isPromise = promisesSomething.test(cell);
      expect(isLimit || isPromise, `what the words "${cell}" mean`).toBe(true);
      const begins = (start: string): boolean => cases.some((title) => title.startsWith(start));
      expect(begins('cannot hold:'), cell).toBe(isLimit);
      expect(begins('holds:'), cell).toBe(isPromise && !cell.includes('not authenticated'));
    }
  });
});

describe('who can make a new object that opens', () => {
  const makers = rowsBelow('who can make a new object that opens');
  it('has the same rows as the cases', () => {
    expect(makers.map(([key]) => key)).toEqual(Object.keys(masterKeyPromises));
  });

  it.each(makers)('%s: %s', (key, who) => {
    const title = masterKeyPromises[key!]!;
    expect(titles).toContain(title);
    expect(title.startsWith('holds:')).toBe(who!.startsWith('only'));
  });
});
