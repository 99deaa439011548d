// The cipher and the checksum without any I/O, against the bare cipher of Node and against OpenSSL itself.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startAskedProcess } from './asked-process.mjs';
import { compareThroughput } from './comparison.mjs';
import { sampleInTurn } from './sampling.mjs';

const execute = promisify(execFile);
const openssl = 'openssl speed';
const bareCtr = 'bare createCipheriv';
/** Each sealed arm with the bare cipher that does no more than its memory allows. */
const sealedArms = {
  'sealed put, no I/O': 'bare AES-256-GCM, freed at once',
  'sealed put without CRC-64, no I/O': 'bare AES-256-GCM, freed at once',
  'sealed download, no I/O': 'bare AES-256-GCM opened, freed at once',
  'sealed download without CRC-64, no I/O': 'bare AES-256-GCM opened, freed at once',
  'sealed get, no I/O': 'bare AES-256-GCM opened, chunks of 16 KiB',
  'sealed get without CRC-64, no I/O': 'bare AES-256-GCM opened, chunks of 16 KiB',
};
const bareArms = [
  bareCtr,
  'bare AES-256-GCM, chunks of 16 KiB',
  'bare AES-256-GCM, freed at once',
  'bare AES-256-GCM opened, chunks of 16 KiB',
  'bare AES-256-GCM opened, freed at once',
];
const counterArms = ['encryptContent', 'CRC-64 alone', 'encryptContent and CRC-64'];
const arms = [...bareArms, ...counterArms, ...Object.keys(sealedArms)];

/** The rate of `openssl speed` on the same chunks, as a sample; undefined where there is no such program. */
async function opensslSample(sizeBytes) {
  const args = ['speed', '-elapsed', '-seconds', '1', '-bytes', '262144', '-evp', 'aes-256-ctr'];
  const result = await execute('openssl', args).catch(() => undefined);
  const kilobytesPerSecond = /^AES-256-CTR +([\d.]+)k/im.exec(result?.stdout ?? '')?.[1];
  if (kilobytesPerSecond === undefined) return undefined;
  const seconds = sizeBytes / (Number(kilobytesPerSecond) * 1000);
  return { wallSeconds: seconds, userSeconds: seconds, systemSeconds: 0 };
}

/** @returns whether there is an `openssl`, the costs and the comparisons */
export async function runPipeline({ sizeBytes, rounds, keys, say }) {
  say(`Cipher and checksum alone, ${sizeBytes / 1024 ** 2} MiB`);
  const hasOpenssl = (await opensslSample(sizeBytes)) !== undefined;
  const processes = new Map();
  try {
    for (const arm of arms) {
      const args = ['pipeline-arms', arm, JSON.stringify({ sizeBytes, keys })];
      processes.set(arm, await startAskedProcess('staying-process.mjs', args));
    }
    const samples = await sampleInTurn(hasOpenssl ? [...arms, openssl] : arms, rounds, (arm) =>
      arm === openssl ? opensslSample(sizeBytes) : processes.get(arm).ask('again'),
    );
    const comparisons = [
      ...[...counterArms, ...bareArms.slice(1)].map((arm) => ({ arm, baseline: bareCtr })),
      ...Object.entries(sealedArms).flatMap(([arm, bareGcm]) => [
        { arm, baseline: bareCtr },
        { arm, baseline: bareGcm },
      ]),
      ...(hasOpenssl
        ? [
            { arm: 'encryptContent and CRC-64', baseline: openssl },
            { arm: bareCtr, baseline: openssl },
          ]
        : []),
    ];
    return { hasOpenssl, ...compareThroughput(samples, comparisons, sizeBytes) };
  } finally {
    for (const { stop } of processes.values()) stop();
  }
}
