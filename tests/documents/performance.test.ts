// What docs/performance.md and README.md tell of speed is what the benchmark has stored.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { pagesOfRuns } from '../bench/page.mjs';
import { replacing } from '../bench/stored-results.mjs';

it('docs/performance.md and the table of README.md are made of the stored runs', async () => {
  const pages = await pagesOfRuns();
  expect(pages).toHaveLength(2);
  for (const { url, text } of pages) {
    expect(text).toMatch(/\| .*down(?:load)? to a file.* \d\.\d\d/);
    expect(await readFile(url, 'utf8'), url.pathname).toBe(text);
  }
});

it('a run keeps what an earlier one has measured and it has not, such as other SDKs that are not installed', () => {
  const peers = { present: [{ name: 'Go v2' }], comparisons: [1.94] };
  const earlier = {
    seconds: { peers: 25, small: 90, memory: 157 },
    sections: { peers, small: { put: 1 }, memory: {} },
  };
  const absent = { peers: { present: [], absent: ['Go v2'] }, small: { put: 2 } };
  expect(replacing(earlier, { seconds: { peers: 0.2, small: 80 }, sections: absent })).toEqual({
    seconds: { peers: 25, small: 80, memory: 157 },
    sections: { peers, small: { put: 2 }, memory: {} },
  });
  const measured = { present: [{ name: 'Go v2' }], comparisons: [2.1] };
  const again = { seconds: { peers: 26 }, sections: { peers: measured } };
  expect(replacing(earlier, again).sections.peers).toBe(measured);
  expect(replacing({}, again)).toEqual(again);
});
