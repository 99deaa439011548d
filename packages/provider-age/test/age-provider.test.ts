import { inspect } from 'node:util';
import {
  AlgorithmNotSupportedError,
  InvalidArgumentError,
  KeyUnwrapError,
  OutOfRangeError,
  SecretBytes,
  type UnwrappedKey,
  type WrappedKey,
} from '@oss-envelope/core';
import { Decrypter, Encrypter, Stanza } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AgeProviderOptions, ageProvider, ageRecipientsOf, generateAgeIdentity } from '../src/index.js';

const [classic, other] = [
  await generateAgeIdentity({ kind: 'x25519' }),
  await generateAgeIdentity({ kind: 'x25519' }),
];
const [hybrid, otherHybrid] = [await generateAgeIdentity(), await generateAgeIdentity()];
const opening = 'oss-envelope/sealed/1\0';

const wrapBy = (options: AgeProviderOptions): Promise<WrappedKey> =>
  ageProvider(options).wrapKey({ format: 'sealed' });
const requestOf = (wrappedKey: Uint8Array) =>
  ({ format: 'sealed', wrapAlgorithm: 'age', wrappedKey }) as const;
const unwrapBy = (options: AgeProviderOptions, wrappedKey: Uint8Array): Promise<UnwrappedKey> =>
  ageProvider(options).unwrapKey(requestOf(wrappedKey));

/** A file of age that the library made without the provider. */
async function fileOf(content: Uint8Array | string, to: string | { passphrase: string; logN: number }) {
  const encrypter = new Encrypter();
  if (typeof to === 'string') encrypter.addRecipient(to);
  else {
    encrypter.setPassphrase(to.passphrase);
    encrypter.setScryptWorkFactor(to.logN);
  }
  return encrypter.encrypt(content);
}

const headerOf = (file: Uint8Array): string => Buffer.from(file).toString('latin1').split('\n---')[0] ?? '';

describe('who writes for whom', () => {
  it.each<[string, AgeProviderOptions, AgeProviderOptions]>([
    ['X25519', { recipients: classic.recipient }, { identities: classic.identity }],
    ['post-quantum', { recipients: [hybrid.recipient] }, { identities: [hybrid.identity] }],
    ['a passphrase', { passphrase: 'große ☃', workFactorLog2: 10 }, { passphrase: 'große ☃' }],
    [
      'a passphrase beside identities',
      { passphrase: 'a', workFactorLog2: 10 },
      { passphrase: 'a', identities: hybrid.identity },
    ],
    [
      'the second of two recipients',
      { recipients: [other.recipient, classic.recipient] },
      { identities: classic.identity },
    ],
    [
      'the last of three identities',
      { recipients: hybrid.recipient },
      { identities: [classic.identity, otherHybrid.identity, hybrid.identity] },
    ],
  ])('%s', async (_, writer, reader) => {
    const { key, wrappedKey } = await wrapBy(writer);
    expect((await unwrapBy(reader, wrappedKey)).key.bytes).toEqual(key.bytes);
  });

  it('a key of Web Crypto opens, which need not be extractable', async () => {
    const pair = (await crypto.subtle.generateKey({ name: 'X25519' }, false, [
      'deriveBits',
    ])) as CryptoKeyPair;
    const { key, wrappedKey } = await wrapBy({ recipients: await ageRecipientsOf(pair.privateKey) });
    expect((await unwrapBy({ identities: pair.privateKey }, wrappedKey)).key.bytes).toEqual(key.bytes);
  });

  it('S14: what is written is a file of age, whose content is the label, a zero byte and the key', async () => {
    const { key, wrappedKey } = await wrapBy({ recipients: hybrid.recipient });
    const decrypter = new Decrypter();
    decrypter.addIdentity(hybrid.identity);
    const content = await decrypter.decrypt(wrappedKey);
    expect(Buffer.from(content).toString('hex')).toBe(
      Buffer.concat([Buffer.from(opening), key.bytes]).toString('hex'),
    );
    expect(wrappedKey).toHaveLength(1713);
    expect(headerOf(wrappedKey)).toMatch(/^age-encryption\.org\/v1\n-> mlkem768x25519 \S{1494}\n\S{43}$/);
  });

  it('a file that other software made opens', async () => {
    const key = crypto.getRandomValues(new Uint8Array(32));
    const content = Buffer.concat([Buffer.from(opening), key]);
    const file = await fileOf(content, classic.recipient);
    expect((await unwrapBy({ identities: classic.identity }, file)).key.bytes).toEqual(key);
  });

  it('half a pair does half of the work', async () => {
    const [writer, reader] = [
      ageProvider({ recipients: hybrid.recipient }),
      ageProvider({ identities: hybrid.identity }),
    ];
    expect([writer.wraps, writer.unwraps]).toEqual([{ sealed: 'age' }, []]);
    expect([reader.wraps, reader.unwraps]).toEqual([{}, ['age']]);
    const { wrappedKey } = await writer.wrapKey({ format: 'sealed' });
    const lacks = (message: RegExp) => ({ code: 'ERR_MASTER_KEY', message });
    await expect(writer.unwrapKey(requestOf(wrappedKey))).rejects.toMatchObject(
      lacks(/^This provider holds recipients only/),
    );
    await expect(reader.wrapKey({ format: 'sealed' })).rejects.toMatchObject(
      lacks(/^This provider holds identities only/),
    );
  });
});

