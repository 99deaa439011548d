// Objects of 1 KiB a second: encrypted against plain, and against what RSA allows.
import { randomBytes } from 'node:crypto';
import { aliOssClient, bucketOverAliOss } from './ali-oss-clients.mjs';
import { startAskedProcess } from './asked-process.mjs';
import { ratios, summary } from './comparison.mjs';
import { sampleInTurn } from './sampling.mjs';
import { startServerProcess } from './server-process.mjs';
import { tasks } from './small-object-tasks.mjs';

const concurrencies = [1, 16];
const arms = Object.keys(tasks);

/**
 * One at a time, the unwrapping cannot begin before the answer is there, so the request is a part of what RSA allows;
 * of sixteen, others unwrap meanwhile.
 */
function comparisonsAt(concurrency) {
  const [alone, afterGet] = concurrency === 1 ? [undefined, 0.9] : [0.9, undefined];
  return [
    { arm: 'encrypted put', baseline: 'plain put', least: 0.35 },
    { arm: 'encrypted get', baseline: 'two bare RSA private operations, no I/O', least: alone },
    { arm: 'encrypted get', baseline: 'plain get, then two bare RSA private operations', least: afterGet },
    { arm: 'encrypted get', baseline: 'plain get' },
    { arm: 'sealed put, keys shared', baseline: 'plain put', least: 0.8 },
    { arm: 'sealed get, keys shared', baseline: 'plain get', least: 0.8 },
    { arm: 'rewrap, ACL known', baseline: 'HEAD and COPY by hand' },
    { arm: 'rewrap', baseline: 'HEAD and COPY by hand' },
    { arm: 'read of an open object', baseline: 'plain get', least: 0.7 },
  ];
}

/** @returns for each concurrency the objects a second of each arm, and the ratios of these */
export async function runSmallObjects({ count, warmUpCount, rounds, keys, say }) {
  say(`Objects of 1 KiB, ${concurrencies.join(' and ')} at once`);
  const server = await startServerProcess({ md5: false });
  const processes = new Map();
  try {
    const { endpoint, region, account } = server;
    const context = { endpoint, region, account, keys, concurrencies, count, warmUpCount };
    const content = randomBytes(1024);
    await aliOssClient(context).put('plain', content);
    await bucketOverAliOss(context).put('encrypted', content);
    for (const arm of arms) {
      processes.set(arm, await startAskedProcess('small-object-process.mjs', [arm, JSON.stringify(context)]));
    }
    const samples = await sampleInTurn(arms, rounds, async (arm) => {
      await server.collectGarbage();
      return processes.get(arm).ask('measure');
    });
    return concurrencies.map((concurrency) => {
      const secondsOfOne = (sample) => sample[concurrency];
      const medianSeconds = (arm) => summary(samples[arm].map(secondsOfOne)).median;
      return {
        concurrency,
        rates: arms.map((arm) => ({ arm, perSecond: 1 / medianSeconds(arm) })),
        /** Which part of the time of one is spent on its data key, most of it on RSA. */
        shares: {
          put: medianSeconds('data key made and wrapped, no I/O') / medianSeconds('encrypted put'),
          get: medianSeconds('data key unwrapped, no I/O') / medianSeconds('encrypted get'),
        },
        comparisons: comparisonsAt(concurrency).map((comparison) => ({
          ...comparison,
          rate: ratios(samples[comparison.arm], samples[comparison.baseline], secondsOfOne),
        })),
      };
    });
  } finally {
    for (const { stop } of processes.values()) stop();
    server.stop();
  }
}
