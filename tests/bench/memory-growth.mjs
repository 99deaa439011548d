// Peak memory of a process that moves one object, by the object's size.
import { createContentKey, formatEnvelope } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssClient } from './ali-oss-clients.mjs';
import { summary } from './comparison.mjs';
import { takeSample } from './sampling.mjs';
import { startServerProcess } from './server-process.mjs';

const gibibyte = 1024 ** 3;

/**
 * Each with the arm that it runs, and the sizes that it is run with; `most` is the largest of them, by index. OSS takes no
 * more than 5 GiB in one request, so there is no such upload of the largest size. What is for comparison has no target.
 */
const rows = [
  { arm: 'up over ali-oss', way: 'up over ali-oss, in parts' },
  { arm: 'up over ali-oss at once', way: 'up over ali-oss, in one request', most: 1 },
  { arm: 'down over ali-oss', way: 'down over ali-oss, in one request' },
  { arm: 'up over fetch', way: 'up over fetch, in one request', most: 1 },
  { arm: 'down over fetch', way: 'down over fetch, in one request', most: 1 },
  {
    arm: 'plain down over ali-oss',
    way: 'for comparison: plain getStream over ali-oss',
    onlyEnds: true,
    isComparison: true,
  },
  {
    arm: 'plain up over fetch',
    way: 'for comparison: plain up over fetch, redirects allowed',
    most: 0,
    isComparison: true,
  },
];
/** Of rows with all sizes, the smallest is taken as often, and the median counts: that is what growth is counted from. */
const turnsOfSmallest = 3;

/**
 * @param sizes ascending, in bytes
 * @returns for each way the peak RSS in MiB by size; undefined where it was not measured
 */
export async function runMemoryGrowth({ sizes, source, sourceBytes, keys, say }) {
  const server = await startServerProcess({ md5: false, crc64: false, discardBodies: true });
  try {
    const { endpoint, region, account } = server;
    const signedUrls = { upload: aliOssClient(server).signatureUrl('uploaded', { method: 'PUT' }) };
    const results = rows.map(({ way, isComparison = false }) => ({
      way,
      isComparison,
      peaks: sizes.map(() => undefined),
    }));
    for (const [index, sizeBytes] of sizes.entries()) {
      say(`Peak memory, ${sizeBytes / gibibyte} GiB`);
      const { envelope } = await createContentKey(rsaProvider(keys), 'oss-crypto', {
        contentSizeBytes: sizeBytes,
      });
      await server.putSyntheticObject('encrypted', { sizeBytes, headers: formatEnvelope(envelope) });
      await server.putSyntheticObject('plain', { sizeBytes });
      for (const [row, { arm, most = sizes.length, onlyEnds }] of rows.entries()) {
        if (index > most || (onlyEnds && index > 0 && index < sizes.length - 1)) continue;
        const context = { endpoint, region, account, source, keys, sizeBytes, signedUrls };
        if (arm === 'plain up over fetch') context.sizeBytes = sourceBytes;
        const peaks = [];
        for (let turn = 0; turn < (index === 0 && most === sizes.length ? turnsOfSmallest : 1); turn++) {
          await server.collectGarbage();
          peaks.push((await takeSample('memory-arms', arm, context)).peakRssMebibytes);
        }
        results[row].peaks[index] = summary(peaks).median;
      }
    }
    return results;
  } finally {
    server.stop();
  }
}
