import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EncryptedBucket, type FormatName, type KeyProvider } from '@oss-envelope/core';
import {
  defaultKmsAccount,
  defaultOssAccount,
  type LocalKms,
  startKms,
  startOss,
} from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { kmsFetchProvider } from '@oss-envelope/provider-kms/fetch';
import { fetchTransport } from '@oss-envelope/transport-fetch';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { blocksOf, withAssertions } from './page-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const oss = await startOss({ buckets: ['photos'] });
const kms = await startKms();
const beijing = await startKms({ region: 'cn-beijing' });
for (const one of [kms, beijing]) await one.createKey({ alias: 'alias/photos' });
afterAll(() => Promise.all([oss, kms, beijing].map((server) => server.close())));
afterEach(() => vi.unstubAllEnvs());

/** One account for both services. */
const account = { accessKeyId: 'both', accessKeySecret: 'both-secret', securityToken: 'both-token' };
for (const server of [oss, kms, beijing]) server.accounts.add(account);

/** Runs a page as one module, with local services in the place of the real ones. */
async function runPage(page: string, prelude: string, context: object): Promise<number> {
  const { program, assertions } = withAssertions(
    blocksOf(await readFile(join(root, page), 'utf8')).join('\n'),
  );
  const local = program
    .replace(/kmsProvider\(\{(\s*)region: '([^']+)',/g, "kmsProvider({$1endpoint: kmsUrls['$2'],")
    // What Node gives for it: the exports of a CommonJS module.
    .replace(
      "import alicloud from '@alicloud/credentials';",
      'const alicloud = require("@alicloud/credentials");',
    )
    .replace("import OSS from 'ali-oss';", "import RealOSS from 'ali-oss';");
  const names = `const { ${Object.keys(context).join(', ')} } = ${JSON.stringify(context)};`;
  const cache = join(root, 'tests', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'page-'));
  try {
    const file = join(folder, 'page.ts');
    await writeFile(file, `import { expect } from 'vitest';\n${prelude}\n${names}\n${local}`);
    await import(pathToFileURL(file).href);
    return assertions;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const kmsUrls = { 'cn-hangzhou': kms.url, 'cn-beijing': beijing.url };

it('the code of docs/guide/kms.md runs', async () => {
  const prelude = `
import { fetchTransport } from '@oss-envelope/transport-fetch';
const transport = fetchTransport({ endpoint: ${JSON.stringify(oss.endpoint)}, bucket: 'photos', region: 'cn-hangzhou', credentials: ${JSON.stringify(account)} });`;
  expect(await runPage('docs/guide/kms.md', prelude, { credentials: account, kmsUrls })).toBe(2);
  expect(kms.requests.actions).toEqual(['GenerateDataKey', 'Decrypt', 'GenerateDataKey']);
  expect(beijing.requests.actions).toEqual(['GenerateDataKey', 'Decrypt']);
});

it('the code of docs/guide/credentials.md runs', async () => {
  const { accessKeyId, accessKeySecret, securityToken } = account;
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const sts = createServer((_request, response) => {
    response.end(JSON.stringify({ accessKeyId, accessKeySecret, securityToken, expiration }));
  });
  await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('ALIBABA_CLOUD_ACCESS_KEY_SECRET', accessKeySecret);
  vi.stubEnv('ALIBABA_CLOUD_SECURITY_TOKEN', securityToken);
  const prelude = `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
class OSS extends RealOSS {
  constructor({ secure: _, ...options }) {
    super({ ...options, endpoint, sldEnable: true });
  }
}`;
  try {
    const stsUrl = `http://127.0.0.1:${(sts.address() as AddressInfo).port}`;
    const context = { endpoint: oss.endpoint, kmsUrls, stsUrl };
    expect(await runPage('docs/guide/credentials.md', prelude, context)).toBe(3);
  } finally {
    sts.close();
  }
});

interface Policy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: string }[];
}

