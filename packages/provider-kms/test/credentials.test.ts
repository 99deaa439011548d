import * as credentialsPackage from '@alicloud/credentials';
import { describe, expect, test } from 'vitest';
import { type CredentialsProvider, credentialsReader } from '../src/credentials.js';

const inner = (credentialsPackage as unknown as { default: object }).default;
const { default: Credential, Config } = ('default' in inner ? inner : credentialsPackage) as unknown as {
  readonly default: new (config: object) => CredentialsProvider;
  readonly Config: new (members: object) => object;
};
const issue = { accessKeyId: 'id', accessKeySecret: 'secret', securityToken: 'token' };

describe('one set of credentials from', () => {
  test('a value, kept as it was', async () => {
    const given = { ...issue };
    const read = credentialsReader(given);
    given.accessKeyId = 'changed';
    expect(await read()).toEqual(issue);
  });
  test('a function, asked anew each time, once for all who ask at the same time', async () => {
    let asked = 0;
    const read = credentialsReader(async () => ({ ...issue, accessKeyId: `id-${++asked}` }));
    const ids = (await Promise.all([read(), read(), read()])).map(({ accessKeyId }) => accessKeyId);
    expect(ids).toEqual(['id-1', 'id-1', 'id-1']);
    expect((await read()).accessKeyId).toBe('id-2');
  });
  test('a provider of @alicloud/credentials', async () => {
    const sts = new Credential(new Config({ type: 'sts', ...issue }));
    expect(await credentialsReader(sts)()).toEqual(issue);
    const pair = new Credential(
      new Config({ type: 'access_key', accessKeyId: 'id', accessKeySecret: 'secret' }),
    );
    expect(await credentialsReader(pair)()).toEqual({ accessKeyId: 'id', accessKeySecret: 'secret' });
  });
  test('parts that rotate between the questions', async () => {
    let asked = 0;
    const at = (name: string) => async () => `${name}-${asked++ < 2 ? 1 : 2}`;
    const read = credentialsReader({
      getAccessKeyId: at('id'),
      getAccessKeySecret: at('secret'),
      getSecurityToken: at('token'),
    });
    expect(await read()).toEqual({
      accessKeyId: 'id-2',
      accessKeySecret: 'secret-2',
      securityToken: 'token-2',
    });
  });
  test('parts that never stand still', async () => {
    let asked = 0;
    const next = async () => `part-${asked++}`;
    const read = credentialsReader({
      getAccessKeyId: next,
      getAccessKeySecret: next,
      getSecurityToken: next,
    });
    await expect(read()).rejects.toThrow(/changed each time/);
  });
});

test('an empty token is none', async () => {
  const read = credentialsReader(() => ({ ...issue, securityToken: '' }));
  expect(await read()).toEqual({ accessKeyId: 'id', accessKeySecret: 'secret' });
});

test('what is no source is refused at once, what gives nothing usable when asked', async () => {
  for (const wrong of [
    undefined,
    null,
    'text',
    {},
    { accessKeyId: 'id' },
    { ...issue, accessKeySecret: 'a b' },
  ]) {
    expect(() => credentialsReader(wrong as never)).toThrow(TypeError);
  }
  for (const wrong of [undefined, null, {}, { ...issue, securityToken: 7 }]) {
    await expect(credentialsReader((async () => wrong) as never)()).rejects.toThrow(TypeError);
  }
});
