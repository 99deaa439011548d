import * as credentialsPackage from '@alicloud/credentials';
import { type CredentialsProvider, credentialsSource } from '@oss-envelope/core/adapter';
import { defaultKmsAccount, startKms } from '@oss-envelope/local-cloud';
import { describe, expect, test } from 'vitest';
import { kmsFetchProvider } from '../src/fetch.js';
import { kmsProvider } from '../src/index.js';

const inner = (credentialsPackage as unknown as { default: object }).default;
const { default: Credential, Config } = ('default' in inner ? inner : credentialsPackage) as unknown as {
  readonly default: new (config: object) => CredentialsProvider;
  readonly Config: new (members: object) => object;
};
const issue = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' };

test('objects of @alicloud/credentials give what is signed with', async () => {
  const sts = new Credential(new Config({ type: 'sts', ...issue }));
  expect(await credentialsSource(sts).get()).toMatchObject(issue);
  const { securityToken: _none, ...pair } = issue;
  const key = new Credential(new Config({ type: 'access_key', ...pair }));
  expect(await credentialsSource(key).get()).toMatchObject({ ...pair, securityToken: undefined });
});

describe.each([
  ['kmsProvider', kmsProvider],
  ['kmsFetchProvider', kmsFetchProvider],
] as const)('%s', (_name, make) => {
  test('asks a function once, and once again for all calls when its credentials have ended', async () => {
    const kms = await startKms();
    try {
      const accounts = [1, 2].map((number) => ({
        accessKeyId: `STS.${number}`,
        accessKeySecret: `secret-${number}`,
        securityToken: `token-${number}`,
      }));
      for (const account of accounts) kms.accounts.add(account);
      let asked = 0;
      const provider = make({
        endpoint: kms.url,
        keyId: await kms.createKey(),
        credentials: async () => accounts[asked++ % 2]!,
        retries: 0,
      });
      const write = () => provider.wrapKey({ format: 'oss-crypto', start: new TextEncoder().encode('1234') });
      await Promise.all([write(), write(), write()]);
      expect(asked).toBe(1);
      kms.accounts.add({ ...accounts[0]!, expiresAt: new Date(0) });
      await Promise.all([write(), write(), write()]);
      await write();
      expect(asked).toBe(2);
    } finally {
      await kms.close();
    }
  });

  test.each([
    ['an empty token', ''],
    ['a token that is null', null],
  ])('takes %s for none', async (_what, securityToken) => {
    const kms = await startKms();
    try {
      const credentials = { ...defaultKmsAccount, securityToken };
      const provider = make({ endpoint: kms.url, keyId: await kms.createKey(), credentials });
      expect((await provider.wrapKey({ format: 'oss-crypto' })).wrappedKey.length).toBeGreaterThan(0);
    } finally {
      await kms.close();
    }
  });

  test('refuses a secret that was copied with its line end, and does not show it', () => {
    const credentials = { ...defaultKmsAccount, accessKeySecret: 'VeryOwnSecret\n' };
    expect(() => make({ region: 'cn-hangzhou', keyId: 'k', credentials })).toThrow(
      'credentials.accessKeySecret has a space or a line end before or after it: remove it',
    );
  });
});
