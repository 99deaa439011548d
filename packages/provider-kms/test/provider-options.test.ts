import { InvalidArgumentError } from '@oss-envelope/core';
import { describe, expect, test } from 'vitest';
import { kmsFetchProvider } from '../src/fetch.js';
import { kmsProvider } from '../src/index.js';
import { resolveEndpoint } from '../src/options/kms-endpoint.js';
import { GeneratedClient } from './generated-clients.js';
import { KmsClient12 } from './provider-ways.js';

const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' };
const base = { region: 'cn-hangzhou', credentials, keyId: 'alias/photos' };
const makers = [
  ['kmsProvider', kmsProvider],
  ['kmsFetchProvider', kmsFetchProvider],
] as const;

describe.each(makers)('%s', (_name, make) => {
  test.each([
    ['keyId', ''],
    ['keyId', 'two words'],
    ['keyId', 7],
    ['layering', 'python'],
    ['materialDescription', { a: 1 }],
    ['materialDescription', 'text'],
    ['passphrase', ''],
    ['encryptionContext', []],
    ['timeoutMs', 0],
    ['timeoutMs', 1.5],
    ['timeoutMs', '10'],
    ['timeoutMs', Number.POSITIVE_INFINITY],
    ['retries', -1],
    ['retries', 21],
    ['cache', true],
    ['cache', { maxEntries: 0 }],
    ['cache', { maxAgeMs: -1 }],
    ['cache', { maxUses: 0.5 }],
    ['cache', { size: 1 }],
    ['cache', { constructor: 1 }],
    ['credentials', undefined],
    ['region', 'cn hangzhou'],
    ['region', 'kms.evil.example/?'],
    ['pasphrase', 'x'],
    ['keyIds', 'some'],
    ['keyIds', []],
    ['keyIds', ['two words']],
    ['keyIds', ['alias/photos']],
    ['keyIds', ['acs:kms:cn-hangzhou:1:alias/photos']],
    ['encryptionContext', { 'oss-envelope': 'sealed/1' }],
    ['encryptionContext', { 'oss-envelope-own': 'x' }],
    ['sleep', 5],
    ['random', 5],
    ['now', 5],
  ])('refuses %s: %j, and names it', (name, value) => {
    expect(() => make({ ...base, [name]: value } as typeof base)).toThrow(
      new RegExp(`^(?:options\\.)?${name}`),
    );
  });
  test('takes each of its options, and no other spelling of one', () => {
    const options: object = {
      ...base,
      keyIds: ['key-1'],
      encryptionContext: { a: 'b' },
      layering: 'oss2',
      materialDescription: { key: 'photos' },
      timeoutMs: 5000,
      retries: 1,
      cache: { maxEntries: 5 },
      sleep: async () => {},
      random: () => 0.5,
      now: () => 0,
    };
    expect(make(options as typeof base).materialDescription).toEqual({ key: 'photos' });
    const { region: _, ...others } = options as typeof base;
    make({ ...others, endpoint: 'https://kms.example.com' });
    for (const name of Object.keys(options)) {
      expect(() => make({ ...options, [`x${name}`]: 1 } as never)).toThrow(
        expect.objectContaining({ argument: `options.x${name}` }),
      );
    }
  });
  test('refuses a passphrase together with a context, and endpoint together with region, or neither', () => {
    expect(() => make({ ...base, passphrase: 'x', encryptionContext: { a: 'b' } })).toThrow(/together/);
    expect(() => make({ ...base, endpoint: 'kms.example.com' })).toThrow(/endpoint/);
    expect(() => make({ credentials, keyId: 'k' })).toThrow(/endpoint/);
    expect(() => make(undefined as never)).toThrow(InvalidArgumentError);
    expect(() => make(null as never)).toThrow(InvalidArgumentError);
    expect(() => make({ ...base, ignoreSSL: true } as never)).toThrow(
      expect.objectContaining({ argument: 'options.ignoreSSL' }),
    );
  });
  test('has a description that does not change with the caller’s', () => {
    const materialDescription = { key: 'photos' };
    const provider = make({ ...base, materialDescription });
    materialDescription.key = 'other';
    expect(provider.materialDescription).toEqual({ key: 'photos' });
    expect(make(base).materialDescription).toEqual({});
  });
});

describe('a client of the user’s', () => {
  const config = { ...credentials, endpoint: 'kms.example.com' };
  test('of each generation', () => {
    kmsProvider({ client: new KmsClient12(config), keyId: 'k' });
    kmsProvider({ client: new GeneratedClient('3.x', { ...config, protocol: 'https' }), keyId: 'k' });
  });
  test.each([undefined, null, {}, { generateDataKeyEx: () => {} }, 'client'])(
    'is refused as %j',
    (client) => {
      expect(() => kmsProvider({ client: client as never, keyId: 'k' })).toThrow(/^client/);
    },
  );
  test.each(['region', 'endpoint', 'credentials', 'ca'])('is refused together with %s', (name) => {
    const options = { client: new KmsClient12(config), keyId: 'k', [name]: 'x' };
    expect(() => kmsProvider(options)).toThrow(new RegExp(`^${name}.*client`));
  });
});

test('a fetch is a function', () => {
  expect(() => kmsFetchProvider({ ...base, fetch: 7 as never })).toThrow(
    expect.objectContaining({ argument: 'fetch' }),
  );
});

test('a passphrase that only some clients can send is refused for the others alone', () => {
  const config = { ...credentials, endpoint: 'kms.example.com' };
  const passphrase = 'quote"';
  kmsProvider({ client: new KmsClient12(config), keyId: 'k', passphrase });
  const client = new GeneratedClient('3.x', { ...config, protocol: 'https' });
  expect(() => kmsProvider({ client, keyId: 'k', passphrase })).toThrow(/^passphrase/);
  kmsProvider({ client, keyId: 'k', passphrase: 'plain' });
});

describe('endpoints', () => {
  test.each([
    [{ region: 'cn-hangzhou' }, 'https', 'kms.cn-hangzhou.aliyuncs.com'],
    [{ endpoint: 'kms-vpc.eu-central-1.aliyuncs.com' }, 'https', 'kms-vpc.eu-central-1.aliyuncs.com'],
    [
      { endpoint: 'https://kst-1.cryptoservice.kms.aliyuncs.com/' },
      'https',
      'kst-1.cryptoservice.kms.aliyuncs.com',
    ],
    [{ region: 'oss-cn-hangzhou' }, 'https', 'kms.cn-hangzhou.aliyuncs.com'],
    [{ endpoint: 'kms.example.com:8443' }, 'https', 'kms.example.com:8443'],
    [{ endpoint: 'https://kms.example.com:443' }, 'https', 'kms.example.com'],
    [{ endpoint: 'http://127.0.0.1:8080' }, 'http', '127.0.0.1:8080'],
  ] as const)('%j', (options, protocol, host) => {
    expect(resolveEndpoint(options)).toEqual({ protocol, host });
  });
  test('is given by a region or by itself, and not by both', () => {
    expect(() => resolveEndpoint({})).toThrow(/^region must be given.*or endpoint/);
    expect(() => resolveEndpoint({ region: 'cn-hangzhou', endpoint: 'kms.example.com' })).toThrow(
      'region must be left out beside an endpoint',
    );
  });
  test.each([
    'https://user:secret@kms.example.com',
    'https://kms.example.com/path',
    'https://kms.example.com/?a=b',
    'https://kms.example.com#x',
    'ftp://kms.example.com',
    'kms example',
    '',
  ])('%j is none', (endpoint) => {
    expect(() => resolveEndpoint({ endpoint })).toThrow(InvalidArgumentError);
  });
});