describe('what is refused of the options', () => {
  it.each<[string, unknown, string]>([
    ['no options', undefined, 'options'],
    ['nothing to work with', {}, 'recipients'],
    ['variables that are not set', { identities: process.env.NO_SUCH_VARIABLE }, 'recipients'],
    ['an option that is not known', { identity: classic.identity }, 'options.identity'],
    ['a passphrase with recipients', { passphrase: 'x', recipients: classic.recipient }, 'passphrase'],
    ['a passphrase with a passkey', { passphrase: 'x', passkey: {} }, 'passphrase'],
    ['an empty passphrase', { passphrase: '' }, 'passphrase'],
    ['a passphrase that is no text', { passphrase: 7 }, 'passphrase'],
    ['a recipient that is none', { recipients: ['age1x'] }, 'recipients[0]'],
    ['an identity that is none', { identities: 'AGE-SECRET-KEY-1X' }, 'identities'],
    ['a passkey that is none', { passkey: 'x' }, 'passkey'],
    ['a description that is no record', { passphrase: 'x', materialDescription: [] }, 'materialDescription'],
    ['a work factor of 9', { passphrase: 'x', workFactorLog2: 9 }, 'workFactorLog2'],
    ['a work factor of 21', { passphrase: 'x', workFactorLog2: 21 }, 'workFactorLog2'],
    ['a work factor as text', { passphrase: 'x', workFactorLog2: '18' }, 'workFactorLog2'],
    ['a limit of 0', { passphrase: 'x', maxWorkFactorLog2: 0 }, 'maxWorkFactorLog2'],
    ['a limit beyond the library', { passphrase: 'x', maxWorkFactorLog2: 22 }, 'maxWorkFactorLog2'],
  ])('%s', (_, options, argument) => {
    const make = (): unknown => ageProvider(options as AgeProviderOptions);
    expect(make).toThrow(expect.objectContaining({ argument }));
    try {
      make();
    } catch (error) {
      expect(error instanceof InvalidArgumentError || error instanceof OutOfRangeError).toBe(true);
    }
  });

  it('a recipient that is no point of the curve is an error at the first use', async () => {
    // bech32 of 32 zeros: the checksum is right, and every shared secret with it is zero.
    const recipients = 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z';
    await expect(wrapBy({ recipients })).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: /^age cannot encrypt to these recipients/,
    });
  });

  it('more recipients than the metadata of an object hold', async () => {
    const many = await Promise.all(Array.from({ length: 4 }, () => generateAgeIdentity()));
    const recipients = many.map(({ recipient }) => recipient);
    const three = await wrapBy({ recipients: recipients.slice(0, 3) });
    expect(Math.ceil(three.wrappedKey.length / 3) * 4).toBeLessThan(8192 - 400);
    const four = wrapBy({ recipients });
    await expect(four).rejects.toBeInstanceOf(OutOfRangeError);
    await expect(four).rejects.toThrow(
      /^recipients must fit into the metadata.*less than 8192 bytes: these take 8512\. A post-quantum/,
    );
  });
});

