import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { KeyUnwrapError, SecretBytes } from '@oss-envelope/core';
import { describe, expect, it } from 'vitest';
import { deriveBoxKey, openKey, sealKey } from './key-box.js';

// Clause S14 once more, by the cryptography of Node and straight from the text: nothing of the source is used.
const label = Buffer.from('oss-envelope/sealed/1', 'ascii');

function boxKeyOf(secret: Uint8Array): Buffer {
  const info = Buffer.concat([label, Buffer.of(0), Buffer.from('aes-256-gcm', 'ascii')]);
  // RFC 5869 §2.3: T(1) = HMAC(PRK, info | 0x01).
  return createHmac('sha512', secret).update(info).update(Buffer.of(1)).digest().subarray(0, 32);
}

function boxOf(
  secret: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
  additional: Uint8Array = label,
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', boxKeyOf(secret), nonce).setAAD(additional);
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

const [secret, key] = [randomBytes(32), randomBytes(32)];
const boxKey = await deriveBoxKey(new SecretBytes(secret));

describe('S14: a wrapping key in a box', () => {
  it('is laid out as the clause says: what was made here opens by it', async () => {
    const box = await sealKey(boxKey, key, label);
    expect(box).toHaveLength(60);
    const opener = createDecipheriv('aes-256-gcm', boxKeyOf(secret), box.subarray(0, 12)).setAAD(label);
    opener.setAuthTag(box.subarray(44));
    expect(Buffer.concat([opener.update(box.subarray(12, 44)), opener.final()]).equals(key)).toBe(true);
  });

  it('opens what was made by the clause', async () => {
    const box = boxOf(secret, randomBytes(12), key);
    expect(Buffer.from(await openKey(boxKey, box, label)).equals(key)).toBe(true);
  });

  it('has another nonce each time', async () => {
    const nonces = new Set<string>();
    for (let turn = 0; turn < 100; turn++) {
      const box = await sealKey(boxKey, key, label);
      nonces.add(Buffer.from(box.subarray(0, 12)).toString('hex'));
    }
    expect(nonces.size).toBe(100);
  });

  it.each([
    ['another label', boxOf(secret, randomBytes(12), key, Buffer.from('oss-envelope/sealed/2'))],
    ['no label', boxOf(secret, randomBytes(12), key, Buffer.alloc(0))],
    ['another secret', boxOf(randomBytes(32), randomBytes(12), key)],
    ['a key of 16 bytes', boxOf(secret, randomBytes(12), key.subarray(0, 16))],
    ['a key of 33 bytes', boxOf(secret, randomBytes(12), Buffer.concat([key, Buffer.of(0)]))],
    ['nothing', Buffer.alloc(0)],
    ['60 zeros', Buffer.alloc(60)],
  ])('does not open with %s', async (_, box) => {
    await expect(openKey(boxKey, box, label)).rejects.toEqual(new KeyUnwrapError());
  });

  it('does not open when any one byte differs', async () => {
    const box = boxOf(secret, randomBytes(12), key);
    for (let offset = 0; offset < box.length; offset++) {
      const changed = Uint8Array.from(box);
      changed[offset] = changed[offset]! ^ 0x80;
      await expect(openKey(boxKey, changed, label), `byte ${offset}`).rejects.toBeInstanceOf(KeyUnwrapError);
    }
  });

  it('its key does not leave Web Crypto', () => {
    expect(boxKey.extractable).toBe(false);
  });
});
