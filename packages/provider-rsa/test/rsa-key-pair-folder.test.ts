import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { decodeBase64, MasterKeyError } from '@oss-envelope/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { generateRsaKeyPair, rsaProvider } from '../src/index.js';
import { type RsaKeyPairFolderOptions, rsaKeyPairInFolder } from '../src/node/index.js';
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

/** Small, for speed. */
const make = (options: RsaKeyPairFolderOptions = {}) =>
  rsaKeyPairInFolder({ create: true, modulusBits, ...options });

/** Made once, for the tests that are about its files. */
const ready = await generateRsaKeyPair({ modulusBits });
/** Stores that pair, as `make` stores its own. */
async function store(name = ''): Promise<void> {
  for (const [half, text] of [
    ['private_key', ready.privateKey],
    ['public_key', ready.publicKey],
  ] as const) {
    await writeFile(join(folder, `${name}.${half}.pem`), text, { mode: 0o600 });
  }
}

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
  const made = await make({ folder: inside, name });
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
  const again = await rsaKeyPairInFolder({ folder: inside, name });
  expect(again).toEqual(made);
  expect(again.created).toBe(false);
  expect(rsaProvider(made).unwraps).toContain('rsa-pkcs1');
});

test('encrypts the private key with a passphrase, and asks for it', async () => {
  const made = await make({ folder, name: 'a', passphrase: 'correct' });
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
  const [a, b] = [await make({ folder, name: 'a' }), await make({ folder, name: 'b' })];
  expect(a.publicKey).not.toBe(b.publicKey);
});

test('calls at once in one process agree on one pair', async () => {
  const made = await Promise.all([1, 2, 3, 4].map(() => make({ folder })));
  expect(made.filter(({ created }) => created).length).toBe(1);
  expect(new Set(made.map(({ privateKey }) => privateKey)).size).toBe(1);
  expect(Object.keys(await contents())).toEqual(['.private_key.pem', '.public_key.pem']);
});

test('a reader waits for the second file of a pair that is being made', async () => {
  const inside = join(folder, 'here');
  await make({ folder: inside, name: 'other' });
  await writeFile(join(inside, '.private_key.pem'), ready.privateKey, { mode: 0o600 });
  const reading = rsaKeyPairInFolder({ folder: inside });
  setTimeout(() => writeFile(join(inside, '.public_key.pem'), ready.publicKey), 100);
  expect(await reading).toMatchObject(ready);
});

test.each([
  ['public_key', 'private_key'],
  ['private_key', 'public_key'],
])('refuses a folder without the %s file, and leaves it alone', async (missing, present) => {
  await store('a');
  await rm(join(folder, `a.${missing}.pem`));
  const before = await contents();
  const failure = await rsaKeyPairInFolder({ folder, name: 'a' }).catch((error) => error);
  expect(failure).toBeInstanceOf(MasterKeyError);
  expect(failure.message).toContain(join(folder, `a.${missing}.pem`));
  expect(failure.message).toContain(join(folder, `a.${present}.pem`));
  expect(await contents()).toEqual(before);
});

test('refuses files that are not of one pair, or are no keys', async () => {
  const a = await make({ folder, name: 'a' });
  await make({ folder, name: 'b' });
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
    await expect(make({ folder: file })).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await contents()).toEqual({ file: 'text' });
  } else {
    await chmod(folder, 0o500);
    await expect(make({ folder })).rejects.toMatchObject({ code: 'EACCES' });
    expect(await contents()).toEqual({});
  }
});

test('refuses a name that is a path, and an empty passphrase', async () => {
  for (const name of ['../a', 'a/b', 'a\\b', 'a\0b']) {
    await expect(rsaKeyPairInFolder({ folder, name })).rejects.toMatchObject({ argument: 'name' });
  }
  await expect(rsaKeyPairInFolder({ folder: '' })).rejects.toMatchObject({ argument: 'folder' });
  await expect(make({ folder, passphrase: '' })).rejects.toMatchObject({
    argument: 'passphrase',
  });
  expect(await contents()).toEqual({});
});

test('uses .oss-local-rsa in the home by default', async () => {
  vi.stubEnv('HOME', folder);
  try {
    expect((await make()).created).toBe(true);
  } finally {
    vi.unstubAllEnvs();
  }
  expect((await readdir(join(folder, '.oss-local-rsa'))).sort()).toEqual([
    '.private_key.pem',
    '.public_key.pem',
  ]);
});

test('makes nothing unless it is told to', async () => {
  const absent = join(folder, 'absent');
  for (const options of [{ folder }, { folder: absent }, { folder, name: 'fotos', create: false }]) {
    await expect(rsaKeyPairInFolder(options)).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: expect.stringMatching(/^There is no key pair .*pass create: true/),
    });
  }
  expect(await contents()).toEqual({});
});

