// Runs the job of a folder in this process; whoever starts this program may kill it at any moment.
// usage: node local-job.mjs CONFIG-JSON-FILE
// As job-setup.mjs says, and { folder, job, failures, pageSize }: `job` is what the folder's job is, where it has none yet;
// `failures` is the path of a file that gets what was not done.
import { writeFile } from 'node:fs/promises';
import {
  createFileLedger,
  failuresOf,
  jobTools,
  listingSource,
  makeReport,
  openFileLedger,
  runLocally,
} from '@oss-envelope/jobs';
import { jobSetup } from './job-setup.mjs';

const { config, transport, keys, jobOf, openSource } = await jobSetup(process.argv[2]);
const ledger =
  config.job === undefined
    ? await openFileLedger(config.folder)
    : await createFileLedger(config.folder, jobOf(config.job));
const source =
  config.pageSize === undefined
    ? await openSource(ledger.job)
    : listingSource(transport, '', config.pageSize);
const result = await runLocally({ ledger, source, tools: jobTools(ledger.job, { transport, ...keys }) });
const report = await makeReport(ledger, source.lanes);
if (config.failures !== undefined) {
  const lines = [];
  for await (const failure of failuresOf(ledger, source.lanes)) lines.push(`${JSON.stringify(failure)}\n`);
  await writeFile(config.failures, lines.join(''));
}
await ledger.close();
const peakKib = process.resourceUsage().maxRSS;
process.stdout.write(JSON.stringify({ result, report, peakKib }));
