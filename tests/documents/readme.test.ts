import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defaultKmsAccount, defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
import { describe, expect, it, vi } from 'vitest';
import { blocksOf, withAssertions } from './page-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a reader has and a test has not: an account, a key, a pair, and the real endpoints. */
function preludeOf(page: string, context: object): string {
  const names = `const { ${Object.keys(context).join(', ')} } = ${JSON.stringify(context)};`;
  const client = `
class OSS extends RealOSS {
  constructor(options: OSS.Options) {
    super({ ...options, endpoint, sldEnable: true } as OSS.Options);
  }
}`;
  if (page === 'README.md') return `import { expect } from 'vitest';\n${names}\n${client}\n`;
  if (page === 'packages/local-cloud/README.md' || page === 'docs/guide/local-oss.md')
    return "import { expect } from 'vitest';\n";
  if (page === 'docs/guide/rotation.md') {
    return `
import { expect } from 'vitest';
import { fetchTransport } from '@oss-envelope/transport-fetch';
${names}
const credentials = { accessKeyId, accessKeySecret };
const transport = fetchTransport({ endpoint, bucket: 'photos', region: 'cn-hangzhou', credentials });
`;
  }
  return `
import { expect } from 'vitest';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { fetchTransport } from '@oss-envelope/transport-fetch';
${names}
const credentials = { accessKeyId, accessKeySecret };
const transport = fetchTransport({ endpoint, bucket: 'photos', region: 'cn-hangzhou', credentials });
const provider = rsaProvider(await generateRsaKeyPair({ modulusBits: 2048 }));
`;
}

describe('the code of the pages runs', () => {
  it.each([
    ['README.md', 17],
    ['packages/core/README.md', 4],
    ['docs/guide/everyday-calls.md', 20],
    ['packages/local-cloud/README.md', 4],
    ['docs/guide/local-oss.md', 12],
    ['docs/guide/rotation.md', 12],
  ])('%s', { timeout: 60_000 }, async (page, leastAssertions) => {
    const { program, assertions } = withAssertions(
      blocksOf(await readFile(join(root, page), 'utf8')).join('\n'),
    );
    expect(assertions).toBeGreaterThanOrEqual(leastAssertions);

    const cache = join(root, 'tests', '.cache');
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, 'readme-'));
    const oss = await startOss({ buckets: ['photos'] });
    const kms = await startKms();
    try {
      await writeFile(join(folder, 'large.bin'), 'x'.repeat(100_000));
      await kms.createKey({ alias: 'alias/photos' });
      const { accessKeyId, accessKeySecret } = defaultOssAccount;
      const ofRoot = { kmsUrl: kms.url, kmsAccount: { ...defaultKmsAccount } };
      const context = {
        endpoint: oss.endpoint,
        ...(page === 'README.md' ? ofRoot : { accessKeyId, accessKeySecret }),
        ...(page === 'docs/guide/rotation.md' && ofRoot),
      };
      // The page of the root takes them from where a reader has them.
      vi.stubEnv('OSS_ACCESS_KEY_ID', accessKeyId);
      vi.stubEnv('OSS_ACCESS_KEY_SECRET', accessKeySecret);
      const onLoopback = (
        page === 'README.md'
          ? program.replace("import OSS from 'ali-oss';", "import RealOSS from 'ali-oss';")
          : program
      )
        .replace(
          /region: 'cn-hangzhou',\s+credentials: \{ accessKeyId, accessKeySecret \}/,
          'endpoint: kmsUrl, credentials: kmsAccount',
        )
        .replace(/, '(large\.bin)', \{$/gm, (_, name: string) => `, ${JSON.stringify(join(folder, name))}, {`)
        .replace(
          /'(keys|download\.txt|copy\.bin|large\.upload|large\.download|upload\.checkpoint)'/g,
          (_, name: string) => JSON.stringify(join(folder, name)),
        );
      const file = join(folder, 'page.ts');
      await writeFile(file, preludeOf(page, context) + onLoopback);
      await import(pathToFileURL(file).href);
      if (page === 'README.md') {
        const sealed = await oss.getObject('photos', 'motto.txt');
        expect(sealed.headers['x-oss-meta-oss-envelope-format']).toBe('sealed/1');
        const shared = await oss.getObject('photos', 'shared.txt');
        expect(shared.headers['x-oss-meta-oss-wrap-alg']).toBe('rsa');
      }
    } finally {
      vi.unstubAllEnvs();
      await oss.close();
      await kms.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

it('the table of runtimes in README.md is that of docs/runtimes.md, which the runs on all runtimes keep true', async () => {
  const rowsOf = async (page: string): Promise<string[]> =>
    (await readFile(join(root, page), 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
      .map((line) => line.replace(/\s+/g, ' ').trim());
  const rows = await rowsOf('docs/runtimes.md');
  expect(rows.length).toBeGreaterThan(10);
  const shown = await rowsOf('README.md');
  expect(shown.slice(shown.indexOf(rows[0] as string)).slice(0, rows.length)).toEqual(rows);
});

describe('what the pages import is there', async () => {
  const packages: string[] = [];
  for (const name of await readdir(join(root, 'packages'))) {
    const manifest = await readFile(join(root, 'packages', name, 'package.json'), 'utf8');
    if (!(JSON.parse(manifest) as { private?: boolean }).private) packages.push(name);
  }
  it.each(packages)('packages/%s/README.md', async (name) => {
    const markdown = await readFile(join(root, 'packages', name, 'README.md'), 'utf8');
    const imports = blocksOf(markdown).flatMap((block) => [
      ...block.matchAll(/import \{([^}]+)\} from '(@oss-envelope\/[^']+)'/g),
    ]);
    expect(imports.length).toBeGreaterThan(0);
    for (const [, names, module] of imports) {
      const exported = Object.keys((await import(module as string)) as object);
      for (const imported of (names as string)
        .split(',')
        .map((text) => text.trim())
        .filter((text) => text !== '' && !text.startsWith('type '))) {
        expect(exported, `${module} has no ${imported}`).toContain(imported);
      }
    }
  });
});
