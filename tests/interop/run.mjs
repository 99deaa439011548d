import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startLocalServices } from './local-services.mjs';
import { cellsOf, isExecutable, Matrix } from './matrix.mjs';
import { installPeer } from './peer-installation.mjs';
import { PeerProcess } from './peer-process.mjs';

const cache = fileURLToPath(new URL('../../.cache/interop', import.meta.url));
const { peers } = JSON.parse(await readFile(new URL('./peers.json', import.meta.url), 'utf8'));
const only = process.argv.slice(2);
const services = await startLocalServices();
const matrix = new Matrix(services);
await matrix.prepare();
for (const peer of peers) {
  if (only.length && !only.includes(peer.name)) continue;
  let t = Date.now();
  const program = await installPeer(peer, cache);
  console.log(peer.name, 'installed', Date.now() - t);
  t = Date.now();
  const proc = await PeerProcess.start(program, services.world);
  console.log(proc.version);
  let ok = 0;
  const bad = {};
  for (const cell of cellsOf(peer.name)) {
    if (!isExecutable(cell)) continue;
    const problem = await matrix.run(cell, proc);
    if (problem === undefined) ok++;
    else {
      const k = `${cell.way} ${cell.scheme} ${problem.slice(0, 300)}`;
      (bad[k] ??= []).push(`${cell.described} ${cell.shape} ${cell.transport}`);
    }
  }
  console.log(peer.name, 'ok', ok, 'bad', bad, Date.now() - t, 'ms');
  await proc.close();
}
await services.close();
