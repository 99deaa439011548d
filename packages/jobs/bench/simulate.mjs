// What more workers bring, by a simulation: ranges are found, cut and worked on by the rules of this package, in the time
// of a clock that is only counted. The limits are those that OSS publishes: requests of an account, and of keys that are
// touched in order. Nothing is sent.
// usage: node packages/jobs/bench/simulate.mjs [--keys N] [--requests N] [--json]
import { parseArgs } from 'node:util';
import { middleKey, tile } from '../dist/esm/index.js';

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '4000000' },
    requests: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

/** OSS documentation, "Limits" and "QPS": requests a second of an account, and of one stretch of keys. */
const accountPerSecond = 10_000;
const stretchPerSecond = 2000;
/** What one request takes on its way, in seconds, and how many objects a range has under way at once. */
const latencySeconds = 0.02;
const atOnce = 16;
const rangesPerWorker = 2;
const pageSize = 1000;
const pagesBeforeCut = 10;
/** OSS keeps keys in stretches; nobody outside knows how many. */
const stretches = 32;
const stepSeconds = 0.05;

const total = Number(values.keys);
const requestsPerObject = Number(values.requests);
const digits = String(total).length;
const keyOf = (index) => String(index).padStart(digits, '0');
/** How many keys are not behind a place. */
function rankOf(place) {
  let [low, high] = [0, total];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(middle) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function simulate(workers) {
  let lists = 0;
  const firstBehind = async (place) => {
    lists++;
    const rank = rankOf(place);
    return rank < total ? keyOf(rank) : undefined;
  };
  const waiting = [{ after: '', until: undefined }];
  const done = [];
  const active = [];
  let seconds = 0;
  let busy = 0;
  for (;;) {
    while (active.length < workers * rangesPerWorker && waiting.length > 0) {
      const [range] = waiting.splice(Math.floor(Math.random() * waiting.length), 1);
      active.push({ ...range, at: rankOf(range.after), end: endRank(range.until), inPage: 0, pages: 0 });
    }
    if (active.length === 0) break;
    // What each range could do, cut down to what its stretch and the account allow.
    const wanted = active.map(() => atOnce / latencySeconds);
    const perStretch = new Map();
    active.forEach((range, index) => {
      const stretch = Math.floor((range.at / total) * stretches);
      perStretch.set(stretch, [...(perStretch.get(stretch) ?? []), index]);
    });
    for (const indices of perStretch.values()) {
      const sum = indices.reduce((all, index) => all + wanted[index], 0);
      for (const index of indices) wanted[index] *= Math.min(1, stretchPerSecond / sum);
    }
    const sum = wanted.reduce((all, one) => all + one, 0);
    const share = Math.min(1, accountPerSecond / sum);
    busy += sum * share * stepSeconds;
    seconds += stepSeconds;
    for (const [index, range] of [...active].entries()) {
      const objects = (wanted[index] * share * stepSeconds) / requestsPerObject;
      range.at = Math.min(range.end, range.at + objects);
      range.inPage += objects;
      if (range.at >= range.end) {
        active.splice(active.indexOf(range), 1);
        done.push(attempt(range));
        continue;
      }
      if (range.inPage < pageSize) continue;
      range.inPage -= pageSize;
      range.pages++;
      lists++;
      if (range.pages % pagesBeforeCut !== 0 || waiting.length >= workers * rangesPerWorker) continue;
      const cursor = keyOf(Math.floor(range.at) - 1);
      const middle = await middleKey({ after: cursor, until: range.until, prefix: '' }, firstBehind);
      if (middle === undefined) continue;
      waiting.push({ after: middle, until: range.until });
      range.until = middle;
      range.end = endRank(middle);
    }
  }
  const { holes } = tile(done, 1);
  if (holes.length > 0) throw new Error('the ranges do not cover all keys');
  return {
    workers,
    objectsPerSecond: Math.round(total / seconds),
    requestsPerSecond: Math.round(busy / seconds),
    ranges: done.length,
    listsPerThousand: Number(((lists / total) * 1000).toFixed(2)),
    billionHours: Number((1e9 / (total / seconds) / 3600).toFixed(1)),
  };
}

const endRank = (until) => (until === undefined ? total : rankOf(until));

function attempt({ after, until }) {
  return { lane: 0, after, until: until ?? null, cursor: after, isDone: true };
}

const rows = [];
for (const workers of [1, 2, 4, 8, 16, 32, 64]) rows.push(await simulate(workers));
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else {
  process.stdout.write(
    `${total} keys, ${requestsPerObject} requests an object, ${latencySeconds * 1000} ms each, ${atOnce} objects at once in each of ${rangesPerWorker} ranges a worker\n\n`,
  );
  const line = (cells) => `${cells.map((cell) => String(cell).padStart(10)).join(' ')}\n`;
  process.stdout.write(line(['workers', 'objects/s', 'requests/s', 'ranges', 'LISTs/1000', 'h/billion']));
  for (const row of rows) process.stdout.write(line(Object.values(row)));
}
