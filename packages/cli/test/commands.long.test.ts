import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { useWorkplace } from './program.js';

const place = useWorkplace();
const content = Buffer.from('seize the day\n');
let kmsKey: readonly string[];

beforeAll(async () => {
  const { kms } = place();
  await kms.createKey({ alias: 'alias/photos' });
  kmsKey = ['--kms-key', 'alias/photos', '--kms-endpoint', kms.url];
  for (const [kind, path] of [
    ['rsa', 'keys'],
    ['rsa', 'new keys'],
    ['age', 'a.key'],
    ['aes', 's.key'],
  ] as const) {
    const made = await place().run(['keygen', kind, path, ...(kind === 'rsa' ? ['--bits', '2048'] : [])]);
    expect(made, made.err).toMatchObject({ code: 0 });
  }
});

const rsa = ['--key-folder', 'keys'];
const put = (key: string, args: readonly string[], input: string | Buffer = content) =>
  place().run(['cp', ...args, '-', `oss://photos/${key}`], { input });
const cat = (key: string, args: readonly string[]) => place().run(['cat', ...args, `oss://photos/${key}`]);

describe('keygen', () => {
  it('makes keys for their owner only, says their fingerprints, and overwrites none', async () => {
    for (const path of ['keys/.private_key.pem', 'a.key', 's.key']) {
      const before = await stat(place().path(path));
      expect(before.mode & 0o777).toBe(0o600);
    }
    const [made] = await place().json(['keygen', 'rsa', 'third', '--bits', '2048']);
    expect(made).toMatchObject({
      kind: 'rsa',
      fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/),
    });
    for (const [kind, path] of [
      ['rsa', 'keys'],
      ['age', 'a.key'],
      ['aes', 's.key'],
    ] as const) {
      const file = place().path(kind === 'rsa' ? 'keys/.private_key.pem' : path);
      const before = await readFile(file);
      const again = await place().run(['keygen', kind, path]);
      expect(again).toMatchObject({ code: 2, err: expect.stringContaining('no key is ever overwritten') });
      expect(await readFile(file)).toEqual(before);
    }
  });

  it('makes no key that is not as it was asked for', async () => {
    await writeFile(place().path('asked'), 'correct horse\n', { mode: 0o600 });
    for (const [kind, flag, value] of [
      ['aes', '--passphrase-file', 'asked'],
      ['age', '--passphrase-file', 'asked'],
      ['aes', '--bits', '2048'],
      ['age', '--bits', '4096'],
    ] as const) {
      const made = await place().run(['keygen', kind, 'not made', flag, value]);
      expect(made).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining(`${flag} is for rsa only`),
      });
      await expect(stat(place().path('not made'))).rejects.toThrow('ENOENT');
    }
  });

  it('says of a key of age its fingerprint, and where its recipient is', async () => {
    const [made] = await place().json(['keygen', 'age', 'b.key']);
    const recipient = String(made?.recipients);
    expect(made?.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(await readFile(place().path('b.key'), 'utf8')).toContain(`# public key: ${recipient}\n`);
    await writeFile(place().path('b.recipient'), `${recipient}\n`);
    await put('for b', ['--key', 'b.recipient']);
    expect((await cat('for b', ['--key', 'b.key'])).bytes).toEqual(content);
    const text = (await place().run(['keygen', 'age', 'c.key'])).out;
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(100);
  });

  it('encrypts a pair under the first line of a file, which opens it again', async () => {
    await writeFile(place().path('pass'), 'correct horse\nmore\n', { mode: 0o600 });
    const made = await place().run([
      'keygen',
      'rsa',
      'locked',
      '--bits',
      '2048',
      '--passphrase-file',
      'pass',
    ]);
    expect(made.code).toBe(0);
    const locked = ['--key-folder', 'locked'];
    expect((await put('locked.txt', [...locked, '--passphrase-file', 'pass'])).code).toBe(0);
    expect((await cat('locked.txt', [...locked, '--passphrase-file', 'pass'])).bytes).toEqual(content);
    expect(await cat('locked.txt', locked)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--passphrase-file'),
    });
    const file = ['--key', 'locked/.private_key.pem', '--passphrase-file', 'pass'];
    expect((await cat('locked.txt', file)).bytes).toEqual(content);
    await writeFile(place().path('other-pass'), 'incorrect horse\n', { mode: 0o600 });
    expect(await cat('locked.txt', [...file.slice(0, -1), 'other-pass'])).toMatchObject({
      code: 6,
      err: expect.stringMatching(/locked\/\.private_key\.pem: .*the passphrase is wrong/),
    });
  });

  it('says of a private key that is not one of its kind what it is, and how to mend it', async () => {
    const body = Buffer.from('openssh-key-v1\0none').toString('base64');
    const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
    await writeFile(place().path('id_rsa'), text, { mode: 0o600 });
    expect(await put('motto.txt', ['--key', 'id_rsa'])).toMatchObject({
      code: 6,
      err: expect.stringMatching(/id_rsa: .*OpenSSH's own format.*ssh-keygen -p -m PKCS8/),
    });
  });
});

