import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBase64, MasterKeyError } from '@oss-envelope/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { rsaProvider } from '../src/index.js';
import { rsaKeyPairInFolder } from '../src/node/index.js';
import { ports, providerOn } from './ports.js';

interface Oss2Pairs {
  readonly pairs: readonly {
    readonly name: string;
    readonly passphrase: string | null;
    readonly files: Readonly<Record<string, string>>;
    readonly oaep: { readonly key: string; readonly start: string };
    readonly pkcs1: { readonly key: string; readonly start: string };
  }[];
}
const { pairs }: Oss2Pairs = JSON.parse(
  await readFile(new URL('./vectors/oss2-pairs.json', import.meta.url), 'utf8'),
);
const modulusBits = 2048;
const countUp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsa-pair-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function contents(): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

test.each(['', 'photos', '图片'])('makes the pair %j once, for its owner only', async (name) => {
  const inside = join(folder, 'new', 'deep');
  const made = await rsaKeyPairInFolder({ folder: inside, name, modulusBits });
  expect(made.created).toBe(true);
  folder = inside;
  expect(await contents()).toEqual({
    [`${name}.private_key.pem`]: made.privateKey,
    [`${name}.public_key.pem`]: made.publicKey,
  });
  expect((await stat(inside)).mode & 0o777).toBe(0o700);
  for (const file of await readdir(inside)) {
    expect((await stat(join(inside, file))).mode & 0o777).toBe(0o600);
  }
  expect(await rsaKeyPairInFolder({ folder: inside, name })).toEqual({ ...made, created: false });
  expect(rsaProvider(made).unwraps).toContain('rsa-pkcs1');
});

