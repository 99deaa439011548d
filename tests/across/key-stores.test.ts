import {
  EncryptedBucket,
  type EncryptedBucketOptions,
  type KeyProvider,
  KeyUnwrapError,
  MasterKeyError,
  NoMatchingKeyError,
  OutOfRangeError,
} from '@oss-envelope/core';
import { aesProvider, generateAesSecret } from '@oss-envelope/provider-aes';
import { ageProvider, generateAgeIdentity } from '@oss-envelope/provider-age';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { describe, expect } from 'vitest';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const rsa = rsaProvider(await rsaPair());
const aes = aesProvider({ secret: generateAesSecret() });
const keys = await generateAgeIdentity();
const others = await Promise.all(Array.from({ length: 3 }, () => generateAgeIdentity()));
const age = ageProvider({ identities: keys.identity, recipients: keys.recipient });
const passphrase = ageProvider({ passphrase: 'correct horse', workFactorLog2: 10 });
const stores: [string, KeyProvider, string][] = [
  ['a secret', aes, 'aes-256-gcm'],
  ['age, post-quantum', age, 'age'],
  ['age with a passphrase', passphrase, 'age'],
];

/** A provider that counts what it is asked. */
function counted(provider: KeyProvider): KeyProvider & { readonly calls: { wrap: number; unwrap: number } } {
  const calls = { wrap: 0, unwrap: 0 };
  return {
    ...provider,
    calls,
    wrapKey(request) {
      calls.wrap++;
      return provider.wrapKey(request);
    },
    unwrapKey(request) {
      calls.unwrap++;
      return provider.unwrapKey(request);
    },
  };
}

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  const bucketOf = (provider: KeyProvider, options: Partial<EncryptedBucketOptions> = {}): EncryptedBucket =>
    new EncryptedBucket({ transport: transportOf(world), provider, format: 'sealed', ...options });
  const read = async (bucket: EncryptedBucket, key: string): Promise<string> =>
    (await bucket.get(key)).text();
  const recipientOf = async (key: string, number = 1): Promise<{ wrap: string; kek: string }> => {
    const { headers } = await world.oss.getObject('bucket', key);
    return JSON.parse(headers[`x-oss-meta-oss-envelope-key-${number}`] ?? '{}');
  };

  it.each(stores)('%s keeps the key of an object', async (_, provider, wrap) => {
    const content = 'a'.repeat(40_000);
    await bucketOf(provider, { context: { tenant: '7' } }).put('motto.txt', content);
    expect((await recipientOf('motto.txt')).wrap).toBe(wrap);
    const reader = bucketOf(provider, { context: { tenant: '7' } });
    expect(await read(reader, 'motto.txt')).toBe(content);
    expect(await (await reader.get('motto.txt', { range: { lastBytes: 5 } })).text()).toBe('aaaaa');
    expect((await reader.verify('motto.txt')).authenticated).toBe(true);
  });

  it.each(stores)('%s is asked once for many objects', async (_, provider) => {
    const [writer, reader] = [counted(provider), counted(provider)];
    const names = Array.from({ length: 20 }, (_, index) => `many/${index}`);
    const bucket = bucketOf(writer);
    await Promise.all(names.map((name) => bucket.put(name, name)));
    const again = bucketOf(reader);
    expect(await Promise.all(names.map((name) => read(again, name)))).toEqual(names);
    expect([writer.calls, reader.calls]).toEqual([
      { wrap: 1, unwrap: 0 },
      { wrap: 0, unwrap: 1 },
    ]);
  });

  it('each of several recipients of different kinds opens an object', async () => {
    await bucketOf(rsa, { recipients: [aes, age] }).put('shared.txt', 'for all');
    for (const provider of [rsa, aes, age])
      expect(await read(bucketOf(provider), 'shared.txt')).toBe('for all');
    expect((await recipientOf('shared.txt', 3)).wrap).toBe('age');
  });

  it('other keys of the same kind do not open it, and those of another kind find nothing', async () => {
    const [stranger] = others as [(typeof others)[number]];
    await bucketOf(age).put('a', 'x');
    await bucketOf(aes).put('b', 'x');
    const foreignAge = ageProvider({ identities: stranger.identity });
    await expect(bucketOf(foreignAge).get('a')).rejects.toBeInstanceOf(KeyUnwrapError);
    await expect(bucketOf(passphrase).get('a')).rejects.toBeInstanceOf(KeyUnwrapError);
    await expect(bucketOf(aes).get('a')).rejects.toBeInstanceOf(NoMatchingKeyError);
    const foreignSecret = aesProvider({ secret: generateAesSecret() });
    await expect(bucketOf(foreignSecret).get('b')).rejects.toBeInstanceOf(KeyUnwrapError);
    await expect(bucketOf(age).get('b')).rejects.toBeInstanceOf(NoMatchingKeyError);
  });

  it('half of an age pair does half of the work, and the error says so', async () => {
    const writer = bucketOf(ageProvider({ recipients: keys.recipient }));
    const reader = bucketOf(ageProvider({ identities: keys.identity }));
    await writer.put('a', 'x');
    expect(await read(reader, 'a')).toBe('x');
    await expect(reader.put('a', 'y')).rejects.toBeInstanceOf(MasterKeyError);
    await expect(writer.get('a')).rejects.toBeInstanceOf(NoMatchingKeyError);
  });

  it('more than the metadata hold is refused before anything is sent', async () => {
    const recipients = [keys, ...others].map(({ recipient }) => recipient);
    const four = bucketOf(ageProvider({ recipients }));
    await expect(four.put('a', 'x')).rejects.toMatchObject({
      name: 'OutOfRangeError',
      argument: 'recipients',
    });
    const each = recipients.map((recipient, index) =>
      ageProvider({ recipients: recipient, materialDescription: { key: String(index) } }),
    );
    const apart = bucketOf(each[0] as KeyProvider, { recipients: each.slice(1) });
    await expect(apart.put('a', 'x')).rejects.toBeInstanceOf(OutOfRangeError);
    expect(world.oss.requests.list()).toEqual([]);
    await bucketOf(ageProvider({ recipients: recipients.slice(0, 3) })).put('a', 'x');
    expect(await read(bucketOf(age), 'a')).toBe('x');
  });

  it.each(stores)('%s writes no other format, and the error says which it writes', async (_, provider) => {
    const bucket = bucketOf(provider, { format: 'oss-crypto' });
    const refused = bucket.put('a', 'x');
    await expect(refused).rejects.toBeInstanceOf(MasterKeyError);
    await expect(refused).rejects.toThrow(/cannot write the format 'oss-crypto', only 'sealed'/);
  });
});
