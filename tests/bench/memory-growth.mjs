// Peak memory of a process that moves one object, by the object's size.
import { createContentKey, formatEnvelope } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssClient } from './ali-oss-clients.mjs';
import { takeSample } from './sampling.mjs';
import { startServerProcess } from './server-process.mjs';

const gibibyte = 1024 ** 3;

/**
 * Each with the arm that it runs, and the largest size that it is run with, in bytes: OSS takes no more than 5 GiB in one
 * request. What is for comparison has no aim.
 */
const rows = [
  { arm: 'up over ali-oss', way: 'up over ali-oss, in parts' },
  { arm: 'up over ali-oss at once', way: 'up over ali-oss, in one request', mostBytes: 5 * gibibyte },
  { arm: 'sealed up over ali-oss', way: 'sealed, up over ali-oss, in parts', onlyLong: true },
  { arm: 'down over ali-oss', way: 'down over ali-oss, in one request' },
  { arm: 'up over fetch', way: 'up over fetch, in one request', mostBytes: 5 * gibibyte },
  { arm: 'down over fetch', way: 'down over fetch, in one request' },
  {
    arm: 'plain down over ali-oss',
    way: 'for comparison: plain getStream over ali-oss',
    isComparison: true,
  },
  {
    arm: 'plain up over fetch',
    way: 'for comparison: plain up over fetch, redirects allowed',
    mostBytes: gibibyte,
    isComparison: true,
  },
];
/**
 * V8's young generation at its full size from the beginning. It grows by what survives, so that a longer transfer meets a
 * larger one: what grows all the same is not V8's.
 */
const wholeYoungGeneration = ['--min-semi-space-size=16', '--max-semi-space-size=16', '--expose-gc'];

/** Growth beyond this, in MiB, is looked at once more. */
const aimMebibytes = 16;

/**
 * @param sizes ascending, in bytes
 * @param isLong whether the smallest and the largest are taken again with the young generation at its full size for each
 *   way, and not only for what grew beyond the aim
 * @returns for each way the peak RSS in MiB by size, `fixedPeaks` with that young generation, and `alive` what then was left
 *   after a collection at the end; undefined where it was not measured
 */
export async function runMemoryGrowth({ sizes, isLong, source, sourceBytes, keys, say }) {
  const server = await startServerProcess({ md5: false, crc64: false, discardBodies: true });
  try {
    const { endpoint, region, account } = server;
    const signedUrls = { upload: aliOssClient(server).signatureUrl('uploaded', { method: 'PUT' }) };
    const results = rows
      .filter(({ onlyLong = false }) => isLong || !onlyLong)
      .map((row) => ({ ...row, peaks: [], fixedPeaks: [], alive: [] }));
    const measure = async (measured, index, peaksName, options) => {
      const sizeBytes = sizes[index];
      const { envelope } = await createContentKey(rsaProvider(keys), 'oss-crypto', {
        contentSizeBytes: sizeBytes,
      });
      await server.putSyntheticObject('encrypted', { sizeBytes, headers: formatEnvelope(envelope) });
      await server.putSyntheticObject('plain', { sizeBytes });
      for (const { arm, mostBytes = Number.POSITIVE_INFINITY, [peaksName]: peaks, alive } of measured) {
        if (sizeBytes > mostBytes) continue;
        const context = { endpoint, region, account, source, keys, sizeBytes, signedUrls };
        if (arm === 'plain up over fetch') context.sizeBytes = sourceBytes;
        await server.collectGarbage();
        const sample = await takeSample('memory-arms', arm, context, options);
        peaks[index] = sample.peakRssMebibytes;
        alive[index] = sample.aliveMebibytes;
      }
    };
    for (const [index, sizeBytes] of sizes.entries()) {
      say(`Peak memory, ${sizeBytes / gibibyte} GiB`);
      await measure(results, index, 'peaks', []);
    }
    const again = results.filter(
      ({ isComparison, peaks }) => !isComparison && (isLong || peaks.at(-1) - peaks[0] > aimMebibytes),
    );
    if (again.length > 0) {
      say('Peak memory, the young generation full');
      for (const index of [0, sizes.length - 1])
        await measure(again, index, 'fixedPeaks', wholeYoungGeneration);
    }
    return results.map(({ way, isComparison = false, peaks, fixedPeaks, alive }) => ({
      way,
      isComparison,
      peaks,
      fixedPeaks,
      alive,
    }));
  } finally {
    server.stop();
  }
}