describe('cp and cat', () => {
  it.each([
    ['an RSA pair in a folder', () => rsa, () => rsa],
    [
      'a public key to write, a private one to read',
      () => ['--key', 'keys/.public_key.pem'],
      () => ['--key', 'keys/.private_key.pem'],
    ],
    ['a private key alone', () => ['--key', 'keys/.private_key.pem'], () => rsa],
    ['a key in KMS', () => kmsKey, () => kmsKey],
    ['an identity of age', () => ['--age-identity', 'a.key'], () => ['--age-identity', 'a.key']],
    ['a secret', () => ['--secret-file', 's.key'], () => ['--secret-file', 's.key']],
  ])('%s', async (name, writing, reading) => {
    expect(await put(name, writing())).toMatchObject({ code: 0, err: '' });
    expect(await cat(name, reading())).toMatchObject({ code: 0, bytes: content, err: '' });
  });

  it.each(['oss-crypto', 'client-side-encryption'])(
    'in %s: says that it is not authenticated',
    async (format) => {
      expect((await put('counter', [...rsa, '--format', format])).code).toBe(0);
      const { code, bytes, err } = await cat('counter', rsa);
      expect([code, bytes]).toEqual([0, content]);
      expect(err).toContain('not authenticated');
    },
  );

  it('ranges', async () => {
    await put('range', rsa);
    for (const [range, expected] of [
      ['0-4', 'seize'],
      ['6-', 'the day\n'],
      ['-4', 'day\n'],
    ]) {
      expect(await cat('range', [...rsa, `--range=${range}`])).toMatchObject({ code: 0, out: expected });
    }
    expect((await cat('range', [...rsa, '--range=5-2'])).code).toBe(2);
  });

  it.each(['--', 'line\nbreak', '照片/一.jpg', '-x', ' '])('an object whose key is %j', async (key) => {
    expect(await put(key, rsa)).toMatchObject({ code: 0, err: '' });
    expect(await cat(key, rsa)).toMatchObject({ code: 0, bytes: content, err: '' });
  });

  it('recipients open too', async () => {
    const recipient = ['--recipient', 'new keys/.public_key.pem#for=auditor'];
    expect((await put('two', [...rsa, ...recipient])).code).toBe(0);
    const auditor = ['--key-folder', 'new keys', '--description', 'for=auditor'];
    expect((await cat('two', auditor)).bytes).toEqual(content);
    const [inspected] = await place().json(['inspect', 'oss://photos/two']);
    expect(inspected?.keys).toEqual([
      { wrapAlgorithm: 'rsa-oaep-sha256', description: {}, keyBits: 2048 },
      { wrapAlgorithm: 'rsa-oaep-sha256', description: { for: 'auditor' }, keyBits: 2048 },
    ]);
  });

  it('says by its flag which recipient could not be told from another key', async () => {
    const args = [...rsa, '--recipient', 'new keys/.public_key.pem#for=a'];
    const same = await put('same', [...args, '--recipient', 'keys/.public_key.pem']);
    expect(same).toMatchObject({
      code: 2,
      err: expect.stringContaining('Name it: --recipient keys/.public_key.pem#name=value'),
    });
    expect(same.err).not.toContain('materialDescription');
  });

  it('refuses recipients where the format has none, and drops none', async () => {
    const recipient = ['--recipient', 'new keys/.public_key.pem#for=auditor'];
    const refused = await put('unread', [...rsa, ...recipient, '--format', 'oss-crypto']);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--format sealed') });
    expect(place().oss.hasObject('photos', 'unread')).toBe(false);
    // What is read, or gets other keys, has a format already.
    await writeFile(place().path('older.json'), JSON.stringify({ keyFolder: 'keys', format: 'oss-crypto' }));
    const settings = ['--settings', 'older.json', ...recipient];
    await put('shared', rsa);
    expect((await cat('shared', settings)).bytes).toEqual(content);
    const rewrapped = await place().run(['rewrap', ...settings, 'oss://photos/shared']);
    expect(rewrapped.code, rewrapped.err).toBe(0);
    const auditor = ['--key-folder', 'new keys', '--description', 'for=auditor'];
    expect((await cat('shared', auditor)).bytes).toEqual(content);
  });

  it('a file there and back, and into a folder under its name', async () => {
    const bytes = randomBytes(300_000);
    await writeFile(place().path('a file'), bytes);
    expect((await place().run(['cp', ...rsa, 'a file', 'oss://photos/dir/'])).code).toBe(0);
    expect((await place().run(['cp', ...rsa, 'oss://photos/dir/a file', 'copy'])).code).toBe(0);
    expect(await readFile(place().path('copy'))).toEqual(bytes);
    await mkdir(place().path('into'));
    expect((await place().run(['cp', ...rsa, 'oss://photos/dir/a file', 'into'])).code).toBe(0);
    expect(await readFile(place().path('into/a file'))).toEqual(bytes);
  });

  it('a folder there and back, with names of every kind', async () => {
    const names = [
      'plain',
      'two words',
      `quotes ' " \``,
      '中文.txt',
      '-dash',
      'line\nbreak',
      'sub/folder/x',
      '%41',
      'a+b?c#d&e',
    ];
    for (const name of names) {
      await mkdir(join(place().path('tree'), name, '..'), { recursive: true });
      await writeFile(join(place().path('tree'), name), `of ${name}`);
    }
    const up = await place().run(['cp', '-r', ...rsa, 'tree', 'oss://photos/tree']);
    expect(up, up.err).toMatchObject({
      code: 0,
      err: expect.stringContaining(`${names.length} done, 0 failed`),
    });
    // A name with a line break cannot forge a line.
    expect(up.out.trimEnd().split('\n')).toHaveLength(names.length);
    const listed = await place().json(['ls', 'oss://photos/tree/']);
    expect(listed.map(({ key }) => key).sort()).toEqual(names.map((name) => `tree/${name}`).sort());
    expect(listed.every(({ format }) => format === 'sealed')).toBe(true);
    const down = await place().run(['cp', '-r', ...rsa, 'oss://photos/tree/', 'tree back']);
    expect(down.code, down.err).toBe(0);
    for (const name of names) {
      expect(await readFile(join(place().path('tree back'), name), 'utf8')).toBe(`of ${name}`);
    }
  });

  it('fetches what can be fetched, and names each key that cannot be a file', async () => {
    const { oss } = place();
    // This project stores no such keys, but others do.
    for (const key of ['evil/../../escaped', 'evil//slash', `evil/${'n'.repeat(300)}`, 'evil/f/below']) {
      await oss.putObject('photos', key, content);
    }
    for (const key of ['evil/', 'evil/marker/', 'evil/deep/marker/']) await oss.putObject('photos', key, '');
    await put('evil/f', rsa);
    await put('evil/marker/inside', rsa);
    const args = ['cp', '-r', ...rsa, 'oss://photos/evil/', 'evil/down', '--output', 'json'];
    const { code, out, err } = await place().run(args);
    expect(code, err).not.toBe(0);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(Object.fromEntries(lines.map((line) => [line.place, line.status]))).toEqual({
      'oss://photos/evil/': 'ok',
      'oss://photos/evil/../../escaped': 'failed',
      'oss://photos/evil//slash': 'failed',
      'oss://photos/evil/deep/marker/': 'ok',
      'oss://photos/evil/f': 'ok',
      'oss://photos/evil/f/below': 'failed',
      'oss://photos/evil/marker/': 'ok',
      'oss://photos/evil/marker/inside': 'ok',
      [`oss://photos/evil/${'n'.repeat(300)}`]: 'failed',
    });
    expect((await readdir(place().path('evil/down'), { recursive: true })).sort()).toEqual(
      ['deep', 'deep/marker', 'f', 'marker', 'marker/inside'].sort(),
    );
    await expect(stat(place().path('escaped'))).rejects.toThrow('ENOENT');
    expect(err).toContain('5 done, 4 failed');
  });

  it('fetches through no link of the folder, and replaces one that has the name of a file', async () => {
    await mkdir(place().path('linked/elsewhere'), { recursive: true });
    await mkdir(place().path('linked/down'));
    await writeFile(place().path('linked/kept'), 'kept');
    await symlink('../elsewhere', place().path('linked/down/sub'));
    await symlink('../kept', place().path('linked/down/file'));
    for (const key of ['sub/inside', 'sub/deep/inside', 'file', 'other/inside'])
      await put(`linked/${key}`, rsa);
    await place().oss.putObject('photos', 'linked/sub/marker/', '');
    const args = ['cp', '-r', ...rsa, 'oss://photos/linked/', 'linked/down', '--output', 'json'];
    const { code, out } = await place().run(args);
    const failed = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly status: string; readonly place: string })
      .filter(({ status }) => status === 'failed')
      .map((line) => line.place);
    expect([code, failed.sort()]).toEqual([
      2,
      ['deep/inside', 'inside', 'marker/'].map((name) => `oss://photos/linked/sub/${name}`),
    ]);
    expect(await readdir(place().path('linked/elsewhere'))).toEqual([]);
    expect(await readFile(place().path('linked/kept'), 'utf8')).toBe('kept');
    expect(await readFile(place().path('linked/down/file'))).toEqual(content);
    expect(await readFile(place().path('linked/down/other/inside'))).toEqual(content);
  });

  it('stores a folder of which a part cannot be read, and says which', async () => {
    // Deeper than a path may be long, which no user of the machine can read.
    const name = 'd'.repeat(250);
    const deep = `mkdir -p part && cd part && echo a > file && for i in $(seq 18); do mkdir ${name} && cd -P ${name}; done; echo b > last`;
    await promisify(execFile)('bash', ['-c', deep], { cwd: place().folder });
    const { code, err, out } = await place().run(['cp', '-r', ...rsa, 'part', 'oss://photos/part']);
    await promisify(execFile)('rm', ['-rf', 'part'], { cwd: place().folder });
    expect([code, out]).toEqual([1, expect.stringContaining('oss://photos/part/file')]);
    expect(err).toContain('1 done, 1 failed');
    expect(err).toContain('ENAMETOOLONG');
  });

  it('says of a folder what is left out of it', async () => {
    await mkdir(place().path('with links'));
    await writeFile(place().path('with links/a'), content);
    for (const [to, name] of [
      ['a', 'link'],
      ['nowhere', 'broken'],
      ['..', 'folder'],
    ] as const) {
      await symlink(to, place().path(`with links/${name}`));
    }
    const args = ['cp', '-r', '--key-folder', 'keys', 'with links', 'oss://photos/with links'];
    const { code, err } = await place().run(args);
    expect(code, err).toBe(0);
    for (const name of ['link', 'broken', 'folder']) {
      expect(err).toContain(`warning: with links/${name} is a link, a pipe or a device, and is left out.`);
    }
    const records = await place().json(args);
    expect(records.filter(({ status }) => status === 'skipped').map(({ path }) => path)).toEqual([
      'with links/broken',
      'with links/folder',
      'with links/link',
    ]);
    const listed = await place().json(['ls', 'oss://photos/with links/']);
    expect(listed.map(({ key }) => key)).toEqual(['with links/a']);
  });

  it('refuses to replace an object where told so', async () => {
    await put('kept', rsa);
    const { code } = await put('kept', [...rsa, '--forbid-overwrite'], 'other');
    expect(code).toBe(1);
    expect((await cat('kept', rsa)).bytes).toEqual(content);
  });
});

