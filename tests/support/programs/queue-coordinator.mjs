// Leads a job of a bucket to its end, or until SIGTERM; whoever starts this program may kill it at any moment, and start it again.
// usage: node queue-coordinator.mjs CONFIG-JSON-FILE TASK
// As job-setup.mjs says, and { redis, lockMs, job, failures }: `job` is what the job of the task is besides, and `failures` the
// path of a file that gets what was not done.
import { writeFile } from 'node:fs/promises';
import { coordinate, createBucketLedger, failuresOf, makeReport } from '@oss-envelope/jobs';
import { jobSetup } from './job-setup.mjs';

const { config, transport, jobOf } = await jobSetup(process.argv[2]);
const task = process.argv[3];
const job = jobOf({ id: `to-the-new-key-${task}`, task, ...config.job });
const ledger = await createBucketLedger(transport, job);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('told to end')));
await coordinate({
  signal: stop.signal,
  redis: config.redis,
  ledger,
  lanes: 1,
  lockMs: config.lockMs,
  pollMs: 100,
  onNews: (text) => process.stderr.write(`${text}\n`),
});
const report = await makeReport(ledger, 1);
if (config.failures !== undefined) {
  const lines = [];
  for await (const failure of failuresOf(ledger, 1)) lines.push(`${JSON.stringify(failure)}\n`);
  await writeFile(config.failures, lines.join(''));
}
process.stdout.write(JSON.stringify(report));
