import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defaultKmsAccount, defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The TypeScript of a page as one module; a line `expression; // => value` becomes an assertion. */
function programOf(markdown: string): { program: string; assertions: number } {
  const blocks = [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] as string);
  let assertions = 0;
  const program = blocks
    .join('\n')
    .replace(/^(.*); \/\/ => (.*)$/gm, (_, expression: string, value: string) => {
      assertions++;
      return `expect(${expression}, ${JSON.stringify(expression)}).toEqual(${value});`;
    });
  return { program, assertions };
}

it('runs the code of README.md', { timeout: 60_000 }, async () => {
  const { program, assertions } = programOf(await readFile(join(root, 'README.md'), 'utf8'));
  expect(assertions).toBeGreaterThanOrEqual(5);

  const cache = join(root, 'tests', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'readme-'));
  const oss = await startOss({ buckets: ['photos'] });
  const kms = await startKms();
  try {
    const context = {
      ...defaultOssAccount,
      endpoint: oss.endpoint,
      keyId: await kms.createKey({}),
      kmsUrl: kms.url,
      kmsAccount: { ...defaultKmsAccount },
    };
    // What a reader has and a test has not: an account, a key, and the real endpoints.
    const onLoopback = program
      .replace("import OSS from 'ali-oss';", "import RealOSS from 'ali-oss';")
      .replace(
        "region: 'cn-hangzhou', credentials: { accessKeyId, accessKeySecret }",
        'endpoint: kmsUrl, credentials: kmsAccount',
      )
      .replace(/'(keys|download\.txt)'/g, (_, name: string) => JSON.stringify(join(folder, name)));
    const prelude = `
import { expect } from 'vitest';
const { accessKeyId, accessKeySecret, endpoint, keyId, kmsUrl, kmsAccount } = ${JSON.stringify(context)};
class OSS extends RealOSS {
  constructor(options: OSS.Options) {
    super({ ...options, endpoint, sldEnable: true } as OSS.Options);
  }
}
`;
    const file = join(folder, 'readme.ts');
    await writeFile(file, prelude + onLoopback);
    await import(pathToFileURL(file).href);
    const stored = await oss.getObject('photos', 'motto.txt');
    expect(stored?.headers['x-oss-meta-oss-wrap-alg']).toBe('rsa');
  } finally {
    await oss.close();
    await kms.close();
    await rm(folder, { recursive: true, force: true });
  }
});
