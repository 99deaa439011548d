import { constants, createDecipheriv, privateDecrypt } from 'node:crypto';
import { EncryptedBucket, type FormatName, type KeyProvider } from '@oss-envelope/core';
import { defaultKmsAccount, type LocalKms, startKms } from '@oss-envelope/local-cloud';
import { kmsProvider } from '@oss-envelope/provider-kms';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { rsaPair } from '@oss-envelope/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshWorld, transports } from '../support/world.js';

const world = freshWorld();
const pair = await rsaPair();
const content = Buffer.from('seize the day. '.repeat(5000));

describe.each(transports)('what is written over %s', (_, transportOf) => {
  it("in 'oss-crypto' carries the documented headers and nothing else, and a few lines of node:crypto open it", async () => {
    const bucket = new EncryptedBucket({
      transport: transportOf(world),
      provider: rsaProvider(pair),
      format: 'oss-crypto',
    });
    await bucket.put('object', content);
    const { headers, bytes } = await world.oss.getObject('bucket', 'object');
    const meta = Object.fromEntries(
      Object.entries(headers).filter(([name]) => name.startsWith('x-oss-meta-')),
    );
    expect(meta).toEqual({
      'x-oss-meta-oss-crypto-key': expect.stringMatching(/^[A-Za-z0-9+/]{342}==$/),
      'x-oss-meta-oss-crypto-start': expect.stringMatching(/^[A-Za-z0-9+/]{342}==$/),
      'x-oss-meta-oss-cek-alg': 'AES/GCM/NoPadding',
      'x-oss-meta-oss-wrap-alg': 'rsa',
      'x-oss-meta-unencrypted-content-length': String(content.length),
    });
    const sent = world.oss.requests.of('PutObject')[0]?.headers ?? {};
    expect(
      Object.keys(sent)
        .filter((name) => name.startsWith('x-oss-meta-'))
        .sort(),
    ).toEqual(Object.keys(meta).sort());
    // A digest of the plaintext would be a fingerprint of it, and one of the ciphertext is not needed: CRC-64 is compared.
    expect(sent).not.toHaveProperty('content-encoding');

    const unwrap = (name: string): Buffer =>
      privateDecrypt(
        { key: pair.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
        Buffer.from(String(meta[`x-oss-meta-oss-crypto-${name}`]), 'base64'),
      );
    const start = unwrap('start').toString('ascii');
    expect(start).toMatch(/^([1-9]|10)$/);
    const counter = Buffer.from(BigInt(start).toString(16).padStart(32, '0'), 'hex');
    const plaintext = createDecipheriv('aes-256-ctr', unwrap('key'), counter).update(bytes);
    expect(plaintext.equals(content)).toBe(true);
  });
});

describe('what is written over one transport', () => {
  let kms: LocalKms;
  let providers: Record<string, KeyProvider>;
  beforeAll(async () => {
    kms = await startKms();
    const keyId = await kms.createKey({});
    providers = {
      rsa: rsaProvider(pair),
      kms: kmsProvider({ endpoint: kms.url, credentials: { ...defaultKmsAccount }, keyId }),
    };
  });
  afterAll(() => kms.close());

  const directions = [transports, [...transports].reverse()];
  it.each(directions.map(([from, to]) => [from![0], to![0], from!, to!] as const))(
    '%s is read over the other, %s, in both formats, under both providers, whole and by range',
    async (_from, _to, [, writing], [, reading]) => {
      for (const format of ['oss-crypto', 'client-side-encryption'] satisfies FormatName[]) {
        for (const [name, provider] of Object.entries(providers)) {
          const writer = new EncryptedBucket({ transport: writing(world), provider, format });
          const reader = new EncryptedBucket({ transport: reading(world), provider, format });
          const key = `${format} ${name}`;
          await writer.put(key, content);
          expect(content.equals(await (await reader.get(key)).bytes()), key).toBe(true);
          const part = await reader.get(key, { range: { offsetBytes: 33_333, lengthBytes: 77 } });
          expect(content.subarray(33_333, 33_410).equals(await part.bytes()), key).toBe(true);
        }
      }
    },
  );
});
