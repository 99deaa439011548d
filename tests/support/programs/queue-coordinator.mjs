// Leads a job of a bucket to its end; whoever starts this program may kill it at any moment, and start it again.
// usage: node queue-coordinator.mjs CONFIG-JSON-FILE TASK
// { origin, bucket, redis, newPair, lockMs }
import { readFile } from 'node:fs/promises';
import { coordinate, createBucketLedger, makeReport, targetKeys } from '@oss-envelope/jobs';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const config = JSON.parse(await readFile(process.argv[2], 'utf8'));
const task = process.argv[3];
const transport = fetchTransport({
  endpoint: config.origin,
  region: 'cn-hangzhou',
  bucket: config.bucket,
  credentials: { ...defaultOssAccount },
});
const ledger = await createBucketLedger(transport, {
  version: 1,
  id: `to-the-new-key-${task}`,
  bucketName: config.bucket,
  task,
  format: 'sealed',
  grade: 'direct',
  source: { kind: 'listing', prefix: '' },
  filter: {},
  targetKeys: targetKeys({ provider: rsaProvider(config.newPair), format: 'sealed' }),
  createdAt: new Date().toISOString(),
});
await coordinate({
  redis: config.redis,
  ledger,
  lanes: 1,
  lockMs: config.lockMs,
  pollMs: 100,
  onNews: (text) => process.stderr.write(`${text}\n`),
});
process.stdout.write(JSON.stringify(await makeReport(ledger, 1)));
