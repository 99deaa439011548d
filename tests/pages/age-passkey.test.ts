import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blocksOf } from '../documents/page-program.js';
import { readPage } from '../documents/pages.js';
import { chromiumArguments, chromiumExecutable } from '../support/chromium.mjs';
import { reportAbsentChromium } from './absent-chromium.js';
import { type VirtualAuthenticators, virtualAuthenticators } from './virtual-authenticators.js';

const executablePath = chromiumExecutable();
if (executablePath === undefined) reportAbsentChromium();
else describe('age with passkeys in Chromium', { timeout: 120_000 }, () => passkeyTests(executablePath));

/** What the page has: the provider, and its calls in values that cross between page and test. */
const pageProgram = `
import { ageProvider, createAgePasskey } from '@oss-envelope/provider-age';

const outcome = (call) => call.catch((error) => ({ code: error.code, message: error.message, cause: error.cause }));
const request = (bytes) => ({ format: 'sealed', wrapAlgorithm: 'age', wrappedKey: Uint8Array.from(bytes) });
globalThis.passkeys = {
  create: (options) => outcome(createAgePasskey(options)),
  wrap: (options) => outcome((async () => {
    const { key, wrappedKey } = await ageProvider(options).wrapKey({ format: 'sealed' });
    return { key: [...key.bytes], wrappedKey: [...wrappedKey] };
  })()),
  unwrap: (options, files) => {
    const provider = ageProvider(options);
    return Promise.all(
      files.map((file) => outcome(provider.unwrapKey(request(file)).then(({ key }) => [...key.bytes]))),
    );
  },
};
`;

interface Wrapped {
  readonly key: number[];
  readonly wrappedKey: number[];
}

interface Refused {
  readonly code: string;
  readonly message: string;
  readonly cause: unknown;
}

/** A passkey as the page takes it, with recipients beside it. */
interface PageOptions {
  readonly passkey: string | { readonly rpId?: string };
  readonly recipients?: string;
}

/** A program of TypeScript as one script for the page. */
async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: program,
      loader: 'ts',
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@oss-envelope/source', 'browser', 'module'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

function passkeyTests(executablePath: string): void {
  let server: Server;
  let browser: Browser;
  let page: Page;
  let authenticators: VirtualAuthenticators;

  beforeAll(async () => {
    const readme = blocksOf(await readPage('packages/provider-age/README.md')).join('\n');
    const scripts: Readonly<Record<string, string>> = {
      '/page.js': await bundle(pageProgram),
      '/readme.js': await bundle(readme),
    };
    server = createServer(({ url = '' }, response) => {
      const script = scripts[url];
      response.writeHead(200, { 'content-type': script === undefined ? 'text/html' : 'text/javascript' });
      response.end(script ?? '<!doctype html><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({ executablePath, args: [...chromiumArguments] });
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    authenticators = await virtualAuthenticators(page);
    await authenticators.add({ hasPrf: true });
    // Passkeys are for a domain: an IP address has none.
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.passkeys !== undefined');
  });

  afterEach(async () => {
    await page.close();
  });

  const call = <T>(method: 'create' | 'wrap' | 'unwrap', ...values: unknown[]): Promise<T> =>
    page.evaluate(
      ([name, given]) =>
        (globalThis as unknown as { passkeys: Record<string, (...all: unknown[]) => Promise<T>> }).passkeys[
          name as string
        ]?.(...(given as unknown[])) as Promise<T>,
      [method, values] as const,
    );
  const create = (name = 'Photos'): Promise<string> => call('create', { name });
  const wrap = (options: PageOptions): Promise<Wrapped> => call('wrap', options);
  const unwrap = (options: PageOptions, ...files: number[][]): Promise<(number[] | Refused)[]> =>
    call('unwrap', options, files);

  it('a passkey wraps a key, and another provider under it opens it', async () => {
    const passkey = await create();
    expect(passkey).toMatch(/^AGE-PLUGIN-FIDO2PRF-1[A-Z0-9]+$/);
    const { key, wrappedKey } = await wrap({ passkey });
    expect(key).toHaveLength(32);
    expect(Buffer.from(wrappedKey).toString('latin1')).toMatch(
      /^age-encryption\.org\/v1\n-> age-encryption\.org\/fido2prf \S{22}\n/,
    );
    expect(await unwrap({ passkey }, wrappedKey)).toEqual([key]);
  });

  it('the code of the README runs, and asks as often as it says', async () => {
    const printed: string[] = [];
    page.on('console', (message) => printed.push(message.text()));
    await page.evaluate("import('/readme.js')");
    expect(printed).toEqual(['true']);
    // It begins with 1, and is asked to wrap and to unwrap.
    expect(await authenticators.signCounts()).toEqual([3]);
  });

  it('the user can choose it, without its text', async () => {
    await create();
    const { key, wrappedKey } = await wrap({ passkey: {} });
    expect(await unwrap({ passkey: {} }, wrappedKey)).toEqual([key]);
  });

  it('many reads at once ask one question after another', async () => {
    const passkey = await create();
    const all = [await wrap({ passkey }), await wrap({ passkey }), await wrap({ passkey })];
    const opened = await unwrap({ passkey }, ...all.map(({ wrappedKey }) => wrappedKey));
    expect(opened).toEqual(all.map(({ key }) => key));
  });

  it('a recipient beside it opens what it wrapped, without a browser', async () => {
    const { identity, recipient } = await generateAgeIdentity();
    const { key, wrappedKey } = await wrap({ passkey: await create(), recipients: recipient });
    const reader = ageProvider({ identities: identity });
    const request = {
      format: 'sealed',
      wrapAlgorithm: 'age',
      wrappedKey: Uint8Array.from(wrappedKey),
    } as const;
    expect([...(await reader.unwrapKey(request)).key.bytes]).toEqual(key);
  });

  it('another passkey does not open it, nor what was changed, without why', async () => {
    const [mine, other] = [await create('mine'), await create('other')];
    const { wrappedKey } = await wrap({ passkey: mine });
    const changed = wrappedKey.map((byte, index) => (index === wrappedKey.length - 1 ? byte ^ 1 : byte));
    const refused = [
      ...(await unwrap({ passkey: other }, wrappedKey)),
      ...(await unwrap({ passkey: mine }, changed)),
    ];
    expect(refused).toHaveLength(2);
    for (const error of refused)
      expect(error).toMatchObject({ code: 'ERR_KEY_UNWRAP_FAILED', cause: undefined });
    expect(refused[0]).toEqual(refused[1]);
  });

  it('a user who says no is told from a wrong key', async () => {
    const passkey = await create();
    const { wrappedKey } = await wrap({ passkey });
    await authenticators.refuse();
    const [refused] = await unwrap({ passkey }, wrappedKey);
    expect(refused).toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringContaining('NotAllowedError'),
    });
    expect(await wrap({ passkey })).toMatchObject({ code: 'ERR_MASTER_KEY' });
  });

  it('a passkey of another domain is refused', async () => {
    expect(await wrap({ passkey: { rpId: 'example.com' } })).toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringContaining('SecurityError'),
    });
  });

  it('an authenticator without the PRF extension is refused', async () => {
    await authenticators.remove();
    await authenticators.add({ hasPrf: false });
    expect(await create()).toMatchObject({ code: 'ERR_ALGORITHM_NOT_SUPPORTED' });
  });
}
