import { TransportError } from '@oss-envelope/core';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { authorityCertificate, serverIdentity } from '@oss-envelope/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kmsFetchProvider } from '../src/fetch.js';
import { kmsProvider } from '../src/index.js';
import { providerWays } from './provider-ways.js';

let kms: LocalKms;
let keyId: string;

beforeAll(async () => {
  kms = await startKms({ tls: serverIdentity });
  keyId = await kms.createKey();
});
afterAll(() => kms.close());

const format = 'client-side-encryption' as const;
const start = new Uint8Array(16).fill(3);

describe('an endpoint whose certificate is of a private authority', () => {
  test.each([
    ['one text', authorityCertificate],
    ['several', [authorityCertificate, serverIdentity.cert]],
  ])('opens with ca as %s', async (_name, ca) => {
    const provider = kmsProvider({ endpoint: kms.endpoint, credentials: defaultKmsAccount, keyId, ca });
    const { wrappedKey, wrappedStart, key } = await provider.wrapKey({ format, start });
    const opened = await provider.unwrapKey({ format, wrapAlgorithm: 'kms', wrappedKey, wrappedStart });
    expect(opened.key.bytes).toEqual(key.bytes);
    expect(opened.start).toEqual(start);

    const given = await provider.wrapKey({ format, key });
    const again = { format, wrapAlgorithm: 'kms', wrappedKey: given.wrappedKey };
    expect((await provider.unwrapKey(again)).key.bytes).toEqual(key.bytes);
    expect(kms.requests.of('Encrypt').at(-1)?.rawUrl).not.toContain('Plaintext');
  });

  test.each(providerWays)('is refused without it by $name, and the error names the fix', async (way) => {
    const before = kms.requests.length;
    const provider = way.make({ url: kms.url }, { keyId });
    const error = await provider.wrapKey({ format, start }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ retryable: false });
    expect(String(error)).toMatch(/`ca`/);
    expect(String(error)).toMatch(/Do not switch the verification off/);
    expect(kms.requests.length).toBe(before);
  });

  test('is refused with another authority', async () => {
    const provider = kmsProvider({
      endpoint: kms.url,
      credentials: defaultKmsAccount,
      keyId,
      ca: serverIdentity.cert,
    });
    await expect(provider.wrapKey({ format, start })).rejects.toThrow(/authority/);
  });

  test('is refused under a name that the certificate has not', async () => {
    const provider = kmsProvider({
      endpoint: kms.endpoint.replace('127.0.0.1', 'localhost'),
      credentials: defaultKmsAccount,
      keyId,
      ca: authorityCertificate,
      retries: 0,
    });
    const error = await provider.wrapKey({ format, start }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'TransportError', retryable: false });
    expect(String(error)).toMatch(/name/);
  });

  test('is not reached by switching the verification off in the environment', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      for (const way of providerWays.filter(({ name }) => name.includes('client'))) {
        const provider = way.make({ url: kms.url }, { keyId });
        await expect(provider.wrapKey({ format, start }), way.name).rejects.toThrow(/authority/);
      }
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });
});

describe('options that would weaken the connection', () => {
  const base = { endpoint: 'kms.example.com', credentials: defaultKmsAccount, keyId: 'k' };
  test.each(['rejectUnauthorized', 'ignoreSSL', 'insecure'])('%s', (name) => {
    for (const make of [kmsProvider, kmsFetchProvider]) {
      expect(() => make({ ...base, [name]: true } as typeof base)).toThrow(/always verified.*`ca`/);
    }
  });
  test('plain HTTP, except on loopback', () => {
    for (const make of [kmsProvider, kmsFetchProvider]) {
      expect(() => make({ ...base, endpoint: 'http://kms.example.com' })).toThrow(/plain HTTP/);
      for (const host of ['127.0.0.1:1', 'localhost:1', '[::1]:1'])
        make({ ...base, endpoint: `http://${host}` });
    }
  });
  test('ca that is none, and where it cannot be used', () => {
    for (const ca of ['', 'not PEM', []]) expect(() => kmsProvider({ ...base, ca })).toThrow(/PEM/);
    expect(() => kmsProvider({ ...base, endpoint: 'http://127.0.0.1:1', ca: authorityCertificate })).toThrow(
      /https/,
    );
    expect(() => kmsFetchProvider({ ...base, ca: authorityCertificate } as typeof base)).toThrow(
      /NODE_EXTRA_CA_CERTS/,
    );
  });
});
