import { inspect } from 'node:util';
import { encodeBase64, type KeyProvider } from '@oss-envelope/core';
import { type KmsFault, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { describe, expect, test } from 'vitest';
import { kmsFetchProvider } from '../src/fetch.js';
import { kmsProvider } from '../src/index.js';
import type { KmsKeyOptions } from '../src/provider/key-options.js';
import { type ProviderWay, providerWays } from './provider-ways.js';

const account = {
  accessKeyId: 'STS.VeryOwnAccessKeyId',
  accessKeySecret: 'VeryOwnAccessKeySecret',
  securityToken: 'VeryOwnSecurityToken+/=',
};
const passphrase = 'VeryOwnPassphrase';
const start = Uint8Array.from({ length: 16 }, (_, index) => 240 - index);

/** Everything that can be got out of an error by printing it in whatever way. */
function everyPrint(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 5) return String(error);
  const own = Reflect.ownKeys(error).map(
    (name) => `${String(name)}=${everyPrint(Reflect.get(error, name), depth + 1)}`,
  );
  return [
    inspect(error, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(error),
    String(error),
    ...own,
  ].join('\n');
}

interface Trouble {
  readonly name: string;
  readonly faults?: readonly KmsFault[];
  readonly credentials?: Partial<typeof account>;
  readonly options?: KmsKeyOptions;
  readonly isGone?: boolean;
}

const always = { times: Number.POSITIVE_INFINITY } as const;
const troubles: readonly Trouble[] = [
  // The service's message repeats the string to sign, with every parameter.
  { name: 'a signature that does not match', credentials: { accessKeySecret: 'VeryOwnOtherSecret' } },
  { name: 'a token that does not match', credentials: { securityToken: 'VeryOwnOtherToken' } },
  { name: 'an unknown key', options: { keyId: '00000000-0000-4000-8000-000000000000' } },
  { name: 'throttling', faults: [{ kind: 'throttle', ...always }] },
  {
    name: 'a failure of the service',
    faults: [{ kind: 'status', status: 500, message: `VeryOwnPassphrase`, ...always }],
  },
  {
    name: 'a code that is none',
    faults: [{ kind: 'status', status: 400, code: 'VeryOwnPassphrase is wrong', ...always }],
  },
  { name: 'a reset', faults: [{ kind: 'reset', ...always }] },
  { name: 'a time-out', faults: [{ kind: 'stall', ...always }], options: { timeoutMs: 60 } },
  { name: 'half an answer', faults: [{ kind: 'truncate', ...always }], options: { timeoutMs: 500 } },
  { name: 'a page of HTML', faults: [{ kind: 'garbage', body: '<p>VeryOwnPassphrase', ...always }] },
  { name: 'a missing member', faults: [{ kind: 'missing-fields', ...always }] },
  {
    name: 'a member of another kind',
    faults: [
      {
        kind: 'replace-fields',
        fields: { Plaintext: { VeryOwnPassphrase: 1 }, CiphertextBlob: 'VeryOwnPassphrase!' },
        ...always,
      },
    ],
  },
  {
    name: 'a data key of another length',
    faults: [{ kind: 'wrong-key-length', lengthBytes: 31, ...always }],
  },
  { name: 'nobody there', isGone: true },
];

/** What must not be printed: the secrets, and all that was sent or answered. */
function secretsOf(kms: LocalKms): readonly string[] {
  const sent = [...kms.requests].flatMap(({ rawUrl, headers, parameters }) => [
    rawUrl,
    ...[headers.authorization, parameters.Signature, parameters.CiphertextBlob, parameters.SignatureNonce],
  ]);
  const texts = [encodeBase64(start), 'VeryOwn', kms.endpoint, 'Signature=', ...sent];
  const found = texts.filter((text): text is string => text !== undefined && text !== '');
  return [...new Set(found.flatMap((text) => [text, encodeURIComponent(text)]))];
}

function expectNoSecret(error: unknown, kms: LocalKms): void {
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toHaveProperty('cause');
  const printed = everyPrint(error);
  for (const secret of secretsOf(kms)) expect(printed).not.toContain(secret);
}

async function failuresOf(provider: KeyProvider): Promise<unknown[]> {
  const blob = new Uint8Array(80).fill(86);
  const settled = await Promise.allSettled([
    provider.wrapKey({ format: 'client-side-encryption', start }),
    provider.unwrapKey({
      format: 'client-side-encryption',
      wrapAlgorithm: 'kms',
      wrappedKey: blob,
      wrappedStart: blob,
    }),
  ]);
  return settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}

async function withKms(run: (kms: LocalKms) => Promise<void>): Promise<void> {
  const kms = await startKms({ accounts: [account] });
  try {
    await run(kms);
  } finally {
    await kms.close();
  }
}

describe.each(providerWays)('by $name, no error tells a secret', (way: ProviderWay) => {
  test.each(troubles)('of $name', async ({ faults = [], credentials, options, isGone }) => {
    await withKms(async (kms) => {
      const keyId = await kms.createKey();
      for (const fault of faults) kms.faults.add(fault);
      if (isGone) await kms.close();
      const provider = way.make(
        { url: kms.url, credentials: { ...account, ...credentials } },
        { keyId, passphrase, retries: 0, ...options },
      );
      const failures = await failuresOf(provider);
      expect(failures.length).toBeGreaterThan(0);
      for (const failure of failures) expectNoSecret(failure, kms);
    });
  });
});

describe('credentials that cannot be had', () => {
  const failing = async (): Promise<never> => {
    throw Object.assign(new Error('VeryOwnAccessKeySecret'), { url: 'http://VeryOwn' });
  };
  test.each([
    ['a function', failing],
    ['a provider', { getCredential: failing }],
    ['parts', { getAccessKeyId: failing, getAccessKeySecret: failing, getSecurityToken: failing }],
    ['a function of something else', async () => ({ accessKeyId: 'VeryOwn\n', accessKeySecret: '' })],
  ])('from %s', async (_name, credentials) => {
    await withKms(async (kms) => {
      const options = { endpoint: kms.url, credentials, keyId: 'k', retries: 0 };
      for (const provider of [kmsProvider(options), kmsFetchProvider(options)]) {
        const failures = await failuresOf(provider);
        expect(failures).toHaveLength(2);
        for (const failure of failures) {
          expectNoSecret(failure, kms);
          expect(String(failure)).toMatch(/credentials/);
        }
      }
      expect(kms.requests.length).toBe(0);
    });
  });
});

test('the printing finds what an error of the client of 1.2 holds', async () => {
  await withKms(async (kms) => {
    kms.faults.add({ kind: 'reset' });
    const { KmsClient12 } = await import('./provider-ways.js');
    const client = new KmsClient12({ ...account, endpoint: kms.endpoint, protocol: 'http' }) as unknown as {
      encrypt(request: object): Promise<object>;
    };
    const error = await client
      .encrypt({ KeyId: 'k', Plaintext: encodeBase64(start) })
      .catch((reason: unknown) => reason);
    expect(() => expectNoSecret(error, kms)).toThrow();
  });
});
