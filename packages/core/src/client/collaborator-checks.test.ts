import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../test/memory-transport.js';
import { toyProvider } from '../../test/toy-provider.js';
import { EncryptedBucket, type EncryptedBucketOptions, InvalidArgumentError } from '../index.js';

const memory = new MemoryTransport();
const provider = toyProvider(1);
const make = (options: object) => (): EncryptedBucket =>
  new EncryptedBucket({
    transport: memory,
    provider,
    format: 'oss-crypto',
    ...options,
  } as EncryptedBucketOptions);
const method = async (): Promise<never> => Promise.reject(new Error('not to be called'));
const aliOss = class Oss {
  put = method;
  get = method;
  head = method;
  delete = method;
  getStream = method;
  signatureUrl(): string {
    return '';
  }
};
const without = (value: object, name: string): object => ({ ...value, [name]: undefined });

describe('a transport that is none is told when a bucket is made', () => {
  it.each<[string, unknown, RegExp]>([
    ['a client of ali-oss', new aliOss(), /Wrap it: aliOssTransport\(client\)/],
    ['the class of ali-oss', aliOss, /aliOssTransport\(client\)/],
    ['a text', 'https://oss-cn-hangzhou.aliyuncs.com', /must be an object transport/],
    ['nothing', undefined, /must be an object transport/],
    ['a provider', provider, /this is a key provider/],
    ['one without head', without(memory, 'head'), /missing: head$/],
    [
      'one without list among its parts',
      { ...memory, parts: without(memory.parts ?? {}, 'list') },
      /parts\.list/,
    ],
    ['one with null as parts', { ...memory, parts: null }, /parts\.start, parts\.put/],
    ['one with half a checksum', { ...memory, crc64: { create: method } }, /crc64\.combine/],
    ['one with half a retry', { ...memory, retry: { retries: 3 } }, /retry\.sleep/],
    ['one with a copy that is no function', { ...memory, copy: true }, /copy/],
  ])('%s', (_, transport, message) => {
    expect(make({ transport })).toThrow(InvalidArgumentError);
    expect(make({ transport })).toThrow(/^options\.transport must /);
    expect(make({ transport })).toThrow(message);
  });

  it('but one without optional members is one', () => {
    const { put, get, head, delete: remove } = memory;
    expect(make({ transport: { put, get, head, delete: remove } })).not.toThrow();
  });
});

describe('a provider that is none is told when a bucket is made', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

  it.each<[string, unknown, RegExp]>([
    ['a PEM text', pem, /rsaProvider\(\{ publicKey \}\)/],
    ['a public key in an object', { publicKey: pem }, /Make one: rsaProvider\(\{ publicKey \}\)/],
    ['a key pair', { publicKey, privateKey }, /Make one: rsaProvider\(\{ publicKey, privateKey \}\)/],
    ['a key of Node', publicKey, /rsaProvider/],
    ['a JWK', publicKey.export({ format: 'jwk' }), /rsaProvider/],
    ["a KMS key's id", { keyId: 'k' }, /kmsProvider\(\{ keyId, … \}\)/],
    ['a transport', memory, /this is a transport/],
    ['a function', () => provider, /not the function/],
    ['nothing', undefined, /must be a key provider/],
    ['one without wraps', without(provider, 'wraps'), /wraps/],
    ['one without unwraps', without(provider, 'unwraps'), /unwraps/],
    ['one without unwrapKey', without(provider, 'unwrapKey'), /missing: unwrapKey/],
    ['one that writes by a number', { ...provider, wraps: { sealed: 5 } }, /wraps/],
    ['one that writes by two words', { ...provider, wraps: { sealed: 'a b' } }, /wraps/],
    [
      'one that writes by a name that is too long',
      { ...provider, wraps: { sealed: 'a'.repeat(65) } },
      /wraps/,
    ],
    ['one that reads numbers', { ...provider, unwraps: [1] }, /unwraps/],
    ['one with a number in its description', { ...provider, materialDescription: { a: 5 } }, /materialDescr/],
    ['one without a description', without(provider, 'materialDescription'), /materialDescription/],
  ])('%s', (_, wrong, message) => {
    for (const options of [{ provider: wrong }, { otherProviders: [wrong] }]) {
      expect(make(options)).toThrow(InvalidArgumentError);
      expect(make(options)).toThrow(/^options\.(?:provider|otherProviders\.0) must /);
      expect(make(options)).toThrow(message);
      expect(make(options)).not.toThrow(/BEGIN/);
    }
  });

  it('but one that cannot write is one', () => {
    expect(make({ provider: { ...provider, wraps: {} } })).not.toThrow();
    expect(make({ provider: { ...provider, unwraps: [] } })).not.toThrow();
  });
});