describe('exit status', () => {
  it.each([
    ['no command line of this program', ['cp', 'a', 'b'], 2],
    ['an unknown command', ['frobnicate'], 2],
    ['a place without a bucket', ['ls', 'oss://'], 2],
    ['no key', ['cat', 'oss://photos/range'], 2],
    ['an object that is not there', ['cat', ...rsa, 'oss://photos/none'], 3],
    ['a bucket that is not there', ['ls', 'oss://no-such-bucket/'], 3],
    ['nothing of that name to verify', ['verify', ...rsa, 'oss://photos/none'], 3],
    ['a file of headers that is not there', ['inspect', 'no such file'], 3],
    ['a key file that is not there', ['cat', '--key', 'none.pem', 'oss://photos/range'], 6],
  ])('%s', async (_, args, code) => {
    const ended = await place().run(args);
    expect(ended, ended.err).toMatchObject({ code });
    expect(ended.err).not.toBe('');
    expect(ended.out).toBe('');
  });

  it('4: OSS refuses', async () => {
    const environment = { OSS_ACCESS_KEY_SECRET: 'wrong-secret' };
    const { code, err } = await place().run(['ls', 'oss://photos/'], { environment });
    expect(code).toBe(4);
    expect(err).not.toContain('wrong-secret');
  });

  it('5: no connection, so try again', async () => {
    const environment = { OSS_ENDPOINT: 'http://localhost:1' };
    expect((await place().run(['inspect', 'oss://photos/range'], { environment })).code).toBe(5);
  });

  it('6: another key', async () => {
    await put('mine', rsa);
    expect((await cat('mine', ['--key-folder', 'new keys'])).code).toBe(6);
    expect((await cat('mine', ['--secret-file', 's.key'])).code).toBe(6);
  });

  it('7: a sealed object that was changed, of which no byte is printed', async () => {
    await put('changed', rsa, Buffer.alloc(100_000, 7));
    await place().oss.corruptByte('photos', 'changed', 56 + 10);
    const { code, out } = await cat('changed', rsa);
    expect([code, out]).toEqual([7, '']);
    const { code: toFile } = await place().run(['cp', ...rsa, 'oss://photos/changed', 'changed.bin']);
    expect(toFile).toBe(7);
    await expect(stat(place().path('changed.bin'))).rejects.toThrow('ENOENT');
  });

  it('7: an object in counter mode whose checks fail at its end, said of what was printed', async () => {
    await put('changed counter', [...rsa, '--format', 'oss-crypto'], Buffer.alloc(100_000, 7));
    await place().oss.corruptByte('photos', 'changed counter', 10);
    const { code, bytes, err } = await cat('changed counter', rsa);
    expect(code).toBe(7);
    expect(bytes.length).toBeGreaterThan(0);
    expect(err).toContain('Do not use what was printed');
    const json = await cat('changed counter', [...rsa, '--output', 'json']);
    expect(json.bytes).toEqual(bytes);
    expect(JSON.parse(json.err.trimEnd().split('\n').at(-1) as string)).toMatchObject({
      place: 'oss://photos/changed counter',
      status: 'failed',
      error: { code: 'ERR_INTEGRITY' },
    });
  });

  it('8: an object that is not encrypted', async () => {
    const { oss } = place();
    await oss.putObject('photos', 'plain', content);
    expect((await cat('plain', rsa)).code).toBe(8);
    expect((await place().run(['inspect', 'oss://photos/plain'])).out).toContain('not encrypted');
  });

  it('of many, the worst of them, with every failure listed', async () => {
    await put('many/good', rsa);
    await put('many/other key', ['--key-folder', 'new keys']);
    await put('many/changed', rsa, Buffer.alloc(1000, 7));
    await place().oss.corruptByte('photos', 'many/changed', 100);
    const { code, out, err } = await place().run(['verify', ...rsa, 'oss://photos/many/']);
    expect(code).toBe(7);
    expect(out).toContain('oss://photos/many/good');
    const listed = err.slice(err.indexOf('Not done'));
    expect(listed).toContain('oss://photos/many/other key');
    expect(listed).toContain('oss://photos/many/changed');
    const lines = await place().json(['verify', ...rsa, 'oss://photos/many/']);
    expect(
      Object.fromEntries(
        lines.map((line) => [line.place, (line.error as { code?: string })?.code ?? line.status]),
      ),
    ).toEqual({
      'oss://photos/many/good': 'ok',
      'oss://photos/many/changed': 'ERR_INTEGRITY',
      'oss://photos/many/other key': 'ERR_KEY_UNWRAP_FAILED',
    });
  });
});

