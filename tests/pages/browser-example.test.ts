import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  EncryptedBucket,
  type Envelope,
  KeyUnwrapError,
  openContentKey,
  parseEnvelope,
} from '@oss-envelope/core';
import { defaultOssAccount, type LocalOss, startOss } from '@oss-envelope/local-cloud';
import { generateRsaKeyPair, rsaProvider } from '@oss-envelope/provider-rsa';
import { aliOssTransport } from '@oss-envelope/transport-node';
import OSS from 'ali-oss';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumArguments, chromiumExecutable } from '../support/chromium.mjs';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.js';
import { reportAbsentChromium } from './absent-chromium.js';
import { type CorsFront, parseCorsRule, startCorsFront } from './cors-front.js';

const executablePath = chromiumExecutable();
const example = fileURLToPath(new URL('../../examples/browser/', import.meta.url));
const mebibyte = 1024 * 1024;
const phrase = 'my dear diary, nobody shall read this';

/** Plaintext that can be recognized wherever it appears. */
function diary(sizeBytes: number): Buffer {
  const lines = Array.from({ length: Math.ceil(sizeBytes / 48) }, (_, index) =>
    `${phrase} ${index}\n`.padStart(48, '.'),
  );
  return Buffer.from(lines.join('')).subarray(0, sizeBytes);
}

type Format = 'sealed' | 'oss-crypto';