describe('what is refused of a request', () => {
  const provider = ageProvider({ identities: classic.identity, recipients: classic.recipient });

  it('the other formats, other algorithms, contexts, and keys of another length', async () => {
    const { wrappedKey } = await provider.wrapKey({ format: 'sealed' });
    for (const format of ['oss-crypto', 'client-side-encryption'] as const) {
      await expect(provider.wrapKey({ format })).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
      const request = { ...requestOf(wrappedKey), format };
      await expect(provider.unwrapKey(request)).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
    }
    const request = { ...requestOf(wrappedKey), wrapAlgorithm: 'aes-256-gcm' };
    await expect(provider.unwrapKey(request)).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
    const format = 'sealed';
    await expect(provider.wrapKey({ format, context: { tenant: '7' } })).rejects.toMatchObject({
      argument: 'context',
    });
    const short = new SecretBytes(new Uint8Array(31));
    await expect(provider.wrapKey({ format, key: short })).rejects.toMatchObject({
      code: 'ERR_OUT_OF_RANGE',
      argument: 'key',
    });
  });

  const key32 = Buffer.alloc(32, 7);
  it.each<[string, () => Promise<Uint8Array>]>([
    ['a foreign recipient', async () => (await wrapBy({ recipients: other.recipient })).wrappedKey],
    ['a post-quantum recipient', async () => (await wrapBy({ recipients: hybrid.recipient })).wrappedKey],
    ['a passphrase', async () => (await wrapBy({ passphrase: 'x', workFactorLog2: 10 })).wrappedKey],
    ['a file of something else', async () => fileOf('dear diary', classic.recipient)],
    ['a bare key without the label', async () => fileOf(key32, classic.recipient)],
    [
      'a key under another label',
      async () => fileOf(Buffer.concat([Buffer.from('oss-envelope/sealed/2\0'), key32]), classic.recipient),
    ],
    [
      'a key of 31 bytes',
      async () => fileOf(Buffer.concat([Buffer.from(opening), key32.subarray(1)]), classic.recipient),
    ],
    [
      'a key of 33 bytes',
      async () => fileOf(Buffer.concat([Buffer.from(opening), key32, Buffer.of(1)]), classic.recipient),
    ],
    ['an empty file of age', async () => fileOf('', classic.recipient)],
    ['no bytes', async () => new Uint8Array()],
    ['a megabyte', async () => new Uint8Array(1_000_000).fill(97)],
    ['a file in armor', async () => Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n')],
  ])('%s does not open, without why', async (_, make) => {
    const error: unknown = await provider
      .unwrapKey(requestOf(await make()))
      .catch((thrown: unknown) => thrown);
    expect(error).toEqual(new KeyUnwrapError());
    expect((error as Error).cause).toBeUndefined();
  });

  it('nothing that stands in a bucket ends otherwise: any bytes, and any change of good ones', async () => {
    const { wrappedKey } = await provider.wrapKey({ format: 'sealed' });
    const changes = fc.tuple(fc.nat(wrappedKey.length - 1), fc.integer({ min: 1, max: 255 }));
    const texts = fc
      .array(
        fc.constantFrom(
          '-> X25519 ',
          '-> scrypt AAAA 30',
          '---',
          ' ',
          '\n',
          'AAAA',
          'age-encryption.org/v1\n',
        ),
      )
      .map((parts) => Buffer.from(`age-encryption.org/v1\n${parts.join('')}`));
    const files = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      texts,
      changes.map(([offset, mask]) =>
        wrappedKey.map((byte, index) => (index === offset ? byte ^ mask : byte)),
      ),
      fc.nat(wrappedKey.length - 1).map((length) => wrappedKey.slice(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(files, async (file) => {
        const error: unknown = await provider.unwrapKey(requestOf(file)).catch((thrown: unknown) => thrown);
        const codes = ['ERR_KEY_UNWRAP_FAILED', 'ERR_ALGORITHM_NOT_SUPPORTED'];
        expect(codes).toContain((error as { code?: string }).code);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the work that a passphrase asks for', () => {
  const passphrase = 'correct horse battery staple';
  const content = Buffer.concat([Buffer.from(opening), Buffer.alloc(32, 7)]);
  const asking = async (logN: string): Promise<Uint8Array> => {
    const file = Buffer.from(await fileOf(content, { passphrase, logN: 10 })).toString('latin1');
    return Buffer.from(file.replace(/^(-> scrypt \S+) 10$/m, `$1 ${logN}`), 'latin1');
  };

  it('is within a limit, which is not taken from the bucket', async () => {
    const file = await fileOf(content, { passphrase, logN: 12 });
    await unwrapBy({ passphrase, maxWorkFactorLog2: 12 }, file);
    const refused = unwrapBy({ passphrase, maxWorkFactorLog2: 11 }, file);
    await expect(refused).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
    await expect(refused).rejects.toThrow(/maxWorkFactorLog2/);
  });

  it('is by default as much as is written with, and 2^18 where that is less', async () => {
    const file = await fileOf(content, { passphrase, logN: 12 });
    const { key } = await unwrapBy({ passphrase, workFactorLog2: 10 }, file);
    expect(key.bytes).toEqual(new Uint8Array(32).fill(7));
    const refused = unwrapBy({ passphrase, workFactorLog2: 19 }, await asking('20'));
    await expect(refused).rejects.toThrow(/above 2\^19\. If you trust/);
  });

  it.each(['19', '20', '30', '63', '4096', '99999999999999999999999999'])(
    'of 2^%s is refused at once by default',
    async (logN) => {
      const before = process.cpuUsage();
      const refused = unwrapBy({ passphrase }, await asking(logN));
      await expect(refused).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
      // Not by the clock, which a busy machine lets run.
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
    },
  );

  it.each(['0', '-1', '1e3', '0x1e', '١٠', '', '1 0', 'NaN', '010'])(
    'of "%s" does not open',
    async (logN) => {
      await expect(unwrapBy({ passphrase }, await asking(logN))).rejects.toBeInstanceOf(KeyUnwrapError);
    },
  );

  it('is of no account to identities, which do none of it', async () => {
    const refused = unwrapBy({ identities: hybrid.identity }, await asking('30'));
    await expect(refused).rejects.toEqual(new KeyUnwrapError());
  });

  it('must stand alone (S14): identities are not tried beside it', async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(classic.recipient);
    encrypter.addRecipient({
      wrapFileKey: () => [new Stanza(['scrypt', 'AAAAAAAAAAAAAAAAAAAAAA', '10'], new Uint8Array(32))],
    });
    const file = await encrypter.encrypt(content);
    await expect(unwrapBy({ identities: classic.identity }, file)).rejects.toEqual(new KeyUnwrapError());
  });
});

describe('a passkey, where there are none', () => {
  it('is refused when it is used', async () => {
    const provider = ageProvider({ passkey: {} });
    expect([provider.wraps, provider.unwraps]).toEqual([{ sealed: 'age' }, ['age']]);
    await expect(provider.wrapKey({ format: 'sealed' })).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
  });

  it('is refused when it is asked for what it wrapped', async () => {
    const encrypter = new Encrypter();
    const stanza = new Stanza(['age-encryption.org/fido2prf', 'AAAAAAAAAAAAAAAAAAAAAA'], new Uint8Array(32));
    encrypter.addRecipient({ wrapFileKey: () => [stanza] });
    const asked = unwrapBy({ passkey: {} }, await encrypter.encrypt(Buffer.alloc(54)));
    await expect(asked).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
  });

  it('does not keep an identity beside it from opening', async () => {
    const { key, wrappedKey } = await wrapBy({ recipients: hybrid.recipient });
    const opened = await unwrapBy({ passkey: {}, identities: hybrid.identity }, wrappedKey);
    expect(opened.key.bytes).toEqual(key.bytes);
  });

  it('asks for few stanzas at most: whoever can write to the bucket chooses how many', async () => {
    const encrypter = new Encrypter();
    const stanza = new Stanza(['age-encryption.org/fido2prf', 'AAAAAAAAAAAAAAAAAAAAAA'], new Uint8Array(32));
    encrypter.addRecipient({ wrapFileKey: () => [stanza, stanza, stanza, stanza] });
    const file = await encrypter.encrypt(Buffer.alloc(54));
    await expect(unwrapBy({ passkey: {} }, file)).rejects.toEqual(new KeyUnwrapError());
  });
});

it('a provider does not show its secrets', async () => {
  const secrets = { passphrase: 'hunter2', identities: [classic.identity, hybrid.identity] };
  const provider = ageProvider({ ...secrets, materialDescription: { key: '2026' } });
  const shown = `${inspect(provider, { depth: 9, showHidden: true })}${JSON.stringify(provider)}`;
  expect(shown).toContain('2026');
  for (const secret of ['hunter2', classic.identity, hybrid.identity]) expect(shown).not.toContain(secret);
});

it('an abort ends the waiting', async () => {
  const reason = new Error('enough');
  const provider = ageProvider({ identities: hybrid.identity, recipients: hybrid.recipient });
  const { wrappedKey } = await provider.wrapKey({ format: 'sealed' });
  const controller = new AbortController();
  const call = provider.unwrapKey({ ...requestOf(wrappedKey), signal: controller.signal });
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
});

describe('a secret beside an upload', () => {
  const secretOf = async (options: AgeProviderOptions, purpose = 'x'): Promise<string | undefined> => {
    const secret = await ageProvider(options).deriveSecret?.(purpose);
    return secret && Buffer.from(secret.bytes).toString('hex');
  };

  it('is derived from the first identity that is a text, for each purpose', async () => {
    const own = await secretOf({ identities: classic.identity });
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    expect(await secretOf({ identities: [classic.identity, other.identity] })).toBe(own);
    expect(await secretOf({ identities: other.identity })).not.toBe(own);
    expect(await secretOf({ identities: classic.identity }, 'y')).not.toBe(own);
    const { privateKey } = (await crypto.subtle.generateKey('X25519', false, [
      'deriveBits',
    ])) as CryptoKeyPair;
    expect(await secretOf({ identities: [privateKey, classic.identity] })).toBe(own);
    expect(ageProvider({ identities: privateKey }).deriveSecret).toBeUndefined();
    expect(ageProvider({ passphrase: 'a' }).deriveSecret).toBeUndefined();
    expect(ageProvider({ recipients: classic.recipient }).deriveSecret).toBeUndefined();
  });
});
