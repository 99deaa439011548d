// The same upload by other SDKs that encrypt, where they are installed: they are those of the interop tests.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findPeer } from '../interop/peer-installation.mjs';
import { PeerProcess } from '../interop/peer-process.mjs';
import { startAskedProcess } from './asked-process.mjs';
import { compareThroughput } from './comparison.mjs';
import { sampleInTurn, takeSample } from './sampling.mjs';
import { bucketName, startServerProcess } from './server-process.mjs';

const execute = promisify(execFile);
const cacheFolder = fileURLToPath(new URL('../../.cache/interop', import.meta.url));
const ours = 'encrypted putFile';

const candidates = ['oss2 2.19', 'Go v2'];
/** The one whose cipher and checksum can be run alone. */
const pipelinePeer = 'oss2 2.19';
const pipelineProgram = fileURLToPath(new URL('./oss2-pipeline.py', import.meta.url));

async function startPeers(world) {
  const { peers } = JSON.parse(await readFile(new URL('../interop/peers.json', import.meta.url), 'utf8'));
  const [present, absent] = [[], []];
  for (const name of candidates) {
    const peer = peers.find((candidate) => candidate.name === name);
    const program = await findPeer(peer, cacheFolder);
    if (program === undefined) absent.push(name);
    else present.push({ ...peer, program, process: await PeerProcess.start(program, world) });
  }
  return { present, absent };
}

/** The version of what a peer runs on. */
async function runtimeOf({ kind }) {
  const [program, ...args] = kind === 'go' ? ['go', 'version'] : ['python3', '--version'];
  const { stdout } = await execute(program, args).catch(() => ({ stdout: kind }));
  return stdout.trim();
}

/** The work of oss2 without I/O, against ours on as many bytes. */
async function comparePipelines({ program }, sizeBytes, rounds) {
  const [own, theirs] = ['encryptContent and CRC-64', `cipher and CRC-64 of ${pipelinePeer}`];
  const samples = await sampleInTurn([own, theirs], rounds, async (arm) => {
    if (arm === own) return takeSample('pipeline-arms', own, { sizeBytes });
    return JSON.parse((await execute(program.program, [pipelineProgram, String(sizeBytes)])).stdout);
  });
  return compareThroughput(samples, [{ arm: own, baseline: theirs }], sizeBytes);
}

/** @returns which peers there are and are not, the costs and comparisons of uploads, and of the `pipeline` of one of them */
export async function runPeers({ sizeBytes, pipelineBytes, rounds, source, folder, keys, say }) {
  const server = await startServerProcess({ md5: false, crc64: false, discardBodies: true });
  let present = [];
  let ownProcess;
  try {
    const { endpoint, origin, region, account } = server;
    const files = { publicKey: join(folder, 'public.pem'), privateKey: join(folder, 'private.pem'), folder };
    await writeFile(files.publicKey, keys.publicKey);
    await writeFile(files.privateKey, keys.privateKey);
    const world = { oss: { ...account, origin, region, bucket: bucketName }, kms: {}, keys: files };
    let absent;
    ({ present, absent } = await startPeers(world));
    if (present.length === 0) return { present, absent };
    say(`Peers, ${sizeBytes / 1024 ** 2} MiB: ${present.map(({ name }) => name).join(', ')}`);

    const context = { endpoint, region, account, source, keys, sizeBytes, format: 'client-side-encryption' };
    const ownArgs = ['ali-oss-arms', ours, JSON.stringify(context)];
    ownProcess = await startAskedProcess('staying-process.mjs', ownArgs);
    const arms = [ours, ...present.map(({ name }) => name)];
    const take = async (arm) => {
      await server.collectGarbage();
      if (arm === ours) return ownProcess.ask('put');
      const peer = present.find(({ name }) => name === arm);
      const startMs = performance.now();
      const answer = await peer.process.ask({
        ...{ op: 'put', key: 'uploaded', file: source, scheme: 'rsa-pkcs1' },
        ...{ description: null, passphrase: null },
      });
      if (!answer.ok) throw new Error(`${arm}: ${answer.error}`);
      return { wallSeconds: (performance.now() - startMs) / 1000 };
    };
    // Ours has put the file before it is asked. So must the others.
    for (const { name } of present) await take(name);
    const samples = await sampleInTurn(arms, rounds, take);
    const comparisons = present.map(({ name }) => ({ arm: ours, baseline: name }));
    const pipelined = present.find(({ name }) => name === pipelinePeer);
    return {
      absent,
      isOursWarm: true,
      present: await Promise.all(
        present.map(async (peer) => ({
          name: peer.name,
          sdk: peer.sdk,
          version: peer.process.version,
          runtime: await runtimeOf(peer),
        })),
      ),
      ...compareThroughput(samples, comparisons, sizeBytes),
      pipeline: pipelined && (await comparePipelines(pipelined, pipelineBytes, rounds)),
    };
  } finally {
    ownProcess?.stop();
    for (const { process } of present) await process.close();
    server.stop();
  }
}
