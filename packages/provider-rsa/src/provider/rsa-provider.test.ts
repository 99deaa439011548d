import { createHmac } from 'node:crypto';
import { type FormatName, SecretBytes, type UnwrapKeyRequest } from '@oss-envelope/core';
import { describe, expect, it, vi } from 'vitest';
import type { RsaPort, RsaPrivateKey, RsaPublicKey } from '../port/rsa-port.js';
import { type RsaProviderOptions, rsaProvider, rsaProviderOn } from './rsa-provider.js';
import { rsaPublicKeyOf, rsaPublicKeyOfOn } from './rsa-public-key-of.js';
import { rsaPublicKeyProviderOn } from './rsa-public-key-provider.js';

// Over keys that change no bytes: what the provider does with them, and no RSA.

const facts = {
  modulusBits: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  publicComponents: undefined,
};
const hash = new Uint8Array(32).fill(9);
function world(own: Partial<RsaPublicKey & RsaPrivateKey> = {}, options: Partial<RsaProviderOptions> = {}) {
  const wrap = vi.fn(async (_algorithm: string, bytes: Uint8Array) => Uint8Array.from(bytes));
  const unwrap = vi.fn(async (_algorithm: string, bytes: Uint8Array) => Uint8Array.from(bytes));
  const openPublicKey = vi.fn(() => ({ ...facts, wrap, ...own }));
  const openPrivateKey = vi.fn(() => ({ ...facts, unwrap, hashedExponent: async () => hash, ...own }));
  const port: RsaPort = { openPublicKey, openPrivateKey };
  const make = (more: Partial<RsaProviderOptions> = {}) =>
    rsaProviderOn(port, { publicKey: 'open', privateKey: 'secret', ...options, ...more });
  return { wrap, unwrap, port, openPublicKey, openPrivateKey, make };
}
const request = (format: FormatName, wrapAlgorithm: UnwrapKeyRequest['wrapAlgorithm']): UnwrapKeyRequest => ({
  format,
  wrapAlgorithm,
  wrappedKey: new Uint8Array(32).fill(7),
});
const notSupported = { code: 'ERR_ALGORITHM_NOT_SUPPORTED' };

describe('a provider says what it serves', () => {
  const oaep = { sealed: 'rsa-oaep-sha256', 'oss-crypto': 'rsa-oaep-sha1' };

  it('with both keys', () => {
    const provider = world().make({ materialDescription: { key: '1' } });
    expect(provider.materialDescription).toEqual({ key: '1' });
    expect(provider.wraps).toEqual({ ...oaep, 'client-side-encryption': 'rsa-pkcs1' });
    expect(provider.unwraps).toEqual(['rsa-oaep-sha256', 'rsa-oaep-sha1', 'rsa-pkcs1']);
  });

  it('with one of them', () => {
    const { make } = world();
    const writer = make({ privateKey: undefined, padding: 'oaep-sha1' });
    expect(writer.wraps).toEqual({ ...oaep, 'client-side-encryption': 'rsa-oaep-sha1' });
    expect(writer.unwraps).toEqual([]);
    const reader = make({ publicKey: undefined, allowPkcs1ForReading: false });
    expect(reader.wraps).toEqual({});
    expect(reader.unwraps).toEqual(['rsa-oaep-sha256', 'rsa-oaep-sha1']);
  });

  it('and what it does not', async () => {
    const { make, port } = world();
    const masterKey = (message: RegExp) => ({ code: 'ERR_MASTER_KEY', message });
    const sealed = request('sealed', 'rsa-oaep-sha256');
    await expect(make({ publicKey: undefined }).wrapKey({ format: 'sealed' })).rejects.toMatchObject(
      masterKey(/Pass publicKey/),
    );
    await expect(make({ privateKey: undefined }).unwrapKey(sealed)).rejects.toMatchObject(
      masterKey(/Pass privateKey/),
    );
    const writer = rsaPublicKeyProviderOn(port.openPublicKey, { publicKey: 'open' });
    expect(writer.unwraps).toEqual([]);
    await expect(writer.unwrapKey(sealed)).rejects.toMatchObject(masterKey(/rsaProvider/));
    expect(() => make({ publicKey: undefined, privateKey: undefined })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'publicKey' }),
    );
    await expect(make().wrapKey({ format: 'constructor' as never })).rejects.toMatchObject(notSupported);
    for (const wrapAlgorithm of ['kms', 'aes-256-gcm'] as never[])
      await expect(make().unwrapKey(request('oss-crypto', wrapAlgorithm))).rejects.toMatchObject({
        ...notSupported,
        message: expect.stringContaining('a provider of that kind'),
      });
    const careful = make({ allowPkcs1ForReading: false });
    await expect(careful.unwrapKey(request('client-side-encryption', 'rsa-pkcs1'))).rejects.toMatchObject({
      ...notSupported,
      message: /allowPkcs1ForReading is false/,
    });
  });
});

