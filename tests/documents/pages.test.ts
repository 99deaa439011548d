import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
import { generateAesSecret } from '@oss-envelope/provider-aes';
import { authorityCertificate, rsaPair, serverIdentity } from '@oss-envelope/test-kit';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { blocksOf, withAssertions } from './page-program.js';
import { givenAs, pagesWithOwnTest, readPage, root, runnablePages, sitePages } from './pages.js';

/** A client of ali-oss whose endpoint is the local one. */
const localClient = `
import RealOSS from 'ali-oss';
class OSS extends RealOSS {
  constructor({ secure: _, ...options }) {
    super({ ...options, endpoint: $context.endpoint, sldEnable: true });
  }
}`;

/** Real endpoints in the code of a page, led to the local services. A page that starts its own is left as it is. */
function onLoopback(program: string): string {
  if (program.includes('startOss')) return program;
  return (
    program
      // Shorter keys are made sooner, and a passphrase is tried with less work.
      .replaceAll(/ageProvider\(\{ passphrase: '[^']+'/g, '$&, workFactorLog2: 10')
      .replaceAll('generateRsaKeyPair()', 'generateRsaKeyPair({ modulusBits: 2048 })')
      .replaceAll("folder: 'keys', create: true", "folder: 'keys', create: true, modulusBits: 2048")
      .replace("import OSS from 'ali-oss';", localClient)
      .replaceAll(
        "endpoint: 'https://oss-cn-hangzhou.aliyuncs.com'",
        "endpoint: $context.endpoint, region: 'cn-hangzhou'",
      )
      .replace(
        /((?:kmsProvider|kmsFetchProvider)\(\{\s*)region: 'cn-hangzhou',/g,
        '$1endpoint: $context.kmsUrl,',
      )
      .replace("endpoint: 'kst-xxx.cryptoservice.kms.aliyuncs.com'", 'endpoint: $context.privateKmsUrl')
  );
}

const pair = await rsaPair();
const before = process.cwd();
let folder: string;
beforeAll(async () => {
  await mkdir(join(root, 'tests', '.cache'), { recursive: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'tests', '.cache', 'page-'));
  for (const [name, sizeBytes] of [
    ['large.bin', 100_000],
    ['film.mp4', 1_100_000],
    ['holiday.mov', 100_000],
    ['report.pdf', 5000],
  ] as const)
    await writeFile(join(folder, name), 'x'.repeat(sizeBytes));
  await writeFile(join(folder, 'authority.pem'), authorityCertificate);
  // A pair as oss2 keeps it, with the modes that it should have.
  await mkdir(join(folder, 'oss2-keys'), { mode: 0o700 });
  for (const half of ['public', 'private'] as const)
    await writeFile(join(folder, 'oss2-keys', `example.${half}_key.pem`), pair[`${half}Key`], {
      mode: 0o600,
    });
  process.chdir(folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  process.chdir(before);
  await rm(folder, { recursive: true, force: true });
});

describe('the code of a page runs', () => {
  it.each(runnablePages)('$path', { timeout: 300_000 }, async ({ path, given, leastAssertions }) => {
    const { program, assertions } = withAssertions(blocksOf(await readPage(path)).join('\n'));
    expect(assertions).toBeGreaterThanOrEqual(leastAssertions);

    const oss = await startOss({ buckets: ['photos'] });
    const kms = await startKms();
    const privateKms = await startKms({ tls: serverIdentity });
    try {
      const { accessKeyId, accessKeySecret } = defaultOssAccount;
      const credentials = { accessKeyId, accessKeySecret };
      for (const service of [kms, privateKms]) {
        service.accounts.add(credentials);
        await service.createKey({ alias: 'alias/photos' });
      }
      for (const name of ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET'])
        vi.stubEnv(name, undefined);
      vi.stubEnv('OSS_ACCESS_KEY_ID', accessKeyId);
      vi.stubEnv('OSS_ACCESS_KEY_SECRET', accessKeySecret);
      vi.stubEnv('PHOTOS_SECRET', undefined);
      for (const year of ['2026', '2027']) vi.stubEnv(`PHOTOS_${year}`, generateAesSecret());
      const kmsUrls = { kmsUrl: kms.url, privateKmsUrl: privateKms.url };
      const context = { endpoint: oss.endpoint, ...kmsUrls, ...credentials, credentials, pair };
      const file = join(folder, 'page.ts');
      await writeFile(
        file,
        `import { expect } from 'vitest';\n${givenAs(given, context)}\n${onLoopback(program)}`,
      );
      await import(pathToFileURL(file).href);
      if (path === 'README.md') {
        const { headers } = await oss.getObject('photos', 'motto.txt');
        expect(headers['x-oss-meta-oss-envelope-format']).toBe('sealed/1');
      }
    } finally {
      await oss.close();
      await kms.close();
      await privateKms.close();
    }
  });

  it.each(pagesWithOwnTest)('$path, in $test', async ({ path, test }) => {
    const source = await readFile(join(root, test), 'utf8');
    expect(source).toContain(`${path}'`);
  });

  it('and every block of JSON parses', async () => {
    for (const path of await sitePages()) {
      for (const block of blocksOf(await readPage(path), ['json'])) {
        expect(() => JSON.parse(block), `${path}: ${block}`).not.toThrow();
      }
    }
  });

  it('of every page that has code', async () => {
    const tried = [...runnablePages, ...pagesWithOwnTest].map(({ path }) => path);
    const missing: string[] = [];
    for (const path of await sitePages()) {
      if (blocksOf(await readPage(path)).length > 0 && !tried.includes(path)) missing.push(path);
    }
    expect(missing).toEqual([]);
  });
});