describe('ls and inspect', () => {
  it('tell format, size and keys, without a key', async () => {
    await put('shown/sealed', [...rsa, '--description', 'key=2026']);
    await put('shown/kms', [...kmsKey, '--format', 'oss-crypto']);
    const { code, out } = await place().run(['ls', 'oss://photos/shown/']);
    expect(code).toBe(0);
    expect(out).toMatch(/^oss-crypto +14 .* kms +shown\/kms$/m);
    expect(out).toMatch(/^sealed +14 .* key=2026 +shown\/sealed$/m);
    const [inspected] = await place().json(['inspect', 'oss://photos/shown/kms']);
    expect(inspected).toMatchObject({
      place: 'oss://photos/shown/kms',
      encrypted: true,
      format: 'oss-crypto',
      authenticated: false,
      writers: ['Python oss2 2.5 to 2.10', 'oss-envelope'],
      recordedSizeBytes: 14,
      warnings: ['counter-mode'],
    });
  });

  it('end with the worst of what is broken', async () => {
    await place().oss.putObject('photos', 'broken/half', content, { 'x-oss-meta-oss-crypto-key': 'QUJD' });
    await put('broken/whole', rsa);
    const { code, out, err } = await place().run(['ls', 'oss://photos/broken/']);
    expect(code).toBe(7);
    expect(out).toMatch(/^ERR_ENVELOPE_MALFORMED .*broken\/half$/m);
    expect(out).toContain('broken/whole');
    expect(err).toContain('oss://photos/broken/half');
  });

  it('inspect reads headers as curl prints them, and half an envelope', async () => {
    await writeFile(
      place().path('headers'),
      'HTTP/1.1 200 OK\r\nx-oss-meta-oss-crypto-key: QUJD\r\nContent-Length: 3\r\n',
    );
    const [inspected] = await place().json(['inspect', 'headers']);
    expect(inspected).toMatchObject({
      encrypted: true,
      warnings: ['half-envelope'],
      fault: expect.any(String),
    });
    expect((await place().run(['inspect', 'headers'])).code).toBe(7);
    await writeFile(place().path('verbose'), '> GET / HTTP/1.1\n< x-oss-meta-oss-crypto-key: QUJD\n');
    expect((await place().json(['inspect', 'verbose']))[0]?.warnings).toEqual(['half-envelope']);
  });

  it('inspect tells an algorithm that it does not know from half an envelope', async () => {
    const [prefix, rsaKey] = ['x-oss-meta-client-side-encryption', Buffer.alloc(256).toString('base64')];
    await place().oss.putObject('photos', 'unknown', content, {
      [`${prefix}-key`]: rsaKey,
      [`${prefix}-start`]: rsaKey,
      [`${prefix}-cek-alg`]: 'AES/XTS/NoPadding',
      [`${prefix}-wrap-alg`]: 'RSA/NONE/PKCS1Padding',
    });
    const { code, out } = await place().run(['inspect', 'oss://photos/unknown']);
    expect([code, out]).toEqual([7, expect.stringContaining('does not know')]);
    expect((await place().json(['inspect', 'oss://photos/unknown']))[0]?.warnings).toEqual(['unsupported']);
  });

  it('no object is plain, or has a key to change, by the answer of something that is not OSS', async () => {
    const page = createServer((_, response) => response.setHeader('content-type', 'text/html').end('Log in'));
    await once(page.listen(0, 'localhost'), 'listening');
    const environment = { OSS_ENDPOINT: `http://localhost:${(page.address() as AddressInfo).port}` };
    const { code, out, err } = await place().run(['inspect', 'oss://photos/a'], { environment });
    page.close();
    expect([code, out, err]).toEqual([1, '', expect.stringContaining('cannot be told')]);
  });
});

