// The results of the runs that docs/performance.md shows: one file for each processor and version of Node.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../docs/performance', import.meta.url));

function pathOf({ processor, nodeMajor }) {
  const name = `${processor} node ${nodeMajor}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return join(folder, `${name}.json`);
}

/** Four digits say all that there is to say. */
const rounded = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);

/** All runs, those of one processor one after the other, by version of Node; the latest processor first. */
export async function readRuns() {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const runs = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  );
  const latest = ({ processor }) =>
    runs
      .flatMap((run) => (run.processor === processor ? [run.date] : []))
      .sort()
      .at(-1);
  return runs.sort(
    (a, b) =>
      latest(b).localeCompare(latest(a)) ||
      a.processor.localeCompare(b.processor) ||
      a.nodeMajor - b.nodeMajor,
  );
}

/**
 * A run in place of an earlier one on such a processor and version of Node. What it did not measure is kept of that one,
 * also where none of the other SDKs that it compares with is installed.
 */
export function replacing(earlier, run) {
  const isMeasured = ([name]) => run.sections[name]?.present?.length !== 0;
  const measuredOf = (members) => Object.fromEntries(Object.entries(members).filter(isMeasured));
  return {
    ...run,
    seconds: { ...earlier.seconds, ...measuredOf(run.seconds) },
    sections: { ...earlier.sections, ...measuredOf(run.sections) },
  };
}

/** Stores a run: see `replacing`. */
export async function storeRun(run) {
  await mkdir(folder, { recursive: true });
  const path = pathOf(run);
  const earlier = await readFile(path, 'utf8').then(JSON.parse, () => ({}));
  const stored = replacing(earlier, run);
  // One line for each arm and each comparison.
  const text = JSON.stringify(stored, rounded, 1).replace(/[{[][^{}[\]]*[}\]]/g, (part) =>
    part.replace(/\s+/g, ' '),
  );
  await writeFile(path, `${text}\n`);
}
