import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EncryptedBucket, type FormatName, type KeyProvider } from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { chromiumArguments } from '../support/chromium.mjs';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.js';
import { type CorsFront, parseCorsRule, startCorsFront } from './cors-front.js';
import { ExampleTab } from './example-tab.js';

/** Where the example is. */
export const exampleFolder = fileURLToPath(new URL('../../examples/browser/', import.meta.url));

/** The bucket, the example's server and one browser, for all tests of the page. */
export interface ExampleBench {
  /** What the page talks to as the bucket: it has the CORS rule that the example asks for, and no other. */
  front: CorsFront;
  oss: LocalOss;
  /** Stands before the server that signs. */
  proxy: RecordingProxy;
  /** A browser profile of its own with the page in it; it is closed after the test. */
  openTab(options?: BrowserContextOptions): Promise<ExampleTab>;
  /** A bucket for a reader on Node, as a user would make it. */
  bucketOf(provider: KeyProvider, format?: FormatName): EncryptedBucket;
}

/** Starts everything once; each test begins with no request and no tab. */
export function exampleBench(executablePath: string): ExampleBench {
  const bench = {} as ExampleBench;
  const tabs: ExampleTab[] = [];
  let folder: string;
  let server: ChildProcess;
  let browser: Browser;

  beforeAll(async () => {
    const launched = chromium.launch({ executablePath, args: [...chromiumArguments] });
    bench.oss = await startOss({ buckets: ['photos'] });
    folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
    const rule = parseCorsRule(await readFile(join(exampleFolder, 'README.md'), 'utf8'));
    bench.front = await startCorsFront(bench.oss.origin, rule);
    server = spawn(process.execPath, [join(exampleFolder, 'server.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        PORT: '0',
        DATA_FOLDER: folder,
        OSS_ENDPOINT: bench.front.origin,
        OSS_BUCKET: 'photos',
        OSS_REGION: bench.oss.region,
        OSS_ACCESS_KEY_ID: defaultOssAccount.accessKeyId,
        OSS_ACCESS_KEY_SECRET: defaultOssAccount.accessKeySecret,
      },
    });
    bench.proxy = await startRecordingProxy(await printedPort(server));
    browser = await launched;
  });

  afterAll(async () => {
    await browser?.close();
    await bench.proxy?.close();
    server?.kill();
    await bench.front?.close();
    await bench.oss?.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    bench.oss.requests.clear();
    bench.proxy.clear();
  });
  afterEach(async () => {
    await Promise.all(tabs.splice(0).map((tab) => tab.close()));
  });

  bench.openTab = async (options) => {
    const context = await browser.newContext({ locale: 'en-US', ...options });
    const tab = new ExampleTab(await context.newPage(), `http://localhost:${bench.proxy.port}`, folder);
    tabs.push(tab);
    await tab.open();
    return tab;
  };
  bench.bucketOf = (provider, format = 'sealed') => {
    const transport = fetchTransport({
      endpoint: bench.oss.endpoint,
      bucket: 'photos',
      region: bench.oss.region,
      credentials: { ...defaultOssAccount },
    });
    return new EncryptedBucket({ transport, provider, format, reads: [format] });
  };
  return bench;
}

/** The port that the example's server prints once it listens. */
async function printedPort(server: ChildProcess): Promise<number> {
  if (server.stdout === null) throw new Error('The server has no output.');
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /http:\/\/localhost:(\d+)/.exec(line)?.[1];
    if (port !== undefined) {
      server.stdout.resume();
      return Number(port);
    }
  }
  throw new Error('The server ended before it listened.');
}