describe('rewrap', () => {
  it('gives objects another key, says beforehand what it would do, and does nothing twice', async () => {
    await put('wrapped/1', [...rsa, '--description', 'key=2026']);
    await put('wrapped/2', [...rsa, '--description', 'key=2026']);
    const others = ['--other-key', 'keys/.private_key.pem#key=2026'];
    const next = ['--key-folder', 'new keys', '--description', 'key=2027'];
    const args = ['rewrap', ...next, ...others, 'oss://photos/wrapped/'];
    const dry = await place().run([...args, '--dry-run']);
    expect(dry.out).toContain('rsa-oaep-sha256 (key=2026) -> rsa-oaep-sha256 (key=2027) (not done');
    expect((await cat('wrapped/1', next)).code).toBe(6);
    expect((await place().json(args)).map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect((await cat('wrapped/1', next)).bytes).toEqual(content);
    expect((await place().json(args)).map(({ status }) => status)).toEqual(['unchanged', 'unchanged']);
  });

  it('says beforehand what would fail, and changes nothing', async () => {
    const formats = ['sealed', 'oss-crypto', 'client-side-encryption'];
    for (const format of formats) await put(`rehearsed/${format}`, [...rsa, '--format', format]);
    await place().oss.putObject('photos', 'rehearsed/half', content, { 'x-oss-meta-oss-crypto-key': 'QUJD' });
    const statusOf = async (...args: readonly string[]) => {
      const lines = await place().json(['rewrap', '--dry-run', ...args, 'oss://photos/rehearsed/']);
      return Object.fromEntries(
        lines.map((line) => [
          (line.place as string).slice('oss://photos/rehearsed/'.length),
          (line.error as { code?: string })?.code ?? line.status,
        ]),
      );
    };
    const never = { half: 'ERR_ENVELOPE_MALFORMED', 'client-side-encryption': 'ERR_REENCRYPTION_NEEDED' };
    const next = ['--key-folder', 'new keys', '--description', 'key=2027'];
    const old = ['--other-key', 'keys/.private_key.pem'];
    const before = await place().json(['inspect', 'oss://photos/rehearsed/sealed']);
    place().oss.requests.clear();
    expect(await statusOf(...next, ...old)).toEqual({
      ...never,
      sealed: 'would-rewrap',
      'oss-crypto': 'would-rewrap',
    });
    // The old key is missing; only a public one is there.
    expect(await statusOf(...next)).toEqual({
      ...never,
      sealed: 'ERR_KEY_UNWRAP_FAILED',
      'oss-crypto': 'ERR_KEY_UNWRAP_FAILED',
    });
    expect(await statusOf('--key', 'keys/.public_key.pem')).toEqual({
      ...never,
      sealed: 'ERR_NO_MATCHING_KEY',
      'oss-crypto': 'ERR_NO_MATCHING_KEY',
    });
    const methods = place()
      .oss.requests.list()
      .map(({ method }) => method);
    expect(new Set(methods)).toEqual(new Set(['GET', 'HEAD']));
    expect(await place().json(['inspect', 'oss://photos/rehearsed/sealed'])).toEqual(before);
  });

  it('says of objects that it cannot rewrap what to do', async () => {
    await put('rewrapped-not', [...rsa, '--format', 'client-side-encryption']);
    const { code, err } = await place().run([
      'rewrap',
      '--key-folder',
      'new keys',
      '--other-key',
      'keys/.private_key.pem',
      'oss://photos/rewrapped-not',
    ]);
    expect(code).toBe(1);
    expect(err).toContain('reencrypt');
  });
});

describe('presign', () => {
  it('prints a URL for a download, and an upload with its encrypted body', async () => {
    await put('linked', rsa);
    const [link] = await place().json(['presign', '--expires', '60', 'oss://photos/linked']);
    expect((await fetch(link?.url as string)).status).toBe(200);
    await writeFile(place().path('body.txt'), content);
    const [upload] = await place().json([
      'presign',
      '--key',
      'keys/.public_key.pem',
      '--put',
      'body.txt',
      '--body',
      'body.enc',
      'oss://photos/sent',
    ]);
    const body = await readFile(place().path('body.enc'));
    const { url, method, headers } = upload as {
      url: string;
      method: string;
      headers: Record<string, string>;
    };
    expect((await fetch(url, { method, headers, body })).status).toBe(200);
    expect((await cat('sent', rsa)).bytes).toEqual(content);
  });

  it('does not put the encrypted body in the place of the plaintext', async () => {
    await writeFile(place().path('only.txt'), content);
    const args = ['presign', '--key', 'keys/.public_key.pem', '--put', 'only.txt', '--body', './only.txt'];
    const { code, err } = await place().run([...args, 'oss://photos/sent']);
    expect(code).toBe(2);
    expect(err).toMatch(/another file/);
    expect(await readFile(place().path('only.txt'))).toEqual(content);
  });
});

describe('doctor', () => {
  it('looks at everything, and finds all well', async () => {
    const findings = await place().json([
      'doctor',
      '--write',
      ...kmsKey,
      '--origin',
      'https://app.example',
      'oss://photos',
    ]);
    expect(Object.fromEntries(findings.map(({ check, state }) => [check, state]))).toEqual({
      credentials: 'ok',
      region: 'ok',
      clock: 'ok',
      list: 'ok',
      read: 'ok',
      write: 'ok',
      cors: 'ok',
      'key, write': 'ok',
      'key, read': 'ok',
    });
  });

  it('says of each fault what to do', async () => {
    const wrong = await place().run(['doctor', 'oss://photos'], {
      environment: { OSS_ACCESS_KEY_SECRET: 'wrong' },
    });
    expect(wrong.code).toBe(1);
    expect(wrong.out).toMatch(/^FAILED {2}credentials .* OSS refuses them$/m);
    expect(wrong.out).toContain('Check the access key and its secret');
    const nowhere = await place().run(['doctor', 'oss://no-such-bucket']);
    expect(nowhere.out).toContain('There is no bucket no-such-bucket');
    const away = await place().run(['doctor', '--origin', 'https://app.example', 'oss://photos'], {
      environment: { OSS_ENDPOINT: 'http://localhost:1' },
    });
    expect(away.out).toContain('does not answer');
    expect(away.out).toMatch(/^- {7}credentials .* not tried$/m);
    expect(away.out).toMatch(/^FAILED {2}cors /m);
  });

  it('tells a wrong region from missing rights', async () => {
    const stateOf = async (environment: NodeJS.ProcessEnv) => {
      const { out } = await place().run(['doctor', 'oss://photos', '--output', 'json'], { environment });
      const lines = out.trimEnd().split('\n');
      const found = lines.map((line) => JSON.parse(line) as Record<string, string>);
      return Object.fromEntries(found.map(({ check = '', ...rest }) => [check, rest]));
    };
    const elsewhere = await stateOf({ OSS_REGION: 'cn-beijing' });
    expect(elsewhere).toMatchObject({
      region: { state: 'failed', fix: expect.stringContaining('OSS_REGION') },
      list: { state: 'failed', fix: expect.stringContaining('OSS_REGION') },
      read: { state: 'failed' },
    });
    place().oss.faults.add({
      ...{ kind: 'status', status: 403, code: 'AccessDenied', times: 1 },
      match: { operation: 'ListObjectsV2' },
    });
    expect(await stateOf({})).toMatchObject({
      region: { state: 'ok' },
      list: { state: 'failed', fix: expect.stringContaining('oss:ListObjects') },
    });
    // A bucket was named, and could not be asked.
    const unasked = await stateOf({ OSS_REGION: '' });
    expect(unasked.bucket).toEqual({ state: 'skipped', found: 'oss://photos was not tried: see above' });
  });

  it('goes on where it is not known where OSS is', async () => {
    const environment = { OSS_ENDPOINT: '', OSS_REGION: '' };
    const args = ['doctor', '--secret-file', 's.key', 'oss://photos', '--output', 'json'];
    const { code, out } = await place().run(args, { environment });
    expect(code).toBe(1);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { check, state } = JSON.parse(line) as Record<string, unknown>;
          return [check, state];
        }),
    ).toEqual([
      ['settings', 'failed'],
      ['key, write', 'ok'],
      ['key, read', 'ok'],
    ]);
  });
});

