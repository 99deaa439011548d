import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { defaultOssAccount, startKms, startOss } from '@oss-envelope/local-cloud';
import { generateAesSecret } from '@oss-envelope/provider-aes';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { root } from './pages.js';

const require = createRequire(import.meta.url);
const examples = join(root, 'examples');
const oss = await startOss({ buckets: ['photos'] });
const kms = await startKms();
const { accessKeyId, accessKeySecret } = defaultOssAccount;
/** What the examples read, as against the real OSS. */
const settings: Record<string, string> = {
  OSS_ACCESS_KEY_ID: accessKeyId,
  OSS_ACCESS_KEY_SECRET: accessKeySecret,
  OSS_REGION: oss.region,
  OSS_BUCKET: 'photos',
  OSS_ENDPOINT: oss.endpoint,
  KMS_ENDPOINT: kms.url,
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oss-envelope-examples-'));
  kms.accounts.add({ accessKeyId, accessKeySecret });
  settings.KMS_KEY_ID = await kms.createKey({});
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await oss.close();
  await kms.close();
  await rm(folder, { recursive: true, force: true });
});

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  ALIBABA_CLOUD_ACCESS_KEY_ID: undefined,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: undefined,
  ...settings,
});

/** What each prints from its first line to its last. */
const programs: Readonly<Record<string, RegExp>> = {
  'rsa.mjs': /^read: seize the day\nthe writer cannot read it: ERR_NO_MATCHING_KEY\n$/,
  'kms.mjs': /^read: photo 2\n$/,
  'sealed.mjs':
    /^read: pay 10 · authenticated: true\nin another context: ERR_OBJECT_MISMATCH\nwith a byte changed: ERR_INTEGRITY\n$/,
  'recipients.mjs':
    /^we read: assets,debts\nthe auditor reads: assets,debts\ntaken away: ERR_NO_MATCHING_KEY\n$/,
  'age.mjs': /^read: for many years\n$/,
  'ranges.mjs':
    /^one line: line 004321\nthe last line: line 049999\nsize: 600000\nby the handle: line 000007\nby the handle: line 049000\n$/,
  'resume.mjs': /^stopped: AbortError\nwent on behind the first parts: true\nthe same: true\n$/,
  'presigned-upload.mjs': /^another user's folder: .*No signature: HTTP 403\.\nread: dear diary\n$/,
  'rotation.mjs': /^rewrapped: 3\nread by the new key: photo 2\nby the old key: ERR_NO_MATCHING_KEY\n$/,
};
/** Those that something calls; each has a test of its own below. */
const called = ['egg-service.cjs', 'express.mjs', 'next-route.mjs', 'own-code.test.mjs', 'worker.mjs'];

