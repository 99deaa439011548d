// docs/performance.md, and the table of README.md: both are made of the stored runs.
import { readFile, writeFile } from 'node:fs/promises';
import { aimText, isReached, rows } from './aims.mjs';
import { markdownTable } from './markdown-table.mjs';
import { runSection } from './run-section.mjs';
import { readRuns } from './stored-results.mjs';

const page = new URL('../../docs/performance.md', import.meta.url);
const readme = new URL('../../README.md', import.meta.url);
/** Where README.md says what encryption costs: the table below these words. */
const beforeTable = /(\n## What it costs\n\n[^|]*?\n\n)\|[^\n]*(?:\n\|[^\n]*)*\n/;

const title = ({ processor, nodeMajor }) => `${processor}, Node ${nodeMajor}`;

const shown = ({ median }) => median.toFixed(median >= 10 ? 0 : 2);

function cellOf(row, run) {
  const found = row.find(run);
  if (found === undefined) return '–';
  return isReached(row, run) === false ? `**${shown(found)}**` : shown(found);
}

function withBound(row, run) {
  const bound = row.find(run) && row.bound?.(run);
  return bound === undefined ? cellOf(row, run) : `${cellOf(row, run)} (${shown(bound)})`;
}

/** Rows that no run has found anything of are left out. */
const summaryOf = (runs) =>
  markdownTable(
    ['', 'aim', ...runs.map(title)],
    rows
      .filter((row) => runs.some((run) => row.find(run) !== undefined))
      .map((row) => [row.what, aimText(row), ...runs.map((run) => withBound(row, run))]),
  );

function formatPage(runs) {
  const parts = [
    '# Performance',
    'Made by `npm run bench`, which adds its figures to those of other processors and versions of Node, and takes less than five minutes where nothing else runs. `npm run bench -- --node 24` runs it on Node 24, and `npm run bench -- --only memory`, which moves objects of up to 16 GiB, adds the growth of memory in three minutes more. Only the ratios mean something elsewhere: seconds depend on the machine, and on what else it does.',
    [
      '- A ratio is that of two arms in the same round: throughput of the first over that of the second, so above 1 the first is faster. Given is the median of 3 to 5 rounds, below also the least and the greatest. The arms run in turn (A B C, A B C, …), after one sample that is dropped.',
      '- "Per CPU second" is the same for the CPU time of the client alone, user and system together: it depends less on what else the machine does.',
      '- Each sample of a transfer is a process of its own. The cipher alone, small objects and what other SDKs are compared with are in processes that stay and have done the same before: V8 goes on compiling for a second or two. The server is another process, on the same two cores. Files are in memory (tmpfs) where the system has that. All arms begin with the same state of malloc: one large block was freed.',
      "- The plain arms check nothing; the encrypted ones compute the CRC-64 of every byte and compare it with the server's where it has one.",
      '- What bounds small objects: "plain put, as many headers, and bare cryptography" is a put by ali-oss beside two public RSA operations, a random key, one cipher and two base64 texts, all called bare; "plain ranged get of the encrypted object, and bare cryptography" is a ranged GET by ali-oss beside one cipher. A get under PKCS#1 v1.5 cannot be faster than its request and two private operations (0.8 ms), which Node offers without padding on the main thread only; the 34 HMACs of the implicit rejection take 0.14 ms more on Node 24. "… of the sealed object, and bare cryptography" is the same beside the two HMACs of SHA-512 and the two AES-GCM operations of a sealed object whose wrapping key is there, all called bare.',
      '- Ratios of small objects at 16 at once differ more from run to run than others, and fall further than what is computed explains: to hand a request to the system wakes the server, where that is faster than the client and so sleeps in between, which takes 45 µs here. `transport-node` sends requests together that begin in one turn of the event loop, eight at a time: a sealed get at 16 at once became 1.3 to 1.5 times as fast by that, and at 1 it is as it was. ali-oss does not do so, nor do the arms that say what bounds small objects.',
    ].join('\n'),
    '## At a glance',
    'An aim is one of the project, for ratios the least that is wanted. **Bold** is what has not reached it. In brackets is the bound that the same run found: the plain arm beside the bare cryptography that encryption needs, or that cryptography itself. It is what is left to win, though memory that is used again, or requests that are sent together, can win a little more.',
    summaryOf(runs),
    ...runs.flatMap((run) => runSection(title(run), run)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The table of README.md: how much throughput encryption leaves, for the rows that matter most. */
function formatReadmeTable(runs) {
  const told = rows.filter(({ short }) => short !== undefined);
  return markdownTable(
    ['', ...runs.map(title)],
    told.map((row) => [row.short, ...runs.map((run) => cellOf(row, run).replaceAll('*', ''))]),
  );
}

function withReadmeTable(text, runs) {
  if (!beforeTable.test(text)) throw new Error('README.md has no table under "What it costs"');
  return text.replace(beforeTable, (_, before) => `${before}${formatReadmeTable(runs)}\n`);
}

/** Both files, as the stored runs have them. */
export async function pagesOfRuns() {
  const runs = await readRuns();
  return [
    { url: page, text: formatPage(runs) },
    { url: readme, text: withReadmeTable(await readFile(readme, 'utf8'), runs) },
  ];
}

export async function writePages() {
  for (const { url, text } of await pagesOfRuns()) await writeFile(url, text);
}
