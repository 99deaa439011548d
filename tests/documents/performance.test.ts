// What docs/performance.md and README.md tell of speed is what the benchmark has stored.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { pagesOfRuns } from '../bench/page.mjs';

it('docs/performance.md and the table of README.md are made of the stored runs', async () => {
  const pages = await pagesOfRuns();
  expect(pages).toHaveLength(2);
  for (const { url, text } of pages) {
    expect(text).toMatch(/\| .*down(?:load)? to a file.* \d\.\d\d/);
    expect(await readFile(url, 'utf8'), url.pathname).toBe(text);
  }
});