/** The policies of the page by their headings. */
async function policiesOf(page: string): Promise<Map<string, Policy>> {
  const found = (await readFile(join(root, page), 'utf8')).matchAll(/^### (.+)\n[^#]*?```json\n([^`]+)```/gm);
  return new Map([...found].map(([, title, json]) => [title!, JSON.parse(json!) as Policy]));
}

const policies = await policiesOf('docs/guide/kms.md');
const counterFormats = ['oss-crypto', 'client-side-encryption'] as const;

describe.each([
  ['@alicloud/kms20160120', kmsProvider],
  ['signed fetch', kmsFetchProvider],
] as const)('each policy of docs/guide/kms.md is the least that its use needs, over %s', (_, make) => {
  const transport = fetchTransport({
    endpoint: oss.endpoint,
    bucket: 'photos',
    region: oss.region,
    credentials: { ...defaultOssAccount },
  });
  const bucketOf = (provider: KeyProvider, format: FormatName) =>
    new EncryptedBucket({ transport, provider, format });

  interface Uses {
    readonly of: (credentials: object) => KeyProvider;
    readonly newKey: (credentials: object) => KeyProvider;
  }
  const formats: readonly FormatName[] = ['sealed', ...counterFormats];
  const putAll = async ({ of }: Uses, who: object, among: readonly FormatName[]) => {
    for (const format of among) await bucketOf(of(who), format).put(format, 'x');
  };
  const uses: Record<string, (uses: Uses, who: object) => Promise<void>> = {
    "Write in 'sealed'": (all, who) => putAll(all, who, ['sealed']),
    "Write in 'oss-crypto' or 'client-side-encryption'": (all, who) => putAll(all, who, counterFormats),
    'Read, in any format': async (all, who) => {
      await putAll(all, defaultKmsAccount, formats);
      for (const format of formats) {
        expect(await (await bucketOf(all.of(who), format).get(format)).text()).toBe('x');
      }
    },
    "Give an object of 'oss-crypto' another master key": async (all, who) => {
      const format = 'oss-crypto';
      const start = new TextEncoder().encode('1234');
      const old = await all.of(defaultKmsAccount).wrapKey({ format, start });
      const opened = await all.of(who).unwrapKey({ format, wrapAlgorithm: 'kms', ...old });
      await all.newKey(who).wrapKey({ format, key: opened.key, start });
    },
  };

  const allowedBy = (title: string): string[] =>
    policies.get(title)!.Statement.flatMap(({ Action }) => Action.map((name) => name.replace('kms:', '')));

  /** Does what a heading says as somebody who may do these actions only; gives the actions that they asked for. */
  async function actionsOf(title: string, allow: readonly string[]): Promise<Set<string | undefined>> {
    const here: LocalKms = await startKms();
    try {
      const who = { accessKeyId: 'least', accessKeySecret: 'least-secret' };
      here.accounts.add({ ...who, allow });
      const [keyId, newKeyId] = [await here.createKey({}), await here.createKey({})];
      const provider = (id: string) => (credentials: object) =>
        make({ endpoint: here.url, credentials: { ...credentials } as never, keyId: id, retries: 0 });
      await uses[title]!({ of: provider(keyId), newKey: provider(newKeyId) }, who);
      const asked = [...here.requests].filter(
        ({ parameters, headers }) =>
          parameters.AccessKeyId === 'least' || headers.authorization?.includes('Credential=least,'),
      );
      return new Set(asked.map(({ action }) => action));
    } finally {
      await here.close();
    }
  }

  it('all policies have a use, and all uses a policy', () => {
    expect([...policies.keys()].sort()).toEqual(Object.keys(uses).sort());
    for (const { Statement } of policies.values()) {
      for (const { Resource } of Statement)
        expect(Resource).toMatch(/^acs:kms:cn-hangzhou:ACCOUNT_ID:key\/[A-Z_]+$/);
    }
  });

  it.each(Object.keys(uses))('%s', async (title) => {
    const allowed = allowedBy(title);
    expect(await actionsOf(title, allowed)).toEqual(new Set(allowed));
    // Without any one of them it is refused.
    for (const one of allowed) {
      const fewer = allowed.filter((name) => name !== one);
      await expect(actionsOf(title, fewer)).rejects.toMatchObject({ serviceCode: 'Forbidden.NoPermission' });
    }
  });
});
