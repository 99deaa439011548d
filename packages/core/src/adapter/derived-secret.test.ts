import { expect, it } from 'vitest';
import { encodeHex } from '../encoding/hex.js';
import { deriveSecret } from './derived-secret.js';

it('is HMAC-SHA-256 (RFC 4231, test case 2)', async () => {
  const secret = await deriveSecret(new TextEncoder().encode('Jefe'), 'what do ya want for nothing?');
  expect(encodeHex(secret.bytes)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
});
