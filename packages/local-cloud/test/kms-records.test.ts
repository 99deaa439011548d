import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalKms, startKms } from '../src/kms/control/start-kms.js';
import { clientFor, K, refusal } from './alicloud-kms.js';

const RECORD = new URL('../../../../shared/vectors/official/2018-kms.meta.json', import.meta.url);
const record = existsSync(RECORD)
  ? (JSON.parse(readFileSync(RECORD, 'utf8')) as Record<string, string>)
  : undefined;
if (record === undefined) console.warn('The record of the real KMS is not here: its blobs are not tested.');

it('has the record of the real KMS in CI', () => {
  if (process.env.CI !== undefined) expect(record).toBeDefined();
});

describe.runIf(record !== undefined)('blobs of the real KMS', () => {
  const keyBlob = record?.['x-oss-meta-oss-crypto-key'] ?? '';
  const startBlob = record?.['x-oss-meta-oss-crypto-start'] ?? '';
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
    const start = await client.encrypt(
      new K.EncryptRequest({ keyId, plaintext: record?.['plain-start'] ?? '' }),
    );
    expect(innerBytes(key.ciphertextBlob)).toBe(innerBytes(keyBlob));
    expect(innerBytes(start.ciphertextBlob)).toBe(innerBytes(startBlob));
    expect(key.ciphertextBlob).toHaveLength(keyBlob.length);
    expect(start.ciphertextBlob).toHaveLength(startBlob.length);
  });

  it('open by their recorded answers', async () => {
    kms.answers.set(keyBlob, record?.['base64-plain-key'] ?? '');
    kms.answers.set(startBlob, record?.['plain-start'] ?? '');
    const client = clientFor(kms);
    const key = await client.decrypt(new K.DecryptRequest({ ciphertextBlob: keyBlob }));
    const start = await client.decrypt(new K.DecryptRequest({ ciphertextBlob: startBlob }));
    expect(key.plaintext).toBe(record?.['base64-plain-key']);
    expect(start.plaintext).toBe('8');
  });
});
