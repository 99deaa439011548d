import { type ForeignObject, goldenObjects, reportAbsentGoldenObjects } from '@oss-envelope/test-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalKms, startKms } from '../src/kms/control/start-kms.js';
import { clientFor, K, refusal } from './alicloud-kms.js';

const golden = goldenObjects().get('2018-kms');
if (golden === undefined) reportAbsentGoldenObjects();
else describe('blobs of the real KMS', () => recordTests(golden));

function recordTests({ headers, kmsAnswers }: ForeignObject): void {
  const keyBlob = headers['x-oss-meta-oss-crypto-key'] ?? '';
  const startBlob = headers['x-oss-meta-oss-crypto-start'] ?? '';
  const plainStart = kmsAnswers.get(startBlob) ?? '';
  const innerBytes = (blob: string): number =>
    Buffer.from(Buffer.from(blob, 'base64').toString('latin1').slice(36), 'base64').length;

  let kms: LocalKms;
  beforeEach(async () => {
    kms = await startKms();
  });
  afterEach(() => kms.close());

  it('have the shape of ours: well-formed, of a key that is not here', async () => {
    const client = clientFor(kms);
    for (const ciphertextBlob of [keyBlob, startBlob]) {
      const call = client.decrypt(new K.DecryptRequest({ ciphertextBlob }));
      expect(await refusal(call)).toBe('404 Forbidden.KeyNotFound');
    }
  });

  it('are as long as ours for the same plaintext', async () => {
    const client = clientFor(kms);
    const keyId = await kms.createKey();
    const key = await client.generateDataKey(new K.GenerateDataKeyRequest({ keyId, keySpec: 'AES_256' }));
    const start = await client.encrypt(new K.EncryptRequest({ keyId, plaintext: plainStart }));
    expect(innerBytes(key.ciphertextBlob)).toBe(innerBytes(keyBlob));
    expect(innerBytes(start.ciphertextBlob)).toBe(innerBytes(startBlob));
    expect(key.ciphertextBlob).toHaveLength(keyBlob.length);
    expect(start.ciphertextBlob).toHaveLength(startBlob.length);
  });

  it('open by their recorded answers', async () => {
    for (const [blob, plaintext] of kmsAnswers) kms.answers.set(blob, plaintext);
    const client = clientFor(kms);
    const key = await client.decrypt(new K.DecryptRequest({ ciphertextBlob: keyBlob }));
    const start = await client.decrypt(new K.DecryptRequest({ ciphertextBlob: startBlob }));
    expect(key.plaintext).toBe(kmsAnswers.get(keyBlob));
    expect(start.plaintext).toBe('8');
  });
}
