import { createHash } from 'node:crypto';
import { EncryptedBucket, type KeyProvider, type ObjectTransport } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { type ForeignObject, generatedObjects, readVectorText, runs, sha256 } from '@oss-envelope/test-kit';
import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../packages/core/test/memory-transport.js';

function bucketHolding(
  object: ForeignObject,
  provider: KeyProvider,
): { bucket: EncryptedBucket; memory: MemoryTransport } {
  const memory = new MemoryTransport();
  memory.chunkBytes = 65_536;
  memory.objects.set('object', { headers: { ...object.headers }, bytes: object.ciphertext, etag: '"etag"' });
  const transport = memory as unknown as ObjectTransport;
  return { bucket: new EncryptedBucket({ transport, provider, format: 'oss-crypto' }), memory };
}

async function expectReadable(object: ForeignObject, provider: KeyProvider): Promise<void> {
  const { bucket, memory } = bucketHolding(object, provider);
  const plaintext = await (await bucket.get('object')).bytes();
  expect(sha256(plaintext)).toBe(object.plaintextSha256);

  const streamed = createHash('sha256');
  for await (const chunk of (await bucket.get('object')).body) streamed.update(chunk);
  expect(streamed.digest('hex')).toBe(object.plaintextSha256);

  memory.chunkBytes = 1;
  const byteByByte = createHash('sha256');
  for await (const chunk of (await bucket.get('object')).chunks()) byteByByte.update(chunk);
  expect(byteByByte.digest('hex')).toBe(object.plaintextSha256);

  memory.chunkBytes = 65_536;
  for (let round = 0; round < runs(200); round++) {
    const offsetBytes = Math.floor(Math.random() * plaintext.length);
    const lengthBytes = 1 + Math.floor(Math.random() * (round % 2 === 0 ? 40 : plaintext.length));
    const part = await (await bucket.get('object', { range: { offsetBytes, lengthBytes } })).bytes();
    const expected = plaintext.subarray(offsetBytes, offsetBytes + lengthBytes);
    expect(Buffer.compare(part, expected), `${lengthBytes} bytes from ${offsetBytes}`).toBe(0);
  }
}

const isRsa = (object: ForeignObject): boolean => object.kmsAnswers.size === 0;
const keys = ['pkcs1', 'pkcs8'].map((form) => readVectorText(`keys/compat-key.${form}.pem`));
const rsaProviderOf = (privateKey: string | undefined): KeyProvider =>
  rsaProvider({ privateKey: String(privateKey), allowSmallKeysForReading: true });

describe('objects that the official SDKs wrote, under RSA', () => {
  const objects = [...generatedObjects().values()];

  it('are all there', () => {
    expect(objects).toHaveLength(6);
    expect(objects.filter(isRsa)).toHaveLength(3);
  });

  it.each(objects.filter(isRsa))('$name', { timeout: 60_000 }, async (object) => {
    for (const privateKey of keys) await expectReadable(object, rsaProviderOf(privateKey));
  });
});
