import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const made: Promise<{ readonly publicKey: string; readonly privateKey: string }>[] = [];

/**
 * An RSA pair of 2048 bits, as text, for tests that ask nothing of how it is made: that takes a tenth of a second. All
 * files of a process share it.
 *
 * @param index - which one, from 0: another number is another pair
 */
export function rsaPair(index = 0): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  made[index] ??= promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return made[index];
}
