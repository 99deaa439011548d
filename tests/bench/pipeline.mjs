// The cipher and the checksum without any I/O, against the bare cipher of Node and against OpenSSL itself.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compareThroughput } from './comparison.mjs';
import { sampleInTurn, takeSample } from './sampling.mjs';

const execute = promisify(execFile);
const openssl = 'openssl speed';
const bareCtr = 'bare createCipheriv';
const bareGcm = 'bare AES-256-GCM, chunks of 16 KiB';
const bareGcmOpened = 'bare AES-256-GCM opened, chunks of 16 KiB';

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
  const sealedArms = [
    'sealed put, no I/O',
    'sealed put without CRC-64, no I/O',
    'sealed get, no I/O',
    'sealed get without CRC-64, no I/O',
  ];
  const arms = [
    bareCtr,
    'encryptContent',
    'CRC-64 alone',
    'encryptContent and CRC-64',
    bareGcm,
    bareGcmOpened,
    ...sealedArms,
  ];
  const hasOpenssl = (await opensslSample(sizeBytes)) !== undefined;
  const samples = await sampleInTurn(hasOpenssl ? [...arms, openssl] : arms, rounds, (arm) =>
    arm === openssl ? opensslSample(sizeBytes) : takeSample('pipeline-arms', arm, { sizeBytes, keys }),
  );
  const comparisons = [
    { arm: 'encryptContent and CRC-64', baseline: bareCtr },
    { arm: 'encryptContent', baseline: bareCtr },
    { arm: 'CRC-64 alone', baseline: bareCtr },
    { arm: bareGcm, baseline: bareCtr },
    { arm: bareGcmOpened, baseline: bareCtr },
    ...sealedArms.flatMap((arm) => [
      { arm, baseline: bareCtr },
      { arm, baseline: arm.startsWith('sealed get') ? bareGcmOpened : bareGcm },
    ]),
    ...(hasOpenssl
      ? [
          { arm: 'encryptContent and CRC-64', baseline: openssl },
          { arm: bareCtr, baseline: openssl },
        ]
      : []),
  ];
  return { hasOpenssl, ...compareThroughput(samples, comparisons, sizeBytes) };
}
