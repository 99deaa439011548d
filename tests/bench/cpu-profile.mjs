// Where an arm spends its time: one more sample of it under V8's sampling profiler.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { takeSample } from './sampling.mjs';

/** A function of Node's own by its name, any other with its file. */
function labelOf({ functionName, url }) {
  if (url.startsWith('wasm://')) return 'WebAssembly (CRC-64)';
  const file = /^(?:node:|$)/.test(url) ? '' : ` (${basename(url)})`;
  return `${functionName || 'anonymous'}${file}`;
}

/**
 * The functions with the most time of their own, with their shares of the time in which the process was busy. The
 * program's start is in it.
 */
export async function profileArm(moduleName, arm, context, count = 8) {
  const folder = await mkdtemp(join(tmpdir(), 'oss-envelope-profile-'));
  try {
    await takeSample(moduleName, arm, context, ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
    const [file] = await readdir(folder);
    const { nodes, samples, timeDeltas } = JSON.parse(await readFile(join(folder, file), 'utf8'));
    const labels = new Map(nodes.map(({ id, callFrame }) => [id, labelOf(callFrame)]));
    const times = new Map();
    for (const [index, id] of samples.entries()) {
      const label = labels.get(id);
      if (label !== '(idle)') times.set(label, (times.get(label) ?? 0) + timeDeltas[index]);
    }
    const total = [...times.values()].reduce((sum, time) => sum + time, 0);
    return [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([label, time]) => ({ label, share: time / total }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