describe('a data key', () => {
  it('is of the given source, 32 bytes, and is wrapped', async () => {
    const asked: number[] = [];
    const randomBytes = (lengthBytes: number) => {
      asked.push(lengthBytes);
      return new Uint8Array(lengthBytes).fill(3);
    };
    const made = await world().make({ randomBytes }).wrapKey({ format: 'sealed' });
    expect(asked).toEqual([32]);
    expect(made.key.bytes).toEqual(new Uint8Array(32).fill(3));
    expect(made.wrappedKey).toEqual(made.key.bytes);
    expect(made.wrappedStart).toBeUndefined();
  });

  it('that is given is wrapped itself, if it has 32 bytes', async () => {
    const { make } = world();
    const key = new SecretBytes(new Uint8Array(32).fill(4));
    const made = await make().wrapKey({ format: 'oss-crypto', key });
    expect(made.key).toBe(key);
    expect(made.wrappedKey).toEqual(key.bytes);
    for (const size of [31, 33])
      await expect(
        make().wrapKey({ format: 'oss-crypto', key: new SecretBytes(new Uint8Array(size)) }),
      ).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE', argument: 'key' });
  });

  it('is not written under a small key', async () => {
    const { make } = world({ modulusBits: 2047 });
    for (const allowSmallKeysForReading of [false, true])
      await expect(make({ allowSmallKeysForReading }).wrapKey({ format: 'sealed' })).rejects.toMatchObject({
        code: 'ERR_MASTER_KEY',
        message: /2047 bits/,
      });
  });

  it('has no context', async () => {
    const { make } = world();
    const refusal = { code: 'ERR_INVALID_ARGUMENT', argument: 'context' };
    const context = { tenant: '7' };
    const opening = request('sealed', 'rsa-oaep-sha256');
    await expect(make().wrapKey({ format: 'sealed', context })).rejects.toMatchObject(refusal);
    await expect(make().unwrapKey({ ...opening, context })).rejects.toMatchObject(refusal);
    await make().wrapKey({ format: 'sealed', context: {} });
    await make().unwrapKey({ ...opening, context: {} });
  });
});

describe('the halves', () => {
  // The primes 1000003 and 1000033: a modulus has no small factor.
  const [first, second] = [0x43, 0x61];
  const components = (last: number) => ({ n: Uint8Array.of(0x0f, 0x42, last), e: Uint8Array.of(3) });
  const making = (ours: number | undefined, theirs: number | undefined) => () => {
    const given = (n: number | undefined) => ({
      ...facts,
      publicExponent: Uint8Array.of(3),
      publicComponents: n === undefined ? undefined : components(n),
    });
    const { port } = world();
    const { openPublicKey, openPrivateKey } = port;
    return rsaProviderOn(
      {
        openPublicKey: (...own) => ({ ...(openPublicKey(...own) as RsaPublicKey), ...given(ours) }),
        openPrivateKey: (...own) => ({ ...(openPrivateKey(...own) as RsaPrivateKey), ...given(theirs) }),
      },
      { publicKey: 'open', privateKey: 'secret' },
    );
  };

  it('of two pairs are refused, where both are known', () => {
    expect(making(first, second)).toThrow(
      expect.objectContaining({ code: 'ERR_MASTER_KEY', message: expect.stringMatching(/not of one pair/) }),
    );
    for (const [ours, theirs] of [
      [first, first],
      [first, undefined],
      [undefined, first],
    ] as const)
      expect(making(ours, theirs)).not.toThrow();
  });
});

describe('the algorithm of a format', () => {
  it.each([
    ['sealed', 'rsa-oaep-sha256'],
    ['oss-crypto', 'rsa-oaep-sha1'],
    ['client-side-encryption', 'rsa-pkcs1'],
  ] as const)('%s is %s, for the key and its start', async (format, algorithm) => {
    const { make, wrap, unwrap } = world();
    const start = Uint8Array.of(5);
    const made = await make().wrapKey({ format, start });
    expect(made.wrappedStart).toEqual(start);
    expect(wrap.mock.calls.map(([given]) => given)).toEqual([algorithm, algorithm]);
    const opened = await make().unwrapKey({ ...request(format, algorithm), wrappedStart: start });
    expect(opened.key.bytes).toEqual(new Uint8Array(32).fill(7));
    expect(opened.start).toEqual(start);
    expect(unwrap.mock.calls.map(([given]) => given)).toEqual([algorithm, algorithm]);
  });

  it.each([
    ['sealed', 'rsa-oaep-sha1'],
    ['sealed', 'rsa-pkcs1'],
    ['oss-crypto', 'rsa-oaep-sha256'],
    ['client-side-encryption', 'rsa-oaep-sha256'],
  ] as const)('%s is not %s', async (format, algorithm) => {
    const { make, unwrap } = world();
    await expect(make().unwrapKey(request(format, algorithm))).rejects.toMatchObject(notSupported);
    expect(unwrap).not.toHaveBeenCalled();
  });
});

