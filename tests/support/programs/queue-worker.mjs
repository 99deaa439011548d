// Works on the jobs of a bucket until SIGTERM; whoever starts this program may kill or stop it at any moment.
// usage: node queue-worker.mjs CONFIG-JSON-FILE
// As job-setup.mjs says, and { redis, pageSize, lockMs, ossPerSecond }.
import {
  connectPaces,
  jobTools,
  listingSource,
  openBucketLedger,
  pacedTransport,
  workOnQueue,
} from '@oss-envelope/jobs';
import { jobSetup } from './job-setup.mjs';

const { config, transport: plain, keys, openSource } = await jobSetup(process.argv[2], 0);
const paces = await connectPaces(config.redis, { ossPerSecond: config.ossPerSecond });
const transport = pacedTransport(plain, paces.oss);
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
    const tools = jobTools(ledger.job, { transport, ...keys });
    const source =
      config.pageSize === undefined
        ? await openSource(ledger.job)
        : listingSource(transport, '', config.pageSize);
    return { ledger, tools, source };
  },
});
paces.close();
