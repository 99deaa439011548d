import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** What a reader has before the page begins, and how the page's program comes by it. */
const given = {
  account: 'const { accessKeyId, accessKeySecret } = $context;',
  credentials: 'const { credentials } = $context;',
  endpoint: 'const { endpoint } = $context;',
  url: "const url = new URL('/photos', $context.endpoint).href;",
  stsUrl: 'const { stsUrl } = $context;',
  user: "const user = { id: '7' };",
  transport: `
import { fetchTransport as $fetchTransport } from '@oss-envelope/transport-fetch';
const transport = $fetchTransport({
  endpoint: $context.endpoint, bucket: 'photos', region: 'cn-hangzhou', credentials: $context.credentials,
});`,
  provider: `
import { rsaProvider as $rsaProvider } from '@oss-envelope/provider-rsa';
const provider = $rsaProvider($context.pair);`,
  keys: `
import { rsaProvider as $keyOf } from '@oss-envelope/provider-rsa';
const oldKey = $keyOf({ ...$context.pair, materialDescription: { key: '2027' } });
const newKey = $keyOf({ ...$context.pair, materialDescription: { key: '2028' } });`,
  photosUnderOldKey: `
import { EncryptedBucket as $OldBucket } from '@oss-envelope/core';
await new $OldBucket({ transport, provider: oldKey, format: 'sealed' }).put('photos/1.jpg', 'the first');`,
  photosOf2026: `
import { EncryptedBucket as $BucketOf2026 } from '@oss-envelope/core';
import { aesProvider as $keyOf2026 } from '@oss-envelope/provider-aes';
await new $BucketOf2026({
  transport, format: 'sealed',
  provider: $keyOf2026({ secret: process.env.PHOTOS_2026, materialDescription: { secret: '2026' } }),
}).put('2026/motto.txt', 'seize the day');`,
  bucket: `
import { EncryptedBucket as $EncryptedBucket } from '@oss-envelope/core';
const bucket = new $EncryptedBucket({ transport, provider, format: 'sealed' });`,
  publicKey: 'const { publicKey } = $context.pair;',
  privateKey: 'const { privateKey } = $context.pair;',
  // The server of the page: its function `sign` answers the requests to /sign.
  server: `
const fetch: typeof globalThis.fetch = (input, init) =>
  input === '/sign' ? sign(new Request('http://localhost/sign', init)) : globalThis.fetch(input, init);`,
} as const;

export type Given = keyof typeof given;

export interface Page {
  readonly path: string;
  readonly given: readonly Given[];
  /** Fewer assertions than this mean that some were lost. */
  readonly leastAssertions: number;
}

const page = (path: string, leastAssertions: number, names: readonly Given[] = []): Page => ({
  path,
  given: names,
  leastAssertions,
});

/** Pages whose blocks of TypeScript are one program, which runs against local services as it stands. */
export const runnablePages: readonly Page[] = [
  page('README.md', 6),
  page('packages/core/README.md', 4, ['transport', 'provider', 'publicKey']),
  page('packages/local-cloud/README.md', 4),
  page('packages/provider-rsa/README.md', 0),
  page('packages/provider-aes/README.md', 1, ['transport', 'photosOf2026']),
  page('packages/provider-kms/README.md', 2, ['account', 'credentials', 'transport']),
  page('packages/transport-node/README.md', 1, ['account', 'provider']),
  page('packages/transport-fetch/README.md', 2, [
    'account',
    'credentials',
    'provider',
    'publicKey',
    'user',
    'server',
  ]),
  page('packages/jobs/README.md', 2, ['transport', 'keys', 'photosUnderOldKey']),
  page('docs/getting-started.md', 3),
  page('docs/which-format.md', 4, ['transport', 'provider']),
  page('docs/errors.md', 4, ['transport', 'provider']),
  page('docs/guide/rsa.md', 5, ['transport', 'publicKey', 'privateKey']),
  page('docs/guide/secrets-and-age.md', 5, ['transport']),
  page('docs/guide/sealed.md', 8, ['transport', 'provider']),
  page('docs/guide/large-objects.md', 5, ['transport', 'provider']),
  page('docs/guide/ranges.md', 10, ['transport', 'provider']),
  page('docs/guide/browser-uploads.md', 2, ['credentials', 'user', 'publicKey', 'privateKey', 'server']),
  page('docs/guide/sharing-links.md', 5, ['transport', 'provider']),
  page('docs/guide/bundlers.md', 2),
  page('docs/guide/workers.md', 3, ['account']),
  page('docs/guide/everyday-calls.md', 20, ['transport', 'provider']),
  page('docs/guide/local-oss.md', 12),
  page('docs/migrating/overview.md', 1, ['transport', 'publicKey', 'privateKey']),
  page('docs/migrating/oss2.md', 6, ['credentials', 'publicKey', 'privateKey']),
  page('docs/migrating/python-v2.md', 3, ['credentials', 'publicKey', 'privateKey']),
  page('docs/migrating/java.md', 4, ['credentials', 'publicKey', 'privateKey']),
  page('docs/migrating/go.md', 4, ['credentials', 'publicKey', 'privateKey']),
  page('docs/migrating/cpp.md', 3, ['credentials', 'publicKey', 'privateKey']),
  page('docs/migrating/php.md', 3, ['credentials', 'publicKey', 'privateKey']),
  page('docs/jobs.md', 2, ['transport']),
  page('docs/guide/rotation.md', 12, ['account', 'transport']),
];

/** Pages whose code runs in a way of its own, in the test that is named. */
export const pagesWithOwnTest: readonly (Page & { readonly test: string })[] = [
  { ...page('docs/adapters.md', 4, ['url', 'account']), test: 'tests/documents/adapters.long.test.ts' },
  { ...page('docs/guide/credentials.md', 3, ['endpoint', 'stsUrl']), test: 'tests/documents/kms.test.ts' },
  { ...page('docs/guide/kms.md', 2, ['credentials', 'transport']), test: 'tests/documents/kms.test.ts' },
  // It makes a passkey, which takes a browser.
  { ...page('packages/provider-age/README.md', 0), test: 'tests/pages/age-passkey.test.ts' },
];

/** The definitions of what is given, as the beginning of a program. */
export function givenAs(names: readonly Given[], context: object): string {
  return [`const $context = ${JSON.stringify(context)};`, ...names.map((name) => given[name])].join('\n');
}

export const readPage = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

/** All pages of the site in English, and the README of the project. */
export async function sitePages(): Promise<string[]> {
  const found = await readdir(join(root, 'docs'), { recursive: true });
  return [
    'README.md',
    ...found
      .map((path) => `docs/${path.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.md') && !/\/(node_modules|\.[^/]+|api|zh)\//.test(path)),
  ].sort();
}