describe('a start value', () => {
  it('may have the length that OAEP leaves', async () => {
    const { make } = world();
    const start = new Uint8Array(256 - 42);
    expect((await make().wrapKey({ format: 'oss-crypto', start })).wrappedStart).toEqual(start);
    await expect(
      make().wrapKey({ format: 'oss-crypto', start: new Uint8Array(256 - 41) }),
    ).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE', argument: 'start' });
  });

  it('has room in a modulus whose bits fill no last byte', async () => {
    const { make } = world({ modulusBits: 2049 });
    const start = new Uint8Array(257 - 42);
    expect((await make().wrapKey({ format: 'oss-crypto', start })).wrappedStart).toEqual(start);
  });
});

describe('an abort', () => {
  it('while a key is wrapped or unwrapped is its reason', async () => {
    const reason = new Error('enough');
    for (const call of ['wrapKey', 'unwrapKey'] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const abort = async (_algorithm: string, bytes: Uint8Array) => {
        controller.abort(reason);
        return bytes;
      };
      const provider = world({ wrap: abort, unwrap: abort }).make();
      const calling =
        call === 'wrapKey'
          ? provider.wrapKey({ format: 'oss-crypto', signal })
          : provider.unwrapKey({ ...request('oss-crypto', 'rsa-oaep-sha1'), signal });
      await expect(calling).rejects.toBe(reason);
    }
  });

  it('before asks no key', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const { make, wrap, unwrap } = world();
    await expect(make().wrapKey({ format: 'oss-crypto', signal })).rejects.toThrow('enough');
    await expect(make().unwrapKey({ ...request('oss-crypto', 'rsa-oaep-sha1'), signal })).rejects.toThrow(
      'enough',
    );
    expect(wrap).not.toHaveBeenCalled();
    expect(unwrap).not.toHaveBeenCalled();
  });
});

it('a small key opens old objects when it may, and never sealed ones', async () => {
  const { make } = world({ modulusBits: 1024 });
  const provider = make({ allowSmallKeysForReading: true });
  const old = request('oss-crypto', 'rsa-oaep-sha1');
  await provider.unwrapKey(old);
  const refusal = { code: 'ERR_MASTER_KEY', message: /1024 bits/ };
  await expect(provider.unwrapKey(request('sealed', 'rsa-oaep-sha256'))).rejects.toMatchObject(refusal);
  for (const allowSmallKeysForReading of [undefined, false]) {
    await expect(make({ allowSmallKeysForReading }).unwrapKey(old)).rejects.toMatchObject(refusal);
  }
});

describe('a secret', () => {
  it('is made of the private exponent', async () => {
    const { make } = world();
    const expected = createHmac('sha256', hash).update('purpose').digest();
    expect((await make().deriveSecret!('purpose'))!.bytes).toEqual(new Uint8Array(expected));
  });

  it('is not there without a private key, or with one that the runtime keeps', async () => {
    expect(await world().make({ privateKey: undefined }).deriveSecret!('purpose')).toBeUndefined();
    expect(await world({ hashedExponent: undefined }).make().deriveSecret!('purpose')).toBeUndefined();
  });
});

