// Objects of 1 KiB a second: encrypted against plain, and against what RSA allows.
import { randomBytes } from 'node:crypto';
import { aliOssClient, bucketOverAliOss } from './ali-oss-clients.mjs';
import { startAskedProcess } from './asked-process.mjs';
import { cpu, ratios, summary, wall } from './comparison.mjs';
import { sampleInTurn } from './sampling.mjs';
import { startServerProcess } from './server-process.mjs';
import { putSealed, tasks } from './small-object-tasks.mjs';

const arms = Object.keys(tasks);

/**
 * An encrypted object has six headers more than a plain one, or four, and longer ones: a baseline with as many says what
 * encryption costs beside them. One get at a time, the unwrapping cannot begin before the answer is there, so the request
 * is a part of what RSA allows; of sixteen, others unwrap meanwhile.
 */
const comparisons = [
  { arm: 'encrypted put', baseline: 'plain put' },
  { arm: 'encrypted put', baseline: 'plain put, as many headers' },
  { arm: 'encrypted put', baseline: 'plain put, as many headers, and bare cryptography' },
  { arm: 'plain put, as many headers, and bare cryptography', baseline: 'plain put' },
  { arm: 'plain put, as many headers, and bare cryptography', baseline: 'plain put, as many headers' },
  { arm: 'encrypted get', baseline: 'two bare RSA private operations, no I/O' },
  { arm: 'encrypted get', baseline: 'plain get, then two bare RSA private operations' },
  { arm: 'encrypted get', baseline: 'plain get of the encrypted object' },
  { arm: 'encrypted get, PKCS#1 v1.5', baseline: 'plain get, then two bare RSA private operations' },
  { arm: 'sealed put, keys shared', baseline: 'plain put' },
  { arm: 'sealed put, keys shared', baseline: 'plain put, as many headers as sealed' },
  { arm: 'plain put, as many headers as sealed, and bare cryptography', baseline: 'plain put' },
  { arm: 'sealed get, keys shared', baseline: 'plain get' },
  { arm: 'sealed get, keys shared', baseline: 'plain get of the sealed object' },
  { arm: 'plain get of the sealed object, and bare cryptography', baseline: 'plain get' },
  { arm: 'rewrap, ACL known', baseline: 'HEAD and COPY by hand' },
  { arm: 'rewrap', baseline: 'HEAD and COPY by hand' },
  { arm: 'read of an open object', baseline: 'plain get' },
  { arm: 'read of an open object', baseline: 'plain get of the encrypted object' },
  {
    arm: 'read of an open object',
    baseline: 'plain ranged get of the encrypted object, and bare cryptography',
  },
  {
    arm: 'plain ranged get of the encrypted object, and bare cryptography',
    baseline: 'plain get of the encrypted object',
  },
];

/**
 * @param counts how many objects a sample moves, by how many it moves at once
 * @returns for each concurrency the cost of an object in each arm, and the ratios of these
 */
export async function runSmallObjects({ counts, warmUpSeconds, runInSeconds, rounds, keys, say }) {
  const concurrencies = Object.keys(counts).map(Number);
  say(`Objects of 1 KiB, ${concurrencies.join(' and ')} at once`);
  const server = await startServerProcess({ md5: false });
  const processes = new Map();
  try {
    const { endpoint, region, account } = server;
    const context = { endpoint, region, account, keys, counts, warmUpSeconds, runInSeconds };
    const content = randomBytes(1024);
    await aliOssClient(context).put('plain', content);
    await bucketOverAliOss(context).put('encrypted', content);
    await bucketOverAliOss({ ...context, format: 'client-side-encryption' }).put('pkcs1', content);
    await putSealed(context, 'sealed');
    for (const arm of arms) {
      processes.set(arm, await startAskedProcess('small-object-process.mjs', [arm, JSON.stringify(context)]));
    }
    const samples = await sampleInTurn(arms, rounds, async (arm) => {
      await server.collectGarbage();
      const measured = await processes.get(arm).ask('measure');
      return { ...measured, wallSeconds: concurrencies.reduce((sum, at) => sum + wall(measured[at]), 0) };
    });
    return concurrencies.map((concurrency) => {
      const clock = (sample) => wall(sample[concurrency]);
      const ofClient = (sample) => cpu(sample[concurrency]);
      const median = (arm, need) => summary(samples[arm].map(need)).median;
      return {
        concurrency,
        costs: arms.map((arm) => ({
          arm,
          wallSeconds: median(arm, clock),
          cpuSeconds: median(arm, ofClient),
        })),
        /** Which part of the time of one is spent on its data key, most of it on RSA. */
        shares: {
          put: median('data key made and wrapped, no I/O', clock) / median('encrypted put', clock),
          get: median('data key unwrapped, no I/O', clock) / median('encrypted get', clock),
        },
        comparisons: comparisons.map((comparison) => {
          const [own, base] = [samples[comparison.arm], samples[comparison.baseline]];
          return { ...comparison, wall: ratios(own, base, clock), cpu: ratios(own, base, ofClient) };
        }),
      };
    });
  } finally {
    for (const { stop } of processes.values()) stop();
    server.stop();
  }
}