describe('more to be told', () => {
  it('is where OSS is, and which key is used, and no secret', async () => {
    await put('told', rsa);
    const { code, out, err } = await cat('told', ['-v', ...rsa]);
    const { oss, environment } = place();
    expect([code, out]).toEqual([0, content.toString()]);
    expect(err).toContain(`OSS at ${oss.endpoint}, region ${oss.region}`);
    expect(err).toContain('credentials from OSS_ACCESS_KEY_ID');
    expect(err).toContain('--key-folder keys');
    expect(err).not.toContain(environment.OSS_ACCESS_KEY_SECRET);
  });
});

describe('settings', () => {
  it("come from ossutil's file, in its spellings, where the environment says nothing", async () => {
    const { oss } = place();
    const { OSS_ACCESS_KEY_ID: id, OSS_ACCESS_KEY_SECRET: secret } = place().environment;
    await writeFile(
      place().path('ossutil'),
      `[default]\naccess-key-id=none\naccessKeySecret=none\n[profile Photos]\naccessKeyID = ${id}\naccess_key_secret=${secret}\nregion=${oss.region}\nEndpoint=${oss.endpoint}\n`,
    );
    const environment = {
      OSS_ACCESS_KEY_ID: '',
      OSS_ACCESS_KEY_SECRET: '',
      OSS_ENDPOINT: '',
      OSS_REGION: '',
    };
    const args = ['ls', '--config-file', 'ossutil', 'oss://photos/range'];
    expect((await place().run([...args, '--profile', 'Photos'], { environment })).code).toBe(0);
    expect((await place().run([...args, '--profile', 'none'], { environment })).code).toBe(2);
  });

  it('of our own name keys and format, and hold no secret', async () => {
    await writeFile(place().path('mine.json'), JSON.stringify({ keyFolder: 'keys', format: 'oss-crypto' }));
    const args = ['--settings', 'mine.json'];
    expect((await put('by settings', args)).code).toBe(0);
    expect((await cat('by settings', args)).bytes).toEqual(content);
    const [inspected] = await place().json(['inspect', 'oss://photos/by settings']);
    expect(inspected?.format).toBe('oss-crypto');
    await writeFile(place().path('wrong.json'), JSON.stringify({ passphrase: 'x' }));
    expect(await cat('by settings', ['--settings', 'wrong.json'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('passphraseFile'),
    });
  });

  it('a key that others can read is refused', async () => {
    await writeFile(place().path('open.pem'), await readFile(place().path('keys/.private_key.pem')));
    await chmod(place().path('open.pem'), 0o644);
    expect(await cat('range', ['--key', 'open.pem'])).toMatchObject({
      code: 6,
      err: expect.stringContaining('open.pem'),
    });
  });

  it('are not taken from the folder that it runs in, where there is no home', async () => {
    await put('range', rsa);
    await writeFile(place().path('.oss-envelope.json'), JSON.stringify({ keyFolder: 'keys' }));
    await writeFile(place().path('.ossutilconfig'), '[default]\nregion=cn-evil\n');
    const { code, err } = await cat('range', []);
    await rm(place().path('.oss-envelope.json'));
    expect([code, err]).toEqual([0, '']);
    await writeFile(place().path('.oss-envelope.json'), JSON.stringify({ keyFolder: 'keys' }));
    const homeless = await place().run(['cat', 'oss://photos/range'], { environment: { HOME: '' } });
    await rm(place().path('.oss-envelope.json'));
    await rm(place().path('.ossutilconfig'));
    expect(homeless).toMatchObject({ code: 2, err: expect.stringContaining('No key was named') });
  });
});

describe('Chinese, by the locale', () => {
  const environment = { LANG: 'zh_CN.UTF-8' };

  it('what an error means', async () => {
    const { err } = await place().run(['cat', ...rsa, 'oss://photos/none'], { environment });
    expect(err).toContain('服务端拒绝了请求');
  });

  it('the words of tables', async () => {
    await put('range', rsa);
    const inspected = await place().run(['inspect', 'oss://photos/range'], { environment });
    expect(inspected.out).toMatch(/^格式 {6}sealed \(已认证\)$/m);
    expect(inspected.out).not.toMatch(/^(?:format|key|bound)/m);
    const looked = await place().run(['doctor', 'oss://photos'], { environment });
    expect(looked.out).toMatch(/^ok {6}凭证 .*OSS 已接受$/m);
    expect(looked.out).not.toMatch(/credentials|can be|was named/);
  });
});
