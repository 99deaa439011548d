import { readFileSync } from 'node:fs';
import { defaultKmsAccount, startKms } from '@oss-envelope/local-cloud';
import { describe, expect, test } from 'vitest';
import { kmsFetchProvider } from '../src/fetch.js';

/** The source files that an entry loads, and the packages that they name. */
function importsOf(entry: URL): { files: ReadonlyMap<string, string>; packages: ReadonlySet<string> } {
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const visit = (file: URL): void => {
    if (files.has(file.href)) return;
    const source = readFileSync(file, 'utf8');
    files.set(file.href, source);
    for (const [, isType, name] of source.matchAll(/^(?:import|export) (type )?[^;]*?from '([^']+)';$/gms)) {
      if (isType !== undefined) continue;
      if (name!.startsWith('.')) visit(new URL(name!.replace(/\.js$/, '.ts'), file));
      else packages.add(name!);
    }
  };
  visit(entry);
  return { files, packages };
}

describe('the entry for signed fetch', () => {
  const fetchEntry = importsOf(new URL('../src/fetch.ts', import.meta.url));
  test('loads core and nothing else', () => {
    expect([...fetchEntry.packages].sort()).toEqual(['@oss-envelope/core', '@oss-envelope/core/adapter']);
    expect(fetchEntry.files.size).toBeGreaterThan(10);
  });
  test('names nothing of Node', () => {
    for (const [file, source] of fetchEntry.files) {
      expect(source, file).not.toMatch(/\bBuffer\b|\bprocess\.|\brequire\(|['"]node:/);
    }
  });
  test('unlike the other one, which loads the SDK only when it is used', () => {
    const main = importsOf(new URL('../src/index.ts', import.meta.url));
    expect([...main.packages].some((name) => name.startsWith('node:'))).toBe(true);
    expect([...main.packages].some((name) => name.startsWith('@alicloud/'))).toBe(false);
    const dynamic = [...main.files.values()].filter((source) =>
      source.includes("import('@alicloud/kms20160120')"),
    );
    expect(dynamic).toHaveLength(1);
  });
});

test('fetch and the clock are options', async () => {
  const kms = await startKms({ now: () => Date.parse('2020-01-02T03:04:05.678Z') });
  try {
    const urls: string[] = [];
    const provider = kmsFetchProvider({
      endpoint: kms.url,
      credentials: async () => defaultKmsAccount,
      keyId: await kms.createKey(),
      now: () => Date.parse('2020-01-02T03:00:00.999Z'),
      fetch: (url, init) => {
        urls.push(url);
        return fetch(url, init);
      },
    });
    await provider.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1234') });
    expect(urls).toHaveLength(2);
    expect(kms.requests.last?.headers['x-acs-date']).toBe('2020-01-02T03:00:00Z');
    const late = kmsFetchProvider({ endpoint: kms.url, credentials: defaultKmsAccount, keyId: 'k' });
    const failing = late.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1234') });
    await expect(failing).rejects.toThrow(/clock/);
  } finally {
    await kms.close();
  }
});

test('redirects are not followed, and endless answers not read', async () => {
  const options = { endpoint: 'kms.example.com', credentials: defaultKmsAccount, keyId: 'k', retries: 0 };
  const answering = (response: () => Response) => {
    const provider = kmsFetchProvider({
      ...options,
      fetch: async (_url, { redirect }) => {
        expect(redirect).toBe('manual');
        return response();
      },
    });
    return provider.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1234') });
  };
  const redirected = answering(
    () => new Response('', { status: 302, headers: { location: 'https://evil.example' } }),
  );
  await expect(redirected).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
  let cancelled = false;
  const endless = answering(
    () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(0x20)),
          cancel: () => {
            cancelled = true;
          },
        }),
      ),
  );
  await expect(endless).rejects.toMatchObject({ code: 'ERR_TRANSPORT' });
  expect(cancelled).toBe(true);
});
