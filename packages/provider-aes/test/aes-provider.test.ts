import { inspect } from 'node:util';
import {
  AlgorithmNotSupportedError,
  InvalidArgumentError,
  type KeyProvider,
  KeyUnwrapError,
  MasterKeyError,
  TransportError,
} from '@oss-envelope/core';
import { describe, expect, it, vi } from 'vitest';
import { type AesProviderOptions, aesProvider, generateAesSecret } from '../src/index.js';

const secret = generateAesSecret();
const unwrapBy = (provider: KeyProvider, wrappedKey: Uint8Array) =>
  provider.unwrapKey({ format: 'sealed', wrapAlgorithm: 'aes-256-gcm', wrappedKey });
const wrapBy = (provider: KeyProvider) => provider.wrapKey({ format: 'sealed' });

describe('where the secret comes from', () => {
  it.each<[string, AesProviderOptions['secret']]>([
    ['a text', secret],
    ['bytes', Buffer.from(secret, 'base64')],
    ['a promise', Promise.resolve(secret)],
    ['a function', () => secret],
    ['an asynchronous function', async () => Buffer.from(secret, 'base64')],
  ])('%s', async (_, given) => {
    const { key, wrappedKey } = await wrapBy(aesProvider({ secret }));
    const opened = await unwrapBy(aesProvider({ secret: given }), wrappedKey);
    expect(opened.key.bytes).toEqual(key.bytes);
  });

  it('a function is asked when it is needed, and once for all', async () => {
    const ask = vi.fn(async () => secret);
    const provider = aesProvider({ secret: ask });
    expect(ask).not.toHaveBeenCalled();
    await Promise.all([wrapBy(provider), wrapBy(provider), wrapBy(provider)]);
    await unwrapBy(provider, (await wrapBy(provider)).wrappedKey);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('a failure is not kept, and what it says is not passed on', async () => {
    const ask = vi.fn(async () => secret);
    ask.mockRejectedValueOnce(new Error('GET https://vault/?token=hunter2'));
    const provider = aesProvider({ secret: ask });
    const error: unknown = await wrapBy(provider).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ retryable: true });
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
    await wrapBy(provider);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('an error of this project that a function throws passes as it is', async () => {
    const own = new MasterKeyError('The secret is in another room.');
    await expect(wrapBy(aesProvider({ secret: () => Promise.reject(own) }))).rejects.toBe(own);
  });

  it('a promise that fails is reported by each use, and never unhandled', async () => {
    const provider = aesProvider({ secret: Promise.reject(new Error('no')) });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(wrapBy(provider)).rejects.toBeInstanceOf(TransportError);
    await expect(wrapBy(provider)).rejects.toBeInstanceOf(TransportError);
  });

  it.each([
    ['a function that gives nothing', () => undefined],
    ['a function that gives a password', async () => 'hunter2'],
    ['a promise of 16 bytes', Promise.resolve(new Uint8Array(16))],
  ])('%s gives no secret', async (_, given) => {
    const provider = aesProvider({ secret: given as AesProviderOptions['secret'] });
    await expect(wrapBy(provider)).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      argument: 'secret',
    });
  });

  it('an abort ends the waiting for it, and not the question of others', async () => {
    let give = (_: string): void => {};
    const provider = aesProvider({
      secret: () =>
        new Promise<string>((resolve) => {
          give = resolve;
        }),
    });
    const reason = new Error('enough');
    const controller = new AbortController();
    const aborted = provider.wrapKey({ format: 'sealed', signal: controller.signal });
    const other = wrapBy(provider);
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    give(secret);
    expect((await other).wrappedKey).toHaveLength(60);
  });
});

describe('what is refused', () => {
  it.each<[string, unknown, string]>([
    ['no options', undefined, 'options'],
    ['an option that is not known', { secret, passphrase: 'x' }, 'options.passphrase'],
    ['no secret', {}, 'secret'],
    ['null', { secret: null }, 'secret'],
    ['an object whose then is no function', { secret: Object.fromEntries([['then', 1]]) }, 'secret'],
    ['a variable that is not set', { secret: process.env.NO_SUCH_VARIABLE }, 'secret'],
    ['a description that is no record', { secret, materialDescription: { key: 1 } }, 'materialDescription'],
  ])('%s', (_, options, argument) => {
    const make = (): unknown => aesProvider(options as AesProviderOptions);
    expect(make).toThrow(InvalidArgumentError);
    expect(make).toThrow(expect.objectContaining({ argument }));
  });

  it('the other formats, and other algorithms', async () => {
    const provider = aesProvider({ secret });
    const { wrappedKey } = await wrapBy(provider);
    for (const format of ['oss-crypto', 'client-side-encryption'] as const) {
      expect(provider.wraps[format]).toBeUndefined();
      await expect(provider.wrapKey({ format })).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
      const request = { format, wrapAlgorithm: 'aes-256-gcm', wrappedKey };
      await expect(provider.unwrapKey(request)).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
    }
    const request = { format: 'sealed', wrapAlgorithm: 'age', wrappedKey } as const;
    await expect(provider.unwrapKey(request)).rejects.toBeInstanceOf(AlgorithmNotSupportedError);
  });

  it('a context, which it would not bind', async () => {
    const provider = aesProvider({ secret });
    const context = { tenant: '7' };
    await expect(provider.wrapKey({ format: 'sealed', context })).rejects.toMatchObject({
      argument: 'context',
    });
    await provider.wrapKey({ format: 'sealed', context: {} });
  });

  it('what another secret wrapped', async () => {
    const { wrappedKey } = await wrapBy(aesProvider({ secret: generateAesSecret() }));
    await expect(unwrapBy(aesProvider({ secret }), wrappedKey)).rejects.toEqual(new KeyUnwrapError());
  });
});

it('a provider does not show its secret', async () => {
  const provider = aesProvider({ secret, materialDescription: { key: '2026' } });
  await wrapBy(provider);
  const shown = `${inspect(provider, { depth: 9, showHidden: true })}${JSON.stringify(provider)}`;
  expect(shown).toContain('2026');
  for (const form of ['base64', 'hex'] as const) {
    expect(shown).not.toContain(Buffer.from(secret, 'base64').toString(form).slice(0, 16));
  }
});
