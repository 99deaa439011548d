// What each task costs on this machine: objects a second, processor time an object, and requests an object, with the local
// OSS in another process. Wall time is bound by that OSS; the processor time is that of the worker alone.
// usage: node packages/jobs/bench/tasks.mjs [--objects N] [--size BYTES] [--json]
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import {
  jobTools,
  listingSource,
  makeReport,
  memoryLedger,
  runLocally,
  targetKeys,
} from '../dist/esm/index.js';

const bucketName = 'bench';
const isServer = process.argv[2] === 'serve';

if (isServer) {
  const oss = await startOss({ buckets: [bucketName] });
  process.send({ origin: oss.origin });
  process.on('message', () => process.exit());
} else {
  await measure();
}

async function measure() {
  const { values } = parseArgs({
    options: {
      objects: { type: 'string', default: '2000' },
      size: { type: 'string', default: '1024' },
      json: { type: 'boolean', default: false },
    },
  });
  const [objects, size] = [Number(values.objects), Number(values.size)];
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  const { origin } = await new Promise((resolve) => server.once('message', resolve));
  let requests = 0;
  const transport = fetchTransport({
    endpoint: origin,
    region: 'cn-hangzhou',
    bucket: bucketName,
    credentials: { ...defaultOssAccount },
    fetch: (url, init) => {
      requests++;
      return fetch(url, init);
    },
  });
  const [oldKey, newKey, newestKey] = await Promise.all(
    ['old', 'new', 'newest'].map(async (key) =>
      rsaProvider({ ...(await generateRsaKeyPair({ modulusBits: 2048 })), materialDescription: { key } }),
    ),
  );
  const content = new Uint8Array(size);
  await parallel(objects, (index) =>
    transport.put({ key: `k/${index}`, headers: {}, body: { kind: 'bytes', bytes: content } }),
  );

  const rows = [];
  const run = async (name, task, provider, changes = {}) => {
    const job = {
      version: 1,
      id: 'bench',
      bucketName,
      task,
      format: 'sealed',
      grade: 'direct',
      source: { kind: 'listing', prefix: '' },
      filter: {},
      targetKeys: targetKeys({ provider, format: 'sealed' }),
      createdAt: new Date().toISOString(),
      ...changes,
    };
    const ledger = memoryLedger(job);
    const source = listingSource(transport, '');
    const tools = jobTools(job, {
      transport,
      provider,
      otherProviders: [oldKey, newKey, newestKey].filter((key) => key !== provider),
    });
    requests = 0;
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    await runLocally({ ledger, source, tools, concurrency: 32 });
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const { tally } = await makeReport(ledger, 1);
    if (tally.listed !== objects || tally.failed > 0) throw new Error(`${name}: ${JSON.stringify(tally)}`);
    rows.push({
      task: name,
      objectsPerSecond: Math.round(objects / seconds),
      cpuMs: Number(((user + system) / 1000 / objects).toFixed(2)),
      objectsPerCoreSecond: Math.round(objects / ((user + system) / 1e6)),
      requests: Number((requests / objects).toFixed(2)),
    });
  };
  await run('encrypt', 'encrypt', oldKey);
  await run('report', 'report', oldKey);
  await run('verify', 'verify', oldKey);
  await run('rewrap', 'rewrap', newKey);
  await run('nothing to do', 'rewrap', newKey);
  await run('reencrypt', 'reencrypt', newestKey);
  await run('reencrypt, staged', 'reencrypt', oldKey, { grade: 'stage' });
  server.send('stop');

  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else {
    process.stdout.write(
      `${objects} objects of ${size} bytes, RSA-2048, one process, Node ${process.versions.node}\n\n`,
    );
    const line = (cells) => `${cells.map((cell) => String(cell).padStart(18)).join(' ')}\n`;
    process.stdout.write(line(['task', 'objects/s', 'CPU ms/object', 'objects/s a core', 'requests/object']));
    for (const row of rows) process.stdout.write(line(Object.values(row)));
  }
}

async function parallel(count, work) {
  let next = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let index = next++; index < count; index = next++) await work(index);
    }),
  );
}
