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
  { arm: 'sealed up over ali-oss', way: 'sealed, up over ali-oss, in parts' },
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
 * @param sizes ascending, in bytes
 * @returns for each way, by size and in MiB: the peak RSS, the peak of V8's old generation (`old`), and what a collection
 *   leaves in use at the end (`collected`); undefined where it was not measured
 */
export async function runMemoryGrowth({ sizes, source, sourceBytes, keys, say }) {
  const server = await startServerProcess({ md5: false, crc64: false, discardBodies: true });
  try {
    const { endpoint, region, account } = server;
    const signedUrls = { upload: aliOssClient(server).signatureUrl('uploaded', { method: 'PUT' }) };
    const results = rows.map((row) => ({ ...row, peaks: [], old: [], collected: [] }));
    for (const [index, sizeBytes] of sizes.entries()) {
      say(`Peak memory, ${sizeBytes / gibibyte} GiB`);
      const { envelope } = await createContentKey(rsaProvider(keys), 'oss-crypto', {
        contentSizeBytes: sizeBytes,
      });
      await server.putSyntheticObject('encrypted', { sizeBytes, headers: formatEnvelope(envelope) });
      await server.putSyntheticObject('plain', { sizeBytes });
      for (const { arm, mostBytes = Number.POSITIVE_INFINITY, ...found } of results) {
        if (sizeBytes > mostBytes) continue;
        const context = { endpoint, region, account, source, keys, sizeBytes, signedUrls };
        if (arm === 'plain up over fetch') context.sizeBytes = sourceBytes;
        await server.collectGarbage();
        const sample = await takeSample('memory-arms', arm, context, ['--expose-gc']);
        found.peaks[index] = sample.peakRssMebibytes;
        found.old[index] = sample.oldGenerationMebibytes;
        found.collected[index] = sample.collectedMebibytes;
      }
    }
    return results.map(({ way, isComparison = false, peaks, old, collected }) => ({
      way,
      isComparison,
      peaks,
      old,
      collected,
    }));
  } finally {
    server.stop();
  }
}
