// Runs the job of a folder in this process; whoever starts this program may kill it at any moment.
// usage: node local-job.mjs CONFIG-JSON-FILE
// { origin, bucket, folder, newPair, oldPair, pageSize, poisonKey }: at the HEAD of `poisonKey` the program kills itself.
import { readFile } from 'node:fs/promises';
import { jobTools, listingSource, makeReport, openFileLedger, runLocally } from '@oss-envelope/jobs';
import { defaultOssAccount } from '@oss-envelope/local-cloud';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';

const config = JSON.parse(await readFile(process.argv[2], 'utf8'));
const plain = fetchTransport({
  endpoint: config.origin,
  region: 'cn-hangzhou',
  bucket: config.bucket,
  credentials: { ...defaultOssAccount },
});
const transport = {
  ...plain,
  async head(request) {
    if (request.key === config.poisonKey) process.kill(process.pid, 'SIGKILL');
    return plain.head(request);
  },
};
const ledger = await openFileLedger(config.folder);
const source = listingSource(transport, '', config.pageSize);
const tools = jobTools(ledger.job, {
  transport,
  provider: rsaProvider(config.newPair),
  otherProviders: [rsaProvider(config.oldPair)],
});
const result = await runLocally({ ledger, source, tools });
await makeReport(ledger, source.lanes);
await ledger.close();
const peakKib = process.resourceUsage().maxRSS;
process.stdout.write(JSON.stringify({ result, peakKib }));
