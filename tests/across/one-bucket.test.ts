import { EncryptedBucket, type FormatName, type KeyProvider } from '@oss-envelope/core';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair, runs } from '@oss-envelope/test-kit';
import { inTurn } from '@oss-envelope/test-kit/in-turn';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const [pair, olderPair] = await Promise.all([rsaPair(), rsaPair(1)]);
let kms: LocalKms;
let keyId: string;

beforeEach(async () => {
  kms = await startKms();
  keyId = await kms.createKey({});
});
afterEach(() => kms.close());

const kmsOf = (options: Partial<Parameters<typeof kmsProvider>[0]> = {}): KeyProvider =>
  kmsProvider({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId, ...options } as Parameters<
    typeof kmsProvider
  >[0]);

/** A provider that counts how often it is asked to unwrap. */
function counted(provider: KeyProvider): KeyProvider & { asked: number } {
  const counting = {
    ...provider,
    asked: 0,
    wrapKey: provider.wrapKey.bind(provider),
    unwrapKey: (request: Parameters<KeyProvider['unwrapKey']>[0]) => {
      counting.asked++;
      return provider.unwrapKey(request);
    },
  };
  return counting;
}

const nextRow = inTurn(transports.length);
describe.each(transports)('over %s', (_, transportOf) => {
  const it = nextRow();
  it('one bucket holds objects of every kind, and only the matching provider is asked for each', async () => {
    const transport = transportOf(world);
    const older = { materialDescription: { keys: 'older' } };
    const writers: [string, FormatName, KeyProvider, keyof typeof readers][] = [];
    const readers = {
      rsa: counted(rsaProvider({ privateKey: pair.privateKey })),
      olderRsa: counted(rsaProvider({ privateKey: olderPair.privateKey, ...older })),
      kms: counted(kmsOf()),
      olderKms: counted(kmsOf({ ...older, passphrase: '1234' })),
    };
    writers.push(
      ['rsa-2018', 'oss-crypto', rsaProvider(pair), 'rsa'],
      ['rsa-pkcs1', 'client-side-encryption', rsaProvider(pair), 'rsa'],
      ['rsa-oaep', 'client-side-encryption', rsaProvider({ ...pair, padding: 'oaep-sha1' }), 'rsa'],
      ['rsa-older', 'client-side-encryption', rsaProvider({ ...olderPair, ...older }), 'olderRsa'],
      ['kms-2018', 'oss-crypto', kmsOf(), 'kms'],
      ['kms-standard', 'client-side-encryption', kmsOf(), 'kms'],
      ['kms-oss2', 'client-side-encryption', kmsOf({ layering: 'oss2' }), 'kms'],
      ['kms-older', 'oss-crypto', kmsOf({ ...older, passphrase: '1234' }), 'olderKms'],
    );
    for (const [key, format, provider] of writers) {
      await new EncryptedBucket({ transport, provider, format }).put(key, `content of ${key}`);
    }
    const bucket = new EncryptedBucket({
      transport,
      provider: readers.rsa,
      otherProviders: [readers.olderRsa, readers.kms, readers.olderKms],
      format: 'oss-crypto',
    });
    for (const [key, format, , reader] of writers) {
      for (const provider of Object.values(readers)) provider.asked = 0;
      const object = await bucket.get(key);
      expect(await object.text()).toBe(`content of ${key}`);
      expect(object.encryption).toMatchObject({ kind: 'enveloped', envelope: { format } });
      const asked = Object.entries(readers).filter(([, provider]) => provider.asked > 0);
      expect(
        asked.map(([name, provider]) => [name, provider.asked]),
        key,
      ).toEqual([[reader, 1]]);
      const part = await bucket.get(key, { range: { offsetBytes: 11 } });
      expect(await part.text()).toBe(key);
    }
    const [layered, standard] = await Promise.all(
      ['kms-oss2', 'kms-standard'].map(async (key) => {
        const { headers } = await world.oss.getObject('bucket', key);
        return Buffer.from(String(headers['x-oss-meta-client-side-encryption-key']), 'base64').toString(
          'latin1',
        );
      }),
    );
    // Python's layering is base64 of base64 text; that of Go and Java holds KMS's own blob, whose text has hyphens.
    expect(layered).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(standard).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-/);
  });

  it('KMS is asked twice for each put and each get, and the data key is never in a request', async () => {
    const bucket = new EncryptedBucket({
      transport: transportOf(world),
      provider: kmsOf(),
      format: 'oss-crypto',
    });
    kms.requests.clear();
    await bucket.put('object', 'content');
    expect([...kms.requests.actions].sort()).toEqual(['Encrypt', 'GenerateDataKey']);
    const plaintext = String(kms.requests.of('Encrypt')[0]?.parameters.Plaintext);
    expect(plaintext).toMatch(/^[1-9]\d{3}$/);
    kms.requests.clear();
    await (await bucket.get('object')).text();
    expect([...kms.requests.actions]).toEqual(['Decrypt', 'Decrypt']);
  });

  it('with a cache, many ranges of an object ask KMS twice', async () => {
    const provider = kmsOf({ cache: { maxEntries: 10, maxAgeMs: 60_000, maxUses: 10_000 } });
    const bucket = new EncryptedBucket({
      transport: transportOf(world),
      provider,
      format: 'client-side-encryption',
    });
    const count = runs(1000);
    await bucket.put('object', 'x'.repeat(count));
    kms.requests.clear();
    for (let offsetBytes = 0; offsetBytes < count; offsetBytes++) {
      const object = await bucket.get('object', { range: { offsetBytes, lengthBytes: 1 } });
      if ((await object.text()) !== 'x') expect.fail(`byte ${offsetBytes} differs`);
    }
    expect([...kms.requests.actions]).toEqual(['Decrypt', 'Decrypt']);
  });
});
