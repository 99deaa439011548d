// Works on the jobs of a bucket until SIGTERM; whoever starts this program may kill or stop it at any moment.
// usage: node queue-worker.mjs CONFIG-JSON-FILE
// { origin, bucket, redis, oldPair, newPair, pageSize, lockMs, ossPerSecond, poisonKey }: at the HEAD of `poisonKey` it kills itself.
import { readFile } from 'node:fs/promises';
import {
  connectPaces,
  jobTools,
  listingSource,
  openBucketLedger,
  pacedTransport,
  workOnQueue,
} from '@oss-envelope/jobs';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const config = JSON.parse(await readFile(process.argv[2], 'utf8'));
const paces = await connectPaces(config.redis, { ossPerSecond: config.ossPerSecond });
const plain = fetchTransport({
  endpoint: config.origin,
  region: 'cn-hangzhou',
  bucket: config.bucket,
  credentials: { ...defaultOssAccount },
  retries: 0,
});
const transport = pacedTransport(
  {
    ...plain,
    async head(request) {
      if (request.key === config.poisonKey) process.kill(process.pid, 'SIGKILL');
      return plain.head(request);
    },
  },
  paces.oss,
);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('told to end')));
await workOnQueue({
  redis: config.redis,
  bucketName: config.bucket,
  signal: stop.signal,
  lockMs: config.lockMs,
  pollMs: 100,
  onNews: (text) => process.stdout.write(`${text}\n`),
  async open(id) {
    const ledger = await openBucketLedger(transport, id);
    const tools = jobTools(ledger.job, {
      transport,
      provider: rsaProvider(config.newPair),
      otherProviders: [rsaProvider(config.oldPair)],
    });
    return { ledger, tools, source: listingSource(transport, '', config.pageSize) };
  },
});
paces.close();
