// docs/proof.md and its translation: what commands have found stands in blocks of theirs, between two comments.
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';

const pages = {
  en: new URL('../../docs/proof.md', import.meta.url),
  zh: new URL('../../docs/zh/proof.md', import.meta.url),
};

/** The text of a page with a block in the place of the one of that name. @throws Error when the page has none */
export function withBlock(page, name, content) {
  const [start, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/proof.md has no block ${name}`);
  return `${page.slice(0, from + start.length)}\n\n${content}\n\n${page.slice(to)}`;
}

/** When, and on what, something was run. */
export function occasion() {
  const processor = os.cpus()[0]?.model.trim() ?? 'unknown';
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${processor}`;
}

/** Writes a block into both pages: a table, and a line above it in each language. Dates and machine are added. */
export async function writeBlock(name, { table, lines }) {
  for (const [language, url] of Object.entries(pages)) {
    const page = await readFile(url, 'utf8');
    await writeFile(url, withBlock(page, name, `${lines[language]} (${occasion()})\n\n${table}`));
  }
}