/** The headers of a stored object, as `toEqual` takes them. */
function headersOf(format: Format, sizeBytes: number): object {
  const envelope = 'x-oss-meta-oss-envelope-';
  if (format === 'sealed') {
    return {
      'content-type': 'application/octet-stream',
      [`${envelope}format`]: 'sealed/1',
      [`${envelope}head`]: expect.stringMatching(/^[\w+/]{75}=$/),
      [`${envelope}bound`]: 'key',
      [`${envelope}key-1`]: expect.stringMatching(/^\{"wrap":"rsa-oaep-sha256","kek":"[\w+/]{512}","dek":"/),
    };
  }
  return {
    'content-type': 'application/octet-stream',
    'x-oss-meta-oss-cek-alg': 'AES/GCM/NoPadding',
    'x-oss-meta-oss-crypto-key': expect.stringMatching(/^[\w+/]{512}$/),
    'x-oss-meta-oss-crypto-start': expect.stringMatching(/^[\w+/]{512}$/),
    'x-oss-meta-oss-wrap-alg': 'rsa',
    'x-oss-meta-unencrypted-content-length': String(sizeBytes),
  };
}

/** How many bytes are stored of so many. */
function storedBytesOf(format: Format, sizeBytes: number): number {
  return format === 'sealed' ? 56 + sizeBytes + 16 * (Math.floor(sizeBytes / 16_384) + 1) : sizeBytes;
}

/** A secret as it is, in hex, and in base64 wherever in a group of three bytes it begins. */
function spellings(secret: Buffer): Buffer[] {
  const inBase64 = [0, 1, 2].map((skipped) => {
    const rest = secret.subarray(skipped);
    return rest.subarray(0, rest.length - (rest.length % 3)).toString('base64');
  });
  return [secret, ...[secret.toString('hex'), ...inBase64].map((text) => Buffer.from(text))];
}

if (executablePath === undefined) reportAbsentChromium();
else describe('the example page in Chromium', { timeout: 120_000 }, () => browserTests(executablePath));

function browserTests(executablePath: string): void {
  let oss: LocalOss;
  let folder: string;
  let server: ChildProcess;
  let proxy: RecordingProxy;
  let front: CorsFront;
  let browser: Browser;
  let privateKey: string;
  let page: Page;
  let complaints: string[];
  let origins: Set<string>;

  beforeAll(async () => {
    oss = await startOss({ buckets: ['photos'] });
    folder = await mkdtemp(join(tmpdir(), 'oss-envelope-'));
    // The bucket has the CORS rule that the example asks for, and no other.
    const rule = parseCorsRule(await readFile(join(example, 'README.md'), 'utf8'));
    front = await startCorsFront(oss.origin, rule);
    server = spawn(process.execPath, [join(example, 'server.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        PORT: '0',
        DATA_FOLDER: folder,
        OSS_ENDPOINT: front.origin,
        OSS_BUCKET: 'photos',
        OSS_REGION: oss.region,
        OSS_ACCESS_KEY_ID: defaultOssAccount.accessKeyId,
        OSS_ACCESS_KEY_SECRET: defaultOssAccount.accessKeySecret,
      },
    });
    proxy = await startRecordingProxy(await printedPort(server));
    privateKey = await readFile(join(folder, 'keys', 'example.private_key.pem'), 'utf8');
    browser = await chromium.launch({ executablePath, args: [...chromiumArguments] });
  });

  afterAll(async () => {
    await browser?.close();
    await proxy?.close();
    server?.kill();
    await front?.close();
    await oss?.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    oss.requests.clear();
    proxy.clear();
    complaints = [];
    origins = new Set();
    page = await browser.newPage();
    page.setDefaultTimeout(90_000);
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
    await page.addInitScript(recordProgress);
    await page.goto(pageOrigin());
  });

  afterEach(async () => {
    await page.close();
  });

  const pageOrigin = (): string => `http://localhost:${proxy.port}`;
  const outcome = (form: 'upload' | 'download') => page.locator(`#${form} output:not(:empty)`);

  async function upload(name: string, content: Uint8Array, format?: Format): Promise<string | null> {
    const path = join(folder, name);
    await writeFile(path, content);
    await page.getByLabel('File', { exact: true }).setInputFiles(path);
    if (format !== undefined) await page.locator('#upload').getByLabel('Format').selectOption(format);
    await page.getByRole('button', { name: 'Encrypt and upload' }).click();
    return outcome('upload').textContent();
  }

  /** The bytes that the page saved, or the words of its error. */
  async function download(key: string, privateKeyText: string): Promise<Buffer | string | null> {
    const form = page.locator('#download');
    await form.getByLabel('Name in the bucket').fill(key);
    await form.getByLabel('Private key').fill(privateKeyText);
    const saved = page.waitForEvent('download').then(async (event) => readFile(await event.path()));
    const failed = page.locator('output.failed').textContent();
    await form.getByRole('button', { name: 'Download and decrypt' }).click();
    const result = await Promise.race([saved, failed]);
    // Whichever did not happen fails when the page is closed.
    for (const promise of [saved, failed]) promise.catch(() => {});
    return result;
  }

  const sizes: readonly (readonly [string, number, string, number])[] = [
    ['empty.bin', 0, 'PutObject', 1],
    ['small.bin', 1000, 'PutObject', 1],
    ['3-mib.bin', 3 * mebibyte, 'UploadPart', 3],
    ['parts.bin', 20 * mebibyte + 123, 'UploadPart', 21],
  ];
  it.each([
    ...sizes.map((row) => [...row, 'sealed'] as const),
    ...sizes.map((row) => [...row, 'oss-crypto'] as const),
  ])(
    'encrypts %s of %i bytes by %s (%i), %s, and decrypts it',
    async (name, sizeBytes, operation, requests, format) => {
      const plaintext = diary(sizeBytes);
      const key = `uploads/${name}`;
      // What the page offers first is sealed.
      expect(await upload(name, plaintext, format === 'sealed' ? undefined : format)).toBe(
        `Stored, encrypted, as ${key}.`,
      );
      await expectProgress(page, 'Upload', requests);
      expect(oss.requests.of(operation)).toHaveLength(requests);

      const { bytes, headers } = await oss.getObject('photos', key);
      expect(headers).toEqual(headersOf(format, sizeBytes));
      expect(bytes).toHaveLength(storedBytesOf(format, sizeBytes));
      expect(Buffer.from(bytes).includes(phrase)).toBe(false);
      if (sizeBytes > 0) expect(plaintext.equals(bytes)).toBe(false);

      const endpoint = {
        endpoint: oss.endpoint,
        sldEnable: true,
        region: 'oss-cn-hangzhou',
        bucket: 'photos',
      };
      const bucket = new EncryptedBucket({
        transport: aliOssTransport(new OSS({ ...endpoint, ...defaultOssAccount } as OSS.Options)),
        provider: rsaProvider({ privateKey }),
        format,
      });
      expect(plaintext.equals(await (await bucket.get(key)).bytes())).toBe(true);
      oss.requests.clear();

      expect(plaintext.equals((await download(key, privateKey)) as Buffer)).toBe(true);
      expect(await outcome('download').textContent()).toBe(`Decrypted and saved: ${name}`);
      await expectProgress(page, 'Download', 1);

      // Both the upload and the download went through the server that signs, and were signed in their URLs only.
      const toServer = proxy.sent();
      expect(toServer.includes('POST /sign')).toBe(true);
      expect(toServer.includes('"method":"GET"')).toBe(true);
      expect(toServer.length).toBeLessThan(20_000 + 8_000 * requests);
      await expectNothingSecret(toServer, headers);
      expect(proxy.received().includes(defaultOssAccount.accessKeySecret)).toBe(false);
      for (const { url, headers } of oss.requests) {
        expect(url).toContain('x-oss-signature=');
        expect(headers).not.toHaveProperty('authorization');
      }
      expect([...origins].filter((origin) => !origin.startsWith('blob:')).sort()).toEqual(
        [front.origin, pageOrigin()].sort(),
      );
      expect(complaints).toEqual([]);
    },
  );

  /** Neither the content, nor the data key, nor the private key, in the usual spellings. */
  async function expectNothingSecret(recorded: Buffer, headers: Record<string, string>): Promise<void> {
    const state = parseEnvelope(headers);
    if (state.kind === 'plain') expect.fail('the object has no envelope');
    const keys = await keysOf(state.envelope);
    for (const secret of [Buffer.from(phrase), ...keys]) {
      for (const spelling of spellings(secret)) expect(recorded.includes(spelling)).toBe(false);
    }
    const lines = privateKey.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(recorded.includes(line)).toBe(false);
  }

  /** All keys that the private key gives to who has it. */
  async function keysOf(envelope: Envelope): Promise<Buffer[]> {
    const provider = rsaProvider({ privateKey });
    if (envelope.format !== 'sealed') {
      return [Buffer.from((await openContentKey(envelope, [provider])).dataKey.bytes)];
    }
    const [recipient] = envelope.recipients;
    if (recipient === undefined) expect.fail('the envelope has no recipient');
    const { key } = await provider.unwrapKey({ format: 'sealed', ...recipient });
    return [Buffer.from(key.bytes)];
  }

  it('does not save a file that was changed, or one without authentication in its place', async () => {
    const key = 'uploads/changed.bin';
    await upload('changed.bin', diary(100_000));
    await oss.corruptByte('photos', key, 50_000);
    expect(await download(key, privateKey)).toContain('The content is not what was sealed');
    await page.reload();
    await upload('changed.bin', diary(100_000), 'oss-crypto');
    await page.locator('#download').getByLabel('Format').selectOption('sealed');
    expect(await download(key, privateKey)).toContain("'oss-crypto'");
    expect(complaints).toEqual([]);
  });

  it('a request without one of the signed metadata headers is refused', async () => {
    await page.route(`${front.origin}/**`, async (route) => {
      const { 'x-oss-meta-oss-envelope-head': _, ...headers } = route.request().headers();
      await route.continue({ headers });
    });
    expect(await upload('refused.bin', diary(1000))).toContain('SignatureDoesNotMatch');
    expect(await page.locator('output.failed').count()).toBe(1);
    expect(oss.requests.of('PutObject')).toMatchObject([
      { status: 403, errorCode: 'SignatureDoesNotMatch', key: 'uploads/refused.bin' },
    ]);
    expect(oss.hasObject('photos', 'uploads/refused.bin')).toBe(false);
  });

  it('says so in words when the private key is another one, or none', async () => {
    await upload('foreign.bin', diary(1000));
    const other = await generateRsaKeyPair({ modulusBits: 2048 });
    expect(await download('uploads/foreign.bin', other.privateKey)).toBe(
      `get "uploads/foreign.bin": ${new KeyUnwrapError().message}`,
    );
    await page.reload();
    expect(await download('uploads/foreign.bin', 'open sesame')).toMatch(/^privateKey .*PEM/);
    expect(await page.getByRole('progressbar').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('opens an encrypted private key from its file', async () => {
    // The pair of the page's owner, as `openssl pkcs8 -topk8` would encrypt it.
    const pem = createPrivateKey(privateKey).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'correct horse',
    });
    await upload('locked.bin', diary(1000));
    await writeFile(join(folder, 'locked.pem'), pem);
    await page.getByLabel('Key file').setInputFiles(join(folder, 'locked.pem'));
    await page.getByLabel('Passphrase').fill('correct horse');
    const form = page.locator('#download');
    await expect.poll(() => form.getByLabel('Private key').inputValue()).toBe(pem);
    expect(await form.getByLabel('Name in the bucket').inputValue()).toBe('uploads/locked.bin');
    const saved = page.waitForEvent('download');
    await form.getByRole('button', { name: 'Download and decrypt' }).click();
    expect(diary(1000).equals(await readFile(await (await saved).path()))).toBe(true);
    expect(proxy.sent().includes('correct horse')).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('signs for the allowed names and operations only', async () => {
    await page.getByLabel('File', { exact: true }).setInputFiles({
      name: 'a',
      mimeType: 'text/plain',
      buffer: diary(10),
    });
    await page.locator('#upload').getByLabel('Name in the bucket').fill('elsewhere/a');
    await page.getByRole('button', { name: 'Encrypt and upload' }).click();
    expect(await outcome('upload').textContent()).toContain('Only names that begin with uploads/');
    const request = { method: 'DELETE', key: 'uploads/foreign.bin', query: {}, headers: {} };
    const asking = (body: object, type = 'application/json') =>
      fetch(`${pageOrigin()}/sign`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(body),
      });
    expect((await asking({ ...request, method: 'HEAD' })).status).toBe(200);
    expect((await asking({ ...request, method: 'HEAD' }, 'text/plain')).status).toBe(415);
    expect((await asking(request)).status).toBe(403);
    expect((await asking({ ...request, key: 'uploads/../a', method: 'HEAD' })).status).toBe(403);
    expect((await asking({ ...request, padding: 'x'.repeat(100_000) })).status).toBe(403);
    expect(oss.requests.list()).toEqual([]);
  });

  it('leaves nothing behind when it is cancelled', async () => {
    let reached = (): void => {};
    const held = new Promise<void>((resolve) => {
      reached = resolve;
    });
    // The third part never gets there.
    await page.route(/partNumber=3&/, () => reached());
    const path = join(folder, 'cancelled.bin');
    await writeFile(path, diary(8 * mebibyte));
    await page.getByLabel('File', { exact: true }).setInputFiles(path);
    await page.getByRole('button', { name: 'Encrypt and upload' }).click();
    await held;
    expect(oss.uploads('photos')).toHaveLength(1);
    await page.locator('#upload').getByRole('button', { name: 'Cancel' }).click();
    expect(await outcome('upload').textContent()).toBe('Cancelled.');
    await expect.poll(() => oss.uploads('photos')).toEqual([]);
    expect(oss.hasObject('photos', 'uploads/cancelled.bin')).toBe(false);
  });
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

/** Runs in the page: keeps every state that a progress bar was in. */
function recordProgress(): void {
  const states: Record<string, string[]> = {};
  Object.assign(globalThis, { progressStates: states });
  new MutationObserver((records) => {
    for (const { target } of records) {
      const bar = target as HTMLProgressElement;
      if (bar.localName !== 'progress') continue;
      const name = bar.getAttribute('aria-label') ?? '';
      states[name] ??= [];
      states[name].push(bar.getAttribute('value') ?? 'unknown');
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['value'] });
}

/** The bar stands at 100 % now, visibly, and got there through at least so many states without going back. */
async function expectProgress(page: Page, name: string, leastStates: number): Promise<void> {
  const bar = page.getByRole('progressbar', { name });
  expect(await bar.evaluate((element: HTMLProgressElement) => element.value)).toBe(1);
  const form = page.locator('form').filter({ has: bar });
  expect(await form.locator('p').textContent()).toMatch(/^100 % of /);
  const states = await page.evaluate<Record<string, string[]>>('progressStates');
  const values = (states[name] ?? []).filter((state) => state !== 'unknown').map(Number);
  expect(values).toEqual(values.toSorted((a, b) => a - b));
  expect(values.at(-1)).toBe(1);
  expect(new Set(values).size).toBeGreaterThanOrEqual(Math.min(leastStates, 3));
}