test('gives what rsaProvider takes, passphrase included, and shows no secret', async () => {
  const passphrase = 'correct horse';
  await make({ folder, passphrase });
  const pair = await rsaKeyPairInFolder({ folder, passphrase });
  expect(Object.keys(pair).sort()).toEqual(['passphrase', 'privateKey', 'publicKey']);
  const provider = rsaProvider(pair);
  const { key, ...wrapped } = await provider.wrapKey({ format: 'oss-crypto' });
  const request = { format: 'oss-crypto', wrapAlgorithm: 'rsa-oaep-sha1', ...wrapped } as const;
  expect((await rsaProvider({ ...pair }).unwrapKey(request)).key.bytes).toEqual(key.bytes);
  for (const shown of [inspect(pair, { showHidden: true, depth: 5 }), JSON.stringify(pair)]) {
    expect(shown).toContain('BEGIN PUBLIC KEY');
    expect(shown).not.toContain(passphrase);
    expect(shown).not.toContain('PRIVATE KEY');
  }
});

test('refuses options that are not known', async () => {
  await expect(rsaKeyPairInFolder({ folder, pasphrase: 'x' } as never)).rejects.toThrow(
    'options.pasphrase is not an option; check its spelling (did you mean passphrase?)',
  );
});

describe.runIf(process.getuid !== undefined)('who else may touch the files', () => {
  const privateFile = (): string => join(folder, '.private_key.pem');
  const publicFile = (): string => join(folder, '.public_key.pem');
  const opening = (): Promise<unknown> => rsaKeyPairInFolder({ folder, create: true });
  const refused = (message: RegExp) => ({ code: 'ERR_MASTER_KEY', message: expect.stringMatching(message) });
  beforeEach(() => store());

  test.each([0o640, 0o604, 0o620, 0o601])('a private file of mode %o is refused', async (mode) => {
    await chmod(privateFile(), mode);
    await expect(opening()).rejects.toMatchObject(
      refused(/private_key\.pem can be read or written by others .*chmod 600/),
    );
  });

  test('a public file may be read by all, and written by nobody else', async () => {
    await chmod(publicFile(), 0o644);
    await opening();
    await chmod(publicFile(), 0o664);
    await expect(opening()).rejects.toMatchObject(
      refused(/public_key\.pem can be written by others \(mode 664\).*chmod go-w/),
    );
  });

  test('a folder that others may write is refused, unless they cannot replace files', async () => {
    await chmod(folder, 0o770);
    await expect(opening()).rejects.toMatchObject(refused(/can be written by others \(mode 770\)/));
    await chmod(folder, 0o1777);
    await opening();
    await chmod(folder, 0o755);
    await opening();
  });

  test('symbolic links are refused, for files and for the folder', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'rsa-link-'));
    await symlink(folder, join(elsewhere, 'keys'));
    await expect(rsaKeyPairInFolder({ folder: join(elsewhere, 'keys') })).rejects.toMatchObject(
      refused(/keys is a symbolic link, which is not followed/),
    );
    await rename(publicFile(), join(elsewhere, 'public'));
    await symlink(join(elsewhere, 'public'), publicFile());
    await expect(opening()).rejects.toMatchObject(refused(/public_key\.pem is a symbolic link/));
    await rm(elsewhere, { recursive: true });
  });

  test('what is no file, or too long for a key, is refused', async () => {
    await rm(privateFile());
    await mkdir(privateFile(), { mode: 0o700 });
    await expect(opening()).rejects.toMatchObject(refused(/is no regular file/));
    await rm(privateFile(), { recursive: true });
    await writeFile(privateFile(), 'x'.repeat(65 * 1024), { mode: 0o600 });
    await expect(opening()).rejects.toMatchObject(refused(/too long for a key/));
  });

  test.runIf(process.getuid?.() === 0)('files of another user are refused', async () => {
    await chown(privateFile(), 12_345, 12_345);
    await expect(opening()).rejects.toMatchObject(refused(/belongs to another user \(12345\)/));
    await chown(privateFile(), 0, 0);
    await chown(folder, 12_345, 12_345);
    await expect(opening()).rejects.toMatchObject(refused(/belongs to another user/));
  });
});

describe.each(pairs)('a pair that oss2 made, named $name', ({ name, passphrase, files, oaep, pkcs1 }) => {
  const given = passphrase === null ? {} : { passphrase };

  beforeEach(async () => {
    for (const [file, text] of Object.entries(files))
      await writeFile(join(folder, file), text, { mode: 0o600 });
  });

  test('opens, and unwraps what oss2 wrapped', async () => {
    const pair = await rsaKeyPairInFolder({ folder, name, ...given });
    expect(pair.created).toBe(false);
    const provider = rsaProvider({ ...pair });
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
    const wrapped = providerOn(web, { publicKey, passphrase }).wrapKey({ format: 'sealed' });
    await expect(wrapped).rejects.toThrow(/openssl rsa -pubout/);
  });
});