test('encrypts the private key with a passphrase, and asks for it', async () => {
  const made = await rsaKeyPairInFolder({ folder, name: 'a', passphrase: 'correct', modulusBits });
  expect(made.privateKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  expect(made.publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\nM/);
  const before = await contents();
  const again = await rsaKeyPairInFolder({ folder, name: 'a', passphrase: 'correct' });
  expect(again.privateKey).toBe(made.privateKey);
  for (const [passphrase, message] of [
    ['wrong', /passphrase is wrong.*a\.private_key\.pem/],
    [undefined, /is encrypted\. Pass its passphrase.*a\.private_key\.pem/],
  ] as const) {
    const failure = await rsaKeyPairInFolder({ folder, name: 'a', passphrase }).catch((error) => error);
    expect(failure).toBeInstanceOf(MasterKeyError);
    expect(failure.message).toMatch(message);
  }
  expect(await contents()).toEqual(before);
});

test('two names are two pairs', async () => {
  const [a, b] = [
    await rsaKeyPairInFolder({ folder, name: 'a', modulusBits }),
    await rsaKeyPairInFolder({ folder, name: 'b', modulusBits }),
  ];
  expect(a.publicKey).not.toBe(b.publicKey);
});

test('calls at once in one process agree on one pair', async () => {
  const made = await Promise.all([1, 2, 3, 4].map(() => rsaKeyPairInFolder({ folder, modulusBits })));
  expect(made.filter(({ created }) => created).length).toBe(1);
  expect(new Set(made.map(({ privateKey }) => privateKey)).size).toBe(1);
  expect(Object.keys(await contents())).toEqual(['.private_key.pem', '.public_key.pem']);
});

test('a reader waits for the second file of a pair that is being made', async () => {
  const elsewhere = join(folder, 'elsewhere');
  const made = await rsaKeyPairInFolder({ folder: elsewhere, modulusBits });
  const inside = join(folder, 'here');
  await rsaKeyPairInFolder({ folder: inside, name: 'other', modulusBits });
  await writeFile(join(inside, '.private_key.pem'), made.privateKey);
  const reading = rsaKeyPairInFolder({ folder: inside });
  setTimeout(() => writeFile(join(inside, '.public_key.pem'), made.publicKey), 100);
  expect(await reading).toEqual({ ...made, created: false });
});

test.each([
  ['public_key', 'private_key'],
  ['private_key', 'public_key'],
])('refuses a folder without the %s file, and leaves it alone', async (missing, present) => {
  await rsaKeyPairInFolder({ folder, name: 'a', modulusBits });
  await rm(join(folder, `a.${missing}.pem`));
  const before = await contents();
  const failure = await rsaKeyPairInFolder({ folder, name: 'a' }).catch((error) => error);
  expect(failure).toBeInstanceOf(MasterKeyError);
  expect(failure.message).toContain(join(folder, `a.${missing}.pem`));
  expect(failure.message).toContain(join(folder, `a.${present}.pem`));
  expect(await contents()).toEqual(before);
});

test('refuses files that are not of one pair, or are no keys', async () => {
  const a = await rsaKeyPairInFolder({ folder, name: 'a', modulusBits });
  await rsaKeyPairInFolder({ folder, name: 'b', modulusBits });
  await writeFile(join(folder, 'b.public_key.pem'), a.publicKey);
  await expect(rsaKeyPairInFolder({ folder, name: 'b' })).rejects.toThrow(
    /not of one pair.*b\.public_key\.pem/,
  );
  await writeFile(join(folder, 'b.private_key.pem'), '');
  await expect(rsaKeyPairInFolder({ folder, name: 'b' })).rejects.toThrow(MasterKeyError);
  expect(await readFile(join(folder, 'b.private_key.pem'), 'utf8')).toBe('');
});

test('leaves nothing behind when the folder cannot be written', async () => {
  if (process.getuid?.() === 0) {
    // The owner of everything is refused nothing; a file in the folder's place is.
    const file = join(folder, 'file');
    await writeFile(file, 'text');
    await expect(rsaKeyPairInFolder({ folder: file, modulusBits })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await contents()).toEqual({ file: 'text' });
  } else {
    await chmod(folder, 0o500);
    await expect(rsaKeyPairInFolder({ folder, modulusBits })).rejects.toMatchObject({ code: 'EACCES' });
    expect(await contents()).toEqual({});
  }
});

test('refuses a name that is a path, and an empty passphrase', async () => {
  for (const name of ['../a', 'a/b', 'a\\b', 'a\0b']) {
    await expect(rsaKeyPairInFolder({ folder, name })).rejects.toMatchObject({ argument: 'name' });
  }
  await expect(rsaKeyPairInFolder({ folder: '' })).rejects.toMatchObject({ argument: 'folder' });
  await expect(rsaKeyPairInFolder({ folder, passphrase: '' })).rejects.toMatchObject({
    argument: 'passphrase',
  });
  expect(await contents()).toEqual({});
});

test('uses .oss-local-rsa in the home by default', async () => {
  vi.stubEnv('HOME', folder);
  try {
    expect((await rsaKeyPairInFolder({ modulusBits })).created).toBe(true);
  } finally {
    vi.unstubAllEnvs();
  }
  expect((await readdir(join(folder, '.oss-local-rsa'))).sort()).toEqual([
    '.private_key.pem',
    '.public_key.pem',
  ]);
});

describe.each(pairs)('a pair that oss2 made, named $name', ({ name, passphrase, files, oaep, pkcs1 }) => {
  const given = passphrase === null ? {} : { passphrase };

  beforeEach(async () => {
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  });

  test('opens, and unwraps what oss2 wrapped', async () => {
    const pair = await rsaKeyPairInFolder({ folder, name, ...given });
    expect(pair.created).toBe(false);
    const provider = rsaProvider({ ...pair, ...given });
    for (const [wrapAlgorithm, wrapped, start] of [
      ['rsa-oaep-sha1', oaep, new TextEncoder().encode('7')],
      ['rsa-pkcs1', pkcs1, countUp(16)],
    ] as const) {
      const opened = await provider.unwrapKey({
        format: 'client-side-encryption',
        wrapAlgorithm,
        wrappedKey: decodeBase64(wrapped.key)!,
        wrappedStart: decodeBase64(wrapped.start)!,
      });
      expect(opened.key.bytes).toEqual(countUp(32));
      expect(opened.start).toEqual(start);
    }
    await provider.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1') });
  });

  test('does not open with another passphrase, or says how to convert it where it cannot', async () => {
    if (passphrase === null) {
      expect((await rsaKeyPairInFolder({ folder, name, passphrase: 'unneeded' })).created).toBe(false);
      return;
    }
    for (const other of [undefined, 'wrong', '']) {
      await expect(rsaKeyPairInFolder({ folder, name, passphrase: other })).rejects.toThrow(MasterKeyError);
    }
    const publicKey = files[`${name}.public_key.pem`]!;
    const web = ports[1]!.port;
    expect(() => providerOn(web, { publicKey, passphrase })).toThrow(/openssl rsa -pubout/);
  });
});
