import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type ProviderSubject,
  providerCases,
  runCases,
  selectCases,
  type TransportSubject,
  transportCases,
} from '@oss-envelope/conformance';
import { defaultOssAccount, startOss } from '@oss-envelope/local-cloud';
import { afterAll, describe, expect, it } from 'vitest';
import { blocksOf, withAssertions } from './page-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs/adapters.md'), 'utf8');
const oss = await startOss({ buckets: ['photos'], maxLoggedRequests: 5000 });
afterAll(() => oss.close());

/** Runs the page as one module, with what a reader has: an address and an account. */
async function runPage(): Promise<{ transportSubject: TransportSubject; providerSubject: ProviderSubject }> {
  const { program, assertions } = withAssertions(blocksOf(page).join('\n'));
  expect(assertions).toBeGreaterThanOrEqual(4);
  const cache = join(root, 'tests', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'adapters-'));
  try {
    const { accessKeyId, accessKeySecret } = defaultOssAccount;
    const context = { url: `${oss.origin}/photos`, accessKeyId, accessKeySecret };
    const names = `const { ${Object.keys(context).join(', ')} } = ${JSON.stringify(context)};\n`;
    await writeFile(join(folder, 'page.ts'), `import { expect } from 'vitest';\n${names}${program}`);
    return await import(pathToFileURL(join(folder, 'page.ts')).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const { transportSubject, providerSubject } = await runPage();

describe('the transport of docs/adapters.md', () => {
  const requests = (key: string) => oss.requests.list().filter((request) => request.key === key);
  const subject: TransportSubject = {
    ...transportSubject,
    faults: {
      origin: oss.origin,
      add: (fault) => oss.faults.add(fault),
      requests,
      store: (key, bytes, headers) => oss.putObject('photos', key, bytes, headers),
      activeRequests: (key) => requests(key).filter((request) => !request.finished).length,
    },
  };
  const reason = 'it has no timeout: the signal of a call ends it';
  const { selected } = selectCases(transportCases, subject, {
    exclude: {
      'a stall under bytes: they are sent again where the transport retries': reason,
      'a stall under chunks: they are never sent again': reason,
      'a body that stalls half-way fails to be read': reason,
    },
  });
  it.each(selected)('$name', async ({ run }) => {
    await run(subject);
  });
});

it('the provider of docs/adapters.md passes the cases', async () => {
  const { failed, passed } = await runCases(providerCases, providerSubject, { print: () => {} });
  expect(failed).toEqual([]);
  expect(passed.length).toBeGreaterThan(0);
});

it('the adapters of docs/adapters.md are as short as the page promises', () => {
  const linesOf = (name: string): number =>
    (blocksOf(page).find((block) => block.includes(`export function ${name}(`)) ?? '').trim().split('\n')
      .length;
  expect(linesOf('tinyTransport')).toBeLessThanOrEqual(60);
  expect(linesOf('vaultProvider')).toBeLessThanOrEqual(40);
});
