// Large objects up and down: encrypted against plain, over the same transport, to two kinds of server.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createContentKey, formatEnvelope } from '@oss-envelope/core';
import { putFile } from '@oss-envelope/core/node';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssClient, bucketOverAliOss } from './ali-oss-clients.mjs';
import { compareThroughput } from './comparison.mjs';
import { profileArm } from './cpu-profile.mjs';
import { sampleInTurn, takeSample } from './sampling.mjs';
import { startServerProcess, warmUpBucketName } from './server-process.mjs';

/** What is compared, and with what. */
const transferGroups = [
  {
    title: 'Upload over ali-oss',
    module: 'ali-oss-arms',
    comparisons: [
      { arm: 'encrypted putFile', baseline: 'plain put(path)' },
      { arm: 'encrypted putFile in parts', baseline: 'plain multipartUpload' },
      { arm: 'sealed putFile', baseline: 'plain put(path)' },
      { arm: 'sealed putFile', baseline: 'encrypted putFile' },
      { arm: 'sealed putFile in parts', baseline: 'plain multipartUpload' },
    ],
  },
  {
    title: 'Download over ali-oss',
    module: 'ali-oss-arms',
    comparisons: [
      { arm: 'encrypted getToFile', baseline: 'plain getStream to a file' },
      { arm: 'encrypted getToFile in ranges', baseline: 'plain getStream to a file' },
      { arm: 'encrypted chunks to nowhere', baseline: 'plain getStream to nowhere' },
    ],
  },
  {
    // The server must keep the content: nobody opens made-up bytes.
    title: 'Sealed download over ali-oss',
    module: 'ali-oss-arms',
    comparisons: [
      { arm: 'sealed getToFile', baseline: 'plain getStream to a file' },
      { arm: 'sealed getToFile', baseline: 'encrypted getToFile' },
      { arm: 'sealed chunks to nowhere', baseline: 'plain getStream to nowhere' },
    ],
  },
  {
    title: 'Upload over fetch',
    module: 'fetch-arms',
    comparisons: [
      { arm: 'encrypted putFile', baseline: "plain upload, redirect: 'error'" },
      { arm: 'encrypted putFile in parts', baseline: "plain upload, redirect: 'error'" },
      { arm: 'encrypted putFile', baseline: "plain upload, redirect: 'error', and bare cryptography" },
      {
        arm: "plain upload, redirect: 'error', and bare cryptography",
        baseline: "plain upload, redirect: 'error'",
      },
    ],
  },
  {
    title: 'Download over fetch',
    module: 'fetch-arms',
    comparisons: [
      { arm: 'encrypted chunks to nowhere', baseline: 'plain download to nowhere' },
      { arm: 'encrypted ranges to nowhere', baseline: 'plain download to nowhere' },
      { arm: 'encrypted chunks to nowhere', baseline: 'plain download to nowhere, and bare cryptography' },
      { arm: 'plain download to nowhere, and bare cryptography', baseline: 'plain download to nowhere' },
    ],
  },
];

/** What each process moves before it is measured. */
export const warmUpBytes = 16 * 1024 * 1024;

/** The kinds of server. */
export const servers = {
  discard: {
    title: 'discarding server',
    options: { md5: false, crc64: false, discardBodies: true },
    async fill(server, context) {
      const { sizeBytes, bucket } = context;
      const { envelope } = await createContentKey(rsaProvider(context.keys), 'oss-crypto', {
        contentSizeBytes: sizeBytes,
      });
      await server.putSyntheticObject('plain', { sizeBytes }, bucket);
      await server.putSyntheticObject('encrypted', { sizeBytes, headers: formatEnvelope(envelope) }, bucket);
    },
  },
  memory: {
    title: 'local OSS',
    options: { md5: false },
    async fill(_, context) {
      await aliOssClient(context).put('plain', context.source);
      await putFile(bucketOverAliOss(context), 'encrypted', context.source);
      await putFile(bucketOverAliOss({ ...context, format: 'sealed' }), 'sealed', context.source);
    },
    keepsContent: true,
  },
};

/** Every arm of a group, each once: the baselines first. */
function armsOf({ comparisons }) {
  return [...new Set([...comparisons.map(({ baseline }) => baseline), ...comparisons.map(({ arm }) => arm)])];
}

async function digestOf(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Runs one group against one kind of server.
 *
 * @returns its title, costs and comparisons; with `profiles`, where each encrypted arm spends its time
 */
export async function runTransfers(
  { kind, title, sizeBytes, rounds },
  { sourceOf, folder, keys, say, profiles },
) {
  const { module, comparisons } = transferGroups.find((group) => group.title === title);
  const { options, fill, keepsContent = false } = servers[kind];
  say(`${title}, ${sizeBytes / 1024 ** 2} MiB, ${servers[kind].title}`);
  const server = await startServerProcess(options);
  const target = join(folder, 'downloaded');
  try {
    const { endpoint, region, account } = server;
    const contextOf = async (size, bucket) => {
      const source = await sourceOf(size);
      const context = { endpoint, region, account, source, target, keys, sizeBytes: size, bucket };
      const client = aliOssClient(context);
      context.signedUrls = {
        upload: client.signatureUrl('uploaded', { method: 'PUT' }),
        download: client.signatureUrl('plain'),
      };
      await fill(server, context);
      return context;
    };
    const warmUp = await contextOf(warmUpBytes, warmUpBucketName);
    const context = { ...(await contextOf(sizeBytes)), warmUp };
    const { source } = context;
    const sourceDigest = keepsContent ? await digestOf(source) : undefined;
    const samples = await sampleInTurn(armsOf({ comparisons }), rounds, async (arm, round) => {
      await rm(target, { force: true });
      await server.collectGarbage();
      const sample = await takeSample(module, arm, context);
      // Once is enough, and takes longer than the transfer.
      if (
        round === 0 &&
        keepsContent &&
        / a file|getToFile/.test(arm) &&
        (await digestOf(target)) !== sourceDigest
      ) {
        throw new Error(`${title}: ${arm} made another file than was stored`);
      }
      return sample;
    });
    const result = compareThroughput(samples, comparisons, sizeBytes);
    if (profiles) {
      for (const comparison of result.comparisons) {
        await rm(target, { force: true });
        comparison.profile = await profileArm(module, comparison.arm, context);
      }
    }
    return { title, ...result };
  } finally {
    await rm(target, { force: true });
    server.stop();
  }
}
