// Objects of 1 KiB a second: encrypted against plain, and against what RSA allows.
import { randomBytes } from 'node:crypto';
import { aliOssClient, bucketOverAliOss } from './ali-oss-clients.mjs';
import { ratios, summary } from './comparison.mjs';
import { sampleInTurn, takeSample } from './sampling.mjs';
import { startServerProcess } from './server-process.mjs';

const concurrencies = [1, 16];
/** What needs the private key takes milliseconds. */
const isSlow = (arm) => arm === 'encrypted get' || arm === 'two RSA private operations, no I/O';

const comparisons = [
  { arm: 'encrypted put', baseline: 'plain put', least: 0.35 },
  { arm: 'encrypted get', baseline: 'two RSA private operations, no I/O', least: 0.9 },
  { arm: 'encrypted get', baseline: 'plain get' },
  { arm: 'read of an open object', baseline: 'plain get', least: 0.7 },
];

/** @returns for each concurrency the objects a second of each arm, and the ratios of these */
export async function runSmallObjects({ count, slowCount, rounds, keys, say }) {
  say(`Objects of 1 KiB, ${concurrencies.join(' and ')} at once`);
  const server = await startServerProcess({ md5: false });
  try {
    const { endpoint, region } = server;
    const context = { endpoint, region, keys, concurrencies };
    const content = randomBytes(1024);
    await aliOssClient(context).put('plain', content);
    await bucketOverAliOss(context).put('encrypted', content);
    const arms = [
      'plain put',
      'encrypted put',
      'data key made and wrapped, no I/O',
      'plain get',
      'encrypted get',
      'two RSA private operations, no I/O',
      'read of an open object',
    ];
    const samples = await sampleInTurn(arms, rounds, async (arm) => {
      await server.collectGarbage();
      return takeSample('small-object-arms', arm, { ...context, count: isSlow(arm) ? slowCount : count });
    });
    return concurrencies.map((concurrency) => {
      const secondsOfOne = (sample) => sample[`secondsOfOne${concurrency}`];
      const medianSeconds = (arm) => summary(samples[arm].map(secondsOfOne)).median;
      return {
        concurrency,
        rates: arms.map((arm) => ({ arm, perSecond: 1 / medianSeconds(arm) })),
        /** Which part of the time of one is spent on RSA. */
        shares: {
          put: medianSeconds('data key made and wrapped, no I/O') / medianSeconds('encrypted put'),
          get: medianSeconds('two RSA private operations, no I/O') / medianSeconds('encrypted get'),
        },
        comparisons: comparisons.map((comparison) => ({
          ...comparison,
          rate: ratios(samples[comparison.arm], samples[comparison.baseline], secondsOfOne),
        })),
      };
    });
  } finally {
    server.stop();
  }
}
