import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalKms, startKms } from '../src/kms/control/start-kms.js';
import { clientFor, K, refusal } from './alicloud-kms.js';

// Measured on blobs that the real KMS wrapped for the Python SDK in 2018: the id of the key's version, then base64 of so
// many bytes, all of it in base64. `start` is the text `8`.
const real = {
  key: { characters: 216, innerBytes: 92 },
  start: { characters: 140, innerBytes: 49 },
};
const innerBytes = (blob: string): number =>
  Buffer.from(Buffer.from(blob, 'base64').toString('latin1').slice(36), 'base64').length;

describe('blobs', () => {
  let kms: LocalKms;
  beforeEach(async () => {
    kms = await startKms();
  });
  afterEach(() => kms.close());

  it('are as long as those of the real KMS for the same plaintext', async () => {
    const client = clientFor(kms);
    const keyId = await kms.createKey();
    const key = await client.generateDataKey(new K.GenerateDataKeyRequest({ keyId, keySpec: 'AES_256' }));
    const start = await client.encrypt(new K.EncryptRequest({ keyId, plaintext: '8' }));
    expect(innerBytes(key.ciphertextBlob)).toBe(real.key.innerBytes);
    expect(innerBytes(start.ciphertextBlob)).toBe(real.start.innerBytes);
    expect(key.ciphertextBlob).toHaveLength(real.key.characters);
    expect(start.ciphertextBlob).toHaveLength(real.start.characters);
  });

  it('of the same shape, of a key that is not here, are well-formed', async () => {
    const ciphertextBlob = Buffer.from(
      `00000000-0000-4000-8000-000000000000${Buffer.alloc(real.key.innerBytes, 7).toString('base64')}`,
    ).toString('base64');
    const call = clientFor(kms).decrypt(new K.DecryptRequest({ ciphertextBlob }));
    expect(await refusal(call)).toBe('404 Forbidden.KeyNotFound');
  });

  it('open by their recorded answers', async () => {
    const ciphertextBlob = Buffer.from(`any blob`).toString('base64');
    kms.answers.set(ciphertextBlob, 'recorded');
    const { plaintext } = await clientFor(kms).decrypt(new K.DecryptRequest({ ciphertextBlob }));
    expect(plaintext).toBe('recorded');
  });
});
