import { createHash } from 'node:crypto';
import { EncryptedBucket, type KeyProvider, type ObjectTransport } from '@oss-envelope/core';
import { rsaProvider } from '@oss-envelope/provider-rsa';
import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../../packages/core/test/memory-transport.js';
import {
  loadSharedVectors,
  readVectorFile,
  reportAbsentVectors,
  type SharedVector,
  sharedVectorsExist,
} from './shared-vectors.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function bucketHolding(
  vector: SharedVector,
  provider: KeyProvider,
): { bucket: EncryptedBucket; memory: MemoryTransport } {
  const memory = new MemoryTransport();
  memory.chunkBytes = 65_536;
  memory.objects.set('object', { headers: { ...vector.headers }, bytes: vector.ciphertext });
  const transport = memory as unknown as ObjectTransport;
  return { bucket: new EncryptedBucket({ transport, provider, format: 'oss-crypto' }), memory };
}

async function expectReadable(vector: SharedVector, provider: KeyProvider): Promise<void> {
  const { bucket, memory } = bucketHolding(vector, provider);
  const plaintext = await (await bucket.get('object')).bytes();
  expect(sha256(plaintext)).toBe(vector.plaintextSha256);

  const streamed = createHash('sha256');
  for await (const chunk of (await bucket.get('object')).body) streamed.update(chunk);
  expect(streamed.digest('hex')).toBe(vector.plaintextSha256);

  memory.chunkBytes = 1;
  const byteByByte = createHash('sha256');
  for await (const chunk of (await bucket.get('object')).chunks()) byteByByte.update(chunk);
  expect(byteByByte.digest('hex')).toBe(vector.plaintextSha256);

  memory.chunkBytes = 65_536;
  for (let round = 0; round < 200; round++) {
    const offsetBytes = Math.floor(Math.random() * plaintext.length);
    const lengthBytes = 1 + Math.floor(Math.random() * (round % 2 === 0 ? 40 : plaintext.length));
    const part = await (await bucket.get('object', { range: { offsetBytes, lengthBytes } })).bytes();
    const expected = plaintext.subarray(offsetBytes, offsetBytes + lengthBytes);
    expect(Buffer.compare(part, expected), `${lengthBytes} bytes from ${offsetBytes}`).toBe(0);
  }
}

describe('objects that other software encrypted', () => {
  if (!sharedVectorsExist) {
    reportAbsentVectors();
    return;
  }
  const vectors = loadSharedVectors();
  const isRsa = (vector: SharedVector): boolean => vector.kmsAnswers.size === 0;
  const keys = ['pkcs1', 'pkcs8'].map((form) => readVectorFile(`keys/compat-key.${form}.pem`));

  it('are all there', () => {
    expect(vectors).toHaveLength(10);
    expect(vectors.filter(isRsa)).toHaveLength(6);
  });

  it.each(vectors.filter(isRsa))('under RSA: $name', { timeout: 60_000 }, async (vector) => {
    for (const privateKey of keys.slice(0, vector.ciphertext.length > 200_000 ? 1 : 2)) {
      await expectReadable(vector, rsaProvider({ privateKey, allowSmallKeysForReading: true }));
    }
  });
});