describe('a port', () => {
  it('gets the options of its keys', () => {
    const { make, openPublicKey, openPrivateKey } = world();
    const randomBytes = (lengthBytes: number) => new Uint8Array(lengthBytes).fill(3);
    make({ passphrase: 'p', randomBytes });
    const expected = { passphrase: 'p', allowPkcs1DecryptionInJavaScript: false };
    expect(openPublicKey).toHaveBeenCalledExactlyOnceWith('open', expect.objectContaining(expected));
    expect(openPrivateKey).toHaveBeenCalledExactlyOnceWith('secret', expect.objectContaining(expected));
    make({ allowPkcs1DecryptionInJavaScript: true });
    expect(openPrivateKey).toHaveBeenLastCalledWith(
      'secret',
      expect.objectContaining({ allowPkcs1DecryptionInJavaScript: true }),
    );
    expect(() => make({ allowPkcs1DecryptionInJavaScript: 1 as never })).toThrow(
      expect.objectContaining({ argument: 'allowPkcs1DecryptionInJavaScript' }),
    );
  });

  it('whose key fails later fails each call, and nothing that nobody awaits', async () => {
    const failure = new Error('no key');
    const port: RsaPort = {
      openPublicKey: () => Promise.reject(failure),
      openPrivateKey: () => Promise.reject(failure),
    };
    const provider = rsaProviderOn(port, { publicKey: 'open', privateKey: 'secret' });
    const writer = rsaPublicKeyProviderOn(port.openPublicKey, { publicKey: 'open' });
    await new Promise((resolve) => setImmediate(resolve));
    await expect(provider.wrapKey({ format: 'sealed' })).rejects.toBe(failure);
    await expect(provider.unwrapKey(request('sealed', 'rsa-oaep-sha256'))).rejects.toBe(failure);
    await expect(provider.deriveSecret!('purpose')).rejects.toBe(failure);
    await expect(writer.wrapKey({ format: 'sealed' })).rejects.toBe(failure);
  });

  it.each(['publicKey', 'privateKey'] as const)('whose %s comes later makes both wait', async (late) => {
    const { port } = world();
    const { openPublicKey, openPrivateKey } = port;
    const own: RsaPort =
      late === 'publicKey'
        ? { openPrivateKey, openPublicKey: async (...given) => openPublicKey(...given) }
        : { openPublicKey, openPrivateKey: async (...given) => openPrivateKey(...given) };
    const provider = rsaProviderOn(own, { publicKey: 'open', privateKey: 'secret' });
    const made = await provider.wrapKey({ format: 'sealed' });
    const opened = await provider.unwrapKey({ ...request('sealed', 'rsa-oaep-sha256'), ...made });
    expect(opened.key.bytes).toEqual(made.key.bytes);
  });

  it.each(['publicKey', 'privateKey'] as const)('whose %s is unsound is refused', (role) => {
    const { port } = world({ publicExponent: Uint8Array.of(2) });
    expect(() => rsaProviderOn(port, { [role]: 'key' })).toThrow(
      expect.objectContaining({
        code: 'ERR_MASTER_KEY',
        message: expect.stringMatching(new RegExp(`^${role} cannot be used`)),
      }),
    );
  });
});

it.each(['materialDescription', 'padding', 'passphrase', 'randomBytes'] as const)(
  '%s is an option of both providers',
  (name) => {
    const { port } = world();
    const value = {
      materialDescription: { a: 'b' },
      padding: 'oaep-sha1',
      passphrase: 'p',
      randomBytes: (lengthBytes: number) => new Uint8Array(lengthBytes),
    }[name];
    rsaProviderOn(port, { publicKey: 'open', [name]: value });
    expect(() => rsaProviderOn(port, { publicKey: 'open', [`x${name}`]: value } as never)).toThrow(
      expect.objectContaining({ argument: `options.x${name}` }),
    );
    rsaPublicKeyProviderOn(port.openPublicKey, { publicKey: 'open', [name]: value });
    const refused = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: name });
    expect(() => rsaProviderOn(port, { publicKey: 'open', [name]: 7 as never })).toThrow(refused);
  },
);

describe('what is none of its options', () => {
  const wrong = (argument: string) => expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument });
  it.each([undefined, null, 'secret', 7])('%j is no options', async (options) => {
    const { port } = world();
    expect(() => rsaProviderOn(port, options as never)).toThrow(wrong('options'));
    expect(() => rsaPublicKeyProviderOn(port.openPublicKey, options as never)).toThrow(wrong('options'));
    await expect(rsaPublicKeyOfOn(port, options as never)).rejects.toEqual(wrong('options'));
  });

  it('the public half is of a private key, with a text as its passphrase', async () => {
    const { port, openPrivateKey } = world();
    await expect(rsaPublicKeyOfOn(port, {} as never)).rejects.toEqual(wrong('privateKey'));
    const numbered = { privateKey: 'secret', passphrase: 7 as never };
    await expect(rsaPublicKeyOfOn(port, numbered)).rejects.toEqual(wrong('passphrase'));
    expect(openPrivateKey).not.toHaveBeenCalled();
  });

  it('the public half is opened without leave for slow decryption, and of a sound key', async () => {
    const { port, openPrivateKey } = world({ publicExponent: Uint8Array.of(1) });
    await expect(rsaPublicKeyOfOn(port, { privateKey: 'secret' })).rejects.toMatchObject({
      code: 'ERR_MASTER_KEY',
      message: /^privateKey cannot be used/,
    });
    expect(openPrivateKey).toHaveBeenCalledWith(
      'secret',
      expect.objectContaining({ allowPkcs1DecryptionInJavaScript: false }),
    );
  });

  it('what the package gives is over the RSA of this runtime', async () => {
    expect(() => rsaProvider(undefined as never)).toThrow(wrong('options'));
    await expect(rsaPublicKeyOf(undefined as never)).rejects.toEqual(wrong('options'));
  });
});

it.each(['allowSmallKeysForReading', 'allowPkcs1ForReading', 'allowPkcs1DecryptionInJavaScript'] as const)(
  '%s is true or false',
  (name) => {
    const { make } = world();
    make({ [name]: true });
    make({ [name]: false });
    expect(() => make({ [name]: 1 as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: name }),
    );
  },
);