describe('each example does what it says', () => {
  it.each(Object.entries(programs))('%s', async (name, output) => {
    oss.requests.clear();
    const options = { cwd: folder, env: environment() };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(examples, name)], options);
    expect(stderr).toBe('');
    expect(stdout).toMatch(output);
    if (name === 'kms.mjs') expect(kms.requests.actions).toEqual(['GenerateDataKey', 'Decrypt']);
    if (name === 'resume.mjs') {
      // Each part was sent once, or the one that was under way when it stopped twice.
      const parts = oss.requests.of('UploadPart').length;
      expect(parts).toBeGreaterThanOrEqual(4);
      expect(parts).toBeLessThanOrEqual(5);
      expect(oss.requests.of('InitiateMultipartUpload').length).toBe(1);
    }
  });

  it('express.mjs', async () => {
    const server = spawn(process.execPath, [join(examples, 'express.mjs')], {
      cwd: folder,
      env: { ...environment(), PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
      const url = `${line.replace('listening: ', '')}motto.txt`;
      const content = 'seize the day '.repeat(100_000);
      expect((await fetch(url)).status).toBe(404);
      expect((await fetch(url, { method: 'PUT', body: content })).status).toBe(204);
      expect(await (await fetch(url)).text()).toBe(content);
      const part = await fetch(url, { headers: { range: 'bytes=14-26' } });
      expect([part.status, await part.text()]).toEqual([206, 'seize the day']);
      // Found before the first byte of it, or behind it: never as a whole download.
      await oss.corruptByte('photos', 'examples/express/motto.txt', 1_000_000);
      const damaged = fetch(url).then((answer) => (answer.ok ? answer.text() : expect.fail()));
      await expect(damaged).rejects.toThrow();
    } finally {
      server.kill();
    }
  });

  const load = async (name: string): Promise<Record<string, unknown>> => import(join(examples, name));

  it('worker.mjs', async () => {
    type Worker = { fetch(request: Request, env: object): Promise<Response> };
    const worker = (await load('worker.mjs')).default as Worker;
    const env = { ...settings, PHOTOS_SECRET: generateAesSecret() };
    const url = 'https://photos.example/motto%20of%20the%20day.txt';
    const send = (init?: RequestInit): Promise<Response> => worker.fetch(new Request(url, init), env);
    expect((await send()).status).toBe(404);
    expect((await send({ method: 'PUT', body: 'seize the day' })).status).toBe(204);
    expect(await (await send()).text()).toBe('seize the day');
    expect((await send({ method: 'DELETE' })).status).toBe(405);
    expect(oss.keys('photos')).toContain('examples/worker/motto of the day.txt');
  });

  it('next-route.mjs', async () => {
    for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
    vi.stubEnv('FILES_SECRET', generateAesSecret());
    type Handler = (request: Request, context: object) => Promise<Response>;
    const { GET, PUT, dynamic } = (await load('next-route.mjs')) as Record<'GET' | 'PUT', Handler> & {
      dynamic: string;
    };
    const url = 'https://files.example/files/motto.txt';
    const context = { params: Promise.resolve({ name: 'motto.txt' }) };
    expect((await GET(new Request(url), context)).status).toBe(404);
    const body = 'seize the day';
    expect((await PUT(new Request(url, { method: 'PUT', body }), context)).status).toBe(204);
    expect(await (await GET(new Request(url), context)).text()).toBe(body);
    expect(dynamic).toBe('force-dynamic');
  });

  it('egg-service.cjs', async () => {
    const client = { accessKeyId, accessKeySecret, bucket: 'photos', endpoint: oss.endpoint };
    const files = {
      oss: { ...client, region: 'oss-cn-hangzhou', secure: false, sldEnable: true },
      keyFolder: join(folder, 'egg-keys'),
    };
    const koa = require.resolve('koa');
    // What Egg's loader does with a file in app/service that exports a function, under the Koa of Egg 3 and Midway 3.
    // Another process: it is for `require`.
    const program = `
      class Service { constructor(ctx) { this.ctx = ctx; this.app = ctx.app; } }
      const Koa = require(${JSON.stringify(koa)});
      const app = Object.assign(new Koa(), { Service, config: { files: ${JSON.stringify(files)} }, silent: true });
      const FileService = require(${JSON.stringify(join(examples, 'egg-service.cjs'))})(app);
      app.use(async (ctx) => {
        const service = new FileService(ctx);
        if (ctx.method === 'PUT') ctx.body = await service.save(ctx.path.slice(1), ctx.req);
        else ctx.body = await service.open(ctx.path.slice(1));
      });
      const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
    const server = spawn(process.execPath, ['-e', program], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [port] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
      const url = `http://127.0.0.1:${port}/motto.txt`;
      const content = 'seize the day '.repeat(100_000);
      expect((await fetch(url)).status).toBe(204);
      expect((await fetch(url, { method: 'PUT', body: content })).status).toBe(204);
      expect(await (await fetch(url)).text()).toBe(content);
      // Behind the first bytes of the answer, and before them.
      await oss.corruptByte('photos', 'examples/egg/motto.txt', 1_000_000);
      await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
      await oss.corruptByte('photos', 'examples/egg/motto.txt', 0);
      expect((await fetch(url)).status).toBe(500);
    } finally {
      server.kill();
    }
  });

  it('own-code.test.mjs', async () => {
    const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
    const args = [vitest, 'run', '--reporter=json', 'own-code.test.mjs'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: examples });
    expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 4, numFailedTests: 0, success: true });
  });
});

describe('the list of the examples', async () => {
  const names = (await readdir(examples)).filter(
    (name) => /\.[cm]js$/.test(name) && !['demo.mjs', 'vitest.config.mjs'].includes(name),
  );

  it('each is run here', () => {
    expect(names.sort()).toEqual([...Object.keys(programs), ...called].sort());
  });

  it('each is in the table of its README', async () => {
    const readme = await readFile(join(examples, 'README.md'), 'utf8');
    const listed = [...readme.matchAll(/^\| \[([a-z-]+(?:\.test)?\.[cm]js)\]\(\1\)/gm)].map(
      ([, name]) => name,
    );
    expect(listed.sort()).toEqual([...names].sort());
  });

  it.each(names)(
    '%s is short, says first what it shows, and reads no setting but from the environment',
    async (name) => {
      const text = await readFile(join(examples, name), 'utf8');
      expect(text).toMatch(/^\/\/ [A-Z].*\n/);
      expect(text.trim().split('\n').length).toBeLessThanOrEqual(60);
      expect(text).not.toMatch(/['"]https?:\/\/|accessKey(?:Id|Secret): ['"]/);
    },
  );
});
